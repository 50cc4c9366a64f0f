"""The plan of one MultiCasskop, from what the user gave to what would be written."""

from collections.abc import Mapping
from dataclasses import dataclass

from multicasskop.crds.base import Json
from multicasskop.informers.key import Key
from multicasskop.operator.home import Home
from multicasskop.operator.planning.members import Asked, home_member, registered
from multicasskop.operator.planning.reading import Reached, identity, look_at, others, uids_in_home
from multicasskop.operator.planning.sight import Known, Look, Sight, known, parent_of
from multicasskop.reconcilers.multicasskop.facts import Parent
from multicasskop.reconcilers.multicasskop.plan import Plan, plan
from multicasskop.reconcilers.multicasskop.validate import Verdict, judge


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and all that it was made from."""

    parent: Parent
    sight: Sight
    plan: Plan
    known: Known
    members: tuple[str, ...]
    home: str
    asked: Asked

    @property
    def failures(self) -> Mapping[str, str]:
        """The members that were asked and did not answer, with the reason."""
        return {name: look.failure for name, look in self.sight.looks.items() if look.failure}


def planned(home: Home, asked: Asked, wanted: Json, stored: Json | None, *, cross_namespace: bool = False) -> Planned:
    """Read what is needed and plan; raises CommandError when home does not answer."""
    names = registered(asked, wanted, stored)
    found, complete = others(home, wanted["metadata"]["namespace"])
    first = Sight(wanted, stored, found, complete, home_id=identity(home), now=home.clock.now())
    parent = parent_of(first)
    verdict = judge(parent.meta.key, parent.spec, names, allow_cross_namespace=cross_namespace)
    looks, at_home = _looks(home, asked, names, verdict, parent.meta.key, stored)
    sight = Sight(wanted, stored, found, complete, looks, first.home_id, first.now)
    seen = known(sight, parent, verdict, _stored_verdict(stored, names, cross_namespace), names)
    made = plan(seen.facts, verdict, seen.originals)
    return Planned(parent, sight, made, seen, names, at_home, asked)


def _stored_verdict(stored: Json | None, names: tuple[str, ...], cross_namespace: bool) -> Verdict:
    if stored is None:
        return Verdict(None)
    before = Parent.of(stored)
    return judge(before.meta.key, before.spec, names, allow_cross_namespace=cross_namespace)


def _looks(
    home: Home, asked: Asked, names: tuple[str, ...], verdict: Verdict, parent: Key, stored: Json | None
) -> tuple[Mapping[str, Look], str]:
    """What was seen in the members that can be asked, and the name of the one that is home."""
    if verdict.wish is None:
        return {}, ""
    children = verdict.wish.children
    # those without an override may still have a child, in the namespace of their object
    places = {name: children[name].key.namespace if name in children else parent.namespace for name in names}
    spaces = dict.fromkeys(places.values())
    at_home = home_member(asked, names, stored, uids_in_home(home, spaces), home.context)
    ways = {name: asked.context_of(name) for name in places}
    ways[at_home] = ""
    chosen = {name: way for name, way in ways.items() if way is not None and name in places}
    members = Reached(home, {at_home: home.cluster})
    try:
        return look_at(members, chosen, places), at_home
    finally:
        members.close()
