"""A MultiCasskop that runs: new wishes, hands, refusals, pauses and deadlines."""

import json
from typing import Any

import pytest
from fakes.runs import NEW_IMAGE, image, running, spec_writes
from fakes.server import Call
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, datacenter, ring
from multicasskop.crds.names import FIELDS


def test_change_goes_from_member_to_member() -> None:
    """A new image reaches the second member when the first is Running for it."""
    stage = running()
    stage.change(NEW_IMAGE)
    assert (image(stage, HOME), image(stage, OTHER)) == ("cassandra:4.1.5", "cassandra:4.1.4")
    stage.own_casskop(HOME)
    assert image(stage, OTHER) == "cassandra:4.1.5"
    stage.own_casskop(OTHER)
    assert stage.status()["phase"] == "Ready"
    assert stage.tape.reasons.count("StepStarted") == 2


def test_patch_carries_what_was_compared() -> None:
    """A change is one merge patch of just what differs, with uid and version of the child that was compared."""
    stage = running()
    before = stage.child(HOME)
    assert before is not None
    stage.change(NEW_IMAGE)
    (patch,) = spec_writes(stage, HOME)
    assert patch.body["spec"] == {"cassandraImage": "cassandra:4.1.5"}
    assert patch.body["metadata"]["uid"] == before["metadata"]["uid"]
    assert patch.body["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_field_that_is_dropped_is_taken_out() -> None:
    """A field that leaves the base leaves the children, and a field that somebody else set stays."""
    stage = running(base={"spec": {"cassandraImage": "a:1", "runAsUser": 1001, "service": domain()}})
    stage.edit_child(HOME, {"spec": {"fsGroup": 7}})
    stage.change({"spec": {"base": {"spec": {"runAsUser": None}}}})
    child = stage.child(HOME)
    assert child is not None
    assert "runAsUser" not in child["spec"]
    assert child["spec"]["fsGroup"] == 7
    assert "/spec/runAsUser" not in json.loads(child["metadata"]["annotations"][FIELDS])


def domain() -> dict[str, Any]:
    """A service with a domain."""
    return {"annotations": {"external-dns.alpha.kubernetes.io/hostname": "ring.example"}}


def test_trigger_set_by_a_person_survives() -> None:
    """A rolling restart that a person asked for is neither undone, nor lost when the topology is sent, nor copied."""
    stage = running()
    topology = datacenter(1)
    topology["dc"][0]["rack"][0]["rollingRestart"] = True
    stage.edit_child(HOME, {"spec": {"topology": topology}})
    assert spec_writes(stage, HOME) == []
    stage.change({"spec": {"override": {HOME: {"spec": {"topology": datacenter(1, racks=2)}}}}})
    child, other = stage.child(HOME), stage.child(OTHER)
    assert child is not None
    assert other is not None
    racks = child["spec"]["topology"]["dc"][0]["rack"]
    assert [rack.get("rollingRestart") for rack in racks] == [True, None]
    assert "rollingRestart" not in json.dumps(other["spec"])


def test_hand_edit_is_set_right() -> None:
    """A child that was edited by hand is set right, with an event."""
    stage = running()
    stage.edit_child(OTHER, {"spec": {"cassandraImage": "evil:1"}})
    assert image(stage, OTHER) == "cassandra:4.1.4"
    assert "DriftCorrected" in stage.tape.reasons


def test_hand_edit_is_only_reported_when_asked_so() -> None:
    """With drift: Report a hand's edit stays, is told in a condition, and Ready stays True."""
    stage = running(drift="Report")
    stage.edit_child(OTHER, {"spec": {"cassandraImage": "mine:1"}})
    stage.own_casskop(OTHER)
    assert image(stage, OTHER) == "mine:1"
    assert stage.condition("Drifted")["status"] == "True"
    assert "spec.cassandraImage" in stage.condition("Drifted")["message"]
    assert stage.condition("Ready")["status"] == "True"
    assert stage.tape.reasons.count("DriftReported") == 1


def test_edit_made_while_no_operator_ran_is_drift_all_the_same() -> None:
    """After a restart the last report tells a hand's edit from a new wish."""
    stage = running(drift="Report")
    stage.members[OTHER].server.edit(CHILDREN, NAMESPACE, "demo", {"spec": {"cassandraImage": "mine:1"}})
    stage.restart()
    stage.run()
    stage.own_casskop(OTHER)
    assert image(stage, OTHER) == "mine:1"
    assert stage.condition("Drifted")["status"] == "True"


def test_third_correction_in_ten_minutes_is_the_last() -> None:
    """Nobody is fought: after three corrections of one field the member is Refused until something else is wanted."""
    stage = running()
    for _ in range(5):
        stage.edit_child(OTHER, {"spec": {"cassandraImage": "evil:1"}})
        stage.own_casskop(OTHER)
        stage.wait(60)
    assert stage.entry(OTHER)["state"] == "Refused"
    assert len(spec_writes(stage, OTHER)) == 3
    stage.wait(3600)
    assert len(spec_writes(stage, OTHER)) == 3
    stage.change(NEW_IMAGE)
    stage.own_casskop(HOME)
    assert image(stage, OTHER) == "cassandra:4.1.5"


@pytest.mark.parametrize("restarts", [False, True], ids=["", "also after a restart"])
def test_refused_change_is_not_written_again(restarts: bool) -> None:
    """What CassKop put back in its pass over our write is not written again, until something else is wanted."""
    stage = running(go=True)
    stage.change({"spec": {"base": {"spec": {"dataStorageClass": "fast"}}}})
    assert len(spec_writes(stage, HOME)) == 1
    # CassKop puts the field back, and its annotation speaks of our generation
    refuse(stage, HOME, {"spec": {"dataStorageClass": None}})
    assert stage.entry(HOME)["state"] == "Refused"
    assert "spec.dataStorageClass" in stage.entry(HOME)["message"]
    if restarts:
        stage.restart()
        stage.run()
    stage.wait(3600, steps=3)
    assert len(spec_writes(stage, HOME)) == 1
    assert spec_writes(stage, OTHER) == []
    assert stage.condition("Ready")["reason"] == "Refused"
    assert stage.condition("Stalled")["status"] == "True"
    stage.change({"spec": {"base": {"spec": {"dataStorageClass": None}}}})
    stage.casskop(HOME)
    stage.wait(31, steps=31)
    assert stage.status()["phase"] == "Ready"


@pytest.mark.parametrize("restarts", [False, True], ids=["", "also after a restart"])
def test_change_that_would_do_harm_is_never_written(restarts: bool) -> None:
    """Volumes for a member made without are told with path, old and new, and nothing of that change is written."""
    stage = running()
    asked = {"cassandraImage": "cassandra:4.1.5", "dataCapacity": "1Gi"}
    stage.change({"spec": {"base": {"spec": asked}}})
    if restarts:
        stage.restart()
        stage.run()
    stage.wait(3600, steps=3)
    assert stage.writes(CHILDREN)[2:] == []
    entry = stage.entry(HOME)
    assert (entry["state"], stage.condition("Ready")["reason"]) == ("Refused", "Refused")
    assert entry["message"].startswith("MCK204 spec.dataCapacity: none -> 1Gi; ")
    assert "spec.dataCapacity: none -> 1Gi" in stage.condition("Ready")["message"]
    assert stage.tape.reasons.count("ChildRefused") == 2
    stage.change({"spec": {"base": {"spec": {"dataCapacity": None}}}})
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    assert (stage.status()["phase"], image(stage, OTHER)) == ("Ready", "cassandra:4.1.5")


def test_volumes_of_a_child_that_is_made_anew() -> None:
    """Who deletes the child gets one with the volumes that were asked for."""
    stage = running()
    stage.change({"spec": {"base": {"spec": {"dataCapacity": "1Gi"}}}})
    stage.members[HOME].server.remove(CHILDREN, NAMESPACE, "demo")
    stage.run()
    child = stage.child(HOME)
    assert child is not None
    assert child["spec"]["dataCapacity"] == "1Gi"


def refuse(stage: Stage, member: str, patch: dict[str, Any]) -> None:
    """Let the Go CassKop put something back: object and annotation in one write, with the generation of its pass."""
    child = stage.child(member)
    assert child is not None
    annotation = json.dumps({"metadata": {"generation": child["metadata"]["generation"]}})
    name = "cassandraclusters.db.orange.com/last-applied-configuration"
    body = patch | {"metadata": {"annotations": {name: annotation}}}
    stage.members[member].server.edit(CHILDREN, NAMESPACE, "demo", body, by="casskop")
    stage.run()


def test_another_spelling_is_no_change() -> None:
    """A quantity that is only spelled in another way leads to no write."""
    stage = running(base={"spec": {"resources": {"requests": {"cpu": "0.1"}}, "service": domain()}})
    child = stage.child(HOME)
    assert child is not None
    assert child["spec"]["resources"]["requests"]["cpu"] == "100m"
    stage.change({"spec": {"base": {"spec": {"resources": {"requests": {"cpu": "100m"}}}}}})
    assert spec_writes(stage, HOME) == []


def test_paused_writes_nothing() -> None:
    """Paused, changes wait and the status says so; they go on afterwards."""
    stage = running()
    stage.change({"spec": {"paused": True, **NEW_IMAGE["spec"]}})
    assert image(stage, HOME) == "cassandra:4.1.4"
    assert stage.status()["phase"] == "Paused"
    assert stage.condition("Paused")["status"] == "True"
    assert stage.condition("Ready")["reason"] == "Paused"
    stage.change({"spec": {"paused": False}})
    assert image(stage, HOME) == "cassandra:4.1.5"
    assert stage.tape.reasons.count("Paused") == stage.tape.reasons.count("Resumed") == 1


def test_soak_holds_the_next_member_back() -> None:
    """The next member begins when the one before has been Running for the time asked, without a break."""
    stage = running()
    stage.change({"spec": {**NEW_IMAGE["spec"], "rollout": {"soak": "60s"}}})
    stage.own_casskop(HOME)
    assert stage.entry(HOME)["state"] == "Soaking"
    stage.wait(50)
    stage.casskop_says(HOME, "Pending", "UpdateDockerImage", "Ongoing")
    stage.own_casskop(HOME)
    stage.wait(50)
    assert image(stage, OTHER) == "cassandra:4.1.4"
    stage.wait(15)
    assert image(stage, OTHER) == "cassandra:4.1.5"


def test_order_can_be_chosen() -> None:
    """The members are changed in the order that the spec lists."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD, rollout={"order": [THIRD]}))
    assert [entry["name"] for entry in stage.status()["clusters"]] == [THIRD, HOME, OTHER]
    assert stage.child(THIRD) is not None
    assert stage.child(HOME) is None


def test_two_members_at_a_time() -> None:
    """With maxConcurrent 2 two members are in change at once, but the first one is created alone."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD, rollout={"maxConcurrent": 2}))
    assert [member for member in stage.members if stage.child(member)] == [HOME]
    stage.own_casskop(HOME)
    assert [member for member in stage.members if stage.child(member)] == [HOME, OTHER, THIRD]
    stage.own_casskop(OTHER)
    stage.own_casskop(THIRD)
    stage.change(NEW_IMAGE)
    assert [image(stage, member)[-1] for member in stage.members] == ["5", "5", "4"]


def test_deadline_halts_the_rollout_for_good() -> None:
    """A member that takes too long halts the rollout, which stays so when it recovers, also after a restart."""
    stage = running(rollout={"progressDeadline": "10m"})
    stage.change({"spec": {**NEW_IMAGE["spec"], "rollout": {"progressDeadline": "10m"}}})
    stage.casskop_says(HOME, "Pending", "UpdateDockerImage", "Ongoing")
    stage.wait(300)
    assert stage.status()["phase"] == "Progressing"
    stage.wait(301)
    assert stage.status()["phase"] == "Halted"
    assert (stage.condition("Ready")["reason"], stage.condition("Stalled")["status"]) == ("Halted", "True")
    assert stage.tape.reasons.count("RolloutHalted") == 1
    stage.restart()
    stage.run()
    stage.own_casskop(HOME)
    assert image(stage, OTHER) == "cassandra:4.1.4"
    assert stage.status()["phase"] == "Halted"
    stage.annotate(resume=str(stage.parent()["metadata"]["generation"]))
    assert image(stage, OTHER) == "cassandra:4.1.5"


def test_deadline_outlives_a_restart() -> None:
    """The deadline counts from the write, whichever process made it."""
    stage = running(rollout={"progressDeadline": "10m"})
    stage.change({"spec": {**NEW_IMAGE["spec"]}})
    stage.wait(300)
    stage.restart()
    stage.run()
    stage.wait(302)
    assert stage.status()["phase"] == "Halted"


def test_outage_after_a_rollout_halts_nothing() -> None:
    """A node that is down long after the rollout makes the object not Ready, and nothing more."""
    stage = running(rollout={"progressDeadline": "10m"})
    stage.wait(3600)
    stage.casskop_says(HOME, "Pending", "Initializing", "Done")
    stage.wait(7200, steps=4)
    assert stage.status()["phase"] == "Progressing"
    assert stage.condition("Ready")["status"] == "False"
    stage.own_casskop(HOME)
    assert stage.status()["phase"] == "Ready"


def test_newer_wish_replaces_one_that_is_stuck() -> None:
    """A bad image on the first member is taken back at once by the next generation; the others were never touched."""
    stage = running()
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "bad:1"}}}})
    stage.casskop_says(HOME, "Pending", "UpdateDockerImage", "Ongoing")
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.4"}}}})
    assert image(stage, HOME) == "cassandra:4.1.4"
    assert stage.tape.reasons.count("RolloutSuperseded") == 1
    stage.own_casskop(HOME)
    assert stage.status()["phase"] == "Ready"
    assert spec_writes(stage, OTHER) == []


def test_each_member_is_approved() -> None:
    """With approval: Manual each next member waits for its annotation, for this very generation."""
    stage = running()
    stage.change({"spec": {**NEW_IMAGE["spec"], "rollout": {"approval": "Manual"}}})
    stage.own_casskop(HOME)
    assert image(stage, OTHER) == "cassandra:4.1.4"
    assert stage.condition("Ready")["reason"] == "WaitingForApproval"
    assert stage.tape.reasons.count("ApprovalRequired") == 1
    stage.annotate(approve=f"{OTHER}@1")
    assert image(stage, OTHER) == "cassandra:4.1.4"
    stage.annotate(approve=f"{OTHER}@{stage.parent()['metadata']['generation']}")
    assert image(stage, OTHER) == "cassandra:4.1.5"
    assert stage.tape.reasons.count("Approved") == 1


def test_go_gate_needs_an_action_or_time() -> None:
    """Beside the Go CassKop the old Running and Done open nothing: an action must be seen, or time pass."""
    stage = running(go=True)
    stage.change(NEW_IMAGE)
    stage.casskop_annotates(HOME)
    assert image(stage, OTHER) == "cassandra:4.1.4"
    stage.casskop_says(HOME, "Pending", "UpdateDockerImage", "Ongoing")
    stage.casskop_says(HOME, "Running", "UpdateDockerImage", "Done")
    assert image(stage, OTHER) == "cassandra:4.1.5"


def test_go_gate_settles() -> None:
    """A change that needs no action passes after the time called settle, and the entry says that none was seen."""
    stage = running(go=True)
    stage.change({"spec": {"base": {"spec": {"maxPodUnavailable": 2}}}})
    stage.casskop_annotates(HOME)
    stage.wait(29)
    other = stage.child(OTHER)
    assert other is not None
    assert other["spec"]["maxPodUnavailable"] == 1
    stage.wait(2)
    assert stage.entry(HOME)["message"] == "no action seen after the last write"
    other = stage.child(OTHER)
    assert other is not None
    assert other["spec"]["maxPodUnavailable"] == 2


def test_go_gate_after_a_restart_asks_for_the_age_of_the_last_write() -> None:
    """A new process waits out what is left of settle, by the server's clock, with one read and no write too many."""
    stage = running(go=True)
    stage.change({"spec": {"base": {"spec": {"maxPodUnavailable": 2}}}})
    stage.casskop_annotates(HOME)
    stage.wait(20)
    stage.restart()
    stage.forget_calls()
    stage.run()
    stage.wait(1, steps=20)
    reads = [call for member, call in stage.calls_of_work() if member == HOME and call.verb == "get"]
    assert len(reads) == 1
    other = stage.child(OTHER)
    assert other is not None
    assert other["spec"]["maxPodUnavailable"] == 1
    stage.wait(12)
    other = stage.child(OTHER)
    assert other is not None
    assert other["spec"]["maxPodUnavailable"] == 2


def test_child_deleted_by_hand_is_made_again() -> None:
    """A child that somebody deleted is made again, with a warning that its data may be gone."""
    stage = running()
    stage.members[OTHER].server.remove(CHILDREN, NAMESPACE, "demo")
    stage.run()
    assert stage.child(OTHER) is not None
    assert "ChildVanished" in stage.tape.reasons
    stage.own_casskop(OTHER)
    assert stage.tape.reasons.count("ChildVanished") == 1


def test_child_that_changed_meanwhile_is_looked_at_again() -> None:
    """A patch that meets a newer version of the child is not repeated as it was: it is computed anew."""
    stage = running()
    server = stage.home.server

    def meddle(call: Call) -> None:
        if call.verb == "patch" and call.plural == CHILDREN and len(spec_writes(stage, HOME)) == 1:
            server.edit(CHILDREN, NAMESPACE, "demo", {"metadata": {"annotations": {"a": "b"}}})

    server.before = meddle
    stage.change(NEW_IMAGE)
    stage.wait(2, steps=4)
    first, second = spec_writes(stage, HOME)
    assert first.body["metadata"]["resourceVersion"] != second.body["metadata"]["resourceVersion"]
    assert image(stage, HOME) == "cassandra:4.1.5"
