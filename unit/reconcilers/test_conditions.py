"""Conditions that do not tick."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.conditions import (
    Json,
    condition,
    find_condition,
    is_true,
    remove_condition,
    same_status,
    set_condition,
    timestamp,
)

NOW = datetime(2030, 1, 1, 12, 0, 0, 999_000, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
READY = condition("Ready", False, "WaitingForGate", "k8s-cluster1: Initializing", generation=3)


@pytest.mark.parametrize(
    ("status", "text"), [(True, "True"), (False, "False"), (None, "Unknown"), ("True", "True")], ids=repr
)
def test_the_three_states(status: bool | str | None, text: str) -> None:
    """A condition is true, false or unknown, in the words of the API."""
    assert condition("Ready", status, "Why")["status"] == text


def test_a_condition_says_for_which_generation_it_holds() -> None:
    """The observed generation is there when it is given, and absent when it is not."""
    assert READY["observedGeneration"] == 3
    assert "observedGeneration" not in condition("Ready", True, "Why")


def test_a_new_condition_begins_now() -> None:
    """A type that was not there is appended, with the time of its beginning in whole seconds."""
    known = set_condition([], READY, NOW)
    assert set_condition(known, condition("Paused", False, "NotPaused"), LATER) == [
        {**READY, "lastTransitionTime": "2030-01-01T12:00:00Z"},
        {**condition("Paused", False, "NotPaused"), "lastTransitionTime": "2030-01-01T12:05:00Z"},
    ]


def test_the_time_stays_while_the_status_does() -> None:
    """Another reason, message and generation replace the old ones without moving the time."""
    changed = condition("Ready", False, "Halted", "k8s-cluster2: no progress", generation=4)
    (after,) = set_condition(set_condition([], READY, NOW), changed, LATER)
    assert after == {**changed, "lastTransitionTime": timestamp(NOW)}


@pytest.mark.parametrize("status", [True, None], ids=repr)
def test_the_time_moves_with_the_status(status: bool | None) -> None:
    """A status that changes, to true or to unknown, changes now."""
    (after,) = set_condition(set_condition([], READY, NOW), condition("Ready", status, "Why"), LATER)
    assert after["lastTransitionTime"] == timestamp(LATER)


def test_a_condition_without_a_time_gets_one() -> None:
    """A condition that somebody wrote without a time begins now."""
    (after,) = set_condition([dict(READY)], READY, LATER)
    assert after["lastTransitionTime"] == timestamp(LATER)


def test_others_keep_their_places() -> None:
    """Setting one type leaves the order and the others as they are."""
    known = [condition(name, True, "Why") for name in ("A", "B", "C")]
    after = set_condition(known, condition("B", False, "Why"), NOW)
    assert [entry["type"] for entry in after] == ["A", "B", "C"]
    assert (after[0], after[2]) == (known[0], known[2])


def test_removing_a_type() -> None:
    """A condition that is only present while true can be taken out; taking out what is not there changes nothing."""
    known = set_condition(set_condition([], READY, NOW), condition("Stalled", True, "Halted"), NOW)
    assert [entry["type"] for entry in remove_condition(known, "Stalled")] == ["Ready"]
    assert remove_condition(known, "Drifted") == known


def test_finding_and_asking() -> None:
    """A type that is not there is neither found nor true."""
    known = [READY, condition("Valid", True, "Accepted")]
    assert (find_condition(known, "Ready"), find_condition(known, "Paused")) == (READY, None)
    assert [is_true(known, name) for name in ("Ready", "Valid", "Paused")] == [False, True, False]


STATUS: Json = {
    "phase": "Progressing",
    "clusters": [{"name": "k8s-cluster1", "since": timestamp(NOW), "message": ""}],
    "conditions": set_condition([], READY, NOW),
}


def moved(path: str) -> Json:
    """The status with one of its times changed."""
    status = copy.deepcopy(STATUS)
    part = status["clusters"][0] if path == "since" else status["conditions"][0]
    part[path] = timestamp(LATER)
    return status


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(moved("since"), True, id="since"),
        pytest.param(moved("lastTransitionTime"), True, id="transition time"),
        pytest.param({**STATUS, "seedlist": [], "waitingFor": "", "ready": None}, True, id="empty fields"),
        pytest.param({**STATUS, "phase": "Ready"}, False, id="phase"),
        pytest.param({**STATUS, "conditions": []}, False, id="conditions"),
        pytest.param({**STATUS, "observedGeneration": 0}, False, id="a number that is zero"),
    ],
)
def test_statuses_are_compared_without_times(other: Json, same: bool) -> None:
    """Two statuses are the same when they differ in nothing but times and empty fields."""
    assert same_status(STATUS, other) is same


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from([True, False, None])), max_size=12))
def test_the_time_is_that_of_the_last_change_of_status(history: list[tuple[str, bool | None]]) -> None:
    """Whatever is set in whatever order, each type stands once, with the time since when it has its status."""
    known: list[Json] = []
    since: dict[str, tuple[bool | None, datetime]] = {}
    for step, (name, status) in enumerate(history):
        now = NOW + timedelta(seconds=step)
        known = set_condition(known, condition(name, status, f"Reason{step}"), now)
        if name not in since or since[name][0] != status:
            since[name] = status, now
    assert {entry["type"]: entry["lastTransitionTime"] for entry in known} == {
        name: timestamp(at) for name, (_, at) in since.items()
    }
    assert len(known) == len(since)
