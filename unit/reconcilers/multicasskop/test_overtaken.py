"""A newer wish while an older one is on its way, and what counts as met when only part of a wish changes."""

import pytest
from fakes.runs import image, made, running, spec_writes
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, ring


def wants(stage: Stage, name: str, **rollout: object) -> None:
    """Ask for another image."""
    stage.change({"spec": {"base": {"spec": {"cassandraImage": name}}, "rollout": rollout or None}})


def at_work(stage: Stage, member: str) -> None:
    """Let a CassKop be in the middle of something."""
    stage.casskop_says(member, "Pending", "UpdateDockerImage", "Ongoing")


def images(stage: Stage) -> list[str]:
    """The image of each member's child."""
    return [image(stage, member) for member in stage.members]


@pytest.mark.parametrize("restarts", [False, True], ids=["", "also after a restart"])
def test_rollback_reaches_the_member_in_change_first(restarts: bool) -> None:
    """No member at rest is put in change while another one is: the one in change takes the rollback first."""
    stage = running()
    wants(stage, "bad:1")
    stage.own_casskop(HOME)
    at_work(stage, OTHER)
    if restarts:
        stage.restart()
        stage.run()
    wants(stage, "good:1")
    assert images(stage) == ["bad:1", "good:1"]
    assert stage.status()["waitingFor"].startswith(f"{OTHER}: ")
    stage.own_casskop(OTHER)
    assert images(stage) == ["good:1", "good:1"]
    stage.own_casskop(HOME)
    assert stage.status()["phase"] == "Ready"


def test_member_in_change_does_not_wait_for_one_that_vanished() -> None:
    """When the child of a member before it is deleted, the one in change takes a newer wish; then that one is made."""
    stage = Stage()
    stage.apply(ring())
    stage.own_casskop(HOME)
    assert made(stage, OTHER)
    stage.home.server.remove(CHILDREN, NAMESPACE, "demo")
    wants(stage, "new:1")
    assert (stage.child(HOME), image(stage, OTHER)) == (None, "new:1")
    stage.own_casskop(OTHER)
    assert image(stage, HOME) == "new:1"
    stage.own_casskop(HOME)
    assert stage.status()["phase"] == "Ready"


def test_of_two_in_change_the_first_takes_it_first() -> None:
    """With more members in change than may be, a newer wish reaches as many as may, in order."""
    stage = running(HOME, OTHER, THIRD)
    wants(stage, "bad:1", maxConcurrent=2)
    at_work(stage, HOME)
    at_work(stage, OTHER)
    wants(stage, "good:1", maxConcurrent=1)
    assert images(stage) == ["good:1", "bad:1", "cassandra:4.1.4"]
    stage.own_casskop(HOME)
    assert images(stage) == ["good:1", "good:1", "cassandra:4.1.4"]
    stage.own_casskop(OTHER)
    assert images(stage) == ["good:1", "good:1", "good:1"]


def test_outage_elsewhere_is_waited_for_by_name() -> None:
    """A member that is broken for reasons of its own makes the first one wait, and does not become the first."""
    stage = running()
    stage.casskop_says(OTHER, "Pending", "Initializing", "Done")
    wants(stage, "new:1")
    assert images(stage) == ["cassandra:4.1.4"] * 2
    assert stage.status()["waitingFor"] == f"{OTHER}: phase=Pending action=Initializing status=Done"
    assert stage.condition("Ready")["reason"] == "WaitingForGate"
    stage.own_casskop(OTHER)
    assert images(stage) == ["new:1", "cassandra:4.1.4"]


def test_room_for_two_passes_an_outage() -> None:
    """Whoever does not want to wait for a broken member says so by maxConcurrent."""
    stage = running()
    stage.casskop_says(OTHER, "Pending", "Initializing", "Done")
    wants(stage, "new:1", maxConcurrent=2)
    assert images(stage) == ["new:1", "cassandra:4.1.4"]


@pytest.mark.parametrize(("on_dark", "written"), [("Wait", False), ("Skip", True)])
def test_newer_wish_does_not_pass_a_member_in_trouble(on_dark: str, written: bool) -> None:
    """A dark member before the one in change is waited for here too, unless it is to be skipped."""
    rollout = {"order": [OTHER], "onDark": on_dark}
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD, rollout=rollout))
    for member in (OTHER, HOME, THIRD):
        stage.own_casskop(member)
    wants(stage, "bad:1", **rollout)
    stage.own_casskop(OTHER)
    at_work(stage, HOME)
    stage.members[OTHER].go_dark()
    wants(stage, "good:1", **rollout)
    assert (image(stage, HOME) == "good:1") is written
    assert image(stage, THIRD) == "cassandra:4.1.4"


def test_edit_by_hand_is_put_right_although_all_members_are_due() -> None:
    """A member that a hand has broken while a new wish came is not waited for, but put right."""
    stage = running()
    stage.change({"spec": {"paused": True}})
    stage.edit_child(OTHER, {"spec": {"cassandraImage": "evil:1"}})
    at_work(stage, OTHER)
    stage.change({"spec": {"paused": False}})
    assert image(stage, OTHER) == "cassandra:4.1.4"


def test_edit_is_only_reported_after_a_change_of_annotations() -> None:
    """A wish that is met without a write of the spec counts as met: an edit after it is an edit, and no old wish."""
    stage = running(drift="Report")
    stage.change({"spec": {"base": {"metadata": {"annotations": {"team": "ring"}}}}})
    stage.edit_child(OTHER, {"spec": {"cassandraImage": "mine:1"}})
    stage.own_casskop(OTHER)
    assert image(stage, OTHER) == "mine:1"
    assert stage.condition("Drifted")["status"] == "True"


@pytest.mark.parametrize("restarts", [False, True], ids=["", "also after restarts"])
@pytest.mark.parametrize("soak", ["0s", "1m"])
def test_spec_that_waited_for_seeds_is_no_edit(restarts: bool, soak: str) -> None:
    """A spec that waits until seeds have left the lists is a wish, and written also where edits are only reported."""
    base = ring()["spec"]["base"]
    base["spec"]["nodesPerRacks"] = 3
    stage = running(drift="Report", base=base)
    stage.change({"spec": {"base": {"spec": {"nodesPerRacks": 1}}, "rollout": {"soak": soak}}})
    for _ in range(6):
        for member in (HOME, OTHER):
            stage.own_casskop(member, action="UpdateSeedList")
            if restarts:
                stage.restart()
                stage.run()
        stage.wait(61)
    assert [made(stage, member)["spec"]["nodesPerRacks"] for member in (HOME, OTHER)] == [1, 1]
    assert [len(spec_writes(stage, member)) for member in (HOME, OTHER)] == [1, 1]
    assert stage.condition("Drifted") == {}
