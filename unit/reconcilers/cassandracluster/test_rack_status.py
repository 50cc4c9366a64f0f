"""The status of one rack, as a value."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes.rack_scene import NOW
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.cassandracluster.status import LastAction, PodOperation, RackStatus
from multicasskop.reconcilers.cassandracluster.rack_status import (
    NEW,
    action_of,
    done,
    due,
    is_finished,
    is_under_way,
    moved,
    scaling_down,
    with_operation,
    with_phase,
)
from multicasskop.reconcilers.cassandracluster.words import Action, Phase, Status, SubPhase

LATER = NOW + timedelta(minutes=5)
WHOLE = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
ACTIONS, STATUSES = st.sampled_from(list(Action)), st.sampled_from(list(Status))
SNAPSHOT = RackStatus(stateful_set_snapshot_before_storage_resize="{}", phase=Phase.RUNNING)


def at(status: str | None) -> RackStatus:
    """A rack whose action is so far."""
    return RackStatus(cassandra_last_action=LastAction(name=Action.SCALE_UP, status=status))


def test_a_new_rack() -> None:
    """A rack begins with its first pod, as CassKop says it."""
    assert NEW.model_dump(by_alias=True, exclude_none=True, mode="json") == {
        "phase": "Initializing",
        "initializingSubPhase": "FirstPodPerRack",
        "cassandraLastAction": {"name": "Initializing", "status": "Ongoing"},
    }


@pytest.mark.parametrize(
    ("status", "finished", "under_way"),
    [
        pytest.param(RackStatus(), True, False, id="no action at all"),
        pytest.param(at(None), True, False, id="no status"),
        pytest.param(at("Done"), True, False, id="done"),
        pytest.param(at("ToDo"), False, False, id="due"),
        pytest.param(at("Configuring"), False, False, id="waits for its seeds"),
        pytest.param(at("Ongoing"), False, True, id="goes on"),
        pytest.param(at("Continue"), False, True, id="is continued"),
        pytest.param(at("Finalizing"), False, True, id="comes to its end"),
        pytest.param(at("Strange"), False, True, id="a word of somebody else"),
        pytest.param(NEW, False, True, id="a new rack"),
    ],
)
def test_how_far(status: RackStatus, finished: bool, under_way: bool) -> None:
    """What is due has not begun, what is done is over, and all else goes on."""
    assert (is_finished(status), is_under_way(status)) == (finished, under_way)


def test_no_action_has_empty_names() -> None:
    """Without an action, its name and its status are empty texts."""
    assert action_of(RackStatus()) == ("", "")


@given(action=ACTIONS, before=ACTIONS)
def test_an_action_from_due_to_done(action: Action, before: Action) -> None:
    """Its start is kept from the first word to the last, and nothing is left of the action before."""
    said = due(done(due(SNAPSHOT, before, NOW), NOW), action, LATER)
    end = done(moved(said, Status.ONGOING), LATER + timedelta(seconds=9)).cassandra_last_action
    start = WHOLE + timedelta(minutes=5)
    assert said.cassandra_last_action == LastAction(name=action, status=Status.TODO, start_time=start)
    assert end == LastAction(name=action, status=Status.DONE, start_time=start, end_time=start + timedelta(seconds=9))
    assert said.stateful_set_snapshot_before_storage_resize == "{}"


@given(action=ACTIONS, how=STATUSES, other=STATUSES)
def test_moved_law(action: Action, how: Status, other: Status) -> None:
    """Moving an action changes its status and nothing else; the last move counts."""
    said = due(SNAPSHOT, action, NOW, how)
    assert action_of(moved(said, other)) == (action, other)
    assert moved(moved(said, other), how) == said


def test_done_lets_the_rack_run() -> None:
    """A rack whose action is over runs, and has no sub-phase any more."""
    found = done(NEW, NOW)
    assert (found.phase, found.initializing_sub_phase, action_of(found)) == ("Running", None, ("Initializing", "Done"))


@pytest.mark.parametrize(
    ("phase", "sub_phase", "same"),
    [
        pytest.param(Phase.INITIALIZING, SubPhase.FIRST_POD, True, id="as it is"),
        pytest.param(Phase.INITIALIZING, SubPhase.NEXT_POD, False, id="the next sub-phase"),
        pytest.param(Phase.PENDING, None, False, id="pending has none"),
    ],
)
def test_with_phase(phase: Phase, sub_phase: SubPhase | None, same: bool) -> None:
    """A phase that holds already changes nothing: not even the value, so that a change is seen by identity."""
    found = with_phase(NEW, phase, sub_phase)
    assert (found.phase, found.initializing_sub_phase) == (phase, sub_phase)
    assert (found is NEW) is same


def test_with_operation() -> None:
    """What is not named of an operation stays."""
    first = with_operation(RackStatus(), name="cleanup", status=Status.ONGOING)
    assert with_operation(first, status=Status.DONE).pod_last_operation == PodOperation(name="cleanup", status="Done")


def test_scaling_down_begins_anew() -> None:
    """A decommission that is due has nothing of the operation before: neither its pods nor its times."""
    before = with_operation(
        RackStatus(),
        name="cleanup",
        status=Status.DONE,
        start_time=NOW,
        end_time=NOW,
        pods=("a",),
        pods_ok=("a",),
        pods_ko=("b",),
        operator_name="x",
    )
    found = scaling_down(before, LATER)
    assert (found.phase, action_of(found)) == ("Pending", ("ScaleDown", "ToDo"))
    assert found.pod_last_operation == PodOperation(
        name="decommission", status=Status.TODO, pods=(), pods_ok=(), pods_ko=()
    )
