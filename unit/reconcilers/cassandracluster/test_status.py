"""The status as it is said, and the patch that makes the stored one say it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes.patches import apply_merge_patch
from fakes.rack_scene import node, scene
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.reconcilers.cassandracluster.condition_set import Findings
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.status import (
    json_patch,
    status_of,
    status_patch,
    with_troubles,
    without_nulls,
)

Json = dict[str, Any]
LEAVES = st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
NAMES = st.sampled_from(["a", "b", "c", "ab"])
OBJECTS = st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8)
STATUSES = st.dictionaries(NAMES, OBJECTS, max_size=4)


def facts() -> Facts:
    """A rack of two nodes, of which one is not ready."""
    return scene([node("dc1-rack1", 0), node("dc1-rack1", 1, ready=False)]).facts


def racks(found: Facts) -> dict[str, RackStatus]:
    """The statuses of the racks."""
    return {rack.id: rack.status for rack in found.racks}


@given(STATUSES, STATUSES)
def test_patch_makes_one_status_the_other(before: Json, after: Json) -> None:
    """Whatever they hold: what the server makes of the patch is what was wanted."""
    assert apply_merge_patch(before, json_patch(before, after)) == after


@given(STATUSES)
def test_same_status_needs_no_patch(status: Json) -> None:
    """What is said already is not written again."""
    assert status_patch(status, status) is None


def test_status_tells_all_that_people_ask_for() -> None:
    """Phase, action, nodes, seeds, generation, and every condition."""
    found = facts()
    said = status_of({}, replace(found, seeds=("a", "b")), racks(found), Findings())
    assert (said["phase"], said["nodes"], said["seedlist"]) == ("Running", "1/1", ["a", "b"])
    assert [each["type"] for each in said["conditions"]] == [
        "Ready",
        "Progressing",
        "Degraded",
        "Valid",
        "SeedsResolved",
    ]


def test_what_others_keep_in_it_stays() -> None:
    """A field that is not known here survives, in the status and in a rack; a rack that is no more is gone."""
    found = facts()
    stored = {"theirs": 1, "cassandraRackStatus": {"dc1-rack1": {"theirs": 2}, "dc9-rack1": {"phase": "Running"}}}
    said = status_of(stored, found, racks(found), Findings())
    assert said["theirs"] == 1
    assert said["cassandraRackStatus"].keys() == {"dc1-rack1"}
    assert said["cassandraRackStatus"]["dc1-rack1"]["theirs"] == 2


def test_second_look_says_the_same() -> None:
    """Time that passes is no news: neither a condition's time nor anything else changes with it."""
    found = facts()
    first = status_of({}, found, racks(found), Findings(waiting="its pods", rack="dc1-rack1"))
    later = replace(found, now=found.now + timedelta(hours=1))
    assert status_of(first, later, racks(found), Findings(waiting="its pods", rack="dc1-rack1")) == first


def test_refused_spec_is_not_observed() -> None:
    """Whoever wrote it sees that it does not stand; the action is the correction."""
    found = facts()
    said = status_of({"observedGeneration": 4}, found, racks(found), Findings(refused="spec.x: 1 -> 2 is refused"))
    assert (said["observedGeneration"], said["lastClusterAction"]) == (4, "CorrectCRDConfig")


def test_invalid_spec_is_not_observed() -> None:
    """Nothing is made of it, so nobody may take Running and Done for the end of the work on it."""
    found = facts()
    said = status_of({"observedGeneration": 4}, found, racks(found), Findings(invalid="spec.x: no"))
    assert said["observedGeneration"] == 4


def test_troubles_are_said_beside_what_is_stored() -> None:
    """Where nothing else is known: the status as it is, and Degraded."""
    found = facts()
    stored = status_of({"theirs": 1}, found, racks(found), Findings())
    said = with_troubles(stored, replace(found, failure="403 Forbidden"))
    assert {**said, "conditions": stored["conditions"]} == stored
    changed = [each for each in said["conditions"] if each not in stored["conditions"]]
    assert [(each["type"], each["status"], each["reason"]) for each in changed] == [
        ("Degraded", "True", "WriteRefused")
    ]


@pytest.mark.parametrize("before", [{}, {"message": "", "extra": "1"}, {"lastTransitionTime": "2020-01-01T00:00:00Z"}])
def test_time_of_a_condition_moves_with_its_status_only(before: Json) -> None:
    """Another reason or message, or a field that somebody else has put there, leaves the time."""
    found = facts()
    first = status_of({}, found, racks(found), Findings())
    stored = {**first, "conditions": [{**each, "reason": "Other", **before} for each in first["conditions"]]}
    later = replace(found, now=found.now + timedelta(hours=1))
    times = {each["type"]: each["lastTransitionTime"] for each in stored["conditions"]}
    said = status_of(stored, later, racks(found), Findings())
    assert {each["type"]: each["lastTransitionTime"] for each in said["conditions"]} == times
    turned = status_of(stored, later, racks(found), Findings(invalid="no"))
    moved = {each["type"] for each in turned["conditions"] if each["lastTransitionTime"] != times[each["type"]]}
    assert moved == {"Ready", "Valid"}


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [(None, {"a": 1}), ({}, None), ({"b": {}}, {"b": {}})],
    ids=["as it was", "nothing any more", "another"],
)
def test_what_is_remembered_of_nodes(nodes: Json | None, expected: Json | None) -> None:
    """It stays until somebody says something else."""
    found = facts()
    said = status_of({"cassandraNodeStatus": {"a": 1}}, found, racks(found), Findings(), nodes)
    assert said.get("cassandraNodeStatus") == expected


def test_nulls_are_nowhere() -> None:
    """What a server would drop is not said."""
    assert without_nulls({"a": None, "b": {"c": None, "d": [{"e": None}]}}) == {"b": {"d": [{}]}}
