"""A home cluster for commands: a scripted API server, a kubeconfig for it, and MultiCasskops to show."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.api_server import FakeApiServer, Watch
from fakes.exchange import Answer, answer, failure
from fakes.members import kubeconfig

GROUP = "/apis/db.orange.com/v2"
Json = dict[str, Any]


def mck(name: str = "demo", namespace: str = "cassandra", *, phase: str = "Ready", generation: int = 1) -> Json:
    """A MultiCasskop with one member, in a phase."""
    state = "Ready" if phase == "Ready" else "Progressing"
    status = {"phase": phase, "ready": "1/1" if phase == "Ready" else "0/1", "observedGeneration": 1}
    return {
        "apiVersion": "db.orange.com/v2",
        "kind": "MultiCasskop",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "generation": generation,
            "resourceVersion": "5",
        },
        "spec": {"base": {}, "override": {"c1": {}}},
        "status": {**status, "clusters": [{"name": "c1", "state": state, "reachable": True}]},
    }


def listed(*objects: Json) -> Answer:
    """A list of MultiCasskops."""
    metadata = {"resourceVersion": "5"}
    return answer(
        {"kind": "MultiCasskopList", "apiVersion": "db.orange.com/v2", "metadata": metadata, "items": objects}
    )


def path(namespace: str = "cassandra", name: str = "") -> str:
    """Where MultiCasskops are."""
    scope = f"/namespaces/{namespace}" if namespace else ""
    return f"{GROUP}{scope}/multicasskops" + (f"/{name}" if name else "")


@dataclass
class HomeCluster:
    """A home cluster that commands can be run against."""

    server: FakeApiServer
    flags: list[str]

    def holds(self, *objects: Json, namespace: str = "cassandra") -> Watch:
        """Let the cluster hold these objects, and return the live end of a watch on them."""
        self.server.on("GET", path(namespace), listed(*objects))
        self.server.on("GET", path(""), listed(*objects))
        for obj in objects:
            self.server.on("GET", path(obj["metadata"]["namespace"], obj["metadata"]["name"]), answer(obj))
        return self.server.on_watch(path(namespace))

    def lacks(self, name: str, namespace: str = "cassandra") -> None:
        """Let the cluster not know an object."""
        absent = failure(404, "NotFound", details={"name": name, "kind": "multicasskops"})
        self.server.on("GET", path(namespace, name), absent)


@contextmanager
def home_cluster(folder: Path) -> Iterator[HomeCluster]:
    """Lend a home cluster that answers."""
    with FakeApiServer() as server:
        file = kubeconfig(folder / "kubeconfig", c1=server.url)
        yield HomeCluster(server, [f"--kubeconfig={file}", "--context=c1", "-n", "cassandra"])
