"""The state in which a run ends, so that two runs can be compared: everything but what must differ."""

import re
from collections.abc import Iterator
from typing import Any

from multicasskop.world.api import Json
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, STATEFULSETS
from multicasskop.world.world import World

KINDS = (MULTICASSKOPS, CASSANDRACLUSTERS, STATEFULSETS)

MASKED = {
    "/metadata/uid": "given by the server",
    "/metadata/resourceVersion": "counts writes of all objects",
    "/metadata/creationTimestamp": "a time",
    "/metadata/managedFields": "times, and who came first",
    "/metadata/annotations/cassandraclusters.db.orange.com~1last-applied-configuration": (
        "CassKop's copy of the object as it first saw it, uid and time included"
    ),
    "/metadata/namespace": "of the stage",
    "/status/rollout": "when it began is lost with a process that dies before it has told so",
    "/status/rollouts": "times; how often it was begun is judged by the writes",
}
"""Pointers that are not compared, and why. `generation` is: an extra write to a spec is a finding."""
TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
HASHES = re.compile(r"^[0-9a-f]{16}$")
"""Of what is desired, the name included; what is desired is compared itself."""
UIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

State = dict[str, Any]


def end_state(world: World, namespace: str, name: str) -> State:
    """All values of all objects of a run, by member, kind, object and pointer; its own name is masked."""
    return {
        f"{member} {kind.plural} {item['metadata']['name'].replace(name, 'NAME')} {pointer}": value
        for member in world.members
        for kind in KINDS
        for item in world.admin(member).items(kind, namespace)
        if belongs(item, name)
        for pointer, value in flat(item, name)
    }


def belongs(item: Json, name: str) -> bool:
    """Whether an object is of the run: it has its name, or begins with it."""
    found: str = item["metadata"]["name"]
    return found == name or found.startswith(f"{name}-dc")


def flat(item: Json, name: str) -> Iterator[tuple[str, Any]]:
    """An object's values by JSON pointer, without what must differ between two runs."""
    for pointer, value in leaves(item, ""):
        if not any(pointer == masked or pointer.startswith(f"{masked}/") for masked in MASKED):
            yield pointer, neutral(value, name)


def leaves(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """The values of a document that hold no others; empty maps and lists are values."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{pointer}/{number}")
    else:
        yield pointer, value


def neutral(value: Any, name: str) -> Any:  # noqa: ANN401 - any JSON
    """A text without the run's name, times and UIDs."""
    if not isinstance(value, str):
        return value
    return HASHES.sub("HASH", UIDS.sub("UID", TIMES.sub("TIME", value.replace(name, "NAME"))))


def differences(reference: State, found: State) -> tuple[str, ...]:
    """What is different, as sentences."""
    keys = sorted(reference.keys() | found.keys())
    return tuple(
        f"{key}: {found.get(key, 'nothing')!r}, undisturbed {reference.get(key, 'nothing')!r}"
        for key in keys
        if reference.get(key, ...) != found.get(key, ...)
    )
