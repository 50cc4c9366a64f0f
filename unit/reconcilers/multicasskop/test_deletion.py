"""Which children go with their parent, and when it may go itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.cases import NOW, child, facts, parent
from multicasskop.crds.names import FINALIZER, PVC_FINALIZER
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.deletion import (
    Abandoned,
    Blocked,
    Fate,
    Going,
    Gone,
    Left,
    Terms,
    ToDelete,
    farewell,
    fate_of,
    finalizer_change,
    place_of,
)
from multicasskop.reconcilers.multicasskop.facts import Failure, MemberFacts, Reach, Told
from multicasskop.reconcilers.multicasskop.ownership import Origin
from multicasskop.reconcilers.multicasskop.writes import AddFinalizer, DeleteChild, RemoveFinalizer

KEY = Key("cassandra", "demo")
SINCE = "2030-01-01T00:00:00Z"


def fate(**member: Any) -> Fate:  # noqa: ANN401  any fact
    """The fate of a child of c1."""
    return fate_of(facts(parent()), MemberFacts("c1", KEY, **member), Terms())


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        pytest.param({}, Gone(KEY), id="no child"),
        pytest.param({"child": child(parent(), "c1")}, ToDelete(KEY, "child-c1"), id="ours"),
        pytest.param({"registered": False}, Gone(), id="not registered, and never had a child"),
    ],
)
def test_fate(member: dict[str, Any], expected: Fate) -> None:
    """What is seen of a member's child decides what becomes of it."""
    assert fate(**member) == expected


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        pytest.param(Origin.CREATED, ToDelete, id="created"),
        pytest.param(Origin.MIGRATED, ToDelete, id="migrated"),
        pytest.param(Origin.ADOPTED, ToDelete, id="adopted"),
        pytest.param(Origin.AGREED, Left, id="agreed"),
    ],
)
def test_origin_decides(origin: Origin, expected: type[Fate]) -> None:
    """A child that was only agreed upon is left; the others go."""
    assert isinstance(fate(child=child(parent(), "c1", origin=origin)), expected)


@pytest.mark.parametrize(
    "member",
    [
        pytest.param({"registered": False, "told": Told(uid="x")}, id="not registered, and had a child"),
        pytest.param({"reach": Reach(ok=False, message="connect timeout")}, id="dark"),
        pytest.param({"fresh": False}, id="not seen freshly"),
        pytest.param({"lagging": True}, id="our own write is not to be seen yet"),
        pytest.param({"failure": Failure("Forbidden", "may not", NOW + 5)}, id="refused a moment ago"),
    ],
)
def test_what_cannot_be_seen_blocks(member: dict[str, Any]) -> None:
    """Neither presence nor absence of a child counts where it cannot be seen."""
    assert isinstance(fate(**member), Blocked)
    assert isinstance(fate(**member, child=child(parent(), "c1")), Blocked)


def test_failure_is_tried_again() -> None:
    """When the pause after a refusal is over the child is to be deleted again."""
    assert isinstance(fate(failure=Failure("Forbidden", "", NOW), child=child(parent(), "c1")), ToDelete)


def test_child_of_others_is_left() -> None:
    """A child that carries no mark of ours is not taken."""
    found = child(parent(uid="another"), "c1")
    assert isinstance(fate(child=found), Left)


def test_child_that_waits_is_told_with_its_reason() -> None:
    """A child under deletion that waits for its claims says who must take them away."""
    waiting = child(parent(), "c1", deletionTimestamp=SINCE, finalizers=[PVC_FINALIZER])
    assert fate(child=waiting) == Going(
        KEY, SINCE, "cassandra/demo is being deleted (its own CassKop must take its claims away)"
    )


def test_deletes_go_in_reverse_order() -> None:
    """The last member's child is deleted first, each with its UID."""
    seen = facts(parent(), c1=child(parent(), "c1"), c2=child(parent(), "c2"))
    found = farewell(seen, ("c1", "c2"), Terms())
    assert found.writes == (DeleteChild("c2", KEY, "child-c2"), DeleteChild("c1", KEY, "child-c1"))


# who is waited for, and until when

AT = datetime(2030, 1, 1, 1, tzinfo=UTC)
DARK = Reach(ok=False, message="connect timeout", since=AT - timedelta(hours=1))


def dark_fate(now: datetime, terms: Terms, **member: Any) -> Fate:  # noqa: ANN401  any fact
    """The fate of a child of c1, which is dark, at a moment."""
    seen = replace(facts(parent()), now=now)
    return fate_of(seen, MemberFacts("c1", KEY, **{"reach": DARK} | member), terms)


@pytest.mark.parametrize(
    ("seconds", "terms", "member", "expected"),
    [
        pytest.param(9999, Terms(), {}, Blocked, id="waited for without an end"),
        pytest.param(-1, Terms(AT), {}, Blocked, id="before the deadline"),
        pytest.param(0, Terms(AT), {}, Abandoned, id="at the deadline"),
        pytest.param(0, Terms(AT), {"reach": replace(DARK, since=AT)}, Blocked, id="dark since just now"),
        pytest.param(10, Terms(AT), {"reach": replace(DARK, since=AT)}, Abandoned, id="dark for some seconds"),
        pytest.param(0, Terms(AT), {"registered": False, "told": Told(uid="x")}, Abandoned, id="not registered"),
        pytest.param(9999, Terms(AT), {"reach": Reach(), "fresh": False}, Blocked, id="answers, and is not fresh"),
        pytest.param(-1, Terms(released=frozenset({"c1"})), {}, Abandoned, id="released"),
        pytest.param(-1, Terms(released=frozenset({"c2"})), {}, Blocked, id="another one released"),
    ],
)
def test_dark_member_is_waited_for_as_long_as_the_terms_say(
    seconds: int, terms: Terms, member: dict[str, Any], expected: type
) -> None:
    """A dark member is waited for until the deadline, and for some seconds of darkness at least; or until released."""
    assert isinstance(dark_fate(AT + timedelta(seconds=seconds), terms, **member), expected)


@pytest.mark.parametrize(
    ("deletion", "at"),
    [
        pytest.param({}, None, id="no policy"),
        pytest.param({"onDark": "Wait", "deadline": "1s"}, None, id="wait"),
        pytest.param({"onDark": "Orphan"}, datetime(2030, 1, 1, 1, tzinfo=UTC), id="default deadline"),
        pytest.param({"onDark": "Orphan", "deadline": "90s"}, datetime(2030, 1, 1, 0, 1, 30, tzinfo=UTC), id="90s"),
        pytest.param({"onDark": "Orphan", "deadline": "soon"}, None, id="a deadline that is none"),
        pytest.param("Orphan", None, id="no map"),
    ],
)
def test_deadline_counts_from_the_deletion_mark(deletion: Any, at: datetime | None) -> None:  # noqa: ANN401
    """When a dark member is let go follows from spec and deletion mark alone; what cannot be read waits for ever."""
    found = parent(deletionTimestamp=SINCE)
    assert Terms.of(found.spec | {"deletion": deletion}, found.meta).let_go_at == at


@pytest.mark.parametrize(
    ("told", "place"),
    [
        pytest.param("cassandra/ring", Key("cassandra", "ring"), id="as the status says"),
        pytest.param("kube-system/ring", KEY, id="never another namespace"),
        pytest.param("nonsense", KEY, id="nonsense"),
    ],
)
def test_status_leads_nowhere_else(told: str, place: Key) -> None:
    """Where only the status knows a child's name, it is looked for in the parent's own namespace."""
    member = MemberFacts("c1", None, registered=False, told=Told(uid="x", child=told))
    assert place_of(facts(parent()), member) == place


def test_parent_is_let_go_with_all_that_is_recorded() -> None:
    """Of a child that is gone and one that is not waited for, one is looked for and the other goes on record."""
    seen = replace(facts(parent(), c1=None, c2=MemberFacts("c2", KEY, reach=DARK, told=Told(uid="x"))), now=AT)
    (write,) = farewell(seen, ("c1", "c2"), Terms(AT)).writes
    assert isinstance(write, RemoveFinalizer)
    assert (write.gone, write.not_before) == ((("c1", KEY),), AT)
    assert [(orphan.member, orphan.uid) for orphan in write.orphans] == [("c2", "x")]


def test_parent_goes_last() -> None:
    """When every child is gone or left the finalizer goes, after a last look at those that are gone."""
    seen = facts(parent(), c1=None, c2=child(parent(), "c2", origin=Origin.AGREED))
    assert farewell(seen, ("c1", "c2"), Terms()).writes == (RemoveFinalizer((("c1", KEY),)),)


def test_one_that_cannot_be_seen_keeps_the_parent() -> None:
    """A blocked member keeps the finalizer; the others' children go meanwhile."""
    dark = MemberFacts("c1", KEY, reach=Reach(ok=False))
    seen = facts(parent(), c1=dark, c2=child(parent(), "c2"))
    assert farewell(seen, ("c1", "c2"), Terms()).writes == (DeleteChild("c2", KEY, "child-c2"),)
    assert farewell(facts(parent(), c1=dark, c2=None), ("c1", "c2"), Terms()).writes == ()


def test_paused_writes_nothing() -> None:
    """A paused deletion looks, and does nothing."""
    found = farewell(facts(parent(), c1=child(parent(), "c1")), ("c1",), Terms(paused=True))
    assert found.writes == ()
    assert [name for name, _ in found.fates] == ["c1"]


@pytest.mark.parametrize(
    ("present", "cascade", "deleting", "paused", "change"),
    [
        pytest.param(False, True, False, False, AddFinalizer(), id="wanted, and not there"),
        pytest.param(True, True, False, False, None, id="wanted, and there"),
        pytest.param(True, False, False, False, RemoveFinalizer(), id="not wanted any more"),
        pytest.param(False, False, False, False, None, id="not wanted"),
        pytest.param(False, True, True, False, None, id="too late to add"),
        pytest.param(True, False, True, False, RemoveFinalizer(called_off=True), id="called off during deletion"),
        pytest.param(True, True, True, False, None, id="deletion under way"),
        pytest.param(False, True, False, True, None, id="paused: not added"),
        pytest.param(True, False, False, True, None, id="paused: not removed"),
    ],
)
def test_finalizer(
    present: bool, cascade: bool, deleting: bool, paused: bool, change: AddFinalizer | RemoveFinalizer | None
) -> None:
    """The finalizer is there exactly while the cascade is wanted."""
    finalizers = ["example.com/other"] + ([FINALIZER] if present else [])
    found = parent(finalizers=finalizers, deletionTimestamp=SINCE if deleting else None)
    assert finalizer_change(replace(facts(found)), cascade=cascade, paused=paused) == change
