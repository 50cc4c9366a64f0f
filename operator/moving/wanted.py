"""What the MultiCasskops of this home want in each member, and in what a child that is there differs from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from multicasskop.crds.base import Json
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.desire import Desired, Wish
from multicasskop.reconcilers.multicasskop.drift import SEEDS_PATH, compare
from multicasskop.reconcilers.multicasskop.facts import Child, MemberFacts, Meta, Parent
from multicasskop.reconcilers.multicasskop.seeds import SeedPlan, delivered, in_use, plan_seeds
from multicasskop.reconcilers.multicasskop.validate import judge


@dataclass(frozen=True, slots=True)
class Ring:
    """One MultiCasskop of this home: what it wants by member, or why that cannot be told."""

    meta: Meta
    wish: Wish | None = None
    problem: str = ""

    @property
    def key(self) -> Key:
        """Its namespace and name."""
        return self.meta.key

    @property
    def children(self) -> Mapping[str, Desired]:
        """What is wanted, by member."""
        return self.wish.children if self.wish else {}


def ring_of(obj: Json) -> Ring:
    """Read a MultiCasskop as the operator does, whichever members are registered."""
    parent = Parent.of(obj)
    override = parent.spec.get("override")
    names = tuple(override) if isinstance(override, dict) else ()
    # where children may stand is the operator's setting; here it is only asked where they are
    verdict = judge(parent.meta.key, parent.spec, names, allow_cross_namespace=True)
    if verdict.wish is None or verdict.findings:
        return Ring(parent.meta, problem=verdict.message)
    return Ring(parent.meta, verdict.wish)


def changes(ring: Ring, children: Mapping[str, Child]) -> Mapping[str, tuple[str, ...]]:
    """By member, the paths that the operator will write once these children are its own; none where all is right.

    Another seed list restarts every pod of a member, so it counts, though it is no part of the spec.
    """
    if ring.wish is None:
        return {}
    facts = {name: MemberFacts(name, child=children.get(name)) for name in ring.children}
    seeds = plan_seeds(ring.wish, facts)
    return {name: _of_one(ring.children[name], child, seeds) for name, child in children.items()}


def _of_one(desired: Desired, child: Child, seeds: SeedPlan) -> tuple[str, ...]:
    unlike, wanted = compare(desired, child), seeds.wanted.get(desired.member, ())
    paths = unlike.paths if unlike else ()
    return paths if not wanted or (wanted == delivered(child) and in_use(child, wanted)) else (*paths, SEEDS_PATH)
