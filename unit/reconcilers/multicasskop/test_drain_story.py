"""A member whose override was taken out: its child is left alone, or leaves the ring and is deleted."""

import copy
from typing import Any

import pytest
from fakes.cluster import Call
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, ring
from multicasskop.crds.codes import Code

Json = dict[str, Any]
DRAIN = {"onOverrideRemoved": "Drain"}
MEMBERS = (HOME, OTHER, THIRD)


def running(*members: str, go: bool = False, **spec: Any) -> Stage:  # noqa: ANN401  any field of the spec
    """A stage on which the demo runs in three members, or in those named."""
    stage = Stage(*(members or MEMBERS))
    stage.apply(ring(*(members or MEMBERS), **{"deletion": DRAIN} | spec))
    for member in members or MEMBERS:
        if go:
            stage.casskop(member)
            stage.wait(31)
        else:
            stage.own_casskop(member)
    stage.forget_calls()
    return stage


def take_out(stage: Stage, member: str = THIRD) -> Json:
    """Take out the override of a member; what is returned puts it back."""
    kept: Json = copy.deepcopy(stage.parent()["spec"]["override"][member])
    stage.change({"spec": {"override": {member: None}}})
    return kept


def forget_seeds(stage: Stage, *members: str) -> None:
    """Let the CassKops of members take the seeds that they were given."""
    for member in members or (HOME, OTHER):
        stage.own_casskop(member, action="UpdateSeedList")


def nodes(stage: Stage, member: str = THIRD) -> list[int | None]:
    """The nodes per rack of each datacenter of a child."""
    child = stage.child(member)
    assert child is not None
    return [dc.get("nodesPerRacks") for dc in child["spec"]["topology"]["dc"]]


def deletes(stage: Stage) -> list[tuple[str, Call]]:
    """The deletes of children so far."""
    return [(member, call) for member, call in stage.writes(CHILDREN) if call.verb == "delete"]


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


def with_seeds(*numbers: int) -> Json:
    """A base with a seed of each of these datacenters, of the first one if none is named."""
    base: Json = ring()["spec"]["base"]
    return base | {"status": {"seedlist": [f"demo-dc{number}-rack1-0.ring.example" for number in numbers or (1,)]}}


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


# what may come between


def test_override_put_back_keeps_the_child() -> None:
    """An override that is back makes the member a member again: its nodes are wanted, and nothing is deleted."""
    stage = running()
    kept = take_out(stage)
    forget_seeds(stage)
    assert nodes(stage) == [0]
    stage.change({"spec": {"override": {THIRD: kept}}})
    stage.own_casskop(THIRD, action="ScaleDown")
    forget_seeds(stage)
    stage.own_casskop(THIRD, action="ScaleUp")
    forget_seeds(stage)
    stage.own_casskop(THIRD, action="UpdateSeedList")
    assert deletes(stage) == []
    assert nodes(stage) == [1]
    assert stage.condition("Ready")["status"] == "True"
    assert stage.entry(THIRD)["state"] == "Ready"


def test_override_put_back_at_the_last_moment_keeps_the_child() -> None:
    """A live read before the delete finds the override again, and the child stays."""
    stage = running()
    kept = take_out(stage)
    forget_seeds(stage)
    informer = stage.home.informer_of("multicasskops")
    informer.lagging = True
    stage.home.server.edit("multicasskops", NAMESPACE, "demo", {"spec": {"override": {THIRD: kept}}})
    stage.own_casskop(THIRD, action="ScaleDown")
    stage.wait(5, steps=5)
    assert deletes(stage) == []
    informer.lagging = False
    informer.deliver()
    stage.wait(5, steps=5)
    assert stage.child(THIRD) is not None


def test_dark_member_is_waited_for() -> None:
    """A member that is dark while it drains is waited for, says so, and goes on when it is back."""
    stage = running()
    take_out(stage)
    forget_seeds(stage)
    stage.members[THIRD].go_dark()
    stage.run()
    assert stage.entry(THIRD)["state"] == "Dark"
    assert stage.condition("Ready")["reason"] == "MemberDark"
    assert stage.condition("MembersReachable")["message"].startswith("c3: connect timeout")
    stage.wait(9000, steps=3)
    assert deletes(stage) == []
    stage.members[THIRD].come_back()
    stage.own_casskop(THIRD, action="ScaleDown")
    assert stage.child(THIRD) is None


def test_member_that_is_not_registered_any_more_cannot_be_drained() -> None:
    """A member that nobody knows any more is told of with the two ways out; given up, the object is Ready again."""
    stage = running()
    stage.clusters.remove(THIRD)
    take_out(stage)
    forget_seeds(stage)
    assert "register it again, or give it up" in stage.entry(THIRD)["message"]
    assert stage.condition("Ready")["reason"] == "MemberFailed"
    stage.change({"spec": {"deletion": {"onOverrideRemoved": "Retain"}}})
    assert stage.entry(THIRD)["state"] == "Retained"
    assert stage.condition("Ready")["status"] == "True"


def test_dark_neighbour_stops_the_drain_before_it_begins() -> None:
    """Nothing is emptied while a member that stays cannot forget the seeds."""
    stage = running()
    stage.members[OTHER].go_dark()
    take_out(stage)
    forget_seeds(stage, HOME)
    stage.wait(4000, steps=4)
    assert nodes(stage) == [None]


@pytest.mark.parametrize("moment", ["before it begins", "when it has no nodes"])
def test_paused_object_drains_nothing(moment: str) -> None:
    """While paused nothing is emptied and nothing deleted; it goes on afterwards."""
    stage = running()
    take_out(stage)
    forget_seeds(stage, HOME)
    if moment == "before it begins":
        stage.change({"spec": {"paused": True}})
        forget_seeds(stage, OTHER)
        assert nodes(stage) == [None]
    else:
        forget_seeds(stage, OTHER)
        stage.change({"spec": {"paused": True}})
        stage.own_casskop(THIRD, action="ScaleDown")
    stage.wait(600, steps=3)
    assert deletes(stage) == []
    stage.change({"spec": {"paused": False}})
    stage.own_casskop(THIRD, action="ScaleDown") if moment == "before it begins" else None
    assert stage.child(THIRD) is None


def test_manual_approval_is_asked_for() -> None:
    """With approval by hand a member is drained when a person has approved it for this generation."""
    stage = running(seeds={"mode": "Manual"}, base=with_seeds())
    stage.change({"spec": {"rollout": {"approval": "Manual"}}})
    take_out(stage)
    assert nodes(stage) == [None]
    assert stage.status()["waitingFor"] == "c3: approval"
    assert stage.condition("Ready")["reason"] == "WaitingForApproval"
    assert stage.tape.reasons.count("ApprovalRequired") == 1
    stage.annotate(approve=f"{THIRD}@{stage.parent()['metadata']['generation']}")
    assert nodes(stage) == [0]


def test_deleted_while_draining() -> None:
    """With the cascade the draining child goes with all others, before them; without it everything stays."""
    stage = running()
    take_out(stage)
    forget_seeds(stage)
    order: list[str] = []
    for member in MEMBERS:
        stage.members[member].server.before = lambda call, name=member: (  # type: ignore[misc]
            order.append(name) if call.verb == "delete" else None
        )
    stage.delete()
    assert not stage.has_parent()
    assert order == [THIRD, OTHER, HOME]


def test_deleted_while_draining_without_the_cascade() -> None:
    """Without the cascade a delete of the object leaves the draining child as it is."""
    stage = running(deleteCassandraCluster=False)
    take_out(stage)
    forget_seeds(stage)
    stage.forget_calls()
    stage.delete()
    stage.own_casskop(THIRD, action="ScaleDown")
    assert not stage.has_parent()
    assert stage.writes(CHILDREN) == []
    assert nodes(stage) == [0]


def test_cascade_waits_for_a_dark_member_that_was_draining() -> None:
    """A child that was being drained in a dark member keeps the object like any other, and can be released."""
    stage = running()
    take_out(stage)
    forget_seeds(stage)
    stage.members[THIRD].go_dark()
    stage.run()
    stage.delete()
    stage.wait(600, steps=3)
    assert stage.has_parent()
    stage.annotate(release=THIRD)
    assert not stage.has_parent()
    assert [orphan.member for orphan in stage.orphans()] == [THIRD]
    stage.members[THIRD].come_back()
    stage.run()
    assert stage.child(THIRD) is None


def test_child_that_was_only_agreed_upon_is_not_drained() -> None:
    """A child that somebody else may have made is left alone, whatever the policy."""
    stage = Stage(HOME, OTHER)
    body = ring(HOME, OTHER, deletion=DRAIN)
    spec = body["spec"]["base"]["spec"] | body["spec"]["override"][OTHER]["spec"]
    made = {"metadata": {"name": "demo", "namespace": NAMESPACE}, "spec": spec}
    stage.members[OTHER].server.put(CHILDREN, made | {"apiVersion": "db.orange.com/v2", "kind": "CassandraCluster"})
    stage.apply(body)
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.own_casskop(OTHER)
    take_out(stage, OTHER)
    forget_seeds(stage, HOME)
    stage.wait(600, steps=3)
    assert stage.entry(OTHER)["state"] == "Retained"
    assert nodes(stage, OTHER) == [None]
    assert deletes(stage) == []


def test_restart_in_the_middle_goes_on() -> None:
    """A new process goes on with a drain where the last one was, by what it sees."""
    stage = running()
    take_out(stage)
    forget_seeds(stage)
    stage.restart()
    stage.run()
    assert deletes(stage) == []
    stage.own_casskop(THIRD, action="ScaleDown")
    assert stage.child(THIRD) is None


def test_stale_cache_deletes_nothing() -> None:
    """Scaled up again behind our back: the version in the precondition keeps the child."""
    stage = running()
    take_out(stage)
    forget_seeds(stage)
    informer = stage.members[THIRD].informer_of(CHILDREN)
    server = stage.members[THIRD].server

    def scale_up(call: Call) -> None:
        if call.verb == "delete":
            server.before = lambda call: None
            body = {"spec": {"topology": {"dc": [{"name": "dc3", "nodesPerRacks": 1, "rack": [{"name": "rack1"}]}]}}}
            server.edit(CHILDREN, NAMESPACE, "demo", body, by="kubectl")

    server.before = scale_up
    stage.own_casskop(THIRD, action="ScaleDown")
    assert stage.child(THIRD) is not None
    assert nodes(stage) == [1]
    assert informer.pending == []
