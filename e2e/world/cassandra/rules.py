"""What shall go wrong with which pods: rules in a file, which may change at any time."""

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec


class Line(StrEnum):
    """How Jolokia treats whoever asks."""

    NORMAL = ""
    HANG = "hang"
    """Requests are taken, and never answered."""
    REFUSE = "refuse"
    """Nobody listens."""
    GARBAGE = "garbage"
    """A page of somebody else's."""
    ERROR = "error"
    """Jolokia answers every request with an error of its own."""
    UNAUTHORIZED = "unauthorized"
    """No credentials are good."""
    BREAK = "break"
    """The connection ends in the middle of the answer."""


class Trouble(StrEnum):
    """What keeps a pod from running."""

    NONE = ""
    UNSCHEDULABLE = "unschedulable"
    IMAGE = "image"
    """Its image cannot be pulled."""
    CRASH = "crash"
    """The node's process ends, again and again."""
    UNREADY = "unready"
    """It runs, and never becomes ready."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happens to pods whose `namespace/name`, or `namespace/name@image`, matches, with `*` for anything.

    Only what is set here counts.

    In seconds: `ready` until a pod is ready, `join` as long as its node joins, `command` as long as a command takes.
    `fails` names the operations that the node refuses.
    """

    pods: str
    line: Line | None = None
    trouble: Trouble | None = None
    ready: float | None = None
    join: float | None = None
    command: float | None = None
    fails: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Treatment:
    """What holds for one pod now."""

    line: Line = Line.NORMAL
    trouble: Trouble = Trouble.NONE
    ready: float = 0.0
    join: float = 0.0
    command: float = 0.0
    fails: tuple[str, ...] = ()


def treatment(rules: Iterable[Rule], pod: str, usual: Treatment) -> Treatment:
    """What the rules make of the usual treatment of a pod, known as `namespace/name@image`.

    Of several that say something about the same, the first counts.
    """
    names = (pod, pod.partition("@")[0])
    found = {name: getattr(usual, name) for name in Treatment.__dataclass_fields__}
    open_ = set(found)
    for rule in rules:
        if any(fnmatch.fnmatchcase(name, rule.pods) for name in names):
            said = {name: value for name in open_ if (value := getattr(rule, name)) is not None}
            found.update(said)
            open_ -= said.keys()
    return Treatment(**found)


class RuleFile:
    """The file of rules. Who follows it says so beside it, so that who asks for something knows when it counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._followed = path.with_suffix(".followed")

    def ask(self, rules: Iterable[Rule]) -> bytes:
        """Ask for these rules and no others; return what `is_followed` wants to know."""
        text = msgspec.json.encode(list(rules))
        replace(self.path, text)
        return text

    def read(self) -> bytes:
        """What is asked for."""
        return self.path.read_bytes() if self.path.exists() else b"[]"

    def follow(self, text: bytes) -> None:
        """Say that this is followed from now on."""
        replace(self._followed, text)

    def is_followed(self, text: bytes) -> bool:
        """Whether the simulator said so."""
        return self._followed.exists() and self._followed.read_bytes() == text

    def forget(self) -> None:
        """Ask for nothing any more."""
        for path in (self.path, self._followed):
            path.unlink(missing_ok=True)


def rules_of(text: bytes) -> tuple[Rule, ...]:
    """The rules in a file's text; msgspec.ValidationError when they are none."""
    return msgspec.json.decode(text, type=tuple[Rule, ...])


def replace(path: Path, text: bytes) -> None:
    """Write a file so that a reader sees the old or the new text."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(text)
    fresh.replace(path)
