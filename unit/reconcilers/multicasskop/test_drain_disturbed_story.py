"""What comes in the way of a drain: second thoughts, dark members, pauses, deletions, restarts."""

import pytest
from fakes.drained import DRAIN, MEMBERS, deletes, forget_seeds, nodes, running, take_out, with_seeds
from fakes.server import Call
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, ring

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
