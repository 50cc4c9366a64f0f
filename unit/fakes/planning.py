"""Members as `plan` reads them: what stands on a stage, served by scripted API servers, one per member."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from fakes.api_server import FakeApiServer
from fakes.exchange import answer, failure
from fakes.members import kubeconfig
from fakes.stage import CHILDREN, NAMESPACE, PARENTS, Stage
from multicasskop.operator import main

GROUP = "/apis/db.orange.com"
Json = dict[str, Any]


@dataclass
class Readable:
    """Servers that hold what the stage does; flags that lead to them."""

    stage: Stage
    servers: dict[str, FakeApiServer]
    flags: list[str]
    folder: Path

    def run(self, *words: str) -> int:
        """Run a verb against home."""
        return main.run([*words, *self.flags])

    def file(self, obj: Json, name: str = "demo.yaml") -> str:
        """Write a manifest."""
        path = self.folder / name
        path.write_text(yaml.safe_dump(obj, sort_keys=False))
        return str(path)

    @property
    def methods(self) -> set[str]:
        """The methods of all requests so far."""
        return {request.method for server in self.servers.values() for request in server.requests}


@contextmanager
def readable(stage: Stage, folder: Path, *, whole: bool = True) -> Iterator[Readable]:
    """Lend the members of a stage to a command's reading."""
    with ExitStack() as stack:
        servers = {name: stack.enter_context(FakeApiServer()) for name in stage.members}
        for name, server in servers.items():
            serve(stage, name, server, whole=whole)
        file = kubeconfig(folder / "kubeconfig", **{name: server.url for name, server in servers.items()})
        home = next(iter(servers))
        yield Readable(stage, servers, [f"--kubeconfig={file}", f"--context={home}", "-n", NAMESPACE], folder)


def serve(stage: Stage, name: str, server: FakeApiServer, *, whole: bool = True) -> None:
    """Script one member's answers."""
    cluster = stage.members[name]
    for plural, kind in ((PARENTS, "MultiCasskop"), (CHILDREN, "CassandraCluster")):
        items = [obj for (found, _), obj in cluster.server.objects.items() if found == plural]
        head = {"apiVersion": "db.orange.com/v2", "kind": f"{kind}List", "metadata": {"resourceVersion": "9"}}
        objects = [{"apiVersion": "db.orange.com/v2", "kind": kind, **item} for item in items]
        for place in (f"{GROUP}/v2/{plural}", f"{GROUP}/v2/namespaces/{NAMESPACE}/{plural}"):
            server.on("GET", place, answer({**head, "items": objects}))
        for obj in objects:
            path = f"{GROUP}/v2/namespaces/{NAMESPACE}/{plural}/{obj['metadata']['name']}"
            server.on("GET", path, answer(obj))
    identity = {"metadata": {"name": "kube-system", "uid": cluster.identity}}
    server.on("GET", "/api/v1/namespaces/kube-system", answer({"apiVersion": "v1", "kind": "Namespace", **identity}))
    served = {"resources": [{"name": CHILDREN}]}
    server.on("GET", f"{GROUP}/v1alpha1", answer(served) if whole else failure(404, "NotFound"))


def lacks(found: Readable, name: str) -> None:
    """Let home not know a MultiCasskop."""
    home = next(iter(found.servers.values()))
    absent = failure(404, "NotFound", details={"name": name, "kind": PARENTS})
    home.on("GET", f"{GROUP}/v2/namespaces/{NAMESPACE}/{PARENTS}/{name}", absent)
