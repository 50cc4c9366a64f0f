"""The Secrets that register members: what each of them says, and which of several speaks for a member.

The oldest Secret that names a member speaks for it, so that nobody takes a member over by naming it too; a member that
is named by flag may be spoken for as well. Decisions are pure; the book holds what the watch told.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import msgspec
from multicasskop.crds.names import CLUSTER, CLUSTER_VALUE, IDENTITY, MEMBER
from multicasskop.informers.changes import Change
from multicasskop.informers.key import Key
from multicasskop.informers.record import Record
from multicasskop.operator.values import member as member_name

SELECTOR: Final = f"{CLUSTER}={CLUSTER_VALUE}"


class _Metadata(msgspec.Struct, rename="camel"):
    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    creation_timestamp: str | None = None
    annotations: dict[str, str] | None = None


class _Body(msgspec.Struct):
    metadata: _Metadata
    data: dict[str, str] | None = None


_body = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class MemberSecret:
    """One labelled Secret, and the member that it names. Prints without what it holds."""

    name: str
    namespace: str
    uid: str
    version: str
    member: str
    created: str = ""
    identity: str = ""
    data: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, record: Record) -> Self:
        """Read what a watch brought."""
        body = _body.decode(record.raw)
        about, marks = body.metadata, body.metadata.annotations or {}
        return cls(
            about.name,
            about.namespace,
            about.uid,
            about.resource_version,
            marks.get(MEMBER) or about.name,
            about.creation_timestamp or "",
            marks.get(IDENTITY) or "",
            body.data or {},
        )

    @property
    def key(self) -> Key:
        """Where it is."""
        return Key(self.namespace, self.name)


Elsewhere = Callable[[MemberSecret], str]
"""Why a Secret cannot speak for the member that it names, apart from other Secrets; empty when it can."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """Which Secret speaks for which member, and of the others why they do not."""

    holders: Mapping[str, MemberSecret] = field(default_factory=dict)
    unused: Mapping[Key, str] = field(default_factory=dict)


def rule(secrets: Iterable[MemberSecret], elsewhere: Elsewhere) -> Ruling:
    """Decide, for any number of Secrets that may name the same members."""
    holders: dict[str, MemberSecret] = {}
    unused: dict[Key, str] = {}
    for secret in sorted(secrets, key=lambda each: (each.created, each.uid)):
        why = _misnamed(secret) or elsewhere(secret) or _taken(secret, holders)
        if why:
            unused[secret.key] = why
        else:
            holders[secret.member] = secret
    return Ruling(holders, unused)


def _misnamed(secret: MemberSecret) -> str:
    try:
        member_name(secret.member)
    except ValueError as error:
        return f"annotation {MEMBER}: {error}"
    return ""


def _taken(secret: MemberSecret, holders: Mapping[str, MemberSecret]) -> str:
    first = holders.get(secret.member)
    return f"Secret {first.name}, which is older, registers {secret.member} already" if first else ""


class SecretBook:
    """The labelled Secrets that home's cache holds. Thread-safe."""

    def __init__(self, elsewhere: Elsewhere) -> None:
        """Begin with none."""
        self._elsewhere = elsewhere
        self._lock = threading.Lock()
        self._secrets: dict[Key, MemberSecret] = {}
        self._ruling = Ruling()

    @property
    def ruling(self) -> Ruling:
        """Who speaks for whom now."""
        return self._ruling

    def holder(self, member: str) -> MemberSecret | None:
        """The Secret that speaks for a member."""
        return self._ruling.holders.get(member)

    def find(self, key: Key) -> MemberSecret | None:
        """A Secret by its name, whether it speaks for a member or not."""
        with self._lock:
            return self._secrets.get(key)

    def take(self, change: Change) -> tuple[str, ...]:
        """Take in a change of one Secret; return the members that are spoken for otherwise than before."""
        secret = MemberSecret.of(change.new) if change.new is not None else None
        with self._lock:
            before = self._ruling
            self._secrets.pop(change.key, None)
            if secret is not None:
                self._secrets[secret.key] = secret
            self._ruling = rule(self._secrets.values(), self._elsewhere)
            return _differences(before.holders, self._ruling.holders)


def _differences(old: Mapping[str, MemberSecret], new: Mapping[str, MemberSecret]) -> tuple[str, ...]:
    names = dict.fromkeys((*old, *new))
    return tuple(name for name in names if old.get(name) != new.get(name))
