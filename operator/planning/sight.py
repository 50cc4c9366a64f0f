"""What was seen for a plan, as values; and the facts that the operator's decisions take, made of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.names import OWNER
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.claims import rivals_among
from multicasskop.reconcilers.multicasskop.facts import Child, Facts, MemberFacts, Meta, Parent, Reach
from multicasskop.reconcilers.multicasskop.last_written import last_written
from multicasskop.reconcilers.multicasskop.ownership import is_mark_of, read_mark
from multicasskop.reconcilers.multicasskop.plan import Originals
from multicasskop.reconcilers.multicasskop.validate import Verdict

# what stands in a plan for what only the server can give
NEW_UID: Final = "<uid of the new MultiCasskop>"


class Source(StrEnum):
    """By what a member's child is known."""

    LIVE = "live"
    LAST_WRITTEN = "last written"
    NEVER_WRITTEN = "never written"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Look:
    """One member's children in the namespace, as its server has them; or why they could not be read."""

    items: tuple[Json, ...] = ()
    whole: bool = False
    """Whether a child can be created together with its seeds there."""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """All that was read for the plan of one MultiCasskop."""

    wanted: Json
    """The object as it is to be."""
    stored: Json | None
    """The object as home has it."""
    others: tuple[Json, ...] = ()
    complete: bool = True
    """Whether `others` are all that home has."""
    looks: Mapping[str, Look] = field(default_factory=dict)
    home_id: str = ""
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The facts, the originals of what was read, and by what each member's child is known."""

    facts: Facts
    originals: Originals
    sources: Mapping[str, Source]


def parent_of(sight: Sight) -> Parent:
    """The MultiCasskop as the operator would see it, once it is stored: in a new generation if its spec is another."""
    stored, wanted = sight.stored or {}, sight.wanted
    known = stored.get("metadata") or {}
    generation = known.get("generation", 0) + (stored.get("spec") != wanted.get("spec"))
    given = {key: value for key, value in (wanted.get("metadata") or {}).items() if value is not None}
    notes = {**(known.get("annotations") or {}), **(given.get("annotations") or {})}
    metadata = {"uid": NEW_UID, **known, **given, "generation": generation, "annotations": notes}
    return Parent.of({**wanted, "metadata": metadata, "status": stored.get("status") or {}})


def known(sight: Sight, parent: Parent, verdict: Verdict, stored: Verdict, registered: Iterable[str]) -> Known:
    """Put together the facts of one moment; `stored` is the verdict on the object as home has it."""
    before = parent if sight.stored is None else Parent.of(sight.stored)
    children: dict[str, MemberFacts] = {}
    sources: dict[str, Source] = {}
    originals: dict[str, Json] = {}
    names = tuple(verdict.wish.children) if verdict.wish is not None else ()
    members = frozenset(registered)
    for name in names:
        key = verdict.wish.children[name].key if verdict.wish is not None else parent.meta.key
        look = sight.looks.get(name)
        if look is not None and not look.failure:
            found = next((item for item in look.items if Key.of(item) == key), None)
            source = Source.LIVE
            originals |= {name: found} if found is not None else {}
        else:
            found, source = _as_home_knows(sight, before, stored, name)
        sources[name] = source
        children[name] = _member(parent, sight, name, key, found, source, name in members)
    former = dict(_former(sight, parent, frozenset(names), members))
    facts = Facts(
        parent=parent,
        members=children,
        former={name: member for name, (member, _) in former.items()},
        home_id=sight.home_id,
        living=frozenset(Meta.of(item).uid for item in sight.others) | {parent.meta.uid},
        home_fresh=sight.complete,
        now=sight.now,
    )
    sources |= {name: source for name, (_, source) in former.items()}
    return Known(facts, Originals(sight.stored or {}, originals), sources)


def _former(
    sight: Sight, parent: Parent, wanted: frozenset[str], registered: frozenset[str]
) -> Iterator[tuple[str, tuple[MemberFacts, Source]]]:
    """Members without an override that have a child of ours, or had one when home last heard of them."""
    for name in dict.fromkeys((*sight.looks, *registered)):
        told, look = parent.told(name), sight.looks.get(name)
        asked = look is not None and not look.failure
        ours = next(_ours(look or Look(), parent.meta), None) if asked else None
        if name in wanted or not (ours or (told.uid and not asked)):
            continue
        child, reach = None if ours is None else Child.of(ours), Reach(ok=asked)
        member = MemberFacts(name, child.key if child else None, name in registered, reach, child=child, told=told)
        yield name, (member, Source.LIVE if asked else Source.UNKNOWN)


def _ours(look: Look, parent: Meta) -> Iterator[Json]:
    for item in look.items:
        mark = read_mark(Meta.of(item).annotations.get(OWNER))
        at_home = Key.of(item).namespace == parent.key.namespace
        if mark is not None and at_home and parent.uid and is_mark_of(mark, parent):
            yield item


def _as_home_knows(sight: Sight, before: Parent, stored: Verdict, name: str) -> tuple[Json | None, Source]:
    """The child that home last wrote down, when the member itself was not asked."""
    found = last_written(before, stored, name, sight.home_id)
    if found is not None:
        return found, Source.LAST_WRITTEN
    never = sight.stored is None or not before.told(name).uid
    return None, Source.NEVER_WRITTEN if never else Source.UNKNOWN


def _member(
    parent: Parent, sight: Sight, name: str, key: Key, found: Json | None, source: Source, registered: bool
) -> MemberFacts:
    look = sight.looks.get(name, Look())
    blind = source is Source.UNKNOWN
    return MemberFacts(
        name=name,
        wanted=key,
        registered=registered,
        reach=Reach(ok=not blind, message=look.failure),
        child=None if found is None else Child.of(found),
        strays=tuple(_strays(look, parent.meta, key)),
        rivals=rivals_among(sight.others, parent.meta.key, (name, key)),
        told=parent.told(name),
    )


def _strays(look: Look, parent: Meta, key: Key) -> Iterable[Key]:
    return (Key.of(item) for item in _ours(look, parent) if Key.of(item) != key)
