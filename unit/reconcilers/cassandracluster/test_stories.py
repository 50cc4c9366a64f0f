"""What becomes of a CassandraCluster, from look to look, until all is done."""

from typing import Any

import pytest
from fakes.kop_world import KopWorld

Json = dict[str, Any]


def topology(nodes: int, **datacenters: int) -> Json:
    """Datacenters by name with their number of racks."""
    made = datacenters or {"dc1": 2}
    return {
        "dc": [
            {"name": name, "nodesPerRacks": nodes, "rack": [{"name": f"rack{number + 1}"} for number in range(racks)]}
            for name, racks in made.items()
        ]
    }


def ring(**spec: Any) -> KopWorld:  # noqa: ANN401 - any field of the spec
    """A cluster that has come to run."""
    world = KopWorld()
    world.submit({"cassandraImage": "cassandra:4.1.10", "dataCapacity": "1Gi", "topology": topology(1), **spec})
    world.settle()
    assert runs(world)
    return world


def runs(world: KopWorld) -> bool:
    """Whether all of it runs, for the spec that it has."""
    status = world.status
    said = (status["phase"], status["lastClusterActionStatus"], status["observedGeneration"])
    return said == ("Running", "Done", world.stored["metadata"]["generation"]) and not world.broken


def test_first_pods_come_in_every_rack_before_second_ones() -> None:
    """One pod in each rack, one rack after the other, then the others one by one."""
    world = ring(topology=topology(2, dc1=2))
    pods = [pod["metadata"]["name"] for pod in world.store.all("pods")]
    assert pods == ["demo-dc1-rack1-0", "demo-dc1-rack2-0", "demo-dc1-rack1-1", "demo-dc1-rack2-1"]


def test_datacenter_without_nodes_runs_and_can_be_filled() -> None:
    """It is made empty, as one is on its way in or out; and when nodes are wanted there they come."""
    wanted = topology(1, dc1=1, dc2=1)
    wanted["dc"][1]["nodesPerRacks"] = 0
    world = ring(topology=wanted)
    world.change({"topology": topology(2, dc1=1, dc2=1)})
    world.settle()
    assert runs(world)
    pods = {pod["metadata"]["name"] for pod in world.store.all("pods")}
    assert pods == {f"demo-{datacenter}-rack1-{number}" for datacenter in ("dc1", "dc2") for number in (0, 1)}


CHANGES: dict[str, Json] = {
    "ScaleUp": {"topology": topology(3)},
    "ScaleDown": {"topology": topology(1)},
    "UpdateDockerImage": {"cassandraImage": "cassandra:4.1.11"},
    "UpdateConfigMap": {"configMapName": "given"},
    "UpdateResources": {"resources": {"requests": {"cpu": "1"}}},
    "UpdateStatefulSet": {"imagepullpolicy": "Never"},
    "StorageUpsize": {"dataCapacity": "2Gi"},
}


@pytest.mark.parametrize("action", CHANGES)
def test_a_change_is_the_action_of_its_name_in_every_rack(action: str) -> None:
    """And in the end all racks run again."""
    world = ring(topology=topology(2))
    world.change(CHANGES[action])
    world.settle()
    assert runs(world)
    assert world.actions() == dict.fromkeys(("dc1-rack1", "dc1-rack2"), (action, "Done"))


@pytest.mark.parametrize("action", ["ScaleDown", "UpdateDockerImage", "StorageUpsize"])
def test_whoever_comes_after_a_crash_ends_where_nobody_was_killed(action: str) -> None:
    """After some of the writes: the same sizes, the same actions, nothing that must not be.

    All of them are tried on real API servers, by `make soak`.
    """
    reference = changed(action, None)
    for after in range(0, len(reference.written), 4):
        found = changed(action, after)
        assert runs(found), after
        assert (found.replicas(), found.actions()) == (reference.replicas(), reference.actions()), after


def changed(action: str, crash: int | None) -> KopWorld:
    """A cluster after a change in which CassKop was killed once."""
    world = ring(topology=topology(2))
    world.written.clear()
    world.crash = crash
    world.change(CHANGES[action])
    world.settle()
    return world


def test_d1_first_pods_of_a_datacenter_make_nothing_smaller() -> None:
    """Racks with three nodes stay as they are while another datacenter comes."""
    world = ring(topology=topology(3, dc1=1))
    world.change({"topology": topology(3, dc1=1, dc2=1)})
    world.settle()
    assert runs(world)
    assert world.replicas() == {"dc1-rack1": 3, "dc2-rack1": 3}
    assert not world.kubernetes.left


def test_stuck_rollout_is_corrected_without_an_unlock() -> None:
    """The first rack is stuck, the second is not touched; the next image goes through both."""
    world = ring(topology=topology(2))
    world.change({"cassandraImage": "cassandra:none"})
    world.settle()
    assert {each["reason"] for each in world.status["conditions"] if each["type"] == "Degraded"} == {"ImagePullBackOff"}
    assert world.kubernetes.taken == ["demo-dc1-rack1-1"]
    world.change({"cassandraImage": "cassandra:4.1.12"})
    world.settle()
    assert runs(world)


def test_statefulset_that_is_gone_comes_back_as_it_was() -> None:
    """A rack that ran is made again with all its nodes, before anything else is done."""
    world = ring(topology=topology(2))
    world.store.delete("statefulsets", "demo-dc1-rack2")
    world.change({"cassandraImage": "cassandra:4.1.12"})
    world.settle()
    assert runs(world)
    assert world.replicas() == {"dc1-rack1": 2, "dc1-rack2": 2}


def test_nodes_that_are_missing_come_before_what_waits_for_them() -> None:
    """A rack loses its StatefulSet while another one grows, and waits for all nodes of all racks."""
    world = ring(topology=topology(1))
    world.change({"topology": topology(3)})
    while world.replicas()["dc1-rack1"] == 1:
        world.look()
    world.store.delete("statefulsets", "demo-dc1-rack2")
    world.store.delete("pods", "demo-dc1-rack2-0")
    world.settle()
    assert runs(world)
    assert world.replicas() == {"dc1-rack1": 3, "dc1-rack2": 3}


@pytest.mark.parametrize("crash", [None, 0, 1, 2], ids=str)
def test_annotation_that_is_taken_out_of_the_spec_leaves_the_service(crash: int | None) -> None:
    """Whenever CassKop is killed; what others have added stays."""
    world = ring(service={"annotations": {"ours": "a", "kept": "b"}})
    world.store.patch("services", "demo", {"metadata": {"annotations": {"theirs": "c"}}})
    world.crash = crash
    world.change({"service": {"annotations": {"ours": None}}})
    world.settle()
    service = world.store.find("services", "demo")
    assert service is not None
    assert service["metadata"]["annotations"] == {"kept": "b", "theirs": "c"}


def bootstrap_seeds(world: KopWorld) -> set[str]:
    """The seeds that pods were started with."""
    first = (pod["spec"]["initContainers"] for pod in world.store.all("pods"))
    env = (each["env"] for entries in first for each in entries if each["name"] == "bootstrap")
    return {each["value"] for entries in env for each in entries if each["name"] == "CASSANDRA_SEEDS"}


def test_variable_for_seeds_of_the_user_is_left_alone() -> None:
    """It is given as it is, nothing restarts for another list, and without it one restart brings ours."""
    world = ring(backRestSidecar={"envVars": [{"name": "CASSANDRA_SEEDS", "value": "mine"}]})
    annotations = {"multicasskop.db.orange.com/seedlist": "a.example"}
    world.store.patch("cassandraclusters", "demo", {"metadata": {"annotations": annotations}})
    world.settle()
    assert runs(world)
    assert (bootstrap_seeds(world), world.kubernetes.taken) == ({"mine"}, [])
    world.change({"backRestSidecar": {"envVars": None}})
    world.settle()
    assert runs(world)
    assert bootstrap_seeds(world) == {"a.example"}
    assert world.kubernetes.taken == ["demo-dc1-rack1-0", "demo-dc1-rack2-0"]


def test_pods_that_a_partition_holds_back_are_named() -> None:
    """The action goes on, Ready says who is held back by what, and lowering the partition ends it."""
    wanted = topology(2, dc1=1)
    wanted["dc"][0]["rack"][0]["rollingPartition"] = 1
    world = ring(topology=wanted)
    world.change({"cassandraImage": "cassandra:4.1.11"})
    world.settle()
    said = {each["type"]: each["message"] for each in world.status["conditions"] if each["type"] == "Ready"}
    assert said["Ready"].endswith("rollingPartition 1 of rack dc1-rack1 to be lowered: it holds back demo-dc1-rack1-0")
    world.change({"topology": topology(2, dc1=1)})
    world.settle()
    assert runs(world)


@pytest.mark.parametrize("word", ["ActionDeleteRack", "Nonsense"])
def test_word_that_nobody_knows_stops_nothing(word: str) -> None:
    """A status of another operator, or of a hand, does not keep us from working."""
    world = ring()
    racks = {"dc1-rack1": {"cassandraLastAction": {"name": word, "status": "Ongoing"}}}
    world.store.patch("cassandraclusters", "demo", {"status": {"cassandraRackStatus": racks}})
    world.change({"cassandraImage": "cassandra:4.1.12"})
    world.settle()
    assert runs(world)
