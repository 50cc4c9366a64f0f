"""Plans: what is foretold is what the operator then writes, byte for byte."""

from typing import Any

import msgspec
import pytest
from fakes.cases import child, facts, parent
from fakes.foretelling import foretold, planned, seen, sent, to_the_end
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, datacenter, ring
from multicasskop.crds.names import FINALIZER
from multicasskop.reconcilers.multicasskop.facts import MemberFacts, Reach
from multicasskop.reconcilers.multicasskop.members import Conflict, Ready
from multicasskop.reconcilers.multicasskop.plan import plan
from multicasskop.reconcilers.multicasskop.validate import judge
from multicasskop.reconcilers.multicasskop.writes import AddFinalizer, RemoveFinalizer
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]


def running(*members: str, **spec: Any) -> Stage:  # noqa: ANN401  any field of the spec
    """A stage on which the demo runs everywhere, calls forgotten."""
    stage = Stage(*(members or (HOME, OTHER)))
    stage.apply(ring(*(members or (HOME, OTHER)), **spec))
    to_the_end(stage)
    assert stage.status()["phase"] == "Ready"
    stage.forget_calls()
    return stage


def spec_of(**base: Any) -> Json:  # noqa: ANN401  any field of a child's spec
    """A merge patch of fields in base."""
    return {"spec": {"base": {"spec": base}}}


CHANGES = [
    pytest.param(spec_of(cassandraImage="cassandra:4.1.5"), id="image"),
    pytest.param(spec_of(configMapName="cassandra-config"), id="config map"),
    pytest.param(spec_of(maxPodUnavailable=None), id="removed field"),
    pytest.param(spec_of(config={"cassandra-yaml": {"num_tokens": 16}}), id="free-form config"),
    pytest.param(spec_of(resources={"limits": {"cpu": 0.5, "memory": "1024Mi"}}), id="quantities"),
    pytest.param({"spec": {"override": {OTHER: {"spec": {"cassandraImage": "cassandra:5"}}}}}, id="override"),
    pytest.param({"spec": {"override": {OTHER: {"spec": {"topology": datacenter(2, racks=2)}}}}}, id="another rack"),
    pytest.param({"spec": {"base": {"status": {"seedlist": ["a.example", "b.example"]}}}}, id="given seeds"),
    pytest.param(
        {"spec": {"base": {"spec": {"cassandraImage": "x"}, "status": {"seedlist": ["a.example"]}}}},
        id="image and seeds",
    ),
    pytest.param({"spec": {"base": {"metadata": {"annotations": {"team": "ring"}}}}}, id="annotation"),
    pytest.param({"spec": {"override": {OTHER: None}}}, id="override taken out"),
    pytest.param({"metadata": {"labels": {"a": "b"}}}, id="nothing of ours"),
    pytest.param({"spec": {"restart": "now"}}, id="restart"),
    pytest.param({"spec": {"restart": "now", "base": {"spec": {"cassandraImage": "x"}}}}, id="restart and image"),
]


@pytest.mark.parametrize("patch", CHANGES)
def test_a_change_is_foretold(patch: Json) -> None:
    """What a plan shows for a change is what the operator then writes, per member in the same bytes and order."""
    stage = running()
    found = foretold(stage, patch)
    stage.change(patch)
    to_the_end(stage)
    assert planned(found) == sent(stage)
    assert stage.status()["phase"] == "Ready"


def test_members_come_in_the_order_of_the_plan() -> None:
    """The members are written in the order of the plan, whatever order the object names."""
    stage = running(HOME, OTHER, THIRD, rollout={"order": [THIRD, HOME, OTHER]})
    patch = spec_of(cassandraImage="cassandra:4.1.5")
    found = foretold(stage, patch)
    assert [step.member for step in found.steps] == [THIRD, HOME, OTHER]
    stage.change(patch)
    for step in found.steps:
        assert stage.child(step.member)["spec"]["cassandraImage"] == "cassandra:4.1.5"  # type: ignore[index]
        stage.own_casskop(step.member)


def test_a_drain_is_foretold() -> None:
    """A member that leaves with Drain: others forget its pods as seeds, its nodes go, then its child."""
    stage = running(HOME, OTHER, THIRD, deletion={"onOverrideRemoved": "Drain"})
    patch = {"spec": {"override": {THIRD: None}}}
    found = foretold(stage, patch)
    assert [(step.member, step.after is None) for step in found.steps] == [
        (HOME, False),
        (OTHER, False),
        (THIRD, False),
        (THIRD, True),
    ]
    stage.change(patch)
    to_the_end(stage)
    assert planned(found) == sent(stage)
    assert stage.child(THIRD) is None


def test_a_creation_is_foretold() -> None:
    """A paused object is planned as it will be made: the same bodies, the seeds of the whole ring in each."""
    stage = Stage()
    stage.apply(ring(paused=True))
    found = foretold(stage)
    assert isinstance(found.finalizer, AddFinalizer)
    stage.change({"spec": {"paused": None}})
    to_the_end(stage)
    assert planned(found) == sent(stage)
    seeds = ("demo-dc1-rack1-0.ring.example", "demo-dc2-rack1-0.ring.example")
    assert [step.after.seeds for step in found.steps if step.after] == [seeds, seeds]


def test_drift_is_foretold() -> None:
    """A hand's edit that is seen in a child is planned as the correction that follows."""
    stage = running()
    stage.change({"spec": {"paused": True}})
    stage.edit_child(OTHER, {"spec": {"cassandraImage": "cassandra:by-hand"}})
    stage.own_casskop(OTHER)
    found = foretold(stage)
    assert [(step.member, bool(step.writes)) for step in found.steps] == [(OTHER, True)]
    stage.forget_calls()
    stage.change({"spec": {"paused": None}})
    to_the_end(stage)
    assert planned(found) == sent(stage)


def test_drift_that_is_only_reported_is_not_planned() -> None:
    """With drift: Report nothing is to be written, and the member stands as Ready with what drifted."""
    stage = running(drift="Report")
    stage.edit_child(OTHER, {"spec": {"cassandraImage": "cassandra:by-hand"}})
    stage.own_casskop(OTHER)
    found = foretold(stage)
    assert found.empty
    end = found.ends[OTHER]
    assert isinstance(end, Ready)
    assert end.drifted == ("spec.cassandraImage",)


def test_at_rest_a_plan_is_empty() -> None:
    """Of a MultiCasskop at rest nothing is planned, which is what an upgrade of the operator must show."""
    stage = running(HOME, OTHER, THIRD)
    stage.restart()
    assert foretold(stage).empty


@pytest.mark.parametrize(
    "hold",
    [
        pytest.param({"spec": {"paused": True}}, id="paused"),
        pytest.param({"spec": {"rollout": {"approval": "Manual"}}}, id="approval"),
        pytest.param({"spec": {"rollout": {"soak": "1h"}}}, id="soak"),
    ],
)
def test_what_holds_up_hides_nothing(hold: Json) -> None:
    """What is paused, or waits for an approval or for time, is planned all the same."""
    stage = running(HOME, OTHER, THIRD)
    found = foretold(stage, merged(hold, spec_of(cassandraImage="cassandra:4.1.5")))
    assert [step.member for step in found.steps] == [HOME, OTHER, THIRD]


def test_a_halt_hides_nothing() -> None:
    """What comes after the member that halted the rollout is planned too."""
    stage = running()
    stage.change(spec_of(cassandraImage="cassandra:4.1.5"))
    stage.casskop_says(HOME, "Pending", "UpdateDockerImage", "Ongoing")
    stage.wait(3600, 4)
    assert stage.status()["phase"] == "Halted"
    assert [step.member for step in foretold(stage).steps] == [OTHER]


def test_what_was_put_back_is_not_planned_again() -> None:
    """A change that CassKop refused stays unwritten, and nothing behind it is."""
    stage = running()
    stage.change(spec_of(nodesPerRacks=3))
    # put back in the very pass over our write
    stage.members[HOME].server.edit(CHILDREN, NAMESPACE, "demo", {"spec": {"nodesPerRacks": 1}}, by="casskop")
    stage.own_casskop(HOME)
    assert stage.entry(HOME)["state"] == "Refused"
    assert foretold(stage).steps == ()


def test_a_conflict_ends_the_plan() -> None:
    """A child of somebody else is not written, nor is any member behind it."""
    found = parent()
    foreign = child(found, "c1", annotations={"multicasskop.db.orange.com/owner": ""}, spec={"cassandraImage": "other"})
    about = facts(found, c1=foreign, c2=None)
    made = plan(about, judge(found.meta.key, found.spec, ("c1", "c2")))
    assert made.steps == ()
    assert isinstance(made.ends["c1"], Conflict)


def test_a_member_that_cannot_be_seen_holds_nobody_up() -> None:
    """Of a dark member nothing is planned and that is said, while the members behind it are."""
    found = parent()
    dark = MemberFacts("c1", reach=Reach(ok=False, reason="ConnectTimeout"))
    made = plan(facts(found, c1=dark, c2=None), judge(found.meta.key, found.spec, ("c1", "c2")))
    assert made.unseen == ("c1",)
    assert [step.member for step in made.steps] == ["c2"]
    assert "c1" not in made.ends


def test_nothing_is_planned_for_what_is_refused() -> None:
    """An invalid object has no steps, and the verdict says why."""
    found = parent()
    bad = merged(found.spec, {"override": {"c2": {"spec": {"topology": datacenter(1)}}}})
    verdict = judge(found.meta.key, bad, ("c1", "c2"))
    made = plan(facts(parent(bad), c1=None, c2=None), verdict)
    assert (made.steps, made.now.verdict.valid) == ((), False)


def test_the_finalizer_goes_when_the_cascade_does() -> None:
    """Without a cascade the finalizer that is there is taken off, and that is in the plan."""
    stage = running()
    assert FINALIZER in stage.parent()["metadata"]["finalizers"]
    assert isinstance(foretold(stage, {"spec": {"deleteCassandraCluster": False}}).finalizer, RemoveFinalizer)


def test_a_deletion_is_told_by_what_is_decided_now() -> None:
    """Of an object that is being deleted there are no steps, but the deletes that are due."""
    stage = running()
    obj = merged(stage.parent(), {"metadata": {"deletionTimestamp": "2030-01-01T00:00:00Z"}})
    about, originals = seen(stage, obj)
    found = plan(about, judge(about.parent.meta.key, about.parent.spec, tuple(stage.members)), originals)
    assert found.steps == ()
    assert found.now.farewell is not None


def test_a_plan_changes_nothing_that_it_was_given() -> None:
    """The facts are the same after a plan as before."""
    stage = running()
    obj = merged(stage.parent(), spec_of(cassandraImage="cassandra:4.1.5"))
    about, originals = seen(stage, obj)
    before = msgspec.json.encode([about.parent.spec, originals.children])
    plan(about, judge(about.parent.meta.key, about.parent.spec, tuple(stage.members)), originals)
    assert msgspec.json.encode([about.parent.spec, originals.children]) == before
    assert about.members[HOME].child.meta.version != ""  # type: ignore[union-attr]
    assert about.parent.meta.key.namespace == NAMESPACE
