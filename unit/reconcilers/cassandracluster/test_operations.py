"""Operations on pods from the label to the end, whoever dies in between."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.operations import World, asked, lists
from fakes.rack_scene import NOW
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Compaction, Failed
from multicasskop.reconcilers.cassandracluster.jolokia.operations import CleanupAll, RebuildFrom, RemoveAddress
from multicasskop.reconcilers.cassandracluster.jolokia.questions import (
    Compactions,
    Decommission,
    HostIds,
    JoiningNodes,
    LeavingNodes,
    Streams,
)
from multicasskop.reconcilers.cassandracluster.operations import AT_ONCE
from multicasskop.reconcilers.cassandracluster.rack_status import due, scaling_down
from multicasskop.reconcilers.cassandracluster.ring import Outcome, Unanswered
from multicasskop.reconcilers.cassandracluster.sets import Claim
from multicasskop.reconcilers.cassandracluster.words import Action

RACK = "dc1-rack1"
ZERO, ONE = "demo-dc1-rack1-0", "demo-dc1-rack1-1"
BROKEN = Failed("error", "disk full", 500)
CLEANS = {Compactions(): (Compaction("Cleanup", "app"),)}


def world(*wishes: tuple[str, dict[str, str]], **fields: Any) -> World:  # noqa: ANN401
    """Pods of which something is asked."""
    made = World(**fields)
    for pod, labels in wishes:
        made.label(pod, labels)
    return made


def status(found: World, rack: str = RACK) -> dict[str, object]:
    """What the status says of the last operation."""
    return dict(lists(found.statuses[rack]))


def test_life_of_an_operation() -> None:
    """It is said, then told to the node, then labelled; the end goes into status and labels."""
    found = world((ZERO, asked("cleanup")))
    first = found.decide()
    assert [type(write).__name__ for write in first.writes] == ["Run"]
    assert lists(first.statuses[RACK])["pods"] == (ZERO,)
    found.look()
    found.look()
    assert found.status_of(ZERO) == "Ongoing"
    assert found.labels[ZERO]["operation-start"] == "20261126T120020"
    assert found.look().writes == ()
    found.end(ZERO)
    found.look()
    assert found.status_of(ZERO) == "Done"
    assert found.labels[ZERO]["operation-end"] > found.labels[ZERO]["operation-start"]
    assert status(found) == {"name": "cleanup", "status": "Done", "pods": (), "pods_ok": (ZERO,), "pods_ko": ()}
    assert [run.command for run in found.told] == [CleanupAll(0)]
    assert found.look().writes == ()


def test_failure_is_told() -> None:
    """An error of the node ends the operation, and what it said is told."""
    found = world((ZERO, asked("upgradesstables")))
    found.look()
    found.end(ZERO, BROKEN)
    assert found.look().failures == (f"upgradesstables of {ZERO}: disk full",)
    assert (found.status_of(ZERO), status(found)["pods_ko"]) == ("Error", (ZERO,))


def test_asked_for_again() -> None:
    """ToDo after the end runs it again, and the pod is no longer among those that are through."""
    found = world((ZERO, asked("cleanup")))
    found.look()
    found.end(ZERO)
    found.look()
    found.label(ZERO, asked("cleanup"))
    found.look()
    assert len(found.told) == 2
    assert status(found) == {"name": "cleanup", "status": "Ongoing", "pods": (ZERO,), "pods_ok": (), "pods_ko": ()}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        pytest.param(asked("compact"), "there is no operation", id="unknown operation"),
        pytest.param(asked("rebuild"), "must name the datacenter", id="no argument"),
    ],
)
def test_what_cannot_be_understood_is_an_error(labels: dict[str, str], said: str) -> None:
    """A wish that makes no sense is labelled Error, and told, and no node hears of it."""
    found = world((ZERO, labels))
    assert said in found.look().failures[0]
    assert (found.status_of(ZERO), found.told) == ("Error", [])
    assert (status(found)["status"], status(found)["pods_ko"]) == ("Done", (ZERO,))


# when it may begin


def test_operations_wait_while_an_action_is_under_way() -> None:
    """While an action is due anywhere nothing begins, and the status of the rack is not touched."""
    found = world((ZERO, asked("cleanup")), (ONE, asked("compact")), racks=2)
    found.statuses["dc1-rack2"] = due(found.statuses["dc1-rack2"], Action.SCALE_UP, NOW)
    seen = found.look()
    assert (seen.writes, seen.statuses[RACK]) == ((), found.facts.racks[0].status)
    assert "the action of rack dc1-rack2" in seen.waiting


def test_node_that_leaves_is_not_forgotten() -> None:
    """What the status knows of a node that leaves the ring stays there, whatever pods are labelled with."""
    found = world((ZERO, asked("cleanup")))
    found.look()
    found.statuses[RACK] = leaves = scaling_down(found.statuses[RACK], NOW)
    found.look()
    assert found.statuses[RACK] is leaves
    assert found.status_of(ZERO) == "Ongoing"


@pytest.mark.parametrize(
    ("joining", "said"),
    [((), ""), (("10.0.0.9",), "10.0.0.9 is joining"), (Failed("timeout", "silent"), "silent")],
    ids=["nobody", "somebody", "nobody says"],
)
def test_operations_wait_while_a_node_joins(joining: object, said: str) -> None:
    """Nothing begins before it is known that no node joins the ring."""
    found = world((ZERO, asked("cleanup")), nodes=1)
    found.answers[JoiningNodes()] = joining
    assert said in found.look().waiting
    assert len(found.told) == (not said)


def test_a_node_must_be_asked() -> None:
    """What is not known yet is asked for."""
    found = world((ZERO, asked("cleanup")))
    found.answers = {}
    with pytest.raises(Unanswered):
        found.decide()


def test_pod_that_is_not_ready_waits() -> None:
    """A node that cannot be told yet is waited for, and others begin."""
    found = world((ZERO, asked("cleanup")), (ONE, asked("cleanup")))
    found.down.add(ZERO)
    assert "not ready" in found.look().waiting
    assert [run.name for run in found.told] == [ONE]


def test_node_at_another_command_waits() -> None:
    """A node has one command at a time."""
    found = world((ZERO, asked("cleanup")))
    found.running[found.facts.racks[0].pods[0].uid] = Decommission()
    assert "what its node is at" in found.look().waiting
    assert found.status_of(ZERO) == "ToDo"


def test_d16_few_nodes_at_once() -> None:
    """Of a rack a few nodes are at it at the same time, and all others follow (D16: the queue was half drained)."""
    pods = [f"demo-dc1-rack1-{number}" for number in range(AT_ONCE + 2)]
    found = world(*((pod, asked("cleanup")) for pod in pods), nodes=len(pods))
    found.look()
    found.look()
    assert len(found.running) == AT_ONCE
    found.end(pods[0])
    found.look()
    found.look()
    assert len(found.running) == AT_ONCE
    assert status(found)["status"] == "Ongoing"
    for _ in range(20):
        for pod in [pod for pod in pods if found.status_of(pod) == "Ongoing"]:
            found.end(pod)
        found.look()
    assert (len(found.told), status(found)["status"]) == (len(pods), "Done")


def test_one_rack_after_the_other() -> None:
    """Replicas are in the other racks: while nodes of one are at it the others wait."""
    other = "demo-dc1-rack2-0"
    found = world((other, asked("cleanup")), racks=2)
    found.look()
    found.label(ZERO, asked("cleanup"))
    found.look()
    assert list(found.running) == [f"uid-{other}"]
    found.end(other)
    found.look()
    found.look()
    assert list(found.running) == [f"uid-{ZERO}"]


def test_d16_operations_come_in_turn() -> None:
    """A rack does one operation at a time, and the next one after it (D16: one was drawn by lot in each pass)."""
    found = world((ZERO, asked("cleanup")), (ONE, asked("upgradesstables")))
    for pod in (ZERO, ONE):
        found.look()
        assert [run.name for run in found.told][-1] == pod
        found.end(pod)
        found.look()
    assert (status(found)["name"], found.status_of(ZERO), found.status_of(ONE)) == ("upgradesstables", "Done", "Done")


def test_no_room() -> None:
    """Who was turned away is told again when there is room, and its earlier end is not taken for this one."""
    found = world((ZERO, asked("cleanup")))
    found.ended[f"uid-{ZERO}"] = Outcome(CleanupAll(0), None)
    found.room = 0
    found.look()
    found.look()
    assert (found.status_of(ZERO), found.told) == ("ToDo", [])
    found.room = 1
    found.look()
    assert len(found.told) == 1


def test_wish_that_is_withdrawn() -> None:
    """A pod that was made anew has lost its labels: nobody sees the end, and it counts as failed."""
    found = world((ZERO, asked("cleanup")))
    found.look()
    found.labels[ZERO] = {}
    found.look()
    assert (status(found)["status"], status(found)["pods_ko"]) == ("Done", (ZERO,))


def test_label_that_has_changed_is_not_overwritten() -> None:
    """A label is changed only while it says what was looked at."""
    found = world((ZERO, asked("cleanup")))
    found.look()
    (edit,) = found.decide().writes
    found.label(ZERO, asked("cleanup", status="Manual"))
    with pytest.raises(AssertionError):
        found.carry_out(edit)


# after a restart


@pytest.mark.parametrize("shows", [True, False], ids=["at it", "not at it"])
def test_clean_up_goes_on_after_a_restart(shows: bool) -> None:
    """A node that shows that it is at it is waited for; else what is left to do is done again."""
    found = world((ZERO, asked("cleanup")))
    found.look()
    found.look()
    found.restart()
    found.answers.update(CLEANS if shows else {})
    seen = found.look()
    assert len(found.told) == (1 if shows else 2)
    assert ("its end" in seen.waiting, seen.again) == ((True, 10.0) if shows else (False, None))


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        pytest.param(("Rebuild",), "Ongoing", id="at it"),
        pytest.param(("Bootstrap",), "Error", id="not at it"),
        pytest.param(Failed("timeout", "silent"), "Ongoing", id="silent"),
    ],
)
def test_rebuild_is_not_done_twice(streams: object, expected: str) -> None:
    """All data is streamed once; when nobody saw how that ended a person shall look."""
    found = world((ZERO, asked("rebuild", "dc2")))
    found.look()
    found.look()
    found.restart()
    found.answers[Streams()] = streams
    found.look()
    assert [run.command for run in found.told] == [RebuildFrom("dc2")]
    assert found.status_of(ZERO) == expected


def test_rebuild_that_was_told_before_a_crash() -> None:
    """A node that streams already is not told again, though its label still says ToDo."""
    found = world((ZERO, asked("rebuild", "dc2")))
    found.look()
    found.restart()
    found.answers[Streams()] = ("Rebuild",)
    found.look()
    assert (len(found.told), found.status_of(ZERO)) == (1, "Ongoing")


def test_answer_that_was_lost_is_no_end() -> None:
    """After a timeout the node may still be at it: it is asked."""
    found = world((ZERO, asked("rebuild", "dc2")))
    found.look()
    found.look()
    found.end(ZERO, Failed("timeout", "no answer in time"))
    found.answers[Streams()] = ("Rebuild",)
    found.look()
    assert found.status_of(ZERO) == "Ongoing"


def test_end_that_was_said_and_not_labelled() -> None:
    """A crash between the status and the label is made up for, and nothing is done again."""
    found = world((ZERO, asked("cleanup")))
    found.look()
    found.look()
    found.end(ZERO)
    found.look(dies_after=0)
    found.look()
    assert (len(found.told), found.status_of(ZERO)) == (1, "Done")


@given(deaths=st.lists(st.integers(0, 1), max_size=6), name=st.sampled_from(["cleanup", "upgradesstables"]))
def test_every_wish_comes_to_an_end_law(deaths: list[int], name: str) -> None:
    """Wherever the process dies, all pods are Done in the end, and the status says so."""
    found = world((ZERO, asked(name)), (ONE, asked(name)))
    for number in range(30):
        found.look(**({"dies_after": deaths[number]} if number < len(deaths) else {}))
        for pod in (ZERO, ONE):
            if f"uid-{pod}" in found.running and number > len(deaths):
                found.end(pod)
    assert [found.status_of(pod) for pod in (ZERO, ONE)] == ["Done", "Done"]
    assert (status(found)["status"], status(found)["pods"]) == ("Done", ())


# a node that was lost


def lost(argument: str = f"{ONE}_10.9.8.7") -> World:
    """A node is to be removed whose pod is there, with an old claim and one that was made since."""
    found = world((ZERO, asked("remove", argument)))
    labels = {"app": "cassandracluster", "cassandracluster": "demo", "dc-rack": RACK}
    old = Claim(f"data-{ONE}", "c-old", "1", 1, created="2026-11-01T00:00:00Z", labels=labels)
    new = replace(old, name=f"logs-{ONE}", uid="c-new", created="2026-11-27T00:00:00Z")
    other = replace(old, name=f"data-{ZERO}", uid="c-other", ordinal=0)
    rack = replace(found.facts.racks[0], claims=(other, old, new))
    found.facts = replace(found.facts, racks=(rack,))
    return found


def test_lost_node_goes_with_its_claim_and_pod() -> None:
    """Once it is out of the ring, the claims and the pod of before the operation go, and no others."""
    found = lost()
    found.look()
    assert found.deleted == []
    found.end(ZERO)
    found.look()
    assert [(write.name, write.uid, write.at_once) for write in found.deleted] == [
        (f"data-{ONE}", "c-old", False),
        (ONE, f"uid-{ONE}", True),
    ]
    assert found.status_of(ZERO) == "Done"


def test_nothing_goes_when_the_node_stays() -> None:
    """Where the ring refuses, because the node lives, nothing is taken away."""
    found = lost()
    found.look()
    found.end(ZERO, Failed("error", "the node is alive"))
    found.look()
    assert (found.deleted, found.status_of(ZERO)) == ([], "Error")


def test_nothing_goes_for_an_address_only() -> None:
    """Without a pod there is nothing to take away."""
    found = lost("_10.9.8.7")
    found.look()
    found.end(ZERO)
    found.look()
    assert (found.deleted, found.status_of(ZERO)) == ([], "Done")


@pytest.mark.parametrize(
    ("answers", "told", "deleted"),
    [
        pytest.param({}, 1, 2, id="it has gone"),
        pytest.param({LeavingNodes(): ("10.9.8.7",)}, 1, 0, id="it goes"),
        pytest.param({HostIds(): {"10.9.8.7": "h"}}, 2, 0, id="it is there"),
        pytest.param({HostIds(): Failed("timeout", "silent")}, 1, 0, id="nobody says"),
    ],
)
@pytest.mark.parametrize("labelled", [True, False], ids=["labelled", "not labelled yet"])
def test_removal_is_looked_up_after_a_restart(
    answers: dict[Any, object], told: int, deleted: int, labelled: bool
) -> None:
    """Whether the node is out of the ring is seen there: it is not removed twice."""
    found = lost()
    found.look()
    if labelled:
        found.look()
    found.restart()
    found.answers.update(answers)
    found.look()
    assert (len(found.told), len(found.deleted)) == (told, deleted)
    assert {run.command for run in found.told} == {RemoveAddress("10.9.8.7")}
