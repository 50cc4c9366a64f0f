"""PodTemplates on a real API server: a built-in kind, as large as one likes, that no controller acts on."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from multicasskop.world import kubeconfig
from multicasskop.world.accounts import rule
from multicasskop.world.api import Json
from multicasskop.world.world import World
from rich.console import Console

from bench.kinds import TEMPLATES
from bench.stage import make_namespace, printer

MEMBER = "k8s-cluster1"
NAMESPACE = "crowd"
CONNECTIONS = 8
IMAGE = "cassandra:4.1.4"
# what a server makes of a template without variables, and of one variable with its managed fields, in bytes
BARE, VARIABLE = 1_188, 119


@dataclass(frozen=True, slots=True)
class Ground:
    """A control plane, a kubeconfig with the right to list and watch templates, and one that may do everything."""

    world: World
    reader: Path
    administrator: Path

    def fill(self, objects: int, size: int) -> float:
        """Make so many templates of about that size the only ones; return their mean length as the server sends it."""
        api = self.world.admin(MEMBER)
        api.request("DELETE", TEMPLATES.path(NAMESPACE))
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            bodies = (template(number, size) for number in range(objects))
            list(pool.map(partial(api.create, TEMPLATES, NAMESPACE), bodies))
        return len(api.request("GET", TEMPLATES.path()).body) / objects


@contextmanager
def standing(console: Console) -> Iterator[Ground]:
    """A control plane without templates, taken down at the end of the block."""
    with TemporaryDirectory(prefix="mck-bench-") as folder:
        world = World.up(Path(folder) / "world", [MEMBER], progress=printer(console), owned=True)
        try:
            make_namespace(world, MEMBER, NAMESPACE)
            # kopf looks for definitions and namespaces; nobody else does
            rules = [
                rule("get list watch", TEMPLATES.plural, "namespaces"),
                rule("get list watch", "customresourcedefinitions", groups=["apiextensions.k8s.io"]),
            ]
            entry = world.service_account(MEMBER, NAMESPACE, "reader", rules, cluster_wide=True, relayed=False)
            reader = kubeconfig.write(Path(folder) / "reader.kubeconfig", [entry])
            yield Ground(world, reader, world.kubeconfig)
        finally:
            world.down()


def template(number: int, size: int) -> Json:
    """A Cassandra pod's template with as many variables as fill the size, no value of which is like another."""
    name = f"template-{number:05}"
    count = max(0, round((size - BARE) / VARIABLE))
    variables = [{"name": f"SETTING_{each:03}", "value": digest(f"{number}/{each}")} for each in range(count)]
    container = {"name": "cassandra", "image": IMAGE, **({"env": variables} if variables else {})}
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": pod}


def digest(text: str) -> str:
    """Twenty characters that nothing can be made shorter of."""
    return hashlib.sha256(text.encode()).hexdigest()[:20]
