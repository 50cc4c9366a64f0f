"""What the server's record of managers tells: how old our last write is, and whose a finalizer is.

The caches hold no `managedFields`, so this is for objects that were just read.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from multicasskop.crds.base import Json
from multicasskop.crds.names import FIELD_MANAGER, FINALIZER

NEVER = float("inf")


def last_write_age(child: Json, date: datetime) -> float:
    """Seconds from our last write of spec or seeds to `date`, the server's time; endless if there was none.

    The record has whole seconds; the age is given as the longest wait may need it, never too long.
    """
    times = (_time(entry) for entry in _entries(child) if entry.get("manager") == FIELD_MANAGER and _is_ours(entry))
    ages = [(date - at).total_seconds() for at in times if at is not None]
    return max(0.0, min(ages) - 1.0) if ages else NEVER


def migrated(parent: Json) -> bool:
    """Whether somebody else than this operator put our finalizer on a MultiCasskop: the Go operator did."""
    managers = {entry.get("manager") for entry in _entries(parent) if _holds_finalizer(entry)}
    return bool(managers - {FIELD_MANAGER})


def server_date(headers: Mapping[str, str], otherwise: datetime) -> datetime:
    """The `Date` of an answer; `otherwise` when there is none that can be read."""
    try:
        return parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return otherwise


def _entries(obj: Json) -> Iterator[Mapping[str, Any]]:
    for entry in obj.get("metadata", {}).get("managedFields") or ():
        if isinstance(entry, dict):
            yield entry


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return "f:spec" in _fields(entry) or entry.get("subresource") == "status"


def _holds_finalizer(entry: Mapping[str, Any]) -> bool:
    metadata = _fields(entry).get("f:metadata")
    finalizers = metadata.get("f:finalizers") if isinstance(metadata, dict) else None
    return isinstance(finalizers, dict) and f'v:"{FINALIZER}"' in finalizers


def _fields(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = entry.get("fieldsV1")
    return fields if isinstance(fields, dict) else {}


def _time(entry: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(entry.get("time")))
    except ValueError:
        return None
