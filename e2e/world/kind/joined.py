"""Clusters whose pods reach each other by address and by name: what a routable network and External DNS do elsewhere.

Each node gets a route to the pods of every node of the other clusters. Each cluster's DNS answers for one zone: it
looks a name up among the pods of its own headless service, and asks the DNS of the other clusters when it is not there.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from multicasskop.world.api import Api, Json
from multicasskop.world.errors import WorldError
from multicasskop.world.kind.nodes import enter, signal_process
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import CONFIGMAPS, NODES, PODS
from multicasskop.world.processes import wait_until

SYSTEM, DNS = "kube-system", "coredns"
LABEL = "k8s-app=kube-dns"
TOUCHED = "world/touched"
PATIENCE = 120.0
# the health of other clusters' DNS is not asked for: they may be without an upstream, and answer for us all the same
BLOCK = """\
{zone}:53 {{
    errors
    rewrite name regex (.*)\\.{pattern} {{1}}.{service}.{namespace}.svc.cluster.local answer auto
    kubernetes cluster.local {{
        ttl 0
        fallthrough
    }}
    forward . {others} {{
        max_fails 0
    }}
}}
"""
FORWARD = """\
{zone}:53 {{
    errors
    forward . {server} {{
        max_fails 0
    }}
}}
"""


class Zone(NamedTuple):
    """A zone of names, and the headless service whose pods have them, which has the same name in all clusters."""

    domain: str
    namespace: str
    service: str


class Way(NamedTuple):
    """How pods of one node are reached."""

    pods: str
    node: str


@contextmanager
def joined(world: KindWorld, zone: Zone) -> Iterator[None]:
    """Lend clusters that are joined; afterwards they are apart again."""
    servers = {member: dns_servers(world.admin(member)) for member in world.members}
    others = {
        member: [address for other in world.members if other != member for address in servers[other]]
        for member in world.members
    }
    blocks = {member: block(zone, others[member]) for member in world.members}
    with reachable(world), answering(world, blocks):
        yield


@contextmanager
def reachable(world: KindWorld) -> Iterator[None]:
    """Lend clusters whose pods reach each other by address."""
    route(world, "replace")
    try:
        yield
    finally:
        route(world, "delete")


@contextmanager
def answering(world: KindWorld, blocks: Mapping[str, str]) -> Iterator[None]:
    """Lend clusters whose DNS has more to its configuration, by member."""
    before = {member: corefile(world.admin(member)) for member in world.members}
    try:
        for member in world.members:
            serve(world, member, before[member] + blocks[member])
        yield
    finally:
        for member, text in before.items():
            tell(world.admin(member), text)


def route(world: KindWorld, verb: str) -> None:
    """Set (`replace`) or `delete` the routes to the pods of other clusters, in all nodes; a lost one is deleted."""
    # 2: the kernel has no such route
    lenient = " || test $? = 2" if verb == "delete" else ""
    in_all_nodes(world, lambda each: f"ip route {verb} {each.pods} via {each.node}{lenient}")


def tear(world: KindWorld) -> None:
    """Let everything vanish that goes to pods of other clusters, until they are routed again.

    Without a route it would go to the engine's own machine, which may know a way to the pods.
    """
    in_all_nodes(world, lambda each: f"ip route replace blackhole {each.pods}")


def in_all_nodes(world: KindWorld, command: Callable[[Way], str]) -> None:
    """Run a command in each node for each way to the pods of other clusters."""
    ways = {member: [way(node) for node in world.admin(member).items(NODES)] for member in world.members}
    for member in world.members:
        foreign = [each for other in world.members if other != member for each in ways[other]]
        for node in world.nodes(member):
            enter(node, "sh", "-c", " && ".join(map(command, foreign)))


def way(node: Json) -> Way:
    """The way to a node's pods."""
    addresses = node["status"]["addresses"]
    return Way(node["spec"]["podCIDR"], next(each["address"] for each in addresses if each["type"] == "InternalIP"))


def block(zone: Zone, others: list[str]) -> str:
    """What a cluster's DNS is told about the zone; `others` are the addresses of the other clusters' DNS."""
    domain, namespace, service = zone
    return BLOCK.format(
        zone=domain, pattern=re.escape(domain), service=service, namespace=namespace, others=" ".join(others)
    )


def forwarded(zone: str, server: str) -> str:
    """What a cluster's DNS is told about a zone that a name server elsewhere answers for."""
    return FORWARD.format(zone=zone, server=server)


def dns_servers(api: Api) -> list[str]:
    """The addresses of a cluster's DNS servers."""
    return [pod["status"]["podIP"] for pod in api.items(PODS, SYSTEM, labels=LABEL)]


def corefile(api: Api) -> str:
    """What a cluster's DNS is told."""
    text: str = api.get(CONFIGMAPS, SYSTEM, DNS)["data"]["Corefile"]
    return text


def tell(api: Api, text: str) -> str:
    """Tell a cluster's DNS something else, which it finds out within a minute or two; return the version of it."""
    version: str = api.patch(CONFIGMAPS, SYSTEM, DNS, {"data": {"Corefile": text}})["metadata"]["resourceVersion"]
    return version


def serve(world: KindWorld, member: str, text: str) -> None:
    """Tell a cluster's DNS something else; return when it was asked to act by it."""
    api = world.admin(member)
    # the kubelet looks at what a pod mounts whenever the pod changes
    touched = {"metadata": {"annotations": {TOUCHED: tell(api, text)}}}
    for pod in api.items(PODS, SYSTEM, labels=LABEL):
        api.patch(PODS, SYSTEM, pod["metadata"]["name"], touched)
        await_mounted(pod, text)
    for node in world.nodes(member):
        signal_process(node, DNS, "USR1")


def await_mounted(pod: Json, text: str) -> None:
    """Return when a pod of the DNS sees its new configuration."""
    path = f"/var/lib/kubelet/pods/{pod['metadata']['uid']}/volumes/kubernetes.io~configmap/config-volume/Corefile"
    if not wait_until(lambda: enter(pod["spec"]["nodeName"], "cat", path) == text, PATIENCE, 0.2):
        raise WorldError(f"{pod['metadata']['name']}: {path} is still an old one after {PATIENCE:g}s")
