"""CassKop takes over what the Go CassKop has made on a real API server: nothing is written to a template."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.go_casskop import NAMESPACE, go_budget, go_cluster, go_services, go_statefulset
from multicasskop.world.api import Api
from multicasskop.world.kinds import BUDGETS, CASSANDRACLUSTERS, NAMESPACES, SERVICES, STATEFULSETS
from multicasskop.world.namespaces import take_away
from multicasskop.world.operators import CASSKOP_RULES, Launch, Operator, credentials
from multicasskop.world.rings import Ring, allow_pods
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

Json = dict[str, Any]
SPEC: Json = {
    "nodesPerRacks": 2,
    "dataCapacity": "1Gi",
    "topology": {"dc": [{"name": "dc1", "rack": [{"name": "rack1"}, {"name": "rack2"}]}]},
}
SERVER_S = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields")


@pytest.fixture
def left(world: World) -> Iterator[Ring]:
    """A ring that the Go CassKop has left, with pods that run."""
    api = world.admin(world.members[0])
    if world.status()[world.members[0]].get("pods") != "running":
        world.simulate_pods(world.members[0])
    api.create(NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    allow_pods(api, NAMESPACE)
    yield leave(api)
    take_away(api, NAMESPACE)


def leave(api: Api) -> Ring:
    """Make everything as the Go CassKop has made it, and wait for the pods."""
    cluster = go_cluster(SPEC, seeds=("demo-dc1-rack1-0.demo.cassandra", "demo-dc1-rack2-0.demo.cassandra"))
    made = api.create(CASSANDRACLUSTERS, NAMESPACE, bare(cluster))
    api.patch(CASSANDRACLUSTERS, NAMESPACE, "demo", {"status": cluster["status"]}, subresource="status")
    for kind, body in ((SERVICES, each) for each in go_services(cluster)):
        api.create(kind, NAMESPACE, owned(body, made))
    api.create(BUDGETS, NAMESPACE, owned(go_budget(cluster), made))
    for rack in ("rack1", "rack2"):
        api.create(STATEFULSETS, NAMESPACE, owned(go_statefulset(cluster, "dc1", rack, replicas=2), made))
    ring = Ring(api, NAMESPACE, "demo")
    ring.until(lambda: [(each.get("status") or {}).get("readyReplicas") for each in sets(ring)] == [2, 2], "pods")
    return ring


def sets(ring: Ring) -> list[Json]:
    """The StatefulSets of both racks."""
    return [ring.set(f"dc1-{rack}") for rack in ("rack1", "rack2")]


def generations(ring: Ring) -> list[int]:
    """How often their specs were written."""
    return [each["metadata"]["generation"] for each in sets(ring)]


def bare(body: Json) -> Json:
    """An object without what only a server writes."""
    metadata = {key: value for key, value in body["metadata"].items() if key not in SERVER_S}
    return {key: value for key, value in {**body, "metadata": metadata}.items() if key != "status"}


def owned(body: Json, owner: Json) -> Json:
    """An object of a cluster."""
    found = bare(body)
    references = [{**each, "uid": owner["metadata"]["uid"]} for each in found["metadata"]["ownerReferences"]]
    return {**found, "metadata": {**found["metadata"], "ownerReferences": references}}


def test_nothing_is_restarted(world: World, left: Ring, tmp_path: Path) -> None:
    """No StatefulSet gets another spec, no pod another UID; the status says that all of it was looked at."""
    before = left.pods(), generations(left)
    flags = ("--controllers=cassandracluster",)
    launch = Launch(NAMESPACE, world.members[0], (), flags, rules=CASSKOP_RULES, account="casskop", identity=False)
    casskop = Operator(tmp_path, launch)
    credentials(world, casskop.kubeconfig, launch)
    casskop.start()
    try:
        left.until(lambda: left.rests(left.object["metadata"]["generation"]), "taken over")
        assert (left.pods(), generations(left)) == before
        assert left.condition("Valid")[:2] == ("True", "Accepted")
    finally:
        casskop.kill()
