"""The Go operator as it is found in home: its Deployment, its arguments, and whether it is still at work."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from multicasskop.crds.base import Json
from multicasskop.crds.names import GO_FIELD_MANAGER

PROGRAM: Final = "multi-casskop"
_LONG: Final = {"local": "l", "remote": "r"}


@dataclass(frozen=True, slots=True)
class GoOperator:
    """One Deployment of it. `replicas` are those that are wanted or still there, whichever are more."""

    namespace: str
    name: str
    replicas: int
    members: tuple[str, ...]
    """Its own cluster first, then the others in the order of its arguments."""

    def __str__(self) -> str:
        return f"deployment {self.namespace}/{self.name}"


def go_operators(deployments: Iterable[Json]) -> list[GoOperator]:
    """Those of some Deployments that run it."""
    return [found for item in deployments for found in _of(item)]


def members_of(arguments: Iterable[str]) -> tuple[str, ...]:
    """Local and remote clusters as its arguments name them: `-l a -r b`, `-la -rb`, `--local a`."""
    found: dict[str, list[str]] = {"l": [], "r": []}
    words = iter(arguments)
    for word in words:
        flag, value = _flag(word)
        if flag in found:
            found[flag].append(value or next(words, ""))
    return tuple(dict.fromkeys(name for name in (*found["l"], *found["r"]) if name))


def _flag(word: str) -> tuple[str, str]:
    """The letter of a flag, and the value that stands in the same word, if one does."""
    if word.startswith("--"):
        name, _, value = word[2:].partition("=")
        return _LONG.get(name, name), value
    return (word[1:2], word[2:].removeprefix("=")) if word.startswith("-") else ("", "")


def last_write(objects: Iterable[Json]) -> datetime | None:
    """When it last wrote to any of some objects, by the servers' records of managers."""
    entries = (entry for obj in objects for entry in obj["metadata"].get("managedFields") or ())
    times = [_time(entry) for entry in entries if entry.get("manager") == GO_FIELD_MANAGER]
    return max((time for time in times if time is not None), default=None)


def _of(deployment: Json) -> Iterator[GoOperator]:
    metadata, spec = deployment["metadata"], deployment.get("spec") or {}
    containers = ((spec.get("template") or {}).get("spec") or {}).get("containers") or []
    for container in filter(_runs_it, containers):
        wanted, there = spec.get("replicas", 1), (deployment.get("status") or {}).get("replicas", 0)
        arguments = [*(container.get("command") or ())[1:], *(container.get("args") or ())]
        yield GoOperator(metadata["namespace"], metadata["name"], max(wanted, there), members_of(arguments))


def _runs_it(container: Mapping[str, Any]) -> bool:
    image = str(container.get("image", "")).partition("@")[0].rpartition("/")[2].partition(":")[0]
    command = container.get("command") or [""]
    return PROGRAM in {image, str(command[0]).rpartition("/")[2]}


def _time(entry: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(entry.get("time")))
    except ValueError:
        return None
