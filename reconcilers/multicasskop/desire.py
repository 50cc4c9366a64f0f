"""What each child is to be: base and override merged, in the form in which it is compared and sent."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from multicasskop.crds.base import Json
from multicasskop.crds.multicasskop import SeedMode
from multicasskop.crds.names import EXTERNAL_DNS, is_reserved
from multicasskop.crds.quantity import QuantityError, canonical_quantity
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.facts import texts
from multicasskop.reconcilers.multicasskop.merge import merge
from multicasskop.reconcilers.multicasskop.policy import Policy, rollout_order

# people and tools set these on the living child; in a base they would be set again and again
TRIGGERS: Final = frozenset({"unlockNextOperation", "rollingRestart", "rollingPartition"})
# this operator owns the seeds
_TAKEN_OUT: Final = "autoUpdateSeedList"
DEPTH_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Rack:
    """One rack of the desired topology."""

    name: str
    nodes: int


@dataclass(frozen=True, slots=True)
class Datacenter:
    """One datacenter of the desired topology."""

    name: str
    racks: tuple[Rack, ...]

    @property
    def nodes(self) -> int:
        """How many nodes it is to have."""
        return sum(rack.nodes for rack in self.racks)


@dataclass(frozen=True, slots=True)
class Desired:
    """What the child of one member is to be; never changed once made."""

    member: str
    key: Key
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Json
    seeds: tuple[str, ...]
    datacenters: tuple[Datacenter, ...]
    domain: str
    hash: str
    restart: str = ""
    """For which value all racks are to have been told to restart; empty for none."""

    @property
    def nodes(self) -> int:
        """How many nodes the member is to have."""
        return sum(datacenter.nodes for datacenter in self.datacenters)


@dataclass(frozen=True, slots=True)
class Wish:
    """What one generation of a MultiCasskop asks for."""

    policy: Policy
    children: Mapping[str, Desired]
    """By member, in rollout order."""

    @property
    def seed_mode(self) -> SeedMode:
        """Manual where a list is given and nothing else said, else Auto."""
        given = any(child.seeds for child in self.children.values())
        return self.policy.seed_mode or (SeedMode.MANUAL if given else SeedMode.AUTO)


def merged_children(spec: Json, policy: Policy, registered: Sequence[str]) -> Mapping[str, Json]:
    """Merge base and override of each member, in rollout order."""
    overrides = {name: override or {} for name, override in (spec.get("override") or {}).items()}
    order = rollout_order(policy.order, registered, overrides)
    return {name: merge(spec.get("base") or {}, overrides[name]) for name in order}


def desire(parent: Key, policy: Policy, merged: Mapping[str, Json], *, allow_cross_namespace: bool = False) -> Wish:
    """Compute what each member's child is to be, out of merged children that were found valid."""
    cross = allow_cross_namespace
    return Wish(policy, {name: desired_child(parent, policy, name, child, cross) for name, child in merged.items()})


def desired_child(
    parent: Key, policy: Policy, member: str, merged: Json, allow_cross_namespace: bool = False
) -> Desired:
    """Bring one merged child into normal form; what it does not name comes from its parent.

    Unless allowed, its namespace is its parent's, whatever it names: a right to write MultiCasskops in one namespace is
    none to have children looked for, written or deleted in another.
    """
    metadata, spec = merged.get("metadata") or {}, normal_form(merged.get("spec") or {})
    namespace = metadata.get("namespace") if allow_cross_namespace else None
    key = Key(namespace or parent.namespace, metadata.get("name") or parent.name)
    labels, annotations = (_free(metadata.get(field)) for field in ("labels", "annotations"))
    status = merged.get("status")
    # an object without a restart keeps the hash that it always had
    content = (key, annotations, spec, *filter(None, [policy.restart]))
    return Desired(
        member=member,
        key=key,
        labels=labels,
        annotations=annotations,
        spec=spec,
        seeds=tuple(dict.fromkeys(texts(status.get("seedlist") if isinstance(status, dict) else None))),
        datacenters=topology(spec),
        domain=_zone(policy.domains.get(member) or _external_dns(spec)),
        hash=hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16],
        restart=policy.restart,
    )


def normal_form(spec: Json) -> Json:
    """A copy of a merged spec as it is compared and sent.

    Quantities are spelled as Go prints them (another spelling makes the Go CassKop update resources on every rack);
    triggers, `autoUpdateSeedList` and nulls are out. Free-form `config` is left as it is.
    """
    normal: Json = _normal(spec, ())
    normal.pop(_TAKEN_OUT, None)
    return normal


def topology(spec: Mapping[str, Any]) -> tuple[Datacenter, ...]:
    """The datacenters and racks that a spec asks for, with CassKop's defaults: `dc1`, `rack1`, one node."""
    given = (spec.get("topology") or {}).get("dc") or [{"name": "dc1"}]
    everywhere = spec.get("nodesPerRacks") or 1
    return tuple(_datacenter(item, everywhere) for item in given if isinstance(item, dict))


def too_deep(value: object, limit: int = DEPTH_MAX) -> bool:
    """Whether maps and lists stand inside each other more than `limit` deep; found without recursion."""
    level = [value]
    for _ in range(limit):
        level = [inner for item in level for inner in inside(item)]
        if not level:
            return False
    return True


def _datacenter(item: Json, everywhere: int) -> Datacenter:
    own = item.get("nodesPerRacks")
    nodes = own if isinstance(own, int) else everywhere
    racks = [rack for rack in item.get("rack") or [{"name": "rack1"}] if isinstance(rack, dict)]
    return Datacenter(str(item.get("name", "")), tuple(Rack(str(rack.get("name", "")), nodes) for rack in racks))


def _normal(value: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401  plain data
    match value:
        case dict() if path[-1:] != ("config",):
            kept = ((key, item) for key, item in value.items() if item is not None and key not in TRIGGERS)
            return {key: _normal(item, (*path, key)) for key, item in kept}
        case list():
            return [_normal(item, path) for item in value]
        case str() | int() | float() if _is_quantity(path) and not isinstance(value, bool):
            return _spelled(value)
        case _:
            return value


def _is_quantity(path: tuple[str, ...]) -> bool:
    return len(path) >= 3 and path[-3] == "resources" and path[-2] in {"requests", "limits"}


def _spelled(value: str | float) -> str:
    try:
        return canonical_quantity(value)
    except QuantityError:
        return str(value)  # refused by the validation, which says so


def _free(texts: Mapping[str, str | None] | None) -> dict[str, str]:
    """Labels or annotations that a user may set, those of Kubernetes, of CassKop and of ours left out."""
    return {name: text for name, text in (texts or {}).items() if text is not None and not is_reserved(name)}


def _external_dns(spec: Json) -> str:
    annotations = (spec.get("service") or {}).get("annotations") or {}
    return str(annotations.get(EXTERNAL_DNS) or "")


def _zone(text: str) -> str:
    return text.split(",")[0].strip().rstrip(".")


def inside(value: object) -> Iterator[object]:
    """The values of a map, or the elements of a list; nothing of anything else."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
