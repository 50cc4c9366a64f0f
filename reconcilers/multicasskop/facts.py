"""What the decisions look at: plain, frozen values, read from the caches by `observe` and by nothing else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import msgspec
from multicasskop.crds.base import Json
from multicasskop.crds.names import LAST_APPLIED
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.seed_answers import Looked
from multicasskop.reconcilers.trace_context import TraceContext

RUNNING = "Running"
DONE = "Done"


class _AppliedMetadata(msgspec.Struct):
    generation: int = 0


class _Applied(msgspec.Struct):
    metadata: _AppliedMetadata = msgspec.field(default_factory=_AppliedMetadata)


_applied = msgspec.json.Decoder(_Applied)


@dataclass(frozen=True, slots=True)
class Meta:
    """The metadata that both kinds are judged by."""

    key: Key
    uid: str
    version: str
    generation: int
    created: str
    deleting_since: str
    finalizers: tuple[str, ...]
    annotations: Mapping[str, str]

    @classmethod
    def of(cls, obj: Json) -> Self:
        """Read the metadata of an object as the server sends it; what is not of its type counts as absent."""
        metadata = obj["metadata"]
        generation, annotations = metadata.get("generation"), _mapping(metadata.get("annotations"))
        return cls(
            key=Key.of(obj),
            uid=_text(metadata.get("uid")),
            version=_text(metadata.get("resourceVersion")),
            generation=generation if isinstance(generation, int) else 0,
            created=_text(metadata.get("creationTimestamp")),
            deleting_since=_text(metadata.get("deletionTimestamp")),
            finalizers=texts(metadata.get("finalizers")),
            annotations={name: text for name, text in annotations.items() if isinstance(text, str)},
        )

    @property
    def deleting(self) -> bool:
        """Whether the object has been deleted and only waits for its finalizers."""
        return bool(self.deleting_since)


@dataclass(frozen=True, slots=True)
class Parent:
    """A MultiCasskop as the home cluster's cache holds it.

    `status` is what was said last, even where the cache does not show it yet; `stored` is what it shows.
    """

    meta: Meta
    spec: Json
    status: Json
    stored: Json

    @classmethod
    def of(cls, obj: Json) -> Self:
        """Read a MultiCasskop as the server sends it."""
        status = _mapping(obj.get("status"))
        return cls(Meta.of(obj), _mapping(obj.get("spec")), status, status)

    def told(self, member: str) -> "Told":
        """What the status says of a member; nothing when it does not speak of it."""
        found = (entry for entry in self._entries() if entry.get("name") == member)
        return next(map(Told.of, found), Told())

    def members_told(self) -> tuple[str, ...]:
        """The members that the status speaks of."""
        return tuple(filter(None, (_text(entry.get("name")) for entry in self._entries())))

    def _entries(self) -> list[Json]:
        entries = self.status.get("clusters")
        return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


@dataclass(frozen=True, slots=True)
class Told:
    """What the parent's status last said of a member: a report, believed only where nothing is written upon it."""

    state: str = ""
    uid: str = ""
    hash: str = ""
    since: str = ""
    phase: str = ""
    message: str = ""
    step_since: str = ""
    child: str = ""

    @classmethod
    def of(cls, entry: Json) -> Self:
        """Read one entry of `status.clusters`."""
        gate = _mapping(entry.get("gate"))
        fields = (entry.get(name) for name in ("state", "uid", "desiredHash", "since", "phase", "message"))
        return cls(*map(_text, (*fields, gate.get("since"), entry.get("child"))))


@dataclass(frozen=True, slots=True)
class Child:
    """A CassandraCluster as its member's cache holds it."""

    meta: Meta
    spec: Json
    status: Json

    @classmethod
    def of(cls, obj: Json) -> Self:
        """Read a CassandraCluster as the server sends it."""
        return cls(Meta.of(obj), _mapping(obj.get("spec")), _mapping(obj.get("status")))

    @property
    def key(self) -> Key:
        """Its namespace and name."""
        return self.meta.key

    @property
    def phase(self) -> str:
        """`Initializing`, `Running`, `Pending`, or empty before CassKop has seen it."""
        return _text(self.status.get("phase"))

    @property
    def action(self) -> str:
        """The name of the last action of its CassKop."""
        return _text(self.status.get("lastClusterAction"))

    @property
    def action_status(self) -> str:
        """How far that action is: `Done` when it has ended."""
        return _text(self.status.get("lastClusterActionStatus"))

    @property
    def seeds(self) -> tuple[str, ...]:
        """The seeds in use."""
        return texts(self.status.get("seedlist"))

    @property
    def running(self) -> bool:
        """Whether its CassKop calls it Running with nothing left to do, for whichever spec."""
        return self.phase == RUNNING and self.action_status == DONE

    @property
    def reports_generation(self) -> bool:
        """Whether its CassKop says which generation it has observed (ours does, the Go CassKop does not)."""
        return isinstance(self.status.get("observedGeneration"), int)

    @property
    def processed(self) -> int:
        """The generation up to which its CassKop has ended a pass; 0 when none is known.

        The Go CassKop leaves it in its last-applied annotation, which holds the whole object of that pass.
        """
        if self.reports_generation:
            return int(self.status["observedGeneration"])
        try:
            return _applied.decode(self.meta.annotations.get(LAST_APPLIED, "{}")).metadata.generation
        except (msgspec.DecodeError, RecursionError):
            return 0

    @property
    def caught_up(self) -> bool:
        """Whether its CassKop has ended a pass over exactly the spec that it has now."""
        processed = self.processed
        return processed >= self.meta.generation if self.reports_generation else processed == self.meta.generation


@dataclass(frozen=True, slots=True)
class Failure:
    """A write to a member that was refused: why, and when to try again (monotonic seconds)."""

    reason: str
    message: str
    retry_at: float
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """What this process remembers of one child: of its own last write, and of what followed it.

    It is empty after a restart; nothing that must outlive the process stands here. Instants are monotonic seconds.
    `hash` is that of what was wanted then, `met` that of the last wish which its spec was written for, or was found to
    meet (its seeds may be written for a newer wish, while its spec still waits). `generation` is the one that the write
    made, `seeds` whether it changed the seeds of a living child, `before` the name of CassKop's last action at the
    time; `acted` names the actions that were seen at work since. `held` says that the child was as wanted since, at a
    moment when CassKop had caught up.
    """

    written_at: float | None = None
    generation: int = 0
    hash: str = ""
    met: str = ""
    seeds: bool = False
    before: str = ""
    acted: frozenset[str] = frozenset()
    held: bool = False
    step_at: float | None = None
    ready_at: float | None = None
    corrections: tuple[tuple[float, str], ...] = ()
    refused: str = ""
    late: bool = False

    @property
    def empty(self) -> bool:
        """Whether this process knows of no write to the child."""
        return self.written_at is None


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a member answers, and since when it does or does not."""

    ok: bool = True
    reason: str = ""
    message: str = ""
    since: datetime | None = None
    last_contact: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rival:
    """Another MultiCasskop that wants the same child."""

    created: str
    uid: str
    key: Key


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """One member that the override names, as seen from here at one moment."""

    name: str
    wanted: Key | None = None
    """Where its child is to be."""
    registered: bool = True
    reach: Reach = field(default_factory=Reach)
    fresh: bool = True
    """Whether the cache of its children follows the server."""
    trouble: str = ""
    trouble_message: str = ""
    """Why they cannot be listed, when that is known: a right is missing, or the kind."""
    lagging: bool = False
    """Whether a write of our own is not to be seen in the cache yet."""
    child: Child | None = None
    strays: tuple[Key, ...] = ()
    rivals: tuple[Rival, ...] = ()
    told: Told = field(default_factory=Told)
    trace: Trace = field(default_factory=Trace)
    failure: Failure | None = None
    ending: str = ""
    """That its credentials end soon and are not renewed, in words."""

    @property
    def visible(self) -> bool:
        """Whether what is (not) seen of its children is what is there: only then may a decision rest on it."""
        return self.registered and self.reach.ok and self.fresh


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that one reconcile decides upon."""

    parent: Parent
    members: Mapping[str, MemberFacts]
    home_id: str = ""
    living: Collection[str] = frozenset()
    home_fresh: bool = True
    monotonic: float = 0.0
    now: datetime | None = None
    root: TraceContext | None = None
    """The root of the trace that what is done now belongs to; None while nothing is traced."""
    looked: Looked = field(default_factory=Looked)
    """Which seeds were seen to answer."""
    former: Mapping[str, MemberFacts] = field(default_factory=dict)
    """Members whose override was taken out, and that have a child of ours, or had one when they were last seen."""

    def member(self, name: str) -> MemberFacts:
        """One member, whether it has an override or had one."""
        return self.members[name] if name in self.members else self.former[name]


def texts(value: object) -> tuple[str, ...]:
    """The strings of a list, in order; nothing when it is none."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}
