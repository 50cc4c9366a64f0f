"""Kill -9 the operator anywhere: the end is the same, nothing is made twice, and nothing is written a second time."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from multicasskop.world import oracles
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import Operator
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import Predicate, child, has_condition, parent, ready, ring, seeds, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

CassKop = Callable[..., None]
OWN = SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.03)
HOME, OTHER = "k8s-cluster1", "k8s-cluster2"
FAST_LEASE = ("--lease-duration=3s", "--renew-deadline=2s", "--retry-period=500ms")


def has_finalizer(namespace: str) -> Predicate:
    """The MultiCasskop got its finalizer."""
    is_parent = parent(namespace, "demo")
    return lambda entry: is_parent(entry) and bool(entry.object["metadata"].get("finalizers"))


def has_status(namespace: str) -> Predicate:
    """The first status was written."""
    is_parent = parent(namespace, "demo")
    return lambda entry: is_parent(entry) and bool(entry.object.get("status"))


CREATION: dict[str, Callable[[str], Predicate]] = {
    "the object is there": lambda ns: parent(ns, "demo", "ADDED"),
    "the finalizer is on": has_finalizer,
    "the first child is created": lambda ns: child(ns, "demo", HOME, "ADDED"),
    "the first status is written": has_status,
    "the first child is Running": lambda ns: settled(ns, "demo", HOME),
    "the second child is created": lambda ns: child(ns, "demo", OTHER, "ADDED"),
    "the second child is Running": lambda ns: settled(ns, "demo", OTHER),
    "all is ready": lambda ns: ready(ns, "demo"),
}


def generations(world: World, namespace: str, name: str) -> list[int]:
    """How often each child's spec was written, CassKop's own writes included."""
    found = [world.admin(member).get(CASSANDRACLUSTERS, namespace, name) for member in world.members]
    return [child["metadata"]["generation"] for child in found]


def undisturbed_generations(world: World, namespace: str, recorder: Recorder) -> list[int]:
    """The same of an object that nobody disturbs."""
    world.admin(HOME).create(MULTICASSKOPS, namespace, ring("calm", world.members))
    recorder.wait_for(ready(namespace, "calm"), 60)
    return generations(world, namespace, "calm")


def essence(obj: dict[str, Any]) -> str:
    """What must be equal whatever happened on the way: spec, labels, and our annotations but the owner's UID."""
    meta = obj["metadata"]
    kept = {
        key: value for key, value in (meta.get("annotations") or {}).items() if key.endswith(("/seedlist", "/fields"))
    }
    status = {key: (obj.get("status") or {}).get(key) for key in ("phase", "seedlist", "lastClusterActionStatus")}
    return json.dumps([obj["spec"], meta.get("labels"), kept, status], sort_keys=True)


@pytest.mark.parametrize("moment", CREATION.values(), ids=CREATION.keys())
def test_killed_in_a_creation(
    world: World,
    namespace: str,
    casskop: CassKop,
    recorder: Recorder,
    start_operator: Callable[..., Operator],
    moment: Callable[[str], Predicate],
) -> None:
    """Killed at this moment of a creation and started again, the operator ends where an undisturbed one does."""
    casskop(OWN)
    operator = start_operator(*FAST_LEASE)
    world.admin(HOME).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(moment(namespace))
    operator.kill()
    operator.start()
    recorder.wait_for(ready(namespace, "demo"), 60)
    history = oracles.children(recorder.entries(), namespace, "demo")
    assert oracles.created_in_order(history, world.members) == ()
    assert oracles.created_once(history) == ()
    assert oracles.seeds_agree(history) == ()
    made = [world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo") for member in world.members]
    assert [found["status"]["seedlist"] for found in made] == [seeds("demo", world.members)] * 2
    assert generations(world, namespace, "demo") == undisturbed_generations(world, namespace, recorder)


def test_restart_at_rest_writes_nothing(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: Callable[..., Operator]
) -> None:
    """A crash and a start when all is at rest change no version of anything that the operator owns."""
    casskop(OWN)
    operator = start_operator(*FAST_LEASE)
    home = world.admin(HOME)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    # an object made now is a later write of the new process: what came before it has been looked at
    before = versions(world, namespace)
    operator.kill()
    operator.start()
    home.create(MULTICASSKOPS, namespace, ring("later", world.members))
    recorder.wait_for(ready(namespace, "later"), 60)
    assert versions(world, namespace) == before


def versions(world: World, namespace: str) -> list[str]:
    """The versions of the object and its children."""
    found = [world.admin(HOME).get(MULTICASSKOPS, namespace, "demo")]
    found += [world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo") for member in world.members]
    return [item["metadata"]["resourceVersion"] for item in found]


def is_deleting(namespace: str) -> Predicate:
    """The MultiCasskop has its deletion mark."""
    is_parent = parent(namespace, "demo")
    return lambda entry: is_parent(entry) and "deletionTimestamp" in entry.object["metadata"]


DELETION: dict[str, Callable[[str], Predicate]] = {
    "the mark is on": is_deleting,
    "the second child is gone": lambda ns: child(ns, "demo", OTHER, "DELETED"),
    "the first child is gone": lambda ns: child(ns, "demo", HOME, "DELETED"),
}


@pytest.mark.parametrize("moment", DELETION.values(), ids=DELETION.keys())
def test_killed_in_a_deletion(
    world: World,
    namespace: str,
    casskop: CassKop,
    recorder: Recorder,
    start_operator: Callable[..., Operator],
    moment: Callable[[str], Predicate],
) -> None:
    """Killed at this moment of a deletion and started again, nothing is left and nothing was made again."""
    casskop(OWN)
    operator = start_operator(*FAST_LEASE)
    world.admin(HOME).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    world.admin(HOME).delete(MULTICASSKOPS, namespace, "demo")
    recorder.wait_for(moment(namespace))
    operator.kill()
    operator.start()
    recorder.wait_for(parent(namespace, "demo", "DELETED"), 60)
    assert all(world.admin(member).items(CASSANDRACLUSTERS, namespace) == [] for member in world.members)
    assert oracles.created_once(oracles.children(recorder.entries(), namespace, "demo")) == ()


def test_standby_takes_over(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: Callable[..., Operator]
) -> None:
    """Of two operators one leads; when it is killed the other one goes on, and no child is made twice."""
    casskop(OWN)
    leader = start_operator(*FAST_LEASE)
    standby = start_operator(*FAST_LEASE)
    home = world.admin(HOME)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(child(namespace, "demo", HOME, "ADDED"))
    assert standby.is_ready()
    leader.kill()
    recorder.wait_for(ready(namespace, "demo"), 60)
    assert oracles.created_once(oracles.children(recorder.entries(), namespace, "demo")) == ()


def test_end_state_is_that_of_an_undisturbed_run(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: Callable[..., Operator]
) -> None:
    """Children of an object whose rollout was killed three times equal those of one that was left in peace."""
    casskop(OWN)
    operator = start_operator(*FAST_LEASE)
    home = world.admin(HOME)
    body = ring("demo", world.members)
    home.create(MULTICASSKOPS, namespace, body)
    recorder.wait_for(ready(namespace, "demo"), 60)
    reference = [world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo") for member in world.members]
    home.delete(MULTICASSKOPS, namespace, "demo")
    gone = recorder.wait_for(parent(namespace, "demo", "DELETED"))
    home.create(MULTICASSKOPS, namespace, body)
    for moment in ("the first child is created", "the first child is Running", "the second child is created"):
        recorder.wait_for(CREATION[moment](namespace), after=gone.at)
        operator.kill()
        operator.start()
    recorder.wait_for(has_condition(namespace, "demo", "Ready", "True"), 60, after=gone.at)
    again = [world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo") for member in world.members]
    assert [essence(found) for found in again] == [essence(found) for found in reference]
