"""What tests say of plain objects: of a child, whether it is at rest, triggered, ours."""

from typing import Any

from multicasskop.crds.names import OWNER
from multicasskop.reconcilers.multicasskop.ownership import read_mark
from multicasskop.reconcilers.multicasskop.restart import TRIGGER

Json = dict[str, Any]


def is_running(child: Json) -> bool:
    """Whether CassKop calls it Running and its last action Done, for whichever spec."""
    status = child.get("status") or {}
    return (status.get("phase"), status.get("lastClusterActionStatus")) == ("Running", "Done")


def is_at_rest(child: Json | None) -> bool:
    """Whether it is Running and Done for the very spec that it has."""
    if child is None or not is_running(child):
        return False
    return bool(child["status"].get("observedGeneration") == child["metadata"]["generation"])


def is_triggered(spec: Json) -> bool:
    """Whether the one rack of a spec is to restart."""
    return bool(spec["topology"]["dc"][0]["rack"][0].get(TRIGGER))


def with_trigger(spec: Json, *, on: bool) -> Json:
    """A patch that sets the trigger of the one rack, or takes it out."""
    rack = {"name": "rack1"} | ({TRIGGER: True} if on else {})
    return {"spec": {"topology": {"dc": [{**spec["topology"]["dc"][0], "rack": [rack]}]}}}


def is_owned(child: Json, parent: Json) -> bool:
    """Whether a child carries the mark of a parent."""
    mark = read_mark((child["metadata"].get("annotations") or {}).get(OWNER))
    return mark is not None and mark.uid == parent["metadata"]["uid"]
