"""What a recorded run proves, and what speaks against it: histories in which one thing is wrong at a time."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from fakes.demo import CAST, SEEDS, good_run
from multicasskop.operator.demo.history import History, Seen
from multicasskop.operator.demo.proof import is_trouble, prove

ORDER, SEEDED, AGREED, GONE = range(4)


def test_a_good_run_proves_everything_in_its_own_words() -> None:
    """Nothing speaks against a good run, and the claims carry its figures."""
    claims = prove(History(CAST, good_run()))
    assert [claim.against for claim in claims] == [()] * 4
    assert [claim.text for claim in claims] == [
        "both children Running, in order (c2 created 38ms after c1 was Running)",
        "2 seeds the same in both clusters",
        "status, events and conditions agree with what was seen",
        "everything gone 0.3s after the delete, the finalizer last",
    ]


def test_moments_that_are_hardly_apart_have_no_order() -> None:
    """Two members are read by two threads: a few milliseconds the wrong way round say nothing."""
    claims = prove(History(CAST, moved(6, 2.995)(good_run())))
    assert claims[ORDER].text.endswith("(c2 created 0ms after c1 was Running)")
    assert claims[ORDER].holds


def test_events_may_be_recorded_in_any_order() -> None:
    """The order in which entries stand in the record does not matter, their moments do."""
    assert all(claim.holds for claim in prove(History(CAST, good_run()[::-1])))


Change = Callable[[list[Seen]], list[Seen]]


def without(*positions: int) -> Change:
    """The run less some entries."""
    return lambda run: [seen for number, seen in enumerate(run) if number not in {p % len(run) for p in positions}]


def moved(position: int, at: float) -> Change:
    """The run with one entry at another moment."""

    def change(run: list[Seen]) -> list[Seen]:
        old = run[position]
        return [*run[:position], Seen(at, old.member, old.type, old.object), *run[position + 1 :]]

    return change


def altered(position: int, *path: str | int, to: object) -> Change:
    """The run with one field of one object set to something else."""

    def change(run: list[Seen]) -> list[Seen]:
        old = deepcopy(run[position])
        if path == ("type",) and old.object["kind"] != "Event":
            return [*run[:position], replace(old, type=str(to)), *run[position + 1 :]]
        place: Any = old.object
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = to
        return [*run[:position], old, *run[position + 1 :]]

    return change


FINISHED = 10
CONDITIONS = ("status", "conditions")
WRONG = [
    pytest.param(
        without(5), ORDER, "c2: the child was created before the one in c1 was Running", id="first-never-running"
    ),
    pytest.param(without(9), ORDER, "c2: the child was never Running + Done", id="second-never-running"),
    pytest.param(moved(6, 2.9), ORDER, "c2: the child was created before the one in c1 was Running", id="too-early"),
    pytest.param(without(6, 9, 14), ORDER, "c2: the child was never Running + Done", id="second-never-made"),
    pytest.param(
        altered(9, "status", "lastClusterActionStatus", to="Ongoing"), ORDER, "c2: the child was never", id="not-done"
    ),
    pytest.param(
        altered(9, "status", "seedlist", to=SEEDS[:1]),
        SEEDED,
        "c2: seeds are 1 (ring-dc1-rack1-0), not 2",
        id="one-less",
    ),
    pytest.param(altered(9, "status", "seedlist", to=SEEDS[::-1]), SEEDED, "c2: seeds are", id="another-order"),
    pytest.param(altered(9, "status", "seedlist", to=None), SEEDED, "c2: seeds are none", id="no-seeds"),
    pytest.param(altered(FINISHED, "status", "seedlist", to=[]), SEEDED, "status.seedlist shows none", id="not-shown"),
    pytest.param(altered(FINISHED, "status", "phase", to="Degraded"), AGREED, "status.phase is 'Degraded'", id="phase"),
    pytest.param(
        altered(FINISHED, "status", "ready", to="1/2"), AGREED, "status.ready is '1/2', not '2/2'", id="count"
    ),
    pytest.param(
        altered(FINISHED, "status", "observedGeneration", to=0), AGREED, "observedGeneration is 0", id="generation"
    ),
    pytest.param(
        altered(FINISHED, "status", "clusters", 1, "uid", to="x"), AGREED, "status of c2: uid is 'x'", id="uid"
    ),
    pytest.param(
        altered(FINISHED, "status", "clusters", 0, "phase", to="Pending"), AGREED, "status of c1: phase", id="member"
    ),
    pytest.param(
        altered(FINISHED, "status", "clusters", to=[]), AGREED, "status of c1: state is None", id="no-members"
    ),
    pytest.param(
        altered(FINISHED, *CONDITIONS, 0, "status", to="False"), AGREED, "condition Ready is False", id="not-ready"
    ),
    pytest.param(altered(FINISHED, *CONDITIONS, to=[]), AGREED, "condition Valid is missing", id="no-conditions"),
    pytest.param(
        altered(FINISHED, *CONDITIONS, 0, "observedGeneration", to=0),
        AGREED,
        "speaks of another generation",
        id="old-condition",
    ),
    pytest.param(
        altered(FINISHED, *CONDITIONS, 6, "type", to="Stalled"),
        AGREED,
        "condition Stalled is False",
        id="strange-condition",
    ),
    pytest.param(altered(9, "type", to="ADDED"), ORDER, "c2: the child was created more than once", id="made-again"),
    pytest.param(without(3), AGREED, "event StepStarted of c1 is missing", id="no-step"),
    pytest.param(without(12), AGREED, "event RolloutFinished is missing", id="no-end"),
    pytest.param(moved(8, 3.05), AGREED, "event StepStarted of c2 is out of order", id="steps-overlap"),
    pytest.param(altered(8, "type", to="Warning"), AGREED, "warning StepStarted: c2: created", id="warning"),
    pytest.param(without(15), GONE, "c1: the child is still there", id="child-left"),
    pytest.param(without(17), GONE, "the MultiCasskop is still there", id="parent-left"),
    pytest.param(moved(15, 6.35), GONE, "c1: the finalizer went before the child was gone", id="finalizer-first"),
    pytest.param(without(0, 1, 10, 13), GONE, "the MultiCasskop never had its finalizer", id="no-finalizer"),
]


@pytest.mark.parametrize(("change", "claim", "says"), WRONG)
def test_what_is_wrong_is_found_and_named(change: Change, claim: int, says: str) -> None:
    """One thing that is wrong makes its claim fail, with words that name it."""
    claims = prove(History(CAST, change(good_run())))
    assert not claims[claim].holds
    assert any(says in reason for reason in claims[claim].against), claims[claim].against


def test_an_empty_record_proves_nothing() -> None:
    """Without any entry no claim holds."""
    assert not any(claim.holds for claim in prove(History(CAST, [])))


def test_another_object_of_the_same_name_elsewhere_counts_for_nothing() -> None:
    """Objects of other namespaces and other names are not taken for those of the run."""
    stray = deepcopy(good_run()[6].object)
    stray["metadata"]["namespace"] = "other"
    assert all(claim.holds for claim in prove(History(CAST, [Seen(0.5, "c2", "ADDED", stray), *good_run()])))


def test_sharing_the_operator_s_namespace_is_no_trouble() -> None:
    """The demo installs as the article does, so the warning about that speaks against nothing; any other one does."""
    warned = {"type": "Warning", "note": "k8s-cluster1: x"}
    assert not is_trouble(Seen(1.0, "k8s-cluster1", "ADDED", {**warned, "reason": "OperatorNamespace"}))
    assert is_trouble(Seen(1.0, "k8s-cluster1", "ADDED", {**warned, "reason": "MemberDark"}))
