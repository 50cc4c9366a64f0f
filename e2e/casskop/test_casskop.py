"""CassKop itself on real API servers: from a CassandraCluster to racks that run, and whatever becomes of them.

Its pods are simulated. One CassKop serves all of this file, each test has a cluster of its own.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from multicasskop.crds.names import SEEDLIST
from multicasskop.reconcilers.cassandracluster.statefulset import live_seeds
from multicasskop.world.cassandra.rules import Rule, Trouble
from multicasskop.world.kinds import CASSANDRACLUSTERS, CONFIGMAPS, PODS, STATEFULSETS
from multicasskop.world.rings import Ring, cluster, topology
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

Json = dict[str, Any]
AGE = timedelta(seconds=3)


def names(racks: int, nodes: int, datacenter: str = "dc1") -> set[str]:
    """What pods of so many racks are called."""
    return {f"{datacenter}-rack{rack + 1}-{number}" for rack in range(racks) for number in range(nodes)}


def test_a_cluster_of_two_racks_comes_to_run(ring: Ring) -> None:
    """All pods are there in the end, all racks run, and the status says so in every way."""
    ring.submit(topology=topology(2))
    assert ring.pods().keys() == names(2, 2)
    assert ring.status["nodes"] == "4/4"
    assert ring.condition("Ready")[:2] == ("True", "Running")
    assert ring.last_actions() == dict.fromkeys(("dc1-rack1", "dc1-rack2"), ("Initializing", "Done"))


CHANGES: dict[str, Json] = {
    "ScaleUp": {"topology": topology(2)},
    "UpdateDockerImage": {"cassandraImage": "cassandra:4.1.11"},
    "UpdateResources": {"resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "200m"}}},
    "UpdateStatefulSet": {"imagepullpolicy": "IfNotPresent"},
    "StorageUpsize": {"dataCapacity": "2Gi"},
}


def test_changes_go_from_rack_to_rack(ring: Ring) -> None:
    """Each change is the action of its name in every rack, one after the other, and then all of them run again."""
    ring.submit()
    for action, change in CHANGES.items():
        ring.edit(**change)
        assert ring.last_actions() == dict.fromkeys(("dc1-rack1", "dc1-rack2"), (action, "Done"))


def test_larger_volumes_restart_no_pod(ring: Ring) -> None:
    """The StatefulSet is made anew around its pods, which do not notice."""
    ring.submit()
    before, uid = ring.pods(), ring.set()["metadata"]["uid"]
    ring.edit(dataCapacity="2Gi")
    assert ring.pods() == before
    assert ring.set()["metadata"]["uid"] != uid


def test_nodes_leave_the_ring_before_their_pods_go(ring: Ring, world: World) -> None:
    """Racks become smaller by decommissions, one after the other; pods and claims of nodes that have left go."""
    ring.submit(topology=topology(2))
    ring.edit(topology=topology(1))
    commands = [(told.operation, told.pod) for told in world.ring(ring.namespace, ring.name).commands()]
    assert commands == [("decommission", f"{ring.namespace}/{ring.name}-dc1-rack{rack}-1") for rack in (1, 2)]
    ring.until(lambda: ring.pods().keys() == names(2, 1), "two pods")
    ring.until(lambda: len(ring.claims()) == 2, "two claims")


def test_d1_another_datacenter_takes_nothing_from_the_first(ring: Ring) -> None:
    """Racks with two nodes stay as they are while the first pods of a new datacenter are made."""
    ring.submit(topology=topology(2, dc1=1))
    before, generation = ring.pods(), ring.set()["metadata"]["generation"]
    ring.edit(topology=topology(2, dc1=1, dc2=2))
    after = ring.pods()
    assert {name: after[name] for name in before} == before
    assert ring.set()["metadata"]["generation"] == generation
    assert after.keys() == names(1, 2) | names(2, 2, "dc2")


def test_seeds_of_a_multicasskop_reach_all_racks(ring: Ring) -> None:
    """A list that is handed over in the annotation is taken by every rack, with one restart of each pod."""
    ring.submit()
    handed = ("a.ring.example", "b.ring.example")
    ring.patch({"metadata": {"annotations": {SEEDLIST: ",".join(handed)}}})
    ring.until(lambda: ring.status.get("seedlist") == list(handed) and ring.rests(0), "the new seeds")
    assert {live_seeds(ring.set(f"dc1-rack{number}")) for number in (1, 2)} == {handed}
    assert set(ring.last_actions().values()) == {("UpdateSeedList", "Done")}


def test_pods_start_with_the_seeds_that_are_there_first(ring: Ring) -> None:
    """A cluster that comes with its list starts with it: no pod is ever restarted for it."""
    body = cluster(ring.name)
    body["metadata"]["annotations"] = {SEEDLIST: "a.ring.example"}
    ring.settled(ring.api.create(CASSANDRACLUSTERS, ring.namespace, body))
    assert live_seeds(ring.set()) == ("a.ring.example",)
    assert ring.last_actions()["dc1-rack1"] == ("Initializing", "Done")


def test_image_that_cannot_be_pulled_is_named_and_mended(ring: Ring, world: World) -> None:
    """The first rack says what is wrong, the second is not touched; a corrected spec goes on without an unlock."""
    world.disturb(world.members[0], Rule(pods=f"{ring.namespace}/*@cassandra:none", trouble=Trouble.IMAGE))
    ring.submit()
    before = ring.pods()
    ring.patch({"spec": {"cassandraImage": "cassandra:none"}})
    ring.until(lambda: ring.condition("Degraded")[:2] == ("True", "ImagePullBackOff"), "Degraded")
    assert "dc1-rack1-0" in ring.condition("Degraded")[2]
    assert ring.pods()["dc1-rack2-0"] == before["dc1-rack2-0"]
    ring.edit(cassandraImage="cassandra:4.1.11")
    assert ring.condition("Degraded")[:2] == ("False", "AsExpected")
    assert set(ring.last_actions().values()) == {("UpdateDockerImage", "Done")}


def test_statefulset_that_was_deleted_comes_back_as_large(ring: Ring) -> None:
    """Whoever deletes a StatefulSet loses no node: it is made again of the size it had."""
    ring.submit(topology=topology(2))
    claims, uid = ring.claims(), ring.set()["metadata"]["uid"]
    ring.api.delete(STATEFULSETS, ring.namespace, ring.set()["metadata"]["name"])
    ring.until(lambda: is_back(ring, uid), "the StatefulSet")
    assert ring.set()["spec"]["replicas"] == 2
    assert ring.claims() == claims


def is_back(ring: Ring, uid: str) -> bool:
    """Whether there is another StatefulSet than the one of this UID, and all is well."""
    found = ring.api.find(STATEFULSETS, ring.namespace, f"{ring.name}-dc1-rack1")
    there = found is not None and found["metadata"]["uid"] != uid
    return there and ring.rests(0) and ring.status["nodes"] == "4/4"


def test_pod_that_was_deleted_is_waited_for(ring: Ring) -> None:
    """The rack is Pending while its pod is away, and runs again by itself."""
    ring.submit()
    before = ring.pods()
    ring.api.delete(PODS, ring.namespace, f"{ring.name}-dc1-rack1-0")
    ring.until(lambda: ring.pods().get("dc1-rack1-0", "") not in ("", before["dc1-rack1-0"]), "another pod")
    ring.until(lambda: ring.rests(0) and ring.condition("Ready")[0] == "True", "Running")


REFUSED: dict[str, tuple[Json, str, str]] = {
    "smaller volumes": ({"dataCapacity": "512Mi"}, "spec.dataCapacity", "1Gi -> 512Mi"),
    "another class": ({"dataStorageClass": "fast"}, "spec.dataStorageClass", "none -> fast"),
    "a rack less": ({"topology": topology(1, dc1=1)}, "spec.topology.dc[0].rack", "rack1, rack2 -> rack1"),
    "another datacenter instead": ({"topology": topology(1, dc9=2)}, "spec.topology.dc", "dc1 -> dc9"),
}


def test_changes_that_must_not_be_done_are_taken_back(ring: Ring) -> None:
    """Each is restored and said with path, old and new value; what was changed beside it is done."""
    ring.submit(nodesPerRacks=1)
    before = ring.pods()
    for number, (change, path, values) in enumerate(REFUSED.values()):
        image = f"cassandra:4.1.{number + 11}"
        wanted = {key: ring.object["spec"].get(key) for key in change}
        ring.patch({"spec": {**change, "cassandraImage": image}})
        ring.until(lambda: refused(ring, path, values), f"{path}: {values}")  # noqa: B023
        ring.until(lambda: images(ring) == {image} and ring.rests(0), "the other change")  # noqa: B023
        assert {key: ring.object["spec"].get(key) for key in change} == wanted
        assert refused(ring, path, values), "forgotten"
    ring.edit(cassandraImage="cassandra:4.1.30")
    assert ring.condition("Valid")[:2] == ("True", "Accepted")
    assert ring.pods().keys() == before.keys()


def refused(ring: Ring, path: str, values: str) -> bool:
    """Whether the condition says that this change is refused."""
    status, reason, message = ring.condition("Valid")
    return (status, reason) == ("False", "ChangeRefused") and message.startswith(f"{path}: {values} is refused")


def images(ring: Ring) -> set[str]:
    """The images of Cassandra with which the racks' pods are to run."""
    containers = (
        each for rack in (1, 2) for each in ring.set(f"dc1-rack{rack}")["spec"]["template"]["spec"]["containers"]
    )
    return {each["image"] for each in containers if each["name"] == "cassandra"}


def test_d18_what_a_statefulset_cannot_change_is_named(ring: Ring) -> None:
    """The condition names field and StatefulSet; a change beside it is done, and all is well when it is set back."""
    ring.submit()
    more = {"name": "gc", "mountPath": "/gc", "pvcSpec": {"resources": {"requests": {"storage": "1Gi"}}}}
    ring.edit(storageConfigs=[more], cassandraImage="cassandra:4.1.11")
    assert ring.condition("Valid")[:2] == ("False", "CannotBeChanged")
    assert (
        f"StatefulSet {ring.name}-dc1-rack1 was made with another spec.volumeClaimTemplates[gc"
        in ring.condition("Valid")[2]
    )
    assert images(ring) == {"cassandra:4.1.11"}
    ring.edit(storageConfigs=None)
    assert ring.condition("Valid")[:2] == ("True", "Accepted")


def test_missing_config_map_is_named_and_waited_for(ring: Ring) -> None:
    """No pod is touched before the ConfigMap is there; then all goes on by itself."""
    ring.submit()
    before = ring.pods()
    ring.patch({"spec": {"configMapName": f"{ring.name}-config"}})
    ring.until(lambda: ring.condition("Degraded")[:2] == ("True", "ReferenceMissing"), "Degraded")
    assert ring.condition("Degraded")[2].startswith(f"spec.configMapName: ConfigMap {ring.name}-config is not there")
    assert ring.pods() == before
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{ring.name}-config"}, "data": {"a": "b"}}
    ring.api.create(CONFIGMAPS, ring.namespace, body)
    ring.until(lambda: set(ring.last_actions().values()) == {("UpdateConfigMap", "Done")} and ring.rests(0), "goes on")
    assert ring.condition("Degraded")[:2] == ("False", "AsExpected")


def test_rolling_restart_is_done_once(ring: Ring) -> None:
    """The trigger in one rack restarts the pods of that rack, once, and is set back."""
    ring.submit(topology=topology(2))
    before, wanted = ring.pods(), topology(2)
    wanted["dc"][0]["rack"][1]["rollingRestart"] = True
    ring.patch({"spec": {"topology": wanted}})
    ring.until(lambda: ring.last_actions()["dc1-rack2"] == ("RollingRestart", "Done") and ring.rests(0), "restarted")
    after = ring.pods()
    assert {name for name in after if after[name] != before[name]} == {"dc1-rack2-0", "dc1-rack2-1"}
    assert ring.object["spec"]["topology"]["dc"][0]["rack"][1]["rollingRestart"] is False


def test_datacenter_comes_and_goes(ring: Ring, world: World) -> None:
    """It is emptied by decommissions first, which keyspaces with replicas there prevent; then it can be taken out."""
    ring.submit(topology=topology(1, dc1=1))
    ring.edit(topology=topology(1, dc1=1, dc2=1))
    book = world.ring(ring.namespace, ring.name)
    book.replicate({"system_distributed": ("dc1", "dc2")})
    empty = topology(1, dc1=1, dc2=1)
    empty["dc"][1]["nodesPerRacks"] = 0
    ring.patch({"spec": {"topology": empty}})
    ring.until(lambda: "keyspace system_distributed has replicas in dc2" in ring.condition("Valid")[2], "refused")
    book.replicate({"system_distributed": ("dc1",)})
    # the nodes learn of it a moment later
    ring.until(lambda: is_accepted(ring, empty), "accepted")
    assert ring.pods().keys() == names(1, 1)
    ring.edit(topology=topology(1, dc1=1))
    ring.until(lambda: ring.api.find(STATEFULSETS, ring.namespace, f"{ring.name}-dc2-rack1") is None, "StatefulSet")
    ring.until(lambda: ring.rests(0) and ring.last_actions().keys() == {"dc1-rack1"}, "rests")
    assert (ring.status["lastClusterAction"], ring.status["lastClusterActionStatus"]) == ("ActionDeleteDC", "Done")


def is_accepted(ring: Ring, wanted: Json) -> bool:
    """Try a topology; whether it stands when all is done."""
    ring.edit(topology=wanted)
    found: Json = ring.object["spec"]["topology"]
    return found == wanted


def test_operations_are_done_on_labelled_pods(ring: Ring, world: World) -> None:
    """Both pods of a rack clean up, and their labels say so; one that cannot be done is said there, too."""
    ring.submit(topology=topology(2, dc1=1))
    for number in (0, 1):
        label(ring, f"dc1-rack1-{number}", name="cleanup", status="ToDo")
    ring.until(lambda: labels(ring) == {"dc1-rack1-0": "cleanup Done", "dc1-rack1-1": "cleanup Done"}, "cleaned up")
    told = [command.operation for command in world.ring(ring.namespace, ring.name).commands()]
    assert told.count("forceKeyspaceCleanup") >= 2, told
    label(ring, "dc1-rack1-0", name="rebuild", status="ToDo", argument="dc7")
    ring.until(lambda: labels(ring)["dc1-rack1-0"] == "rebuild Error", "refused")


def test_nodes_that_gave_data_away_clean_up(ring: Ring) -> None:
    """With autoPilot the old nodes clean up after a scale up, and the new one does not."""
    made = ring.submit(topology=topology(1, dc1=1), autoPilot=True)
    # times in Kubernetes have seconds, and nodes of the same second as the action count as new
    ring.until(lambda: datetime.now(UTC) - datetime.fromisoformat(made["metadata"]["creationTimestamp"]) > AGE, "time")
    ring.edit(topology=topology(2, dc1=1))
    ring.until(lambda: labels(ring) == {"dc1-rack1-0": "cleanup Done", "dc1-rack1-1": " "}, "cleaned up")


def label(ring: Ring, pod: str, **operation: str) -> None:
    """Ask for an operation on a pod."""
    body = {"metadata": {"labels": {f"operation-{key}": value for key, value in operation.items()}}}
    ring.api.patch(PODS, ring.namespace, f"{ring.name}-{pod}", body)


def labels(ring: Ring) -> dict[str, str]:
    """By pod, the operation and how far it is."""
    return {name: operation_of(ring.api.get(PODS, ring.namespace, f"{ring.name}-{name}")) for name in ring.pods()}


def operation_of(pod: Json) -> str:
    """The operation of a pod, and how far it is."""
    found = pod["metadata"]["labels"]
    return f"{found.get('operation-name', '')} {found.get('operation-status', '')}"


def test_nodes_are_remembered(ring: Ring) -> None:
    """The status knows host id and address of each pod, and forgets those that have left."""
    ring.submit(topology=topology(2, dc1=1))
    ring.until(lambda: len(ring.status.get("cassandraNodeStatus") or {}) == 2, "both nodes")
    found = ring.status["cassandraNodeStatus"][f"{ring.name}-dc1-rack1-1"]
    pod = ring.api.get(PODS, ring.namespace, f"{ring.name}-dc1-rack1-1")
    assert found["nodeIp"] == pod["status"]["podIP"]
    assert found["hostId"]
    ring.edit(topology=topology(1, dc1=1))
    ring.until(lambda: list(ring.status["cassandraNodeStatus"]) == [f"{ring.name}-dc1-rack1-0"], "one node")


def test_claims_go_with_the_cluster_where_that_is_asked_for(rings: Callable[[], Ring]) -> None:
    """With deletePVC the claims of this cluster go, and those of a namesake with a longer name stay."""
    going, staying = rings(), rings()
    staying.name = f"{going.name}-dc1"
    going.submit(deletePVC=True)
    staying.submit()
    kept = staying.claims()
    going.api.delete(CASSANDRACLUSTERS, going.namespace, going.name)
    going.until(lambda: going.api.find(CASSANDRACLUSTERS, going.namespace, going.name) is None, "gone")
    going.until(lambda: not going.claims(), "its claims")
    assert staying.claims() == kept
