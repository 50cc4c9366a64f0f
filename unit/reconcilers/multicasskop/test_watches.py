"""Who is woken by what."""

import json

from fakes.clock import FakeClock
from fakes.cluster import FakeCluster
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, Stage, ring
from multicasskop.crds.names import OWNER
from multicasskop.informers.queue import Priority
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS, Scope
from multicasskop.reconcilers.request import Request

DEMO = Request(NAMESPACE, "demo")


def quiet(*members: str) -> Stage:
    """A stage on which the demo is made, and nobody waits to be looked at."""
    stage = Stage(*members)
    stage.apply(ring())
    stage.queue.due()
    return stage


def test_child_wakes_its_parent_by_mark() -> None:
    """A change of a child in another cluster wakes the parent that its mark names, not one of the same name."""
    stage = quiet()
    mark = {"namespace": "there", "name": "other", "uid": "u"}
    child = {"metadata": {"name": "x", "namespace": NAMESPACE, "annotations": {OWNER: json.dumps(mark)}}}
    stage.members[OTHER].server.put(CHILDREN, child)
    assert stage.queue.due() == [Request("there", "other")]


def test_child_without_mark_wakes_who_wants_it() -> None:
    """A child that nobody has marked wakes those that want a child of its name."""
    stage = quiet()
    stage.members[OTHER].server.put(CHILDREN, {"metadata": {"name": "demo", "namespace": NAMESPACE}})
    assert stage.queue.due() == [DEMO]
    stage.members[OTHER].server.put(CHILDREN, {"metadata": {"name": "stranger", "namespace": NAMESPACE}})
    assert stage.queue.due() == []


def test_mark_that_is_taken_off_wakes_its_parent() -> None:
    """When a mark goes or changes, both parents are woken: the one it named, and the one it names."""
    stage = quiet()
    patch = {"metadata": {"annotations": {OWNER: json.dumps({"namespace": "there", "name": "other", "uid": "u"})}}}
    stage.home.server.edit(CHILDREN, NAMESPACE, "demo", patch)
    assert set(stage.queue.due()) == {DEMO, Request("there", "other")}


def test_own_status_wakes_nobody() -> None:
    """A status that is our own writing wakes nobody, however often it comes; one of somebody else's does."""
    stage = quiet()
    stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"status": {"phase": "Progressing"}}, status=True)
    assert stage.queue.due() == []
    stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"status": {"phase": "Halted"}}, status=True)
    assert stage.queue.due() == [DEMO]
    stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"metadata": {"annotations": {"a": "b"}}})
    assert stage.queue.due() == [DEMO]


def test_member_that_turns_wakes_who_wants_a_child_there() -> None:
    """A member that goes dark or comes back wakes exactly those that want a child in it."""
    stage = Stage(HOME, OTHER, "c3")
    stage.apply(ring(HOME, OTHER))
    stage.queue.due()
    stage.members["c3"].go_dark()
    assert stage.queue.due() == []
    stage.members[OTHER].go_dark()
    assert stage.queue.due() == [DEMO]


def test_member_that_turns_is_less_urgent_than_a_change() -> None:
    """At a start every member is reached for the first time: that must not make all objects as urgent as an edit."""
    stage = quiet(HOME, OTHER)
    stage.members[OTHER].go_dark()
    turned = dict(stage.queue.ready)
    stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"metadata": {"annotations": {"a": "b"}}})
    assert (turned, stage.queue.ready) == ({DEMO: Priority.LOW}, {DEMO: Priority.NORMAL})


def test_member_that_is_let_go_while_it_turns() -> None:
    """What is heard of a member whose caches are gone already wakes who names it, and makes no cache again."""
    stage = quiet(HOME, OTHER)
    stage.members[OTHER]._informers.clear()
    stage.members[OTHER].go_dark()
    assert stage.queue.due() == [Request(NAMESPACE, "demo")]
    assert stage.members[OTHER].informers() == ()


def test_scope_names_the_informers() -> None:
    """With namespaces only those are looked after, each by an informer of its own; without, all by one."""
    cluster = FakeCluster("c1", FakeClock())
    everywhere, two = Scope(), Scope(("a", "b"))
    assert [informer.namespace for informer in everywhere.informers(cluster, CASSANDRACLUSTERS)] == [""]  # type: ignore[arg-type]
    assert [informer.namespace for informer in two.informers(cluster, CASSANDRACLUSTERS)] == ["a", "b"]  # type: ignore[arg-type]
    assert everywhere.informer(cluster, CASSANDRACLUSTERS, "x") is cluster.informer(CASSANDRACLUSTERS)  # type: ignore[arg-type, comparison-overlap]
    assert two.informer(cluster, CASSANDRACLUSTERS, "b") is cluster.informer(CASSANDRACLUSTERS, "b")  # type: ignore[arg-type, comparison-overlap]
    assert two.informer(cluster, CASSANDRACLUSTERS, "x") is None  # type: ignore[arg-type]


def test_one_namespace_is_looked_after_alone() -> None:
    """With WATCH_NAMESPACE objects elsewhere are not looked at, and those inside work as ever."""
    stage = Stage(namespaces=(NAMESPACE,))
    stage.apply(ring())
    elsewhere = ring(name="demo")
    elsewhere["metadata"]["namespace"] = "elsewhere"
    stage.home.server.put(PARENTS, elsewhere)
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    assert stage.status()["phase"] == "Ready"
    assert stage.home.server.find(CHILDREN, "elsewhere", "demo") is None


def test_object_that_vanished_needs_nothing() -> None:
    """A look at an object that is gone makes no call, and forgets it."""
    stage = quiet()
    stage.forget_calls()
    stage.look(Request(NAMESPACE, "never-was"))
    assert stage.calls == []
    assert stage.failures == []
