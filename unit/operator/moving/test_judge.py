"""Whether a child may be taken over: told from its mark, and refused where the owner may live."""

from dataclasses import replace
from typing import Any

import pytest
from fakes import cases
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.names import OWNER
from multicasskop.operator.moving.judge import Done, Homes, Leave, Refuse, Take, judge
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.ownership import Mark

PARENT = cases.parent(uid="new").meta
HERE = Homes("here", frozenset({"new", "living"}), "gone")
LOST = Mark("gone", PARENT.key.namespace, PARENT.key.name, "old", "created")


def child(mark: Mark | str | None, **metadata: Any) -> Child:  # noqa: ANN401
    """A child that carries a mark."""
    text = mark.text() if isinstance(mark, Mark) else mark
    found = cases.child(cases.parent(), "c1", annotations={OWNER: text or ""}, **metadata)
    return found


@pytest.mark.parametrize("origin", ["created", "migrated", "adopted", "agreed"])
def test_child_of_the_lost_home(origin: str) -> None:
    """It gets the new home's id and the new owner's UID; how it came to its owner stays, for a cascade to go by."""
    verdict = judge(child(replace(LOST, origin=origin)), PARENT, HERE)
    assert verdict == Take(replace(LOST, home="here", uid="new", origin=origin))


@pytest.mark.parametrize(
    ("mark", "verdict"),
    [
        pytest.param(replace(LOST, uid="new", home="here"), Done, id="ours already"),
        pytest.param(replace(LOST, uid="new", home=""), Done, id="ours without a home"),
        pytest.param(None, Leave, id="no mark"),
        pytest.param("{not json", Leave, id="garbage"),
        pytest.param(replace(LOST, home="here", uid="deleted"), Leave, id="stale mark of this home"),
        pytest.param(replace(LOST, home="here", uid="living"), Refuse, id="another owner in this home"),
        pytest.param(replace(LOST, home="third"), Refuse, id="another home"),
        pytest.param(replace(LOST, home=""), Refuse, id="unknown home"),
        pytest.param(replace(LOST, name="other"), Refuse, id="another owner in the lost home"),
        pytest.param(replace(LOST, namespace="other"), Refuse, id="another namespace in the lost home"),
    ],
)
def test_each_mark_has_its_verdict(mark: Mark | str | None, verdict: type) -> None:
    """Whose mark it is decides."""
    assert isinstance(judge(child(mark), PARENT, HERE), verdict)


def test_absent_and_going_children_are_left() -> None:
    """What is not there, or goes, is nobody's to take."""
    assert isinstance(judge(None, PARENT, HERE), Leave)
    assert isinstance(judge(child(LOST, deletionTimestamp="2026-11-23T14:00:00Z"), PARENT, HERE), Leave)


def test_mark_without_a_home_is_called_by_its_owner() -> None:
    """Where the lost operator could not read its home's id, the owner's UID is the word to say."""
    unnamed = replace(LOST, home="")
    refused = judge(child(unnamed), PARENT, HERE)
    assert isinstance(refused, Refuse)
    assert refused.home == "old"
    assert isinstance(judge(child(unnamed), PARENT, replace(HERE, lost=refused.home)), Take)


names = st.sampled_from(["", "here", "gone", "third", "demo", "cassandra", "new", "old", "living", PARENT.key.name])
marks = st.builds(Mark, names, names, names, names, names)


@given(marks, st.builds(Homes, names, st.frozensets(names), names))
def test_nothing_is_taken_that_was_not_called_lost(mark: Mark, homes: Homes) -> None:
    """Whatever a mark says, it is taken only by the word for its own home, for its own name, and never from here."""
    verdict = judge(child(mark), PARENT, homes)
    if isinstance(verdict, Take):
        assert homes.lost
        assert homes.lost == (mark.home or mark.uid)
        assert not homes.here or mark.home != homes.here
        assert mark.key == PARENT.key
        assert (verdict.mark.uid, verdict.mark.home, verdict.mark.origin) == (PARENT.uid, homes.here, mark.origin)
