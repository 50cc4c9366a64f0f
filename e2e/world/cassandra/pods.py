"""Plays the nodes of one member, and Cassandra in its pods: `python -m multicasskop.world.cassandra.pods`."""

import resource
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer
from multicasskop.world import kubeconfig
from multicasskop.world.api import Api
from multicasskop.world.cassandra.kubelet import Kubelet
from multicasskop.world.cassandra.options import PodOptions
from multicasskop.world.cassandra.rules import RuleFile
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import STORAGE_CLASSES

USUAL = PodOptions()
CLASS = "simulated"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def main(
    config: Annotated[Path, typer.Option("--kubeconfig", help="a kubeconfig with the member's context")],
    context: Annotated[str, typer.Option(help="the context of the member")],
    rings: Annotated[Path, typer.Option(help="the folder that the processes of all members share")],
    rules: Annotated[Path, typer.Option(help="the file that says what goes wrong, at any time")],
    ready: Annotated[float, typer.Option(help="seconds until a pod is ready")] = USUAL.ready,
    join: Annotated[float, typer.Option(help="seconds while a node joins the ring")] = USUAL.join,
    command: Annotated[float, typer.Option(help="seconds that a command takes")] = USUAL.command,
    end: Annotated[float, typer.Option(help="seconds until a pod has ended")] = USUAL.end,
    resize: Annotated[float, typer.Option(help="seconds until a volume is larger")] = USUAL.resize,
    release: Annotated[str, typer.Option(help="of images whose tag names none")] = USUAL.release,
    nodes: Annotated[int, typer.Option(help="how many nodes pods are spread over")] = USUAL.nodes,
) -> None:
    """Play until SIGTERM or SIGINT."""
    api = Api.of(kubeconfig.read(config, context), agent="kubelet")
    allow_files()
    offer_storage(api)
    options = PodOptions(ready, join, command, end, resize, release, nodes)
    kubelet = Kubelet(api, options, rings, RuleFile(rules))
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    kubelet.start()
    stopped.wait()
    kubelet.stop()


def allow_files() -> None:
    """Have as many open files as the system allows: every pod listens."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def offer_storage(api: Api) -> None:
    """Have a default class of storage whose volumes can grow."""
    metadata = {"name": CLASS, "annotations": {DEFAULT_CLASS: "true"}}
    body = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata}
    try:
        api.create(STORAGE_CLASSES, "", {**body, "provisioner": "world/simulated", "allowVolumeExpansion": True})
    except ApiError as failure:
        if not failure.is_already_exists:
            raise


if __name__ == "__main__":
    typer.run(main)
