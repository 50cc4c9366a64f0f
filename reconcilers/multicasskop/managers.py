"""What the server's record of managers tells: how old our last write is, and whose a finalizer is.

The caches hold no `managedFields`, so this is for objects that were just read.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from multicasskop.crds.base import Json
from multicasskop.crds.names import FIELD_MANAGER, FINALIZER, GO_FIELD_MANAGER
from multicasskop.reconcilers.same import Path

NEVER = float("inf")
_SERVER_DEFAULTS = frozenset({"runAsUser", "fsGroup", "serverType"})


def last_write_age(child: Json, date: datetime) -> float:
    """Seconds from our last write of spec or seeds to `date`, the server's time; endless if there was none.

    The record has whole seconds; the age is given as the longest wait may need it, never too long.
    """
    times = (_time(entry) for entry in _entries(child) if entry.get("manager") == FIELD_MANAGER and _is_ours(entry))
    ages = [(date - at).total_seconds() for at in times if at is not None]
    return max(0.0, min(ages) - 1.0) if ages else NEVER


def paths_of_go(child: Json) -> frozenset[Path]:
    """The paths of a child's spec that the Go MultiCassKop has set, without what the server puts there by default."""
    entries = [entry for entry in _entries(child) if entry.get("manager") == GO_FIELD_MANAGER]
    specs = [_fields(entry).get("f:spec") for entry in entries if entry.get("operation") == "Update"]
    found = {path for spec in specs if isinstance(spec, dict) for path in _paths(spec, ("spec",))}
    return frozenset(path for path in found if path[1] not in _SERVER_DEFAULTS)


def migrated(parent: Json) -> bool:
    """Whether somebody else than this operator put our finalizer on a MultiCasskop: the Go operator did."""
    managers = {entry.get("manager") for entry in _entries(parent) if _holds_finalizer(entry)}
    return bool(managers - {FIELD_MANAGER})


def server_date(headers: Mapping[str, str], otherwise: datetime) -> datetime:
    """The `Date` of an answer; `otherwise` when there is none that can be read."""
    try:
        date = parsedate_to_datetime(headers["date"])
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    except (KeyError, ValueError, TypeError):
        return otherwise


def _entries(obj: Json) -> Iterator[Mapping[str, Any]]:
    entries = obj.get("metadata", {}).get("managedFields")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            yield entry


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return "f:spec" in _fields(entry) or entry.get("subresource") == "status"


def _paths(fields: Mapping[str, Any], path: Path) -> Iterator[Path]:
    """The leaves of a tree of fields; lists are taken whole, however the server keeps their elements."""
    inner = {key[2:]: value for key, value in fields.items() if key.startswith("f:") and isinstance(value, dict)}
    for key, value in inner.items():
        deeper = list(_paths(value, (*path, key)))
        yield from deeper or [(*path, key)]


def _holds_finalizer(entry: Mapping[str, Any]) -> bool:
    metadata = _fields(entry).get("f:metadata")
    finalizers = metadata.get("f:finalizers") if isinstance(metadata, dict) else None
    return isinstance(finalizers, dict) and f'v:"{FINALIZER}"' in finalizers


def _fields(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = entry.get("fieldsV1")
    return fields if isinstance(fields, dict) else {}


def _time(entry: Mapping[str, Any]) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(entry.get("time")))
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    except ValueError:
        return None
