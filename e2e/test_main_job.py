"""The main job: one MultiCasskop becomes a CassandraCluster in each member, one after the other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.crds.names import FINALIZER
from multicasskop.world import oracles
from multicasskop.world.accounts import ACCOUNT
from multicasskop.world.audit import account_of, entries
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, Kind
from multicasskop.world.operators import Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import child, condition, datacenter, event, parent, ready, ring, seeds, settled
from multicasskop.world.simulators.modes import MODE, Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = [pytest.mark.tiers("planes", "kind"), pytest.mark.usefixtures("operator")]

SAMPLES = Path(__file__).parent / "samples"
GO = SimulatorOptions(Mode.NORMAL, scale=0.02)
OWN = SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.05)

CassKop = Callable[..., None]


def gated(recorder: Recorder, world: World, namespace: str, name: str) -> tuple[str, ...]:
    """What the history of the children says against the main job."""
    history = oracles.children(recorder.entries(), namespace, name)
    return (
        *oracles.created_in_order(history, world.members),
        *oracles.created_once(history),
        *oracles.seeds_agree(history),
    )


def annotate(world: World, member: str, namespace: str, name: str, **annotations: str | None) -> None:
    """Set annotations of a child as a person would."""
    body = {"metadata": {"annotations": annotations}}
    world.admin(member).patch(CASSANDRACLUSTERS, namespace, name, body)


@pytest.mark.parametrize(
    "contract", [GO, OWN], ids=["beside the Go CassKop", "beside a CassKop that tells generations"]
)
def test_children_come_one_after_the_other(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, contract: SimulatorOptions
) -> None:
    """The second child is created only after the first is Running and Done, and both hold the same seeds."""
    casskop(contract)
    world.admin(world.members[0]).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    assert gated(recorder, world, namespace, "demo") == ()
    for member in world.members:
        last = world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo")
        assert last["status"]["seedlist"] == seeds("demo", world.members)


def test_second_child_waits_while_the_first_is_stuck(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder
) -> None:
    """While the first child never gets Running the second is not created, and the status says who is waited for."""
    casskop(SimulatorOptions(Mode.STUCK, scale=0.02))
    home, other = world.members
    world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    waiting = recorder.wait_for(
        lambda entry: (
            parent(namespace, "demo")(entry)
            and "phase=Initializing" in (entry.object.get("status") or {}).get("waitingFor", "")
        )
    )
    assert waiting.object["status"]["waitingFor"].startswith(f"{home}: ")
    recorder.wait_for(event(namespace, "demo", "GateWaiting", home))
    assert world.admin(other).find(CASSANDRACLUSTERS, namespace, "demo") is None


def test_change_of_base_reaches_members_in_order(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder
) -> None:
    """A new image in base changes the second child only when the first is Running and Done with the new image."""
    casskop(OWN)
    home, other = map(world.admin, world.members)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    first = recorder.wait_for(ready(namespace, "demo"), 60)
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    recorder.wait_for(ready(namespace, "demo", 2), 60)
    written = recorder.wait_for(lambda e: has_image(e, other.member, "cassandra:4.1.5"), after=first.at)
    before = recorder.wait_for(
        lambda e: has_image(e, home.member, "cassandra:4.1.5") and caught_up(e) and oracles.is_settled(e.object),
        after=first.at,
    )
    assert not oracles.is_before(written, before)
    assert oracles.created_once(oracles.children(recorder.entries(), namespace, "demo")) == ()


def has_image(entry: Entry, member: str, image: str) -> bool:
    """Whether an entry is a child of that member with that image."""
    return (
        entry.plural == CASSANDRACLUSTERS.plural
        and entry.member == member
        and entry.object["spec"].get("cassandraImage") == image
    )


def caught_up(entry: Entry) -> bool:
    """Whether CassKop has seen the child's present generation."""
    status = entry.object.get("status") or {}
    return bool(status.get("observedGeneration") == entry.object["metadata"]["generation"])


def test_unknown_member_does_not_stop_the_others(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder
) -> None:
    """An unregistered member in override is reported, a member without override gets no child, the rest goes on."""
    casskop()
    home, other = world.members
    world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", [home, "k8s-nowhere"]))
    recorder.wait_for(settled(namespace, "demo", home))
    recorder.wait_for(event(namespace, "demo", "UnknownMember", "k8s-nowhere"))
    told = recorder.wait_for(
        lambda e: (
            parent(namespace, "demo")(e) and condition(e.object, "MembersReachable").get("reason") == "NotRegistered"
        )
    )
    states = {member["name"]: member["state"] for member in told.object["status"]["clusters"]}
    assert states["k8s-nowhere"] == "Unknown"
    assert world.admin(other).find(CASSANDRACLUSTERS, namespace, "demo") is None


def test_cascade_deletes_children_before_the_finalizer_goes(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder
) -> None:
    """With the cascade on, a delete takes the children in reverse order, and the object goes after them."""
    casskop()
    home = world.members[0]
    world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    before = recorder.wait_for(ready(namespace, "demo"))
    assert before.object["metadata"]["finalizers"] == [FINALIZER]
    world.admin(home).delete(MULTICASSKOPS, namespace, "demo")
    recorder.wait_for(parent(namespace, "demo", "DELETED"))
    deleted = {member: recorder.wait_for(child(namespace, "demo", member, "DELETED")) for member in world.members}
    assert deleted.keys() == set(world.members)
    # by the servers' own records, which are written after the answer: watches of two members may tell in either order
    assert wait_until(lambda: in_order_of_deletion(world, namespace), 5)


def in_order_of_deletion(world: World, namespace: str) -> bool:
    """Whether the other member's child was deleted before home's, and our last write to the parent came after both."""
    home, other = world.members
    deleted = [*requests(world, other, namespace, "delete"), *requests(world, home, namespace, "delete")]
    moments = [*deleted, *requests(world, home, namespace, "patch", "multicasskops")[-1:]]
    return len(moments) == 3 and moments == sorted(moments)


def requests(
    world: World, member: str, namespace: str, verb: str, resource: str = CASSANDRACLUSTERS.plural
) -> list[str]:
    """When the operator asked a member for this, by the API server's audit log; in its order."""
    return [
        entry["requestReceivedTimestamp"]
        for entry in entries(world.audit_log(member), account_of(namespace, ACCOUNT))
        if entry["verb"] == verb
        and entry["objectRef"].get("resource") == resource
        and not entry["objectRef"].get("subresource")
    ]


def test_without_cascade_the_children_live_on(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder
) -> None:
    """With the cascade off there is no finalizer, and a delete leaves the children as they are."""
    casskop()
    home = world.admin(world.members[0])
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members, deleteCassandraCluster=False))
    before = recorder.wait_for(ready(namespace, "demo"))
    assert "finalizers" not in before.object["metadata"]
    home.delete(MULTICASSKOPS, namespace, "demo")
    recorder.wait_for(parent(namespace, "demo", "DELETED"))
    for member in world.members:
        assert "deletionTimestamp" not in world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo")["metadata"]


def test_foreign_finalizer_survives_ours(world: World, namespace: str, casskop: CassKop, recorder: Recorder) -> None:
    """When our finalizer is taken off, that of somebody else stays, and no child is made again meanwhile."""
    casskop()
    home = world.admin(world.members[0])
    body = ring("demo", world.members)
    body["metadata"]["finalizers"] = ["example.com/keep"]
    home.create(MULTICASSKOPS, namespace, body)
    before = recorder.wait_for(ready(namespace, "demo"))
    home.delete(MULTICASSKOPS, namespace, "demo")
    held = recorder.wait_for(
        lambda e: parent(namespace, "demo")(e) and e.object["metadata"].get("finalizers") == ["example.com/keep"],
        after=before.at,
    )
    assert held.object["metadata"]["deletionTimestamp"]
    home.patch(MULTICASSKOPS, namespace, "demo", {"metadata": {"finalizers": None}})
    recorder.wait_for(parent(namespace, "demo", "DELETED"))
    assert oracles.created_once(oracles.children(recorder.entries(), namespace, "demo")) == ()


def test_restart_of_a_rack_by_hand_is_not_undone(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder
) -> None:
    """A person sets rollingRestart on one child: it is neither taken back nor copied to the other members."""
    casskop()
    home, other = map(world.admin, world.members)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"))
    topology = datacenter(1)
    topology["dc"][0]["rack"][0]["rollingRestart"] = True
    before = other.get(CASSANDRACLUSTERS, namespace, "demo")["metadata"]["generation"]
    home.patch(CASSANDRACLUSTERS, namespace, "demo", {"spec": {"topology": topology}})
    # the trigger is CassKop's to take out; after that nothing changes home's spec, and nothing the other one's ever
    spent = recorder.wait_for(lambda e: settled(namespace, "demo", home.member)(e) and was_restarted(e.object))
    # any later write of ours would come after this one, which the operator makes in answer to a change of the parent
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"base": {"metadata": {"annotations": {"round": "two"}}}}})
    recorder.wait_for(
        lambda e: (
            child(namespace, "demo", other.member)(e) and e.object["metadata"]["annotations"].get("round") == "two"
        )
    )
    assert triggered(recorder, namespace, home.member) == 1
    assert home.get(CASSANDRACLUSTERS, namespace, "demo")["metadata"]["generation"] == generation_of(spent)
    assert other.get(CASSANDRACLUSTERS, namespace, "demo")["metadata"]["generation"] == before


def was_restarted(child: dict[str, Any]) -> bool:
    """Whether CassKop has taken a trigger and says that all racks are restarted."""
    rack = child["spec"]["topology"]["dc"][0]["rack"][0]
    return child["status"]["lastClusterAction"] == "RollingRestart" and "rollingRestart" not in rack


def triggered(recorder: Recorder, namespace: str, member: str) -> int:
    """How many generations of the child had a trigger set."""
    history = [entry.object for entry in recorder.entries() if child(namespace, "demo", member)(entry)]
    set_in = [obj for obj in history if obj["spec"]["topology"]["dc"][0]["rack"][0].get("rollingRestart")]
    return len({obj["metadata"]["generation"] for obj in set_in})


def generation_of(entry: Entry) -> int:
    """The generation of the spec in an entry."""
    generation: int = entry.object["metadata"]["generation"]
    return generation


def test_hand_edit_is_set_back(world: World, namespace: str, casskop: CassKop, recorder: Recorder) -> None:
    """A field of ours that somebody edits on a child is set back, with an event."""
    casskop(SimulatorOptions(Mode.INSTANT, Contract.OWN))
    home, other = map(world.admin, world.members)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"))
    other.patch(CASSANDRACLUSTERS, namespace, "demo", {"spec": {"cassandraImage": "cassandra:edited"}})
    edited = recorder.wait_for(lambda e: has_image(e, other.member, "cassandra:edited"))
    recorder.wait_for(lambda e: has_image(e, other.member, "cassandra:4.1.4"), after=edited.at)
    recorder.wait_for(event(namespace, "demo", "DriftCorrected", other.member))


def test_child_deleted_by_hand_is_made_again(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder
) -> None:
    """A child that somebody deletes is made again, with a warning, because its old nodes may still be in the ring."""
    casskop()
    home = world.admin(world.members[0])
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"))
    other = world.members[1]
    world.admin(other).delete(CASSANDRACLUSTERS, namespace, "demo")
    gone = recorder.wait_for(child(namespace, "demo", other, "DELETED"))
    recorder.wait_for(child(namespace, "demo", other, "ADDED"), after=gone.at)
    recorder.wait_for(event(namespace, "demo", "ChildVanished", other))


def test_article_works_as_written(world: World, casskop: CassKop, recorder: Recorder, namespace: str) -> None:
    """The article's manifest, applied as it is but for the namespace, leads to both children with its four seeds."""
    casskop()
    text = (SAMPLES / "article.yaml").read_text().replace("namespace: cassandra-e2e", f"namespace: {namespace}")
    body = yaml.safe_load(text)
    version = Kind("db.orange.com", "v1alpha1", "multicasskops")
    home = world.admin(world.members[0])
    home.create(version, namespace, body)
    recorder.wait_for(ready(namespace, "multi-casskop-e2e"))
    assert gated(recorder, world, namespace, "cassandra-e2e") == ()
    for member in world.members:
        made = world.admin(member).get(CASSANDRACLUSTERS, namespace, "cassandra-e2e")
        assert made["status"]["seedlist"] == body["spec"]["base"]["status"]["seedlist"]
        assert made["metadata"]["labels"]["cluster"] == "k8s.pic"
    home.delete(MULTICASSKOPS, namespace, "multi-casskop-e2e")
    recorder.wait_for(parent(namespace, "multi-casskop-e2e", "DELETED"))
    assert all(world.admin(member).items(CASSANDRACLUSTERS, namespace) == [] for member in world.members)


def test_go_sample_works_as_written(world: World, casskop: CassKop, recorder: Recorder, namespace: str) -> None:
    """The Go operator's v2 sample, whose base names no namespace, leads to both children in the object's namespace."""
    casskop()
    body = yaml.safe_load((SAMPLES / "go-v2.yaml").read_text())
    world.admin(world.members[0]).create(MULTICASSKOPS, namespace, body)
    recorder.wait_for(ready(namespace, body["metadata"]["name"]))
    name = body["spec"]["base"]["metadata"]["name"]
    assert gated(recorder, world, namespace, name) == ()


def test_status_and_events_tell_the_story(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, operator: Operator
) -> None:
    """An undisturbed creation is told by at most twelve events, by conditions and by a status naming every member."""
    casskop(OWN)
    home = world.admin(world.members[0])
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(event(namespace, "demo", "RolloutFinished"), 60)
    last = recorder.wait_for(ready(namespace, "demo"), 60).object["status"]
    assert (last["phase"], last["ready"], last.get("waitingFor", "")) == ("Ready", "2/2", "")
    assert [(member["name"], member["state"]) for member in last["clusters"]] == [
        (member, "Ready") for member in world.members
    ]
    assert last["seedlist"] == seeds("demo", world.members)
    told = [e for e in recorder.history("events", namespace) if e.object["regarding"]["kind"] == "MultiCasskop"]
    names = {e.object["metadata"]["name"] for e in told}
    assert len(names) <= 12
    reasons = {e.object["reason"] for e in told}
    assert "OperatorNamespace" in reasons
    assert {"Accepted", "RolloutStarted", "StepStarted", "GateWaiting", "GatePassed", "RolloutFinished"} <= reasons
    assert operator.is_ready()


def test_mode_of_one_child_leaves_the_others_alone(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder
) -> None:
    """One object that is stuck does not hold up another one."""
    casskop()
    home = world.admin(world.members[0])
    stuck = ring("stuck", world.members)
    stuck["spec"]["base"]["metadata"]["annotations"] = {MODE: "stuck"}
    home.create(MULTICASSKOPS, namespace, stuck)
    home.create(MULTICASSKOPS, namespace, ring("free", world.members))
    recorder.wait_for(ready(namespace, "free"))
    assert world.admin(world.members[1]).find(CASSANDRACLUSTERS, namespace, "stuck") is None
