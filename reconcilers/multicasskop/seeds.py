"""The seed list of the ring, and what each member is to have of it.

A Cassandra node that finds itself among its seeds does not bootstrap. So a computed list is sticky: an entry stays as
long as its pod is wanted, a datacenter gets its entries once, when it first appears, and later only a pod that runs
may take the place of one that leaves. What was handed out is remembered by the children themselves; what a child had
before it was taken over stays as it is for as long as none of its pods leaves.

A change of its list restarts every pod of a member, and so does another order of the same entries.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from multicasskop.crds.multicasskop import SeedMode
from multicasskop.crds.names import SEEDLIST
from multicasskop.reconcilers.multicasskop.desire import Datacenter, Desired, Wish, topology
from multicasskop.reconcilers.multicasskop.facts import RUNNING, Child, MemberFacts

Seeds = tuple[str, ...]
# datacenter and rack names hold no dash
_POD: Final = re.compile(r"(?P<child>.+)-(?P<datacenter>[^-]+)-[^-]+-[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """The list of the ring, what each member is to have of it, and what stands in the way."""

    mode: SeedMode
    ring: Seeds = ()
    wanted: Mapping[str, Seeds] = field(default_factory=dict)
    lagging: tuple[str, ...] = ()
    """Members that keep a shorter list, to spare their pods a restart."""
    own: tuple[str, ...] = ()
    """Members that keep what their own CassKop gave them before they were taken over: names that no other list has."""
    missing: tuple[str, ...] = ()
    """Members whose list cannot be made: no domain for their pods, or no list given."""
    leaving: frozenset[str] = frozenset()
    """Pods that are not wanted any more, while a child still names them: they go only after they left all lists."""

    @property
    def resolved(self) -> bool:
        """Whether every member's list can be made; until then no child is."""
        return not self.missing

    def holds(self, desired: Desired) -> bool:
        """Whether the member's own pods must still leave the lists before its spec may be changed."""
        return any(_child_of(pod) == desired.key.name for pod in self.leaving)


def plan_seeds(wish: Wish, members: Mapping[str, MemberFacts]) -> SeedPlan:
    """Decide every member's seed list, from what is wanted and from what the children have."""
    if wish.seed_mode is SeedMode.MANUAL:
        return _as_given(wish, members)
    return _computed(wish, members)


def delivered(child: Child) -> Seeds:
    """What we gave to a child; what it has of itself as long as we gave it nothing."""
    given = child.meta.annotations.get(SEEDLIST)
    return child.seeds if given is None else read_list(given)


def in_use(child: Child, wanted: Seeds) -> bool:
    """Whether the child uses these seeds; their order is left to it."""
    return set(child.seeds) == set(wanted)


def write_list(seeds: Seeds) -> str:
    """The annotation's text: names joined by commas, as Cassandra's own configuration has them."""
    return ",".join(seeds)


def read_list(text: str) -> Seeds:
    """The seeds of an annotation."""
    return tuple(dict.fromkeys(part for part in (part.strip() for part in text.split(",")) if part))


def first_pods(datacenter: Datacenter, child: str) -> Iterator[str]:
    """All pods of a datacenter: the first of each rack, then the second ones, and so on."""
    for ordinal in range(max((rack.nodes for rack in datacenter.racks), default=0)):
        for rack in datacenter.racks:
            if ordinal < rack.nodes:
                yield f"{child}-{datacenter.name}-{rack.name}-{ordinal}"


def _as_given(wish: Wish, members: Mapping[str, MemberFacts]) -> SeedPlan:
    ring = tuple(dict.fromkeys(seed for child in wish.children.values() for seed in child.seeds))
    wanted, lagging = {}, []
    for name, desired in wish.children.items():
        child = _child(members, name)
        wanted[name] = _revised(delivered(child), desired.seeds, wish.policy.roll_seeds) if child else desired.seeds
        if child and set(wanted[name]) < set(desired.seeds):
            lagging.append(name)
    missing = tuple(name for name, desired in wish.children.items() if not desired.seeds)
    return SeedPlan(SeedMode.MANUAL, ring, wanted, tuple(lagging), missing=missing)


def _revised(old: Seeds, new: Seeds, roll: bool) -> Seeds:
    """What a child that has `old` is to get: the same again, if nothing or only something more would be told to it."""
    unchanged, grown = set(old) == set(new), set(old) < set(new)
    return old if old and (unchanged or (grown and not roll)) else new


def _computed(wish: Wish, members: Mapping[str, MemberFacts]) -> SeedPlan:
    ring = _Ring(wish, members)
    seeds = ring.seeds()
    names = {_pod(seed): seed for seed in seeds}
    children = {name: child for name in wish.children if (child := _child(members, name))}
    wanted = {name: _of_member(ring, wish, names, children.get(name)) for name in wish.children}
    own = tuple(name for name in children if not set(wanted[name]) <= set(seeds))
    lagging = tuple(name for name in children if name not in own and len(wanted[name]) < len(seeds))
    return SeedPlan(SeedMode.AUTO, seeds, wanted, lagging, own, ring.without_domain(), ring.named() - names.keys())


def _of_member(ring: "_Ring", wish: Wish, names: Mapping[str, str], child: Child | None) -> Seeds:
    if child is None:
        return ring.for_newcomer
    old, roll = delivered(child), wish.policy.roll_seeds
    return old if ring.leaves_alone(child) and not roll else _kept(old, names, roll)


def _kept(old: Seeds, names: Mapping[str, str], roll: bool) -> Seeds:
    """What a child that has `old` is to get of the ring's seeds, in the order it has them."""
    kept = tuple(names[pod] for pod in map(_pod, old) if pod in names)
    must_change = not kept or len(kept) < len(old)
    more = tuple(seed for seed in names.values() if seed not in kept) if roll or must_change else ()
    return kept + more


class _Ring:
    """The computed seeds of one moment."""

    def __init__(self, wish: Wish, members: Mapping[str, MemberFacts]) -> None:
        self._wish, self._members = wish, members
        lists = [delivered(child) for name in wish.children if (child := _child(members, name))]
        self.known = {_pod(seed): seed for seeds in reversed(dict.fromkeys(lists)) for seed in seeds}
        known = dict.fromkeys(_pod(seed) for seeds in dict.fromkeys(lists) for seed in seeds)
        self._order = {pod: place for place, pod in enumerate(known)}
        self._before = _largest(lists)

    def seeds(self) -> Seeds:
        """The list in rollout order."""
        return self._seeds(self._wish.children)

    @cached_property
    def for_newcomer(self) -> Seeds:
        """The list as a child gets it that is made now: datacenters that can be reached come first."""
        reachable = [name for name in self._wish.children if self._members[name].reach.ok]
        return self._seeds(dict.fromkeys((*reachable, *self._wish.children)))

    def named(self) -> frozenset[str]:
        """The pods that are in a list which can be changed now: nobody waits for a dark member's."""
        reachable = (member.child for member in self._members.values() if member.reach.ok and member.child)
        return frozenset(_pod(seed) for child in reachable for seed in (*delivered(child), *child.seeds))

    def leaves_alone(self, child: Child) -> bool:
        """Whether a child that we never gave seeds may go on with its own: none of them is a pod that goes.

        To call the same pods by other names would restart all of them, for nothing but having been taken over.
        """
        if SEEDLIST in child.meta.annotations or not child.seeds:
            return False
        gone = (pod for pod in map(_pod, child.seeds) if pod not in self._pods_of_all)
        return not any(_child_of(pod) in self._children for pod in gone)

    def without_domain(self) -> tuple[str, ...]:
        """The members whose pods have no name outside their cluster, though there are others."""
        return tuple(name for name, desired in self._wish.children.items() if not self._zone(desired))

    @cached_property
    def _pods_of_all(self) -> frozenset[str]:
        return frozenset(pod for desired in self._wish.children.values() for pod in self._pods(desired))

    @cached_property
    def _children(self) -> frozenset[str]:
        return frozenset(desired.key.name for desired in self._wish.children.values())

    def _seeds(self, order: Mapping[str, object]) -> Seeds:
        pods = [(self._wish.children[name], pod) for name in order for pod in self._pods(self._wish.children[name])]
        return tuple(filter(None, (self._name(desired, pod) for desired, pod in pods)))

    def _pods(self, desired: Desired) -> Iterator[str]:
        child = _child(self._members, desired.member)
        for datacenter in desired.datacenters:
            yield from self._of_datacenter(datacenter, desired.key.name, child)

    def _of_datacenter(self, datacenter: Datacenter, owner: str, child: Child | None) -> Seeds:
        pods = tuple(first_pods(datacenter, owner))
        stay = tuple(sorted(filter(self._order.__contains__, pods), key=self._order.__getitem__))
        count = self._before.get((owner, datacenter.name)) or self._wish.policy.seeds_per_datacenter
        others = [pod for pod in _eligible(pods, datacenter, child) if pod not in stay]
        return stay + tuple(others[: max(0, count - len(stay))])

    def _name(self, desired: Desired, pod: str) -> str:
        zone = self._zone(desired)
        return f"{pod}.{zone}" if zone else self.known.get(pod, "")

    def _zone(self, desired: Desired) -> str:
        alone = len(self._wish.children) == 1
        return desired.domain or (f"{desired.key.name}.{desired.key.namespace}" if alone else "")


def _eligible(pods: Seeds, datacenter: Datacenter, child: Child | None) -> Seeds:
    """The pods that may become seeds now: all of a datacenter that is yet to be made, else those that run."""
    there = next((dc for dc in topology(child.spec) if dc.name == datacenter.name), None) if child else None
    if child is None or there is None:
        return pods
    running = frozenset(first_pods(there, child.key.name)) if child.phase == RUNNING else frozenset()
    return tuple(pod for pod in pods if pod in running)


def _child(members: Mapping[str, MemberFacts], name: str) -> Child | None:
    return members[name].child if name in members else None


def _pod(seed: str) -> str:
    return seed.partition(".")[0]


def _child_of(pod: str) -> str:
    found = _POD.fullmatch(pod)
    return found["child"] if found else ""


def _largest(lists: Iterable[Seeds]) -> Mapping[tuple[str, str], int]:
    """How many seeds each datacenter of each child has had.

    In the middle of a change one child has the old list and another the new one: both are as long.
    """
    result: dict[tuple[str, str], int] = {}
    # a ring of many members has few lists: each is looked at once
    for seeds in dict.fromkeys(lists):
        places = (found for found in map(_POD.fullmatch, map(_pod, seeds)) if found)
        for place, count in Counter((found["child"], found["datacenter"]) for found in places).items():
            result[place] = max(count, result.get(place, 0))
    return result
