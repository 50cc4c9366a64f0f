"""What is held against a recorded history. A check that finds nothing in a bad history would be of no use."""

from collections.abc import Sequence

import pytest
from multicasskop.world import oracles
from multicasskop.world.proxy.trace import Passed
from multicasskop.world.recorder import Entry

A, B, C = "k8s-cluster1", "k8s-cluster2", "k8s-cluster3"


def entry(
    at: float, member: str, kind: str = "MODIFIED", *, done: bool = False, seeds: Sequence[str] = (), name: str = "demo"
) -> Entry:
    """An event of a child."""
    phases = ("Running", "Done") if done else ("Pending", "Ongoing")
    status = {"phase": phases[0], "lastClusterActionStatus": phases[1], "seedlist": list(seeds)}
    child = {"metadata": {"name": name, "namespace": "ns"}, "status": status}
    return Entry(at, member, "cassandraclusters", kind, child)


GOOD = [
    entry(1.0, A, "ADDED"),
    entry(2.0, A, done=True, seeds=["a", "b"]),
    entry(2.1, B, "ADDED"),
    entry(3.0, B, done=True, seeds=["a", "b"]),
]


def test_good_history_passes() -> None:
    """Nothing is found against one after the other, each once, with the same seeds."""
    assert oracles.created_in_order(GOOD, [A, B]) == ()
    assert oracles.created_once(GOOD) == ()
    assert oracles.one_in_change(GOOD) == ()
    assert oracles.seeds_agree(GOOD) == ()


def test_child_made_too_early_is_found() -> None:
    """A second child before the first is Running and Done."""
    history = [entry(1.0, A, "ADDED"), entry(1.1, B, "ADDED"), entry(2.0, A, done=True)]
    assert oracles.created_in_order(history, [A, B]) == (
        "k8s-cluster2: the child was created before the one in k8s-cluster1 was Running and Done",
    )


@pytest.mark.parametrize(
    ("ahead", "found"),
    [(oracles.SKEW - 0.1, 0), (oracles.SKEW + 0.1, 1)],
    ids=["within the watches' skew", "beyond it"],
)
def test_moments_of_two_members_are_told_apart_only_beyond_doubt(ahead: float, found: int) -> None:
    """Two watches may tell of near moments in the wrong order, so only a clear lead of the second child is found."""
    history = [entry(1.0, A, "ADDED"), entry(2.0 - ahead, B, "ADDED"), entry(2.0, A, done=True)]
    assert len(oracles.created_in_order(history, [A, B])) == found


def test_child_that_never_came_is_found() -> None:
    """A member without a child, and one whose forerunner never was ready."""
    assert oracles.created_in_order(GOOD[:2], [A, B]) == ("k8s-cluster2: the child was never created",)
    early = [entry(1.0, A, "ADDED"), entry(2.0, B, "ADDED")]
    assert len(oracles.created_in_order(early, [A, B])) == 1


def test_order_is_the_one_that_is_asked_for() -> None:
    """The other way round the same history is bad."""
    assert oracles.created_in_order(GOOD, [B, A]) != ()


def test_second_creation_is_found() -> None:
    """A child that was made twice in one member."""
    again = [*GOOD, entry(4.0, B, "DELETED"), entry(5.0, B, "ADDED")]
    assert oracles.created_once(again) == ("k8s-cluster2: the child was created 2 times",)


def test_two_members_in_change_are_found() -> None:
    """Two unsettled children at a time; one that is deleted no longer counts."""
    both = [entry(1.0, A, "ADDED"), entry(2.0, B, "ADDED")]
    assert oracles.one_in_change(both) == ("at 2.000 children were in change in k8s-cluster1, k8s-cluster2",)
    assert oracles.one_in_change([entry(1.0, A, "ADDED"), entry(1.5, A, "DELETED"), entry(2.0, B, "ADDED")]) == ()


def test_different_seeds_are_found() -> None:
    """Another list, another order and no list at all are all told."""
    for seeds in (["a"], ["b", "a"]):
        assert "differ" in oracles.seeds_agree([*GOOD, entry(4.0, B, seeds=seeds)])[-1]
    assert oracles.seeds_agree([entry(1.0, A, "ADDED")]) == ("k8s-cluster1: no seeds",)


def test_deleted_children_have_no_say_in_seeds() -> None:
    """Only children that are there are compared."""
    assert oracles.seeds_agree([*GOOD, entry(4.0, C, "DELETED")]) == ()


def test_children_of_one_name_are_picked() -> None:
    """Other kinds, names and namespaces are left out."""
    other = entry(1.0, A, name="other")
    assert oracles.children([*GOOD, other], "ns", "demo") == tuple(GOOD)
    assert oracles.children(GOOD, "elsewhere", "demo") == ()


def request(at: float, plural: str, code: int = 200, verb: str = "patch") -> Passed:
    """A request of an operator."""
    about = {"group": "", "namespace": "ns", "name": "demo", "subresource": "", "manager": "ours", "rule": ""}
    return Passed(
        at=at, took=0, number=1, member=A, verb=verb, plural=plural, dry_run=False, code=code, forwarded=1, **about
    )


@pytest.mark.parametrize(
    ("requests", "found"),
    [
        ([request(1, "leases"), request(10.9, "cassandraclusters")], 0),
        ([request(1, "leases"), request(11.1, "cassandraclusters")], 1),
        ([request(1, "leases"), request(5, "leases", 409), request(12, "cassandraclusters")], 1),
        ([request(1, "leases"), request(5, "leases", 0), request(12, "cassandraclusters")], 1),
        ([request(5, "leases"), request(1, "cassandraclusters")], 1),
        ([request(1, "cassandraclusters", verb="get")], 0),
    ],
    ids=["inside", "too late", "renewal refused", "renewal without answer", "before the first", "a read"],
)
def test_fence(requests: list[Passed], found: int) -> None:
    """A write counts as fenced off when no renewal that succeeded was sent within the deadline before it."""
    assert len(oracles.fenced(requests, 10)) == found
