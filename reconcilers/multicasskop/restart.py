"""Restarting all racks of a child because its parent asks for it: once for each value, by the racks' own triggers.

CassKop restarts a rack whose `rollingRestart` is true, and takes the trigger out when it begins. So the trigger cannot
remember for what it was set; the child does, in an annotation with the value. Both go in one patch, which carries the
version that was looked at: a crash between them cannot lose a restart or make it twice, and a trigger that a person
has set on one member is neither copied, nor taken back, nor mistaken for ours.
"""

from collections.abc import Mapping
from typing import Any, Final

from multicasskop.crds.base import Json
from multicasskop.crds.names import RESTART
from multicasskop.reconcilers.multicasskop.desire import Desired
from multicasskop.reconcilers.multicasskop.facts import Child

RESTART_PATH: Final = "spec.restart"
TRIGGER: Final = "rollingRestart"
# what CassKop makes of a topology, and of a datacenter, that says nothing
_DATACENTER: Final[Json] = {"name": "dc1"}
_RACK: Final[Json] = {"name": "rack1"}


def restarted_for(child: Child) -> str:
    """The last value for which a child was told to restart, or with which it was made; empty for none."""
    return child.meta.annotations.get(RESTART, "")


def is_restart_due(desired: Desired, child: Child) -> bool:
    """Whether a child is to restart for a value that it was not told yet. No value asks for nothing."""
    return bool(desired.restart) and desired.restart != restarted_for(child)


def with_triggers(patch: Json, spec: Mapping[str, Any]) -> Json:
    """A merge patch of a child that also triggers a restart of each rack that its living `spec` has.

    A topology in the patch goes along, whatever else it changes; racks that it adds start anyway. Neither argument is
    changed.
    """
    living = {dc["name"]: dc for dc in _datacenters(spec)}
    wanted = ((patch.get("spec") or {}).get("topology") or {}).get("dc")
    sent = [_triggered(dc, living.get(dc.get("name"))) for dc in (wanted or _datacenters(spec))]
    topology = {**((patch.get("spec") or {}).get("topology") or {}), "dc": sent}
    return {**patch, "spec": {**(patch.get("spec") or {}), "topology": topology}}


def without_triggers(spec: Mapping[str, Any]) -> Json:
    """A spec as CassKop leaves it when it has begun all the restarts that it was asked for."""
    if not (spec.get("topology") or {}).get("dc"):
        return dict(spec)
    spent = [{**dc, "rack": list(map(_spent, dc["rack"]))} if dc.get("rack") else dc for dc in _datacenters(spec)]
    return {**spec, "topology": {**spec["topology"], "dc": spent}}


def waiting_racks(child: Child) -> tuple[str, ...]:
    """The racks whose trigger still stands, so that CassKop has yet to begin, as `<datacenter>-<rack>`."""
    return tuple(
        f"{dc.get('name')}-{rack.get('name')}"
        for dc in _datacenters(child.spec)
        for rack in _racks(dc)
        if rack.get(TRIGGER) is True
    )


def _triggered(dc: Json, living: Json | None) -> Json:
    if living is None:
        return dc
    names = {rack.get("name") for rack in _racks(living)}
    racks = [{**rack, TRIGGER: True} if rack.get("name") in names else rack for rack in _racks(dc)]
    return {**dc, "rack": racks}


def _spent(rack: Json) -> Json:
    return {name: value for name, value in rack.items() if name != TRIGGER}


def _datacenters(spec: Mapping[str, Any]) -> list[Json]:
    found = (spec.get("topology") or {}).get("dc") or [_DATACENTER]
    return [dc for dc in found if isinstance(dc, dict)]


def _racks(dc: Json) -> list[Json]:
    return [rack for rack in dc.get("rack") or [_RACK] if isinstance(rack, dict)]
