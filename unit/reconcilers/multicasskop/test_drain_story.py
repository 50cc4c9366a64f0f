"""A member whose override was taken out: its child is left alone, or leaves the ring and is deleted."""

from fakes.drained import deletes, forget_seeds, nodes, running, take_out, with_seeds
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, ring
from multicasskop.crds.codes import Code

# Retain


def test_retained_child_is_left_and_told_of() -> None:
    """Without a policy the child stays as it is, and the status goes on to say that it is there."""
    stage = running(deletion={})
    take_out(stage)
    forget_seeds(stage)
    assert [call for member, call in stage.writes(CHILDREN) if member == THIRD] == []
    entry = stage.entry(THIRD)
    assert (entry["state"], entry["child"]) == ("Retained", "cassandra/demo")
    assert entry["uid"] == stage.child(THIRD)["metadata"]["uid"]  # type: ignore[index]
    assert stage.status()["ready"] == "2/2"
    assert stage.condition("Ready")["status"] == "True"
    assert stage.tape.reasons.count("OverrideRemoved") == 1
    stage.restart()
    stage.run()
    assert stage.entry(THIRD)["state"] == "Retained"
    assert stage.tape.reasons.count("OverrideRemoved") == 1


def test_retained_child_that_is_deleted_by_hand_is_told_of_no_more() -> None:
    """When a person deletes what was retained it is not made again, and the entry goes."""
    stage = running(deletion={})
    take_out(stage)
    forget_seeds(stage)
    stage.members[THIRD].server.remove(CHILDREN, NAMESPACE, "demo")
    stage.run()
    assert stage.entry(THIRD) == {}
    assert stage.child(THIRD) is None


def test_retained_child_of_a_dark_member_is_still_told_of() -> None:
    """What was retained in a member that is dark now stays in the status, also for a new process."""
    stage = running(deletion={})
    take_out(stage)
    forget_seeds(stage)
    uid = stage.entry(THIRD)["uid"]
    stage.members[THIRD].go_dark()
    stage.run()
    assert (stage.entry(THIRD)["uid"], stage.entry(THIRD)["reachable"]) == (uid, False)


# Drain, step by step


def test_drain_goes_one_step_after_the_other() -> None:
    """Seeds leave first, then the nodes, then the child, deleted only when CassKop has ended the scale-down."""
    stage = running()
    take_out(stage)
    assert nodes(stage) == [None]
    assert stage.entry(THIRD)["state"] == "Draining"
    forget_seeds(stage, HOME)
    assert nodes(stage) == [None]
    forget_seeds(stage, OTHER)
    assert nodes(stage) == [0]
    assert deletes(stage) == []
    assert stage.condition("Ready")["reason"] == "WaitingForGate"
    assert stage.status()["waitingFor"].startswith("c3: ")
    stage.casskop_says(THIRD, "Pending", "ScaleDown", "Ongoing")
    stage.wait(4000, steps=4)
    assert deletes(stage) == []
    uid = stage.child(THIRD)["metadata"]["uid"]  # type: ignore[index]
    stage.own_casskop(THIRD, action="ScaleDown")
    assert [(member, call.body["uid"]) for member, call in deletes(stage)] == [(THIRD, uid)]
    assert stage.child(THIRD) is None
    assert stage.entry(THIRD) == {}
    assert stage.condition("Ready")["status"] == "True"
    assert [reason for reason in stage.tape.reasons if reason in {"OverrideRemoved", "ChildDeleted"}] == [
        "OverrideRemoved",
        "ChildDeleted",
    ]


def drained_go(stage: Stage, action: str = "ScaleDown", rack: str = "dc3-rack1") -> None:
    """Let the Go CassKop of the third member end a scale-down."""
    stage.casskop_annotates(THIRD)
    racks = {rack: {"phase": "Running", "cassandraLastAction": {"name": action, "status": "Done"}}}
    found = {"phase": "Running", "lastClusterAction": "ScaleDown", "lastClusterActionStatus": "Done"}
    body = {"status": found | {"cassandraRackStatus": racks}}
    stage.members[THIRD].server.edit(CHILDREN, NAMESPACE, "demo", body, by="casskop", status=True)
    stage.run()


def draining_go() -> Stage:
    """A stage on which the third member is drained beside the Go CassKop."""
    stage = running(go=True, seeds={"mode": "Manual"}, base=with_seeds())
    take_out(stage)
    stage.wait(31)
    assert nodes(stage) == [0]
    return stage


def test_seeds_given_by_hand_are_taken_out_by_hand() -> None:
    """While a given list names its pods a member keeps its nodes, and the status says whose list it is."""
    stage = running(seeds={"mode": "Manual"}, base=with_seeds(1, 3))
    take_out(stage)
    stage.wait(600, steps=3)
    assert nodes(stage) == [None]
    assert "its pods are seeds of c1, c2" in stage.entry(THIRD)["message"]
    stage.change({"spec": {"base": with_seeds(1)}})
    forget_seeds(stage)
    assert nodes(stage) == [0]


def test_go_casskop_must_name_the_scale_down_of_each_rack() -> None:
    """The Go CassKop's old Running and Done is no proof, and neither is another action of the rack."""
    stage = draining_go()
    stage.wait(120, steps=4)
    assert deletes(stage) == []
    drained_go(stage, action="UpdateSeedList")
    stage.wait(120, steps=4)
    assert deletes(stage) == []
    drained_go(stage, rack="dc3-rack9")
    stage.wait(120, steps=4)
    assert deletes(stage) == []
    drained_go(stage)
    stage.wait(31)
    assert [member for member, _ in deletes(stage)] == [THIRD]


def test_refused_drain_is_told_and_tried_again_later() -> None:
    """CassKop puts the nodes back while keyspaces replicate there: no fight, a code and a way out, and a later try."""
    stage = running()
    take_out(stage)
    forget_seeds(stage)
    put_back = {"spec": {"topology": {"dc": [{"name": "dc3", "rack": [{"name": "rack1"}]}]}}}
    stage.members[THIRD].server.edit(CHILDREN, NAMESPACE, "demo", put_back, by="casskop")
    stage.own_casskop(THIRD, action="CorrectCRDConfig")
    stage.forget_calls()
    stage.wait(200, steps=20)
    assert stage.writes(CHILDREN) == []
    assert Code.ZERO_NODES_REFUSED.value in stage.entry(THIRD)["message"]
    assert "ALTER KEYSPACE" in stage.condition("Stalled")["message"]
    assert stage.status()["phase"] == "Degraded"
    stage.wait(200, steps=4)
    assert nodes(stage) == [0]
    stage.own_casskop(THIRD, action="ScaleDown")
    assert stage.child(THIRD) is None


def test_datacenters_go_from_the_last_to_the_first() -> None:
    """Of a child with several datacenters the last is emptied first, and the next only when it has no nodes left."""
    override = {"spec": {"topology": {"dc": [{"name": "dc3"}, {"name": "dc4", "rack": [{"name": "r"}]}]}}}
    two = ring()["spec"]["override"] | {THIRD: override}
    stage = running(override=two)
    take_out(stage)
    forget_seeds(stage)
    assert nodes(stage) == [None, 0]
    stage.own_casskop(THIRD, action="ScaleDown")
    assert nodes(stage) == [0, 0]
    assert deletes(stage) == []
    stage.own_casskop(THIRD, action="ScaleDown")
    assert stage.child(THIRD) is None


def test_only_one_member_is_drained_at_a_time() -> None:
    """Of two that leave the last in order goes first, and the other one after it is gone."""
    stage = running()
    stage.change({"spec": {"override": {OTHER: None, THIRD: None}}})
    forget_seeds(stage, HOME)
    assert (nodes(stage, THIRD), nodes(stage, OTHER)) == ([0], [None])
    stage.own_casskop(THIRD, action="ScaleDown")
    assert stage.child(THIRD) is None
    # its own list may still name the pods of the one that has gone: nobody counts on a member that leaves
    assert nodes(stage, OTHER) == [0]
    stage.own_casskop(OTHER, action="ScaleDown")
    assert stage.child(OTHER) is None
