"""What is told as events of children that go: with their parent, or because their override was taken out."""

from collections.abc import Iterator

from multicasskop.crds.codes import Code
from multicasskop.crds.multicasskop import MemberState, Phase
from multicasskop.reconcilers.multicasskop.condition_set import fate_text, hindrances, way_out
from multicasskop.reconcilers.multicasskop.deletion import Fate, Going, Gone
from multicasskop.reconcilers.multicasskop.drain import REFUSED, Leaving
from multicasskop.reconcilers.multicasskop.entries import leaving_text
from multicasskop.reconcilers.multicasskop.members import Dark, Failed
from multicasskop.reconcilers.multicasskop.news import News, ago
from multicasskop.reconcilers.multicasskop.outcomes import Done
from multicasskop.reconcilers.multicasskop.picture import Picture
from multicasskop.reconcilers.multicasskop.writes import PatchChild, RemoveFinalizer

_AFTER_REMOVAL = frozenset({MemberState.RETAINED, MemberState.DRAINING})


def news_of_leaving(picture: Picture) -> Iterator[News]:
    """Members whose override was taken out, while they have a child, and when that is gone."""
    for name, each in picture.leaving.items():
        yield from _of_leaving(picture, name, each)
    parent = picture.facts.parent
    for name in parent.members_told():
        told = parent.told(name)
        known = name in picture.facts.members or name in picture.leaving
        if not known and told.state == MemberState.DRAINING:
            yield News("ChildDeleted", f"{name}: {told.child} had no nodes left, and is gone", name)


def _of_leaving(picture: Picture, name: str, each: Leaving) -> Iterator[News]:
    told, text = each.member.told, leaving_text(each.state)
    child = str(each.member.child.key) if each.member.child else told.child
    if told.uid and told.state not in _AFTER_REMOVAL | {MemberState.DARK, MemberState.FAILED}:
        yield News("OverrideRemoved", f"{name}: child {child} {_policy(each)}", name)
    if isinstance(each.state, Dark) and told.state != MemberState.DARK:
        yield News("MemberDark", f"{name}: {text}; its child is drained when it is back", name)
    if isinstance(each.state, Failed) and told.message != text:
        yield News("ChildRefused" if each.state.reason == REFUSED else "MemberFailed", f"{name}: {text}", name)
    for outcome in picture.outcomes:
        match outcome:
            case Done(write=PatchChild(member=member, paths=paths)) if member == name:
                yield News("StepStarted", f"{name}: drains {child}: 0 nodes in {', '.join(paths)}", name)


def _policy(each: Leaving) -> str:
    drained = "is drained, and then deleted (onOverrideRemoved: Drain)"
    return drained if each.drains else f"is kept: {leaving_text(each.state)}"


def news_of_deletion(picture: Picture) -> Iterator[News]:
    """How far the end of a MultiCasskop is."""
    farewell, status = picture.decision.farewell, picture.facts.parent.status
    if farewell is None:
        return
    if status.get("phase") != Phase.DELETING:
        yield News("DeletionStarted", f"cascade to {', '.join(name for name, _ in farewell.fates)}")
    for name, fate in farewell.fates:
        yield from _of_fate(picture, name, fate)
    for name, _, text in hindrances(picture):
        if picture.facts.member(name).told.message != text:
            note = f"{name}: {Code.DELETION_BLOCKED.value} {text}; waits; {way_out(picture, name)}"
            yield News("DeletionBlocked", note, name)
    yield from _of_orphans(picture)


def _of_fate(picture: Picture, name: str, fate: Fate) -> Iterator[News]:
    told = picture.facts.member(name).told
    if isinstance(fate, Gone) and told.uid:
        child = f"{fate.key}" if fate.key else "its child"
        took = ago(picture, picture.facts.parent.meta.deleting_since)
        yield News("ChildDeleted", f"{name}: {child} gone{took}", name)
    elif fate_text(fate) != told.message and isinstance(fate, Going):
        yield News("ChildGoing", f"{name}: {fate_text(fate)}", name)


def _of_orphans(picture: Picture) -> Iterator[News]:
    for outcome in picture.outcomes:
        match outcome:
            case Done(write=RemoveFinalizer(orphans=orphans)):
                for orphan in orphans:
                    uid = orphan.uid or "not known"
                    text = f"{orphan.child} (uid {uid}) left behind; it is deleted when the member is back"
                    yield News("OrphanRecorded", f"{orphan.member}: {Code.ORPHANED.value} {text}", orphan.member)
