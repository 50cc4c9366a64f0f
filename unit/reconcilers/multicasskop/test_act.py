"""What comes of writes that do not succeed."""

import pytest
from fakes.server import Call, forbidden
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, THIRD, Stage, ring
from multicasskop.informers.errors import ApiError, NotLeader, ReadTimeout

NEW_IMAGE = {"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}}


def running(*members: str) -> Stage:
    """A stage on which the demo runs everywhere, calls and events forgotten."""
    stage = Stage(*(members or (HOME, OTHER)))
    stage.apply(ring(*stage.members))
    for member in stage.members:
        stage.own_casskop(member)
    stage.forget_calls()
    return stage


def not_leader(call: Call) -> Exception:
    """The refusal of our own write guard."""
    return NotLeader()


def gone(call: Call) -> Exception:
    """The server's answer for an object that is not there."""
    return ApiError(HOME, 404, "NotFound", "not found", object_name=call.key.name)


def invalid(call: Call) -> Exception:
    """The server's answer for content that its schema refuses."""
    return ApiError(HOME, 422, "Invalid", "spec.cassandraImage: bad", object_name=call.key.name)


def test_lost_lease_ends_the_run() -> None:
    """When the lease is lost the whole run ends, and nothing is put down to the member."""
    stage = running()
    stage.home.server.fail("patch", not_leader, times=1)
    stage.change(NEW_IMAGE)
    assert [type(error) for error in stage.failures] == [NotLeader]
    assert stage.tape.events == []
    assert stage.entry(HOME)["state"] == "Ready"


def test_content_that_is_rejected_is_told() -> None:
    """Content that the server does not take makes the member Failed in the server's words, and makes no loop."""
    stage = running()
    stage.home.server.fail("patch", invalid, plural=CHILDREN)
    stage.change(NEW_IMAGE)
    stage.wait(4, steps=40)
    patches = [call for call in stage.home.server.writes if call.plural == CHILDREN]
    assert len(patches) == 1
    assert stage.entry(HOME)["state"] == "Failed"
    assert "spec.cassandraImage: bad" in stage.entry(HOME)["message"]


def test_conflict_is_no_step() -> None:
    """A patch that met a conflict has done nothing, and is told of only when it has."""
    stage = running()
    stage.home.server.fail("patch", lambda call: ApiError(HOME, 409, "Conflict", "modified"), times=1, plural=CHILDREN)
    stage.change(NEW_IMAGE)
    assert "StepStarted" not in stage.tape.reasons
    assert [error.status for error in stage.failures if isinstance(error, ApiError)] == [409]
    stage.wait(1)
    assert stage.tape.reasons.count("StepStarted") == 1


def test_child_that_is_gone_when_patched_is_looked_at_again() -> None:
    """A patch that finds no child is a conflict: the next look decides upon what is there."""
    stage = running()
    stage.home.server.fail("patch", gone, times=1, plural=CHILDREN)
    stage.change(NEW_IMAGE)
    stage.wait(1)
    assert stage.child(HOME)["spec"]["cassandraImage"] == "cassandra:4.1.5"  # type: ignore[index]
    assert stage.tape.reasons.count("MemberFailed") == 0


def test_member_that_fails_gets_no_second_write() -> None:
    """After a write that a member did not take, no other write of the same run goes there."""
    stage = running()
    fault = stage.home.server.fail("patch", lambda call: ReadTimeout(HOME, "no answer"), plural=CHILDREN)
    stage.change({"spec": {"base": {**NEW_IMAGE["spec"]["base"], "status": {"seedlist": ["x.example"]}}}})
    assert len([call for call in stage.home.server.writes if call.plural == CHILDREN]) == 1
    fault.times = 0
    stage.wait(2, steps=4)
    assert stage.child(HOME)["status"]["seedlist"] == ["x.example"]  # type: ignore[index]


def test_seeds_that_may_not_be_set_fail_that_member_alone() -> None:
    """A member in which the status may not be patched is told with verb and sub-resource; the others go on."""
    stage = Stage(HOME, OTHER, THIRD)
    server = stage.members[OTHER].server
    server.whole = False
    server.fail("patch", forbidden, plural=CHILDREN, subresource="status")
    stage.apply(ring(HOME, OTHER, THIRD))
    stage.own_casskop(HOME)
    assert stage.child(OTHER) is not None
    assert "may not patch cassandraclusters/status" in stage.entry(OTHER)["message"]
    stage.wait(0.1)
    assert stage.child(THIRD) is not None


def test_seeds_for_a_child_that_was_made_anew_are_overtaken() -> None:
    """Seeds meant for a child that another one has replaced reach nobody, and are no failure of the member."""
    stage = running()
    server = stage.home.server

    def replace(call: Call) -> None:
        if call.subresource == "status" and call.plural == CHILDREN and call.verb == "patch":
            server.before = lambda call: None
            new = {**server.objects[CHILDREN, call.key], "metadata": {"name": "demo", "namespace": NAMESPACE}}
            server.remove(CHILDREN, NAMESPACE, "demo")
            server.put(CHILDREN, new)

    server.before = replace
    stage.edit_child(HOME, {"status": {"seedlist": ["strange.example"]}}, status=True)
    assert stage.child(HOME)["status"]["seedlist"] == ["strange.example"]  # type: ignore[index]
    assert "MemberFailed" not in stage.tape.reasons
    assert [str(error) for error in stage.failures if "immutable" in str(error)] == []


def test_name_that_is_taken_is_looked_at_again() -> None:
    """A create that meets somebody else's child leads to no write upon it."""
    stage = Stage()
    stage.home.informer_of(CHILDREN).lagging = True
    stage.home.server.put(CHILDREN, {"metadata": {"name": "demo", "namespace": NAMESPACE}, "spec": {"x": 1}})
    stage.apply(ring())
    stage.wait(3, steps=6)
    assert stage.child(HOME)["spec"] == {"x": 1}  # type: ignore[index]
    assert {call.verb for call in stage.home.server.writes if call.plural == CHILDREN} == {"create"}
    stage.home.lag(lagging=False)
    stage.run()
    assert stage.entry(HOME)["state"] == "Conflict"


def test_finalizers_that_changed_meanwhile_are_read_again() -> None:
    """Our finalizer is put into the list as it is, not as it was: others' are never lost."""
    stage = Stage()
    server = stage.home.server

    def meddle(call: Call) -> None:
        if call.plural == PARENTS and call.verb == "patch" and len(server.writes) == 1:
            server.edit(PARENTS, NAMESPACE, "demo", {"metadata": {"finalizers": ["example.com/mine"]}})

    server.before = meddle
    stage.apply(ring())
    stage.wait(2, steps=4)
    assert stage.parent()["metadata"]["finalizers"] == ["example.com/mine", "kubernetes.io/multi-casskop"]


@pytest.mark.parametrize("verb", ["get", "patch"])
def test_parent_that_goes_meanwhile_is_no_error(verb: str) -> None:
    """An object that vanishes in the middle of its end is done."""
    stage = running()
    stage.home.server.fail(verb, gone, times=1, plural=PARENTS)
    stage.delete()
    stage.wait(5, steps=10)
    assert not stage.has_parent()
    assert stage.child(HOME) is None


def test_home_that_does_not_answer_is_tried_again() -> None:
    """A status that could not be written is written later, and says the same."""
    stage = running()
    stage.home.server.fail("patch", lambda call: ReadTimeout(HOME, "no answer"), times=1, subresource="status")
    stage.casskop_says(OTHER, "Pending", "UpdateDockerImage", "Ongoing")
    assert stage.status()["phase"] == "Ready"
    stage.wait(1)
    assert stage.status()["phase"] == "Progressing"


def test_cascade_called_off_at_the_last_moment() -> None:
    """The parent is read live before anything is destroyed: a cascade that was just called off destroys nothing."""
    stage = running()
    informer = stage.home.informer_of(PARENTS)
    stage.members[OTHER].go_dark()
    stage.run()
    informer.lagging = True
    stage.home.server.remove(PARENTS, NAMESPACE, "demo")
    informer.deliver()
    stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"spec": {"deleteCassandraCluster": False}})
    stage.run()
    assert stage.child(HOME) is not None
    informer.lagging = False
    informer.deliver()
    stage.wait(2, steps=4)
    assert not stage.has_parent()
    assert stage.child(HOME) is not None


def test_child_that_lives_at_the_last_look_keeps_the_parent() -> None:
    """The finalizer stays when the last live read finds a child of ours that the cache does not show."""
    stage = running()
    child = stage.child(OTHER)
    assert child is not None
    informer = stage.members[OTHER].informer_of(CHILDREN)
    server = stage.members[OTHER].server
    server.remove(CHILDREN, NAMESPACE, "demo")
    informer.lagging = True
    stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"spec": {"paused": True}})
    server.objects[CHILDREN, (NAMESPACE, "demo")] = child  # type: ignore[index]
    stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"spec": {"paused": False}})
    stage.delete()
    stage.wait(3, steps=6)
    assert stage.has_parent()
    assert stage.child(OTHER) is not None
