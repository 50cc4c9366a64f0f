"""Jolokia's protocol as its 1.6 agent speaks it: errors too are HTTP 200, and the body says what went wrong."""

from dataclasses import dataclass
from typing import Any

import msgspec
from multicasskop.world.cassandra import releases
from multicasskop.world.cassandra.releases import Release

Json = dict[str, Any]

ILLEGAL = "java.lang.IllegalArgumentException"
STATE = "java.lang.IllegalStateException"
UNSUPPORTED = "java.lang.UnsupportedOperationException"
RUNTIME = "java.lang.RuntimeException"
NO_ATTRIBUTE = "javax.management.AttributeNotFoundException"
NO_MBEAN = "javax.management.InstanceNotFoundException"


class JavaError(Exception):
    """What Jolokia tells of a Java exception."""

    def __init__(self, kind: str, message: str, status: int = 500) -> None:
        super().__init__(f"{kind} : {message}")
        self.kind = kind
        self.status = 400 if kind == ILLEGAL else status


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """An attribute of an MBean is asked for."""

    mbean: str
    attribute: str


@dataclass(frozen=True, slots=True)
class ExecRequest:
    """An operation is called; the values are in the order of its parameters."""

    operation: str
    values: tuple[Any, ...]
    signature: tuple[str, ...]

    def argument(self, kind: str) -> Any:  # noqa: ANN401  as it was sent
        """The first value of that type."""
        return self.values[self.signature.index(kind)]


Request = ReadRequest | ExecRequest


def parse(sent: Json, release: Release) -> Request:
    """The request as this release understands it; JavaError when it does not."""
    mbean = str(sent.get("mbean"))
    if mbean not in releases.MBEANS:
        raise JavaError(NO_MBEAN, mbean, 404)
    match str(sent.get("type")).lower():
        case "read":
            return readable(release, mbean, str(sent.get("attribute")))
        case "exec":
            return executable(release, mbean, str(sent.get("operation")), sent.get("arguments") or [])
        case other:
            raise JavaError(ILLEGAL, f"No type with name '{other}' exists")


def decode(body: bytes) -> Json:
    """The request as plain data."""
    try:
        sent = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise JavaError(ILLEGAL, f"Invalid JSON request {body[:80]!r}") from error
    if not isinstance(sent, dict):
        raise JavaError(ILLEGAL, f"Not a request: {body[:80]!r}")
    return sent


def readable(release: Release, mbean: str, attribute: str) -> ReadRequest:
    """A read that the release can answer."""
    if not releases.has_attribute(release, mbean, attribute):
        raise JavaError(NO_ATTRIBUTE, f"No such attribute: {attribute}", 404)
    return ReadRequest(mbean, attribute)


def executable(release: Release, mbean: str, text: str, values: list[Any]) -> ExecRequest:
    """A call that the release can carry out."""
    name, bracket, rest = text.partition("(")
    known = releases.signatures(release, mbean, name)
    told = ",".join(f"({','.join(each)})" for each in known)
    if not known:
        raise JavaError(ILLEGAL, f"No operation {name} found on MBean {mbean}")
    if bracket:
        signature = tuple(part for part in rest.rstrip(")").split(",") if part)
        if signature not in known:
            raise JavaError(ILLEGAL, f"No operation {text} on MBean {mbean} exists. Known signatures: {told}")
    elif len(known) > 1:
        raise JavaError(ILLEGAL, f"Operation {name} on MBean {mbean} is overloaded. Signatures found: {told}")
    else:
        signature = known[0]
    if len(values) != len(signature):
        wanted = f"requires {len(signature)} parameters, not {len(values)} as given"
        raise JavaError(ILLEGAL, f"Invalid number of operation arguments. Operation {name} on {mbean} {wanted}")
    return ExecRequest(name, tuple(values), signature)


def answer(sent: Json, value: object, now: float) -> bytes:
    """The answer with a value."""
    return msgspec.json.encode({"request": sent, "value": value, "timestamp": int(now), "status": 200})


def failure(sent: Json, error: JavaError) -> bytes:
    """The answer with an error."""
    body = {"request": sent, "error_type": error.kind, "error": str(error), "stacktrace": f"{error}\n\tat simulated"}
    return msgspec.json.encode({**body, "status": error.status})
