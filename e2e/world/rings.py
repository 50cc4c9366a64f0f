"""CassandraClusters as tests see them: made, changed, and waited for in one namespace of one member."""

from collections.abc import Callable
from typing import Any

from multicasskop.crds.names import GROUP
from multicasskop.world.api import Api
from multicasskop.world.kinds import CASSANDRACLUSTERS, CLAIMS, PODS, SERVICE_ACCOUNTS, STATEFULSETS
from multicasskop.world.processes import wait_until

Json = dict[str, Any]
PATIENCE = 120.0


def topology(nodes: int = 1, **datacenters: int) -> Json:
    """Datacenters by name with their number of racks, each rack with so many nodes."""
    made = (datacenters or {"dc1": 2}).items()
    return {
        "dc": [
            {"name": name, "nodesPerRacks": nodes, "rack": [{"name": f"rack{number + 1}"} for number in range(racks)]}
            for name, racks in made
        ]
    }


def cluster(name: str, **spec: object) -> Json:
    """A CassandraCluster: one datacenter of two racks with a node each, unless `spec` says otherwise."""
    usual = {"cassandraImage": "cassandra:4.1.10", "dataCapacity": "1Gi", "topology": topology()}
    return {
        "apiVersion": f"{GROUP}/v2",
        "kind": "CassandraCluster",
        "metadata": {"name": name},
        "spec": {**usual, **spec},
    }


def allow_pods(api: Api, namespace: str) -> None:
    """Have the account there with which the pods of CassandraClusters run, as CassKop's chart does."""
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "cassandra-cluster-node"}}
    if api.find(SERVICE_ACCOUNTS, namespace, "cassandra-cluster-node") is None:
        api.create(SERVICE_ACCOUNTS, namespace, body)


class Ring:
    """One CassandraCluster."""

    def __init__(self, api: Api, namespace: str, name: str) -> None:
        self.api, self.namespace, self.name = api, namespace, name

    def submit(self, **spec: object) -> Json:
        """Create it, and return when it runs."""
        return self.settled(self.api.create(CASSANDRACLUSTERS, self.namespace, cluster(self.name, **spec)))

    def edit(self, **spec: object) -> Json:
        """Change its spec, and return when that is done."""
        return self.settled(self.patch({"spec": spec}))

    def patch(self, body: Json) -> Json:
        """Change it."""
        return self.api.patch(CASSANDRACLUSTERS, self.namespace, self.name, body)

    def settled(self, written: Json) -> Json:
        """Wait until all racks run, and do what was written; return the object then."""
        self.until(lambda: self.rests(written["metadata"]["generation"]), "Running and Done")
        return self.object

    @property
    def object(self) -> Json:
        """It, as it is now."""
        return self.api.get(CASSANDRACLUSTERS, self.namespace, self.name)

    @property
    def status(self) -> Json:
        """What it says."""
        found: Json = self.object.get("status") or {}
        return found

    def condition(self, type_: str) -> tuple[str, str, str]:
        """Status, reason and message of a condition; empty texts for one that is not there."""
        found: Json = next((each for each in self.status.get("conditions") or () if each["type"] == type_), {})
        return found.get("status", ""), found.get("reason", ""), found.get("message", "")

    def last_actions(self) -> dict[str, tuple[str, str]]:
        """By rack: the last action, and how far it is."""
        racks = (self.status.get("cassandraRackStatus") or {}).items()
        found = {name: rack.get("cassandraLastAction") or {} for name, rack in racks}
        return {name: (action.get("name", ""), action.get("status", "")) for name, action in found.items()}

    def set(self, rack: str = "dc1-rack1") -> Json:
        """The StatefulSet of a rack."""
        return self.api.get(STATEFULSETS, self.namespace, f"{self.name}-{rack}")

    def pods(self) -> dict[str, str]:
        """The UIDs of its pods, by what follows the cluster in their names."""
        return self._uids(PODS.plural)

    def claims(self) -> dict[str, str]:
        """The same of its claims."""
        return self._uids(CLAIMS.plural)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Return when it holds."""
        if not wait_until(condition, PATIENCE):
            found = self.api.find(CASSANDRACLUSTERS, self.namespace, self.name) or {}
            raise AssertionError(f"{self.name}: {what}: not within {PATIENCE:g}s; it says {found.get('status')}")

    def rests(self, generation: int) -> bool:
        """Whether all racks run and do what this generation asks for."""
        found = self.status
        told = (found.get("phase"), found.get("lastClusterActionStatus"))
        return told == ("Running", "Done") and found.get("observedGeneration", 0) >= generation

    def _uids(self, plural: str) -> dict[str, str]:
        kind = PODS if plural == PODS.plural else CLAIMS
        items = self.api.items(kind, self.namespace)
        ours = (item["metadata"] for item in items if item["metadata"]["labels"].get("cassandracluster") == self.name)
        return {meta["name"].partition(f"{self.name}-")[2]: meta["uid"] for meta in ours}
