"""Versioned documents: what `-o json` and `-o yaml` write, results on stdout and errors on stderr."""

from collections.abc import Mapping, Sequence
from typing import Any

from multicasskop.operator.output.exit_codes import CommandError

API_VERSION = "cli.multicasskop/v1"


def document(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """One document of the command line; fields are only ever added."""
    return {"apiVersion": API_VERSION, "kind": kind, **body}


def error_document(failure: CommandError) -> dict[str, Any]:
    """The document that stands on stderr in JSON mode when a verb fails."""
    fields = {"code": failure.code, "message": failure.message, "hint": failure.hint}
    return document("Error", {**fields, "exitCode": int(failure.exit_code)})


def as_json(value: Mapping[str, Any]) -> str:
    """One line of JSON."""
    import json

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_compact_json(value: Mapping[str, Any]) -> str:
    """One line of JSON, spelled as our requests are."""
    import msgspec

    return msgspec.json.encode(value).decode()


def as_yaml(value: Mapping[str, Any]) -> str:
    """A YAML document, keys in the order in which they were given."""
    import yaml

    return yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True)


def in_form(value: Mapping[str, Any], output: str) -> str:
    """A document as `-o` asks for it, with the end of its last line."""
    return as_json(value) + "\n" if output == "json" else as_yaml(value)


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the command line asks for JSON; read before it is parsed, so that wrong flags answer in JSON too."""
    glued = {"-ojson", "-o=json", "--output=json"}
    pairs = zip(arguments, [*arguments[1:], ""], strict=False)
    return any(word in glued or (word in {"-o", "--output"} and value == "json") for word, value in pairs)
