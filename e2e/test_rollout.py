"""What each field of `spec.rollout` promises, and `paused`, `restart` and `drift`: many rings over three members."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from multicasskop.crds.names import RESTART
from multicasskop.world import oracles
from multicasskop.world.kinds import STATEFULSETS
from multicasskop.world.operators import ALONE
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Entry
from multicasskop.world.scenario import condition
from multicasskop.world.scene import Ring, Scene, raised
from multicasskop.world.simulators.modes import MODE, REFUSE, Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes3

Json = dict[str, Any]
NEW, BAD = "cassandra:4.1.5", "cassandra:bad"
ONE, TWO, THREE = MEMBERS = ("k8s-cluster1", "k8s-cluster2", "k8s-cluster3")
QUICK = SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.02, workers=4)


@pytest.fixture(scope="module")
def scene(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One operator beside CassKops that tell generations, for all tests of this file."""
    with raised(world, "rollout", tmp_path_factory.mktemp("rollout"), QUICK, ALONE) as found:
        yield found


@pytest.fixture(autouse=True)
def cleared(scene: Scene) -> Iterator[None]:
    """The rings of a test go with it, so that their CassKops have time for those of the next one."""
    yield
    scene.clear()


def began(ring: Ring, member: str) -> Entry:
    """When a member's child got the new image."""
    return ring.until_image(member, NEW)


def ended(ring: Ring, member: str) -> Entry:
    """When a member's child was Running and Done with the new image."""
    return ring.until_child(member, lambda obj: obj["spec"].get("cassandraImage") == NEW and at_rest(obj))


def at_rest(obj: Json) -> bool:
    """Whether CassKop has nothing left to do for the child's very generation."""
    observed = (obj.get("status") or {}).get("observedGeneration")
    return oracles.is_settled(obj) and observed == obj["metadata"]["generation"]


def busiest(ring: Ring) -> int:
    """In how many members the child was in change at the same time, at most, for longer than watches may differ."""
    busy: dict[str, bool] = {}
    most, now, since = 0, 0, 0.0
    for entry in ring.history():
        busy[entry.member] = entry.type != "DELETED" and not at_rest(entry.object)
        if sum(busy.values()) != now:
            most = max(most, now) if entry.at - since > oracles.SKEW else most
            now, since = sum(busy.values()), entry.at
    return most


ORDERS = {
    "as registered": ((), MEMBERS),
    "all of it": ((THREE, TWO, ONE), (THREE, TWO, ONE)),
    "the first only": ((TWO,), (TWO, ONE, THREE)),
}


@pytest.mark.parametrize(("listed", "order"), ORDERS.values(), ids=ORDERS.keys())
def test_order(scene: Scene, listed: tuple[str, ...], order: tuple[str, ...]) -> None:
    """`rollout.order`: children are made, and changed, in that order and each behind the one before."""
    ring = scene.running(f"order-{len(listed)}", rollout={"order": list(listed)})
    assert oracles.created_in_order(ring.history(), order) == ()
    ring.image(NEW)
    status = ring.until_ready().object["status"]
    assert [entry["name"] for entry in status["clusters"]] == list(order)
    for before, after in pairwise(order):
        assert not oracles.is_before(began(ring, after), ended(ring, before))


def test_max_concurrent(scene: Scene) -> None:
    """`rollout.maxConcurrent`: the first child is made alone, then as many as allowed are in change, and no more."""
    ring = scene.apply("many", rollout={"maxConcurrent": 2})
    ring.until_ready()
    first = ring.until_child(ONE, oracles.is_settled)
    assert not any(oracles.is_before(ring.until_child(other, bool), first) for other in (TWO, THREE))
    for member in (ONE, TWO):
        ring.behave(member, Mode.STUCK)
    ring.image(NEW)
    for member in (ONE, TWO):
        began(ring, member)
    ring.until_waiting(f"{ONE}: ")
    assert ring.images()[2] != NEW
    ring.behave(TWO, None)
    ended(ring, TWO)
    # there is room again, but the walk ends at the first that is not Ready
    began(ring, THREE)
    ring.behave(ONE, None)
    ring.until_ready()
    assert busiest(ring) <= 2


def test_soak(scene: Scene) -> None:
    """`rollout.soak`: the next member begins no sooner than that after the one before was Running and Done."""
    ring = scene.running("soak")
    ring.image(NEW, rollout={"soak": "2s"})
    ring.until(lambda status: states(status)[ONE] == "Soaking" and status["waitingFor"].startswith(f"{ONE}: "))
    ring.until_ready()
    for before, after in ((ONE, TWO), (TWO, THREE)):
        assert began(ring, after).at - ended(ring, before).at >= 2.0 - oracles.SKEW


def states(status: Json) -> dict[str, str]:
    """The state of each member in a status."""
    return {entry["name"]: entry["state"] for entry in status["clusters"]}


def test_approval(scene: Scene) -> None:
    """`rollout.approval: Manual`: each next member waits for its name with this very generation."""
    ring = scene.running("approval")
    ring.image(NEW, rollout={"approval": "Manual"})
    waiting = ring.until_waiting(f"{TWO}: approval")
    assert f"approve={TWO}@{ring.generation}" in waiting.object["status"]["message"]
    ring.until_told("ApprovalRequired", TWO)
    for nothing in (f"{TWO}@{ring.generation - 1}", f"{THREE}@{ring.generation}", TWO):
        ring.annotate(approve=nothing)
    ring.annotate(approve=f"{TWO}@{ring.generation}")
    ring.until_waiting(f"{THREE}: approval")
    assert ring.images() == [NEW, NEW, "cassandra:4.1.4"]
    ring.annotate(approve=f"{TWO}@{ring.generation}, {THREE}@{ring.generation}")
    ring.until_ready()
    ring.until_told("Approved", THREE)


@pytest.mark.parametrize("way", ["resume", "another wish"])
def test_deadline(scene: Scene, way: str) -> None:
    """`rollout.progressDeadline`: a member that takes longer halts all, through its recovery and a new operator."""
    ring = scene.running(f"deadline-{way[:3]}")
    ring.behave(ONE, Mode.STUCK)
    ring.image(NEW, rollout={"progressDeadline": "2s"})
    halted = ring.until(lambda status: status["phase"] == "Halted")
    assert halted.object["status"]["waitingFor"].startswith(f"{ONE}: did not become Running + Done within 2s")
    assert condition(halted.object, "Stalled")["reason"] == "Halted"
    ring.until_told("RolloutHalted", ONE)
    ring.behave(ONE, None)
    ended(ring, ONE)
    if way == "resume":
        scene.operator.kill()
        scene.operator.start()
    # whatever the operator makes of it comes before what it does for a ring made later
    scene.running(f"later-{way[:3]}", [ONE])
    assert (ring.object["status"]["phase"], ring.images()[1:]) == ("Halted", ["cassandra:4.1.4"] * 2)
    if way == "resume":
        ring.annotate(resume=f"{ring.generation}")
    else:
        ring.change({"base": {"spec": {"maxPodUnavailable": 2}}, "rollout": None})
    ring.until_ready()
    assert ring.images() == [NEW] * 3


def test_newer_wish(scene: Scene) -> None:
    """A rollback reaches the member in change first, and no other one is put in change meanwhile."""
    ring = scene.running("newer")
    ring.behave(TWO, Mode.STUCK)
    ring.image(BAD)
    ring.until_image(TWO, BAD)
    ring.image(NEW)
    began(ring, TWO)
    ring.until_waiting(f"{TWO}: ")
    assert ring.images() == [BAD, NEW, "cassandra:4.1.4"]
    ring.behave(TWO, None)
    ring.until_ready()
    assert ring.images() == [NEW] * 3
    assert busiest(ring) == 1
    ring.until_told("RolloutSuperseded")


def test_on_dark(scene: Scene) -> None:
    """`rollout.onDark`: a dark member is waited for, or passed and come back to; never passed while none is Running."""
    waits, skips = scene.running("dark-wait"), scene.running("dark-skip", rollout={"onDark": "Skip"})
    scene.world.black_hole(TWO)
    try:
        waits.until(lambda status: states(status)[TWO] == "Dark")
        fresh = scene.apply("dark-first", rollout={"onDark": "Skip", "order": [TWO]})
        fresh.until_waiting(f"{TWO}: MCK301 is dark")
        for ring in (waits, skips):
            ring.image(NEW)
        ended(skips, THREE)
        waits.until_waiting(f"{TWO}: ")
        ended(waits, ONE)
        assert waits.images()[2] != NEW
        assert [fresh.child(member) for member in MEMBERS] == [None] * 3
    finally:
        scene.world.restore(TWO)
    for ring in (waits, skips, fresh):
        ring.until_ready(60)
    assert waits.images() == skips.images() == [NEW] * 3
    assert oracles.created_in_order(fresh.history(), (TWO, ONE, THREE)) == ()


def test_paused(scene: Scene) -> None:
    """`paused`: a change and a delete are seen and told, and wait; nothing is written until it is taken back."""
    ring = scene.running("paused")
    written = [len(ring.writes(member)) for member in MEMBERS]
    ring.image(NEW, paused=True)
    told = ring.until(lambda status: status["phase"] == "Paused")
    assert told.object["status"]["waitingFor"] == f"{ONE}: paused"
    assert condition(told.object, "Paused")["message"] == "3 members wait; observed only"
    ring.delete()
    waiting = scene.recorder.wait_for(
        lambda e: e.name == "paused" and "spec.paused" in (e.object.get("status") or {}).get("waitingFor", "")
    )
    assert waiting.object["metadata"]["deletionTimestamp"]
    scene.running("after-paused", [ONE])
    assert [len(ring.writes(member)) for member in MEMBERS] == written
    assert [child is not None for child in map(ring.child, MEMBERS)] == [True] * 3
    ring.change({"paused": False})
    for member in MEMBERS:
        ring.until_gone(member)


def test_drift_correct(scene: Scene) -> None:
    """`drift: Correct`: an edit is set back three times in ten minutes, then the member is Refused, without a fight."""
    ring = scene.running("correct")
    for _ in range(3):
        edited = ring.edit(TWO, {"spec": {"cassandraImage": "cassandra:edited"}})["metadata"]["generation"]
        ring.until_child(TWO, is_later(edited))
    ring.until_told("DriftCorrected", "spec.cassandraImage")
    before = len(ring.writes(TWO))
    ring.edit(TWO, {"spec": {"cassandraImage": "cassandra:edited"}})
    refused = ring.until(lambda status: states(status)[TWO] == "Refused")
    assert refused.object["status"]["waitingFor"].startswith(f"{TWO}: MCK402 spec.cassandraImage")
    scene.running("after-correct", [ONE])
    assert len(ring.writes(TWO)) == before
    ring.image(NEW)
    ring.until_ready()


def is_later(generation: int) -> Callable[[Json], bool]:
    """A child at rest in a later generation."""
    return lambda obj: obj["metadata"]["generation"] > generation and at_rest(obj)


def has_writes(ring: Ring, member: str, count: int) -> bool:
    """Whether the audit log has so many writes of ours to a child; it is written after the answer."""
    return len(ring.writes(member)) == count


def test_drift_report(scene: Scene) -> None:
    """`drift: Report`: an edit is left as it is and told; Ready stays True; a new wish is brought all the same."""
    ring = scene.running("report", drift="Report")
    ring.edit(TWO, {"spec": {"cassandraImage": "cassandra:edited"}})
    told = ring.until(lambda status: condition({"status": status}, "Drifted").get("status") == "True")
    assert condition(told.object, "Ready")["status"] == "True"
    ring.until_told("DriftReported", TWO)
    scene.running("after-report", [ONE])
    assert ring.images() == ["cassandra:4.1.4", "cassandra:edited", "cassandra:4.1.4"]
    ring.image(NEW)
    ring.until_ready()
    assert ring.images() == [NEW] * 3
    assert not condition(ring.object, "Drifted")


def test_refused(scene: Scene) -> None:
    """What CassKop puts back is not written again and again: it is told with the path, and reaches no other member."""
    refusing = {MODE: Mode.REFUSING, REFUSE: "spec.cassandraImage"}
    ring = scene.running("refused", base={"metadata": {"annotations": refusing}, **base()})
    written = len(ring.writes(ONE))
    ring.image(NEW)
    told = ring.until(lambda status: states(status)[ONE] == "Refused")
    assert "MCK402 spec.cassandraImage was put back" in told.object["status"]["waitingFor"]
    ring.until_told("ChildRefused", ONE)
    told_at = len(ring.writes(ONE))
    scene.running("after-refused", [ONE])
    assert (len(ring.writes(ONE)), ring.images()) == (told_at, ["cassandra:4.1.4"] * 3)
    # this CassKop puts back first and tells its generation after that; what is tried meanwhile corrects drift, and that
    # is done three times at most
    assert written < told_at <= written + 4
    ring.image("cassandra:4.1.4")
    ring.until_ready()


def base() -> Json:
    """The base that rings have of themselves, without its metadata."""
    from multicasskop.world.scenario import ring

    return {"spec": ring("x", MEMBERS)["spec"]["base"]["spec"]}


def test_adoption(scene: Scene) -> None:
    """A child that was there is taken over as it is; one that differs is a conflict until a person says so."""
    ring = scene.running("adopt", deleteCassandraCluster=False)
    ring.delete()
    scene.recorder.wait_for(lambda e: (e.name, e.plural, e.type) == ("adopt", "multicasskops", "DELETED"))
    ring.edit(TWO, {"spec": {"cassandraImage": NEW}})
    written = [len(ring.writes(member)) for member in MEMBERS]
    again = scene.apply("adopt", deleteCassandraCluster=False)
    conflict = again.until(lambda status: states(status)[TWO] == "Conflict")
    assert conflict.object["status"]["waitingFor"].startswith(f"{TWO}: MCK401 ")
    assert states(conflict.object["status"])[ONE] == "Ready"
    again.annotate(adopt=TWO)
    # one of this name was Ready in its first generation before
    again.until_ready(after=conflict.at)
    again.until_told("ChildAdopted", TWO)
    assert again.images() == ["cassandra:4.1.4"] * 3
    # the same child costs one write of its mark; the one that differed one more
    for member, before, more in zip(MEMBERS, written, (1, 2, 1), strict=True):
        assert wait_until(partial(has_writes, again, member, before + more), 5)


def test_restart(scene: Scene) -> None:
    """`restart`: all racks restart once for a value, one member after the other, though an operator dies."""
    override = {member: {"spec": {"topology": racks(number)}} for number, member in enumerate(MEMBERS, 1)}
    ring = scene.running("restart", override=override)
    ring.change({"restart": "monday"})
    ring.until_child(TWO, lambda obj: obj["metadata"]["annotations"].get(RESTART) == "monday")
    scene.operator.kill()
    scene.operator.start()
    status = ring.until_ready().object["status"]
    assert [entry["restart"] for entry in status["clusters"]] == ["monday"] * 3
    for member in MEMBERS:
        assert restarts(ring, member) == {"rack1": 1, "rack2": 1}
    assert busiest(ring) == 1
    ring.change({"restart": None})
    ring.until_ready()
    ring.change({"restart": "monday"})
    ring.until_ready()
    # a hand's trigger on one rack is that rack's alone
    topology = racks(2)
    topology["dc"][0]["rack"][1]["rollingRestart"] = True
    ring.edit(TWO, {"spec": {"topology": topology}})
    assert wait_until(lambda: restarts(ring, TWO) == {"rack1": 1, "rack2": 2}, 20)
    scene.running("after-restart", [ONE])
    assert [restarts(ring, member) for member in (ONE, THREE)] == [{"rack1": 1, "rack2": 1}] * 2


def racks(number: int) -> Json:
    """A datacenter of two racks."""
    return {"dc": [{"name": f"dc{number}", "rack": [{"name": "rack1"}, {"name": "rack2"}]}]}


def restarts(ring: Ring, member: str) -> dict[str, int]:
    """How often each rack of a member was restarted, by what its pods are told."""
    stamps: dict[str, set[str]] = {}
    for entry in ring.scene.recorder.history(STATEFULSETS.plural, ring.scene.namespace, member=member):
        if entry.name.startswith(f"{ring.name}-"):
            label = entry.object["spec"]["template"]["metadata"]["labels"].get("rolling-restart")
            stamps.setdefault(entry.name.rpartition("-")[2], set()).update({label} if label else ())
    return {rack: len(found) for rack, found in stamps.items()}


@pytest.mark.parametrize("field", ["settle", "restart"])
def test_beside_the_go_casskop(world: World, tmp_path: Path, field: str) -> None:
    """`rollout.settle`: where no action is seen, Running and Done must stand so long; a restart is one that is seen."""
    go = SimulatorOptions(Mode.NORMAL, scale=0.02, workers=4)
    with raised(world, "go", tmp_path, go) as scene:
        ring = scene.running("demo", rollout={"settle": "2s"})
        if field == "restart":
            ring.change({"restart": "monday"})
            ring.until_ready()
            assert [restarts(ring, member) for member in MEMBERS] == [{"rack1": 1}] * 3
            return
        began_at = time.monotonic()
        ring.change({"base": {"spec": {"maxPodUnavailable": 2}}})
        first, second, third = (ring.until_child(m, lambda obj: obj["spec"]["maxPodUnavailable"] == 2) for m in MEMBERS)
        assert first.at >= began_at
        assert min(second.at - first.at, third.at - second.at) >= 2.0 - oracles.SKEW
        told = ring.until(lambda status: states(status)[ONE] == "Ready").object["status"]["clusters"][0]
        assert told["message"] == "no action seen after the last write"
