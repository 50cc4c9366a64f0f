"""Simulated Cassandra beside real controllers: pods of StatefulSets run, answer, form one ring, and end."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from multicasskop.reconcilers.cassandracluster.jolokia.client import JolokiaClient
from multicasskop.reconcilers.cassandracluster.jolokia.questions import (
    Decommission,
    HostIds,
    LiveNodes,
    OperationMode,
    Question,
)
from multicasskop.world.api import Api
from multicasskop.world.cassandra.rules import Line, Rule, Trouble
from multicasskop.world.kinds import CLAIMS, PODS, STATEFULSETS
from multicasskop.world.processes import wait_until
from multicasskop.world.world import World

pytestmark = [pytest.mark.planes, pytest.mark.usefixtures("pods")]

Json = dict[str, Any]
PATIENCE = 90.0
LABELS = {"app": "cassandracluster", "cassandracluster": "demo"}


def rack(datacenter: str, replicas: int) -> Json:
    """A StatefulSet as CassKop makes it."""
    prefix = "cassandraclusters.db.orange.com"
    labels = {**LABELS, f"{prefix}.dc": datacenter, f"{prefix}.rack": "rack1"}
    name = f"demo-{datacenter}-rack1"
    data = json.dumps({"cluster-info": {"name": "demo"}})
    container = {
        "name": "cassandra",
        "image": "cassandra:4.1.10",
        "volumeMounts": [{"name": "data", "mountPath": "/d"}],
    }
    builder = {"name": "config-builder", "image": "b:1", "env": [{"name": "CONFIG_FILE_DATA", "value": data}]}
    pod = {"containers": [container], "initContainers": [builder], "terminationGracePeriodSeconds": 1800}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "serviceName": "demo",
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            "volumeClaimTemplates": [{"metadata": {"name": "data", "labels": labels}, "spec": claim}],
        },
    }


class Racks:
    """One rack in each of two members, in one ring."""

    def __init__(self, world: World, namespace: str) -> None:
        self.world, self.namespace = world, namespace
        self.home, self.other = (world.admin(member) for member in world.members)

    def create(self, api: Api, datacenter: str, replicas: int) -> None:
        """Make a rack and wait for its pods."""
        api.create(STATEFULSETS, self.namespace, rack(datacenter, replicas))
        self.until(lambda: self.ready(api, datacenter) == replicas)

    def ready(self, api: Api, datacenter: str) -> int:
        """How many of its pods are ready, as the StatefulSet controller says."""
        found = api.get(STATEFULSETS, self.namespace, f"demo-{datacenter}-rack1")
        return int((found.get("status") or {}).get("readyReplicas", 0))

    def pod(self, api: Api, datacenter: str, number: int = 0) -> Json:
        """A pod."""
        return api.get(PODS, self.namespace, f"demo-{datacenter}-rack1-{number}")

    def ask(self, pod: Json, question: Question[Any]) -> Any:  # noqa: ANN401  as the question says
        """What the node in a pod says."""
        return JolokiaClient(pod["status"]["podIP"]).ask(question)

    def until(self, condition: Callable[[], bool]) -> None:
        """Return when it holds."""
        assert wait_until(condition, PATIENCE), "it never held"


@pytest.fixture
def racks(world: World, namespace: str) -> Racks:
    """None yet."""
    return Racks(world, namespace)


def test_pods_of_two_members_form_one_ring(racks: Racks) -> None:
    """Each has an address and a node of its own; the nodes see each other, whichever API server their pods are of."""
    racks.create(racks.home, "dc1", 2)
    racks.create(racks.other, "dc2", 1)
    pods = [racks.pod(racks.home, "dc1"), racks.pod(racks.home, "dc1", 1), racks.pod(racks.other, "dc2")]
    addresses = {pod["status"]["podIP"] for pod in pods}
    assert len(addresses) == 3
    assert all(pod["spec"]["nodeName"] for pod in pods)
    racks.until(lambda: all(racks.ask(pod, OperationMode()) == "NORMAL" for pod in pods))
    assert all(set(racks.ask(pod, LiveNodes())) == addresses for pod in pods)


def test_node_leaves_and_its_pod_and_claim_go(racks: Racks) -> None:
    """Decommission, one replica less, the claim deleted: nothing is left, and the commands were written down."""
    racks.create(racks.home, "dc1", 2)
    last = racks.pod(racks.home, "dc1", 1)
    racks.until(lambda: racks.ask(last, OperationMode()) == "NORMAL")
    assert racks.ask(last, Decommission()) is None
    assert racks.ask(last, OperationMode()) == "DECOMMISSIONED"
    racks.home.patch(STATEFULSETS, racks.namespace, "demo-dc1-rack1", {"spec": {"replicas": 1}})
    name = last["metadata"]["name"]
    racks.until(lambda: racks.home.find(PODS, racks.namespace, name) is None)
    racks.home.delete(CLAIMS, racks.namespace, f"data-{name}")
    racks.until(lambda: racks.home.find(CLAIMS, racks.namespace, f"data-{name}") is None)
    (command,) = racks.world.ring(racks.namespace, "demo").commands()
    assert (command.operation, command.pod) == ("decommission", f"{racks.namespace}/{name}")


def test_pod_that_is_deleted_comes_back_as_the_same_node(racks: Racks) -> None:
    """It ends in its time, not in its grace of half an hour; the claim holds the host id."""
    racks.create(racks.home, "dc1", 1)
    before = racks.pod(racks.home, "dc1")
    racks.home.delete(PODS, racks.namespace, before["metadata"]["name"])
    racks.until(lambda: uid(racks) not in ("", before["metadata"]["uid"]) and racks.ready(racks.home, "dc1") == 1)
    # the controller may still count the pod before
    racks.until(lambda: bool(racks.pod(racks.home, "dc1")["status"].get("podIP")))
    after = racks.pod(racks.home, "dc1")
    history = racks.world.ring(racks.namespace, "demo").history()
    assert len({node.id for node in history}) == 1
    racks.until(lambda: list(racks.ask(after, HostIds())) == [after["status"]["podIP"]])


def uid(racks: Racks) -> str:
    """The UID of the first pod at home; empty when it is not there."""
    found = racks.home.find(PODS, racks.namespace, "demo-dc1-rack1-0")
    return str(found["metadata"]["uid"]) if found else ""


def test_volume_grows(racks: Racks) -> None:
    """The default class of storage allows it; the capacity follows the request."""
    racks.create(racks.home, "dc1", 1)
    name = "data-demo-dc1-rack1-0"
    larger = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    racks.home.patch(CLAIMS, racks.namespace, name, larger)
    racks.until(
        lambda: racks.home.get(CLAIMS, racks.namespace, name)["status"]["capacity"]["storage"] == "2Gi",
    )


def test_what_goes_wrong_is_set_and_mended(racks: Racks, world: World) -> None:
    """A pod without room is Pending until there is some; a Jolokia that hangs does so for who asks."""
    home = world.members[0]
    world.disturb(home, Rule(pods=f"{racks.namespace}/*-1", trouble=Trouble.UNSCHEDULABLE))
    racks.home.create(STATEFULSETS, racks.namespace, rack("dc1", 2))
    racks.until(lambda: reason(racks) == "Unschedulable")
    racks.until(lambda: racks.ready(racks.home, "dc1") == 1)
    world.disturb(home, Rule(pods=f"{racks.namespace}/*-0", line=Line.REFUSE))
    racks.until(lambda: racks.ready(racks.home, "dc1") == 2)
    assert str(racks.ask(racks.pod(racks.home, "dc1"), OperationMode())).startswith("refused")


def reason(racks: Racks) -> str:
    """Why the second pod is not scheduled; empty when it is not said."""
    found = racks.home.find(PODS, racks.namespace, "demo-dc1-rack1-1") or {}
    conditions = (found.get("status") or {}).get("conditions") or []
    return next((each.get("reason", "") for each in conditions if each["type"] == "PodScheduled"), "")


def test_pods_go_on_after_their_api_server_was_away(racks: Racks, world: World) -> None:
    """What happened meanwhile is done afterwards."""
    racks.create(racks.home, "dc1", 1)
    world.pause(world.members[0])
    world.restore(world.members[0])
    racks.home.patch(STATEFULSETS, racks.namespace, "demo-dc1-rack1", {"spec": {"replicas": 2}})
    racks.until(lambda: racks.ready(racks.home, "dc1") == 2)
