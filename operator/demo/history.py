"""The recorded events of one run: what happened to the MultiCasskop, to each child, and what was told of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from multicasskop.crds.names import CASSANDRACLUSTER_KIND, FINALIZER, MULTICASSKOP_KIND

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as the recorder saw it; `type` is ADDED, MODIFIED or DELETED."""

    at: float
    member: str
    type: str
    object: Json


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the MultiCasskop, the members in rollout order with home first, and the child's name."""

    namespace: str
    name: str
    child: str
    members: tuple[str, ...]

    @property
    def home(self) -> str:
        """The member in which the MultiCasskop lives."""
        return self.members[0]


class History:
    """The recorded events of one run, sorted by the moment at which they were seen."""

    def __init__(self, cast: Cast, seen: Sequence[Seen]) -> None:
        self.cast = cast
        self._seen = sorted(seen, key=lambda event: event.at)

    def child(self, member: str) -> list[Seen]:
        """All that happened to a member's child."""
        return self._of(member, CASSANDRACLUSTER_KIND, self.cast.child)

    def parent(self) -> list[Seen]:
        """All that happened to the MultiCasskop."""
        return self._of(self.cast.home, MULTICASSKOP_KIND, self.cast.name)

    def events(self) -> list[Seen]:
        """The Kubernetes events about the MultiCasskop, each once, in the order in which they came."""
        told = [event for event in self._seen if event.object.get("kind") == "Event" and event.type == "ADDED"]
        return [event for event in told if self._is_about_parent(event.object)]

    def _is_about_parent(self, obj: Json) -> bool:
        about = obj.get("regarding") or obj.get("involvedObject") or {}
        return (about.get("kind"), about.get("name")) == (MULTICASSKOP_KIND, self.cast.name)

    def _of(self, member: str, kind: str, name: str) -> list[Seen]:
        key = (kind, self.cast.namespace, name)
        return [event for event in self._seen if event.member == member and _key(event.object) == key]


def first_running(events: Sequence[Seen]) -> Seen | None:
    """The first event in which CassKop says Running and Done."""
    return first(events, is_running)


def first(events: Sequence[Seen], condition: Callable[[Seen], bool]) -> Seen | None:
    """The first event for which the condition holds."""
    return next((event for event in events if condition(event)), None)


def is_running(event: Seen) -> bool:
    """Whether CassKop says in this event that the child is Running and its last action Done."""
    status = inner(event.object, "status")
    living = event.type != "DELETED"
    return living and (status.get("phase"), status.get("lastClusterActionStatus")) == ("Running", "Done")


def last_living(events: Sequence[Seen]) -> Json:
    """The last state that was not yet marked for deletion."""
    living = [
        event.object for event in events if "deletionTimestamp" not in metadata_of(event) and event.type != "DELETED"
    ]
    return living[-1] if living else {}


def deletion(events: Sequence[Seen]) -> Seen | None:
    """The deletion after which nothing of that name came back."""
    return events[-1] if events and events[-1].type == "DELETED" else None


def is_held(event: Seen) -> bool:
    """Whether our finalizer is there."""
    return FINALIZER in (metadata_of(event).get("finalizers") or ()) and event.type != "DELETED"


def metadata_of(event: Seen) -> Json:
    """The metadata of an event's object."""
    return inner(event.object, "metadata")


def inner(obj: Json, *path: str) -> Json:
    """The mapping at a path; an empty one where there is none."""
    for part in path:
        obj = obj.get(part) or {}
    return obj


def word(obj: Json, field: str) -> str:
    """A field as text; empty where it is absent."""
    return str(obj.get(field) or "")


def note_of(event: Json) -> str:
    """What a Kubernetes event says, in either version of its API."""
    return word(event, "note") or word(event, "message")


def _key(obj: Json) -> tuple[object, object, object]:
    metadata = inner(obj, "metadata")
    return obj.get("kind"), metadata.get("namespace"), metadata.get("name")
