"""Conditions, set without ticking: what did not change is not written.

Conditions are plain data here, as they stand in `status.conditions`; models are made where they are read.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

Json = dict[str, Any]

# times that move along with what they belong to; alone, they are no change
TIMES: Final = frozenset({"lastTransitionTime", "since", "lastContact"})


def condition(
    type_: str, status: str | bool | None, reason: str, message: str = "", *, generation: int | None = None
) -> Json:
    """A condition without a time yet; a status of None is `Unknown`."""
    text = {True: "True", False: "False", None: "Unknown"}[status] if not isinstance(status, str) else str(status)
    observed = {} if generation is None else {"observedGeneration": generation}
    return {"type": str(type_), "status": text, "reason": str(reason), "message": message, **observed}


def set_condition(conditions: Sequence[Mapping[str, Any]], new: Mapping[str, Any], now: datetime) -> list[Json]:
    """The conditions with `new` in its type's place, or at the end; none of the arguments is changed.

    `lastTransitionTime` becomes `now` when the status is another than before, and stays otherwise, whatever the
    reason and message are.
    """
    old = find_condition(conditions, new["type"])
    moved = old is None or old.get("status") != new["status"] or not old.get("lastTransitionTime")
    since = timestamp(now) if moved or old is None else old["lastTransitionTime"]
    entry = {**new, "lastTransitionTime": since}
    if old is None:
        return [*map(dict, conditions), entry]
    return [entry if known.get("type") == new["type"] else dict(known) for known in conditions]


def remove_condition(conditions: Sequence[Mapping[str, Any]], type_: str) -> list[Json]:
    """The conditions without those of this type: for types that are present only while they are true."""
    return [dict(known) for known in conditions if known.get("type") != type_]


def find_condition(conditions: Sequence[Mapping[str, Any]], type_: str) -> Mapping[str, Any] | None:
    """The condition of this type, if there is one."""
    return next((known for known in conditions if known.get("type") == type_), None)


def is_true(conditions: Sequence[Mapping[str, Any]], type_: str) -> bool:
    """Whether the condition of this type is there, and true."""
    found = find_condition(conditions, type_)
    return found is not None and found.get("status") == "True"


def same_status(one: object, other: object) -> bool:
    """Whether two statuses say the same, times left out; an absent, a null and an empty field are one."""
    return _without_times(one) == _without_times(other)


def timestamp(instant: datetime) -> str:
    """An instant as Kubernetes writes it: RFC 3339, UTC, whole seconds. Assumes an aware instant in UTC."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _without_times(value: object) -> object:
    match value:
        case Mapping():
            stripped = {key: _without_times(inner) for key, inner in value.items() if key not in TIMES}
            return {key: inner for key, inner in stripped.items() if inner not in (None, {}, [], "")}
        case list() | tuple():
            return [_without_times(inner) for inner in value]
        case _:
            return value
