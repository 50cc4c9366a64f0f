"""Kill -9 the operator: the end is the same, nothing is made twice, and nothing is written a second time.

Here at moments that are no writes of its own, and with a standby; `test_crash_points` kills it at every write.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from multicasskop.world import oracles
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import ALONE, SOON, Operator
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import Predicate, child, has_condition, parent, ready, ring, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

CassKop = Callable[..., None]
OWN = SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.03)
HOME, OTHER = "k8s-cluster1", "k8s-cluster2"


MOMENTS: dict[str, Callable[[str], Predicate]] = {
    "the first child is created": lambda ns: child(ns, "demo", HOME, "ADDED"),
    "the first child is Running": lambda ns: settled(ns, "demo", HOME),
    "the second child is created": lambda ns: child(ns, "demo", OTHER, "ADDED"),
}


def essence(obj: dict[str, Any]) -> str:
    """What must be equal whatever happened on the way: spec, labels, and our annotations but the owner's UID."""
    meta = obj["metadata"]
    kept = {
        key: value for key, value in (meta.get("annotations") or {}).items() if key.endswith(("/seedlist", "/fields"))
    }
    status = {key: (obj.get("status") or {}).get(key) for key in ("phase", "seedlist", "lastClusterActionStatus")}
    return json.dumps([obj["spec"], meta.get("labels"), kept, status], sort_keys=True)


def test_restart_at_rest_writes_nothing(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: Callable[..., Operator]
) -> None:
    """A crash and a start when all is at rest change no version of anything that the operator owns."""
    casskop(OWN)
    operator = start_operator(ALONE)
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


def versions(world: World, namespace: str) -> list[object]:
    """The version of the object, and of its children what the operator has written: CassKop writes when it likes."""
    found = world.admin(HOME).get(MULTICASSKOPS, namespace, "demo")
    children = [world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo") for member in world.members]
    return [found["metadata"]["resourceVersion"], *map(written_by_us, children)]


def written_by_us(child: dict[str, Any]) -> list[object]:
    """When the operator wrote which fields, as the API server keeps it."""
    entries = child["metadata"]["managedFields"]
    return [entry for entry in entries if entry["manager"] == "multicasskop"]


def test_standby_takes_over(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: Callable[..., Operator]
) -> None:
    """Of two operators one leads; when it is killed the other one goes on, and no child is made twice."""
    casskop(OWN)
    leader = start_operator(*SOON)
    standby = start_operator(*SOON)
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
    operator = start_operator(ALONE)
    home = world.admin(HOME)
    body = ring("demo", world.members)
    home.create(MULTICASSKOPS, namespace, body)
    recorder.wait_for(ready(namespace, "demo"), 60)
    reference = [world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo") for member in world.members]
    home.delete(MULTICASSKOPS, namespace, "demo")
    gone = recorder.wait_for(parent(namespace, "demo", "DELETED"))
    home.create(MULTICASSKOPS, namespace, body)
    for moment in MOMENTS.values():
        recorder.wait_for(moment(namespace), after=gone.at)
        operator.kill()
        operator.start()
    recorder.wait_for(has_condition(namespace, "demo", "Ready", "True"), 60, after=gone.at)
    again = [world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo") for member in world.members]
    assert [essence(found) for found in again] == [essence(found) for found in reference]
