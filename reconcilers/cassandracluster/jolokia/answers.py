"""What comes back from Jolokia: a value, or why there is none.

Jolokia answers most errors as HTTP 200 and says in the body what went wrong: `status` is then other than 200, `error`
is a Java exception with its message. An answer from which no value can be read is a failure like any other: nobody may
take silence, or another's page on the same port, for an empty list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple, TypeVar

import msgspec

AnswerT = TypeVar("AnswerT")

Reason = Literal["unreachable", "timeout", "refused", "unauthorized", "garbage", "error"]

_OK: Final = 200
_SHOWN: Final = 300
# no such MBean, attribute or operation; an operation with other parameters
_NOT_OFFERED: Final = frozenset({400, 404})


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no answer; `status` is Jolokia's own where it gave one.

    unreachable: no connection came about. refused: nobody listens there. timeout: a connection, and no whole answer in
    time. unauthorized: other credentials are needed. garbage: what came is no answer to the question. error: Cassandra,
    or Jolokia in it, says that it cannot.
    """

    reason: Reason
    message: str
    status: int = 0

    @property
    def is_not_offered(self) -> bool:
        """Whether this version of Cassandra has no such attribute, or no operation with such parameters."""
        return self.reason == "error" and self.status in _NOT_OFFERED

    @property
    def may_be_under_way(self) -> bool:
        """Whether a command that failed so may have reached the node, and be carried out."""
        return self.reason in ("timeout", "garbage")

    def __str__(self) -> str:
        """Print as a sentence's part."""
        return f"{self.reason}: {self.message}"


class Mode(StrEnum):
    """The modes of a node, as Cassandra calls them; an OperationMode may also be another text."""

    STARTING = "STARTING"
    JOINING = "JOINING"
    NORMAL = "NORMAL"
    LEAVING = "LEAVING"
    DECOMMISSIONED = "DECOMMISSIONED"
    DECOMMISSION_FAILED = "DECOMMISSION_FAILED"
    MOVING = "MOVING"
    DRAINING = "DRAINING"
    DRAINED = "DRAINED"


class Compaction(NamedTuple):
    """A compaction that is under way; `kind` is `Cleanup`, `Upgrade sstables`, `Compaction` or another."""

    kind: str
    keyspace: str


class Replicas(NamedTuple):
    """Which nodes hold data of a keyspace: addresses by datacenter."""

    hosts: Mapping[str, frozenset[str]]

    def are_in(self, datacenter: str) -> bool:
        """Whether that very datacenter has some of the data."""
        return datacenter in self.hosts


def value_of(body: bytes, hide: Callable[[str], str] = str) -> object | Failed:
    """The value in an answer of Jolokia, as plain data; `hide` takes out of texts what nobody shall read."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Failed("garbage", f"no JSON: {shown(hide(body.decode(errors='replace')))}")
    if not isinstance(answer, dict) or not isinstance(answer.get("status"), int):
        return Failed("garbage", f"not Jolokia's: {shown(hide(body.decode(errors='replace')))}")
    status: int = answer["status"]
    if status != _OK or answer.get("error"):
        return Failed("error", shown(hide(str(answer.get("error") or "no reason given"))), status)
    if "value" not in answer:
        return Failed("garbage", "an answer without a value")
    value: object = answer["value"]
    return value


def read(value: object, expected: Any, make: Callable[[Any], AnswerT]) -> AnswerT | Failed:  # noqa: ANN401  any type that msgspec knows
    """What `make` makes of the value, if that is of the expected type."""
    try:
        return make(msgspec.convert(value, expected))
    except msgspec.ValidationError as error:
        return Failed("garbage", str(error))


def shown(text: str) -> str:
    """A text short enough for an event: one line of at most 300 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
