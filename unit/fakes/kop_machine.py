"""A CassandraCluster, people, Kubernetes, nodes, and a CassKop that dies: a machine whose rules come in any order."""

from typing import Any

import hypothesis.strategies as st
from fakes.kop_kubernetes import PODS
from fakes.kop_world import PLURAL, KopWorld
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from multicasskop.crds.names import SEEDLIST

Json = dict[str, Any]
NO_IMAGE = "cassandra:none"
places = st.integers(0, 8)
switches = st.booleans()


def datacenter(name: str, nodes: int, racks: int) -> Json:
    """A datacenter with so many racks of so many nodes."""
    return {"name": name, "nodesPerRacks": nodes, "rack": [{"name": f"rack{number + 1}"} for number in range(racks)]}


class KopMachine(RuleBasedStateMachine):
    """What may happen; what must hold is said by those that are made of it."""

    @initialize(nodes=st.integers(1, 2), racks=st.integers(1, 2), auto_pilot=switches)
    def begin(self, nodes: int, racks: int, auto_pilot: bool) -> None:
        """Make a CassandraCluster, and let it come to run."""
        self.world, self.observed = KopWorld(), 0
        topology = {"dc": [datacenter("dc1", nodes, racks)]}
        spec = {"cassandraImage": "cassandra:4.1.10", "dataCapacity": "1Gi", "autoPilot": auto_pilot}
        self.world.submit({**spec, "topology": topology})
        self.world.settle()

    # what people ask for

    @rule(nodes=st.integers(1, 3))
    def wants_other_sizes(self, nodes: int) -> None:
        """The first datacenter is to have another number of nodes in each rack."""
        self.resize("dc1", nodes)

    @precondition(lambda self: self.has("dc2"))
    @rule(nodes=st.integers(0, 2))
    def wants_other_sizes_elsewhere(self, nodes: int) -> None:
        """The second datacenter is to have another number of nodes, or none."""
        self.resize("dc2", nodes)

    @precondition(lambda self: not self.has("dc2"))
    @rule(nodes=st.integers(0, 2))
    def wants_another_datacenter(self, nodes: int) -> None:
        """A datacenter comes."""
        self.reorder([*self.datacenters, datacenter("dc2", nodes, 1)])

    @precondition(lambda self: self.has("dc2"))
    @rule()
    def wants_a_datacenter_no_more(self) -> None:
        """A datacenter is taken out, whether it may go or not."""
        self.reorder([each for each in self.datacenters if each["name"] != "dc2"])

    @rule(image=st.sampled_from(["cassandra:4.1.10", "cassandra:4.1.11", NO_IMAGE]))
    def wants_another_image(self, image: str) -> None:
        """Another image, or one that is nowhere."""
        self.world.change({"cassandraImage": image})

    @rule(cpu=st.sampled_from(["1", "2"]))
    def wants_other_resources(self, cpu: str) -> None:
        """Another share of the machines."""
        self.world.change({"resources": {"requests": {"cpu": cpu}}})

    @rule(name=st.sampled_from(["first", "second", None]))
    def wants_another_config_map(self, name: str | None) -> None:
        """Another configuration."""
        self.world.change({"configMapName": name})

    @rule(capacity=st.sampled_from(["1Gi", "2Gi", "3Gi"]))
    def wants_another_capacity(self, capacity: str) -> None:
        """Larger volumes, or smaller ones, which cannot be."""
        self.world.change({"dataCapacity": capacity})

    @rule(place=places)
    def wants_a_restart(self, place: int) -> None:
        """A rack is to restart."""
        found = self.datacenters
        racks = [rack for each in found for rack in each["rack"]]
        racks[place % len(racks)]["rollingRestart"] = True
        self.reorder(found)

    @rule(seeds=st.sampled_from([None, "a.example", "a.example,b.example"]))
    def hands_seeds_over(self, seeds: str | None) -> None:
        """A MultiCasskop hands its seeds over, or takes them back."""
        self.world.store.patch(PLURAL, "demo", {"metadata": {"annotations": {SEEDLIST: seeds}}})

    @rule(place=places, name=st.sampled_from(["cleanup", "upgradesstables", "rebuild", "nonsense"]))
    def asks_for_an_operation(self, place: int, name: str) -> None:
        """A pod is labelled for an operation, whether there is such a one or not."""
        pod = self.pod(place)
        if pod:
            labels = {"operation-name": name, "operation-status": "ToDo", "operation-argument": "dc1"}
            self.world.store.patch(PODS, pod, {"metadata": {"labels": labels}})

    # what goes wrong

    @rule(place=places, well=switches)
    def a_pod_is_not_ready(self, place: int, well: bool) -> None:
        """A pod gets ill, or well."""
        pod = self.pod(place)
        if well:
            self.world.kubernetes.sick.discard(pod)
        elif pod:
            self.world.kubernetes.fail(pod)

    @rule(place=places)
    def a_pod_is_evicted(self, place: int) -> None:
        """A pod is taken away by somebody else."""
        self.world.kubernetes.restart(self.pod(place))

    @rule(place=places, well=switches)
    def a_node_is_silent(self, place: int, well: bool) -> None:
        """A node hangs, or answers again."""
        self.turn(self.world.silent, place, well)

    @rule(place=places, well=switches)
    def a_node_refuses(self, place: int, well: bool) -> None:
        """A node does not do what it is told, or does so again."""
        self.turn(self.world.stubborn, place, well)

    @rule(keyspace=st.sampled_from(["", "shop"]))
    def a_keyspace_has_replicas(self, keyspace: str) -> None:
        """Data is in the second datacenter, or no more."""
        self.world.replicated["dc2"] = keyspace

    @rule(writes=st.integers(0, 5))
    def casskop_dies(self, writes: int) -> None:
        """CassKop is killed after some of its next writes, and another one goes on."""
        self.world.crash = writes

    # what goes on

    @rule(looks=st.integers(1, 12), pace=st.integers(0, 3))
    def it_goes_on(self, looks: int, pace: int) -> None:
        """CassKop looks, and Kubernetes does some things between two looks."""
        for _ in range(looks):
            self.world.look()
            self.world.pass_by(pace)

    # helpers

    @property
    def datacenters(self) -> list[Json]:
        """The topology as it is stored: what was refused is not in it any more."""
        found: list[Json] = self.world.stored["spec"]["topology"]["dc"]
        return found

    def has(self, name: str) -> bool:
        """Whether a datacenter is asked for."""
        return any(each["name"] == name for each in self.datacenters)

    def reorder(self, datacenters: list[Json]) -> None:
        """Ask for other datacenters."""
        self.world.change({"topology": {"dc": datacenters}})

    def resize(self, name: str, nodes: int) -> None:
        """Ask for another number of nodes in one datacenter."""
        self.reorder([{**each, "nodesPerRacks": nodes} if each["name"] == name else each for each in self.datacenters])

    def pod(self, place: int) -> str:
        """One of the pods that are there; empty when there is none."""
        pods = [each["metadata"]["name"] for each in self.world.store.all(PODS)]
        return pods[place % len(pods)] if pods else ""

    def turn(self, names: set[str], place: int, well: bool) -> None:
        """Let something happen to a node, or let all be well with it."""
        pod = self.pod(place)
        (names.discard if well else names.add)(pod)

    def heal(self) -> None:
        """All is well, and whoever asked for an image that is nowhere asks for another one."""
        world = self.world
        world.crash = None
        world.replicated.clear()
        for names in (world.kubernetes.sick, world.silent, world.stubborn):
            names.clear()
        if world.stored["spec"]["cassandraImage"] == NO_IMAGE:
            world.change({"cassandraImage": "cassandra:4.1.12"})
