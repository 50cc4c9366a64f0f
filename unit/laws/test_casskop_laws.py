"""What holds of a CassandraCluster at every moment, whatever people, pods, nodes and crashes do.

A state machine: CassKop's own decisions, over Kubernetes and Cassandra in memory. What must never be written is judged
before each write takes effect, by what is really there (`fakes.kop_oracle`); statuses after each rule; and when all is
well again everything must come to rest as it is asked for.
"""

from fakes.kop_kubernetes import CLAIMS, NORMAL, PODS, image_of
from fakes.kop_machine import Json, KopMachine
from fakes.law import law
from hypothesis.stateful import invariant
from multicasskop.crds.cassandracluster import CassandraClusterStatus

OVER = {"Done", "Error", "Manual", None}


class OneCluster(KopMachine):
    """What must hold after every rule, and in the end."""

    @invariant()
    def nothing_was_that_must_not_be(self) -> None:
        """No node is lost, no claim of one in the ring goes, one rack changes at a time, one node leaves at a time."""
        if hasattr(self, "world"):
            assert not self.world.broken, self.world.broken

    @invariant()
    def statuses_agree(self) -> None:
        """The whole is what its racks are, and every part is as the API has it."""
        status = self.world.status if hasattr(self, "world") else {}
        if not status:
            return
        CassandraClusterStatus.model_validate(status)
        racks = status["cassandraRackStatus"].values()
        halted = next((rack for rack in racks if rack["phase"] != "Running"), None)
        assert status["phase"] == (halted["phase"] if halted else "Running"), status
        if (status["phase"], status["lastClusterActionStatus"]) == ("Running", "Done"):
            assert {rack["cassandraLastAction"]["status"] for rack in racks} <= {"Done"}, status
        for rack in racks:
            self.check_operation(rack.get("podLastOperation") or {})

    def check_operation(self, operation: Json) -> None:
        """A pod has not begun an operation, is at it, or is through with it, well or not."""
        listed = [pod for field in ("pods", "podsOK", "podsKO") for pod in operation.get(field) or ()]
        assert len(set(listed)) == len(listed), operation

    @invariant()
    def generations_never_go_back(self) -> None:
        """What was observed is no future spec, and no older one than before."""
        if hasattr(self, "world"):
            observed = self.world.status.get("observedGeneration", 0)
            assert self.observed <= observed <= self.world.stored["metadata"]["generation"]
            self.observed = observed

    @invariant()
    def conditions_agree(self) -> None:
        """Each type stands once; Ready says what phase and status say."""
        status = self.world.status if hasattr(self, "world") else {}
        found = {each["type"]: each["status"] for each in status.get("conditions") or ()}
        assert len(found) == len(status.get("conditions") or ())
        runs = (status.get("phase"), status.get("lastClusterActionStatus")) == ("Running", "Done")
        assert not found or (found["Ready"] == "True") == runs, status

    # in the end

    def teardown(self) -> None:
        """All is well, and nobody asks for more: it comes to rest as it is asked for, and stays there."""
        if not hasattr(self, "world"):
            return
        self.heal()
        self.world.settle()
        self.nothing_was_that_must_not_be()
        self.check_status()
        self.check_sizes()
        self.check_pods()
        self.check_rest()

    def check_status(self) -> None:
        """It runs, and says so of the spec that stands."""
        status, generation = self.world.status, self.world.stored["metadata"]["generation"]
        said = (status["phase"], status["lastClusterActionStatus"], status["observedGeneration"])
        assert said == ("Running", "Done", generation), status

    def check_sizes(self) -> None:
        """Every rack that is asked for has its nodes, and nothing else is there; claims are those of the pods."""
        wanted = {
            f"{each['name']}-{rack['name']}": each["nodesPerRacks"]
            for each in self.datacenters
            for rack in each["rack"]
        }
        pods = {f"demo-{rack}-{number}" for rack, nodes in wanted.items() for number in range(nodes)}
        assert self.world.replicas() == wanted
        assert {pod["metadata"]["name"] for pod in self.world.store.all(PODS)} == pods
        assert {claim["metadata"]["name"] for claim in self.world.store.all(CLAIMS)} == {f"data-{pod}" for pod in pods}
        assert self.world.kubernetes.ring.keys() == pods, "every node is in the ring, and no other one"

    def check_pods(self) -> None:
        """Pods and claims are as the spec says, and nothing is left to be done on them."""
        spec = self.world.stored["spec"]
        for pod in self.world.store.all(PODS):
            labels = pod["metadata"]["labels"]
            assert image_of(pod) == spec["cassandraImage"]
            assert self.world.kubernetes.modes[pod["metadata"]["uid"]] == NORMAL
            assert labels.get("operation-name") == "decommission" or labels.get("operation-status") in OVER, labels
            assert seeds_of(pod) == ",".join(self.world.status.get("seedlist") or ())
        for claim in self.world.store.all(CLAIMS):
            assert claim["spec"]["resources"]["requests"]["storage"] == spec["dataCapacity"]

    def check_rest(self) -> None:
        """At rest nothing is written, however much time passes."""
        self.world.clock.advance(3600)
        assert not self.world.look(), self.world.written[-3:]


def seeds_of(pod: Json) -> str:
    """The seeds that a pod was started with."""
    (bootstrap,) = (each for each in pod["spec"]["initContainers"] if each["name"] == "bootstrap")
    return next(str(each["value"]) for each in bootstrap["env"] if each["name"] == "CASSANDRA_SEEDS")


TestOneCluster = OneCluster.TestCase
TestOneCluster.settings = law(12, 25)
