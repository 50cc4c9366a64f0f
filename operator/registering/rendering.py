"""A registration as YAML, for those who let Git do the writing: complete, but for the token."""

import base64
from collections.abc import Iterator

import yaml
from multicasskop.operator.registering.compare import Change
from multicasskop.operator.registering.plan import Plan

NO_TOKEN_LINES = (
    "# the key token is missing: no text is the place for a secret. Let your secret store fill it in, with",
    "#   kubectl --context {context} -n {namespace} create token {account} --duration {seconds}s",
)


def documents(plan: Plan, context: str) -> list[str]:
    """The lines of all objects, the member's first; an object that is as it is to be is in it, too."""
    lines = [line for change in (*plan.member, *plan.identity) for line in document(change, plan.request.member)]
    for change in plan.home:
        if change.wanted.resource.kind == "Secret":
            lines += [text.format(**about(plan, context)) for text in NO_TOKEN_LINES]
        lines += document(change, "home")
    return lines


def about(plan: Plan, context: str) -> dict[str, object]:
    """What the command for a token needs."""
    request = plan.request
    return {
        "context": context,
        "namespace": request.namespace,
        "account": request.account,
        "seconds": int(request.token_life),
    }


def document(change: Change, where: str) -> Iterator[str]:
    """One object; a token that home has already is left out."""
    resource, body = change.wanted.resource, change.wanted.body
    if resource.kind == "Secret":
        body = {**body, "stringData": readable(body["data"])}
        del body["data"]
    whole = {"apiVersion": resource.api_version, "kind": resource.kind, **body}
    yield f"# in {where}"
    yield from yaml.dump(whole, Dumper=Block, sort_keys=False, width=200).splitlines()
    yield "---"


def readable(data: dict[str, str]) -> dict[str, str]:
    """A Secret's content but for the token, as texts that people can read."""
    return {key: base64.b64decode(value).decode() for key, value in data.items() if key != "token"}


class Block(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def as_block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """A text as YAML: a block when it has several lines."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Block.add_representer(str, as_block)
