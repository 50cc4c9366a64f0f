"""A CassandraCluster that cannot be read: what is wrong in it, and the status that says so.

An API server with our definition takes none. One with an older definition does, and a person is needed then: nothing is
done, and nothing is tried again before it has changed.
"""

from datetime import datetime
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.conditions import ConditionType
from multicasskop.crds.problem import path_of
from multicasskop.reconcilers.cassandracluster.condition_set import Reason
from multicasskop.reconcilers.conditions import condition, find_condition, set_condition
from pydantic import ValidationError

_SHOWN: Final = 3


def sentence(error: ValidationError) -> str:
    """The places that are wrong, the first few of them, and what is allowed there; what stands there may be secret."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    shown = [f"{path_of(each['loc'])}: {each['msg']}" for each in details[:_SHOWN]]
    more = f", and {len(details) - _SHOWN} more" if len(details) > _SHOWN else ""
    return "; ".join(shown) + more


def conditions_of(stored: object) -> list[Json]:
    """The conditions in a status of which nothing is known, as far as they are any."""
    found = stored.get("conditions") if isinstance(stored, dict) else None
    return [each for each in found if isinstance(each, dict) and "type" in each] if isinstance(found, list) else []


def said_of(known: list[Json], message: str, generation: int, now: datetime) -> list[Json]:
    """The conditions, and in them that the object is invalid; one that says so already keeps its time."""
    for type_ in (ConditionType.READY, ConditionType.VALID):
        wanted = condition(type_, False, Reason.INVALID, message, generation=generation)
        if not wanted.items() <= dict(find_condition(known, type_) or {}).items():
            known = set_condition(known, wanted, now)
    return known
