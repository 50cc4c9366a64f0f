"""In what a living child differs from what it is to be, and whether that is news, a hand's doing, or a refusal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.multicasskop import MemberState
from multicasskop.crds.names import FIELDS
from multicasskop.reconcilers.multicasskop.desire import Desired
from multicasskop.reconcilers.multicasskop.facts import Child, Told, Trace
from multicasskop.reconcilers.multicasskop.restart import RESTART_PATH, is_restart_due
from multicasskop.reconcilers.patch import merge_patch, owned_paths, parse_paths
from multicasskop.reconcilers.same import differences, dotted

CORRECTIONS_MAX: Final = 3
CORRECTIONS_SECONDS: Final = 600.0
SEEDS_PATH: Final = "status.seedlist"


class Cause(StrEnum):
    """Why a child differs from what it is to be."""

    NEWS = "news"
    DRIFT = "drift"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Difference:
    """The patch that would make a child what it is to be, and the paths it is about, as people write them."""

    patch: Json
    paths: tuple[str, ...]
    restart: bool = False
    """Whether all racks are to be told to restart besides; the patch does not say so yet."""

    @property
    def in_spec(self) -> bool:
        """Whether the spec is touched, so that CassKop has something to do."""
        return self.restart or "spec" in self.patch


def compare(desired: Desired, child: Child) -> Difference | None:
    """What is to be patched; None when the child is what it is to be. Labels are set at creation only.

    (CassKop puts labels into selectors, which are immutable.)
    """
    wanted = _document(with_nodes(desired.spec, child.spec), desired.annotations)
    spelled = with_nodes(child.spec, desired.spec) if _datacenters(child.spec) else child.spec
    live = _document(spelled, child.meta.annotations)
    patch = merge_patch(wanted, live, parse_paths(child.meta.annotations.get(FIELDS, "")))
    restart = is_restart_due(desired, child)
    if patch is None and not restart:
        return None
    unlike = tuple(map(dotted, differences(wanted, live))) or tuple(_leaves(patch or {}, ""))
    return Difference(patch or {}, (*unlike, RESTART_PATH) if restart else unlike, restart)


def fields_of(desired: Desired) -> frozenset[tuple[str, ...]]:
    """The paths that are set by writing a child; kept on it, so that what is dropped later can be taken out."""
    return owned_paths(document(desired))


def document(desired: Desired) -> Json:
    """What is compared with a living child, and patched into it."""
    return _document(desired.spec, desired.annotations)


def cause_of(paths: tuple[str, ...], desired: Desired, child: Child, trace: Trace, told: Told, now: float) -> Cause:
    """Tell a new wish from a hand's edit and from a refusal.

    A refusal: CassKop has ended a pass over our very write, and what we wrote does not stand. An edit: it did stand at
    such a moment. Corrections that do not last are a refusal too: nobody is to be fought.
    """
    # without a write of its spec that this process knows of; its seeds may have gone first
    if not trace.met or not (trace.generation or trace.held):
        return _as_told(desired, child, told)
    if trace.met != desired.hash:
        return Cause.NEWS
    if trace.refused == desired.hash or _is_fight(paths, trace, now):
        return Cause.REFUSED
    if not trace.held and child.processed >= trace.generation:
        return Cause.REFUSED
    return Cause.DRIFT


def recent_corrections(trace: Trace, path: str, now: float) -> int:
    """How often this process has lately set one path right."""
    return sum(known == path and now - at < CORRECTIONS_SECONDS for at, known in trace.corrections)


def _as_told(desired: Desired, child: Child, told: Told) -> Cause:
    """After a restart only the last report is left; it can make us write less, never more."""
    if told.uid != child.meta.uid or told.hash != desired.hash:
        return Cause.NEWS
    match told.state:
        case MemberState.REFUSED:
            return Cause.REFUSED
        case MemberState.READY | MemberState.SOAKING:
            return Cause.DRIFT
        case _:
            return Cause.NEWS


def _is_fight(paths: tuple[str, ...], trace: Trace, now: float) -> bool:
    return any(recent_corrections(trace, path, now) >= CORRECTIONS_MAX for path in paths)


def with_nodes(spec: Json, beside: Json) -> Json:
    """A spec with the nodes spelled out of each datacenter for which the one beside it has another number of its own.

    Left out, as they mostly are, they would count as equal to whatever is there: also to the 0 of one that was drained,
    or is to be.
    """
    everywhere = spec.get("nodesPerRacks") or 1
    own = {item.get("name"): item.get("nodesPerRacks") for item in _datacenters(beside)}
    other = {name for name, nodes in own.items() if nodes is not None and nodes != everywhere}
    spelled = [
        item | {"nodesPerRacks": everywhere} if item.get("name") in other and "nodesPerRacks" not in item else item
        for item in _datacenters(spec) or _datacenters(beside)
    ]
    if not other or spelled == _datacenters(spec):
        return spec
    return spec | {"topology": (spec.get("topology") or {}) | {"dc": spelled}}


def _datacenters(spec: Json) -> list[Json]:
    found = (spec.get("topology") or {}).get("dc")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _document(spec: Mapping[str, object], annotations: Mapping[str, str]) -> Json:
    return {"metadata": {"annotations": dict(annotations)}, "spec": spec}


def _leaves(patch: object, path: str) -> Iterator[str]:
    if isinstance(patch, dict):
        for key, value in patch.items():
            yield from _leaves(value, f"{path}.{key}" if path else key)
    else:
        yield path
