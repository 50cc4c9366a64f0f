"""What is done inside the containers that are a kind cluster's nodes: faults, and what undoes them."""

from collections.abc import Sequence

from multicasskop.world.errors import WorldError
from multicasskop.world.kind.cluster import Cluster
from multicasskop.world.kind.engine import docker

MANIFESTS = "/etc/kubernetes/manifests"
ASIDE = "/etc/kubernetes/kube-apiserver.yaml"
PAUSE_TRIES, UNFROZEN = 10, "unable to freeze"
# whoever comes through the engine's network and not from this machine: the other clusters' pods
HOLE = ("-i", "eth0", "-p", "tcp", "--dport", "6443", "!", "-s")


def nodes(cluster: Cluster) -> tuple[str, ...]:
    """The names of all node containers, running or not, the control plane first."""
    label = f"label=io.x-k8s.kind.cluster={cluster.name}"
    found = sorted(docker("ps", "-a", "--filter", label, "--format", "{{.Names}}").split())
    return tuple(sorted(found, key=lambda name: name != cluster.control_plane))


def state(node: str) -> str:
    """What a node's container does: `running`, `paused` or `stopped`."""
    found = docker("inspect", "-f", "{{.State.Status}}", node).strip()
    return found if found in {"running", "paused"} else "stopped"


def enter(node: str, *command: str) -> str:
    """Run a program in a node and return what it printed."""
    return docker("exec", node, *command)


def signal_process(node: str, name: str, signal: str) -> None:
    """Send a signal to the processes of that name in a node; it is all right when there is none."""
    enter(node, "sh", "-c", f"pkill -{signal} -x '{name[:15]}' || test $? = 1")


def stop_server(cluster: Cluster) -> None:
    """The API server dies and is kept from coming back."""
    enter(cluster.control_plane, "sh", "-c", f"test -e {ASIDE} || mv {MANIFESTS}/kube-apiserver.yaml {ASIDE}")
    signal_process(cluster.control_plane, "kube-apiserver", "KILL")


def pause_server(cluster: Cluster) -> None:
    """The API server hangs."""
    signal_process(cluster.control_plane, "kube-apiserver", "STOP")


def cut_server(cluster: Cluster) -> None:
    """Packets of other clusters' pods to the API server vanish; clients on this machine are not concerned."""
    enter(cluster.control_plane, "iptables", "-I", "INPUT", *HOLE, gateway(cluster), "-j", "DROP")


def mend_server(cluster: Cluster) -> None:
    """Undo all that was done to the API server and to the nodes."""
    for node in nodes(cluster):
        wake(node)
    plane = cluster.control_plane
    enter(plane, "sh", "-c", f"test ! -e {ASIDE} || mv {ASIDE} {MANIFESTS}/kube-apiserver.yaml")
    signal_process(plane, "kube-apiserver", "CONT")
    drop = " ".join((*HOLE, gateway(cluster), "-j", "DROP")).replace("!", "\\!")
    enter(plane, "sh", "-c", f"while iptables -D INPUT {drop} 2>/dev/null; do :; done")


def pause(node: str) -> None:
    """All of a node hangs. A busy kernel may not get hold of its processes at once: it is asked again."""
    for _ in range(PAUSE_TRIES):
        try:
            docker("pause", node)
        except WorldError as error:
            if UNFROZEN not in str(error):
                raise
            refused = error
        else:
            return
    raise refused


def wake(node: str) -> None:
    """Let a node run again, whether it was paused or stopped."""
    verb = {"paused": "unpause", "stopped": "start"}.get(state(node))
    if verb:
        docker(verb, node)


def cut_pod(node: str, address: str) -> None:
    """The network of one pod swallows everything, both ways."""
    for rule in pod_rules(address):
        enter(node, "iptables", "-I", *rule)


def mend_pod(node: str, address: str) -> None:
    """Undo `cut_pod`."""
    for rule in pod_rules(address):
        enter(node, "iptables", "-D", *rule)


def pod_rules(address: str) -> Sequence[tuple[str, ...]]:
    """The rules that drop what a pod sends and gets, forwarded or to the node itself."""
    ends = (("FORWARD", "-s"), ("FORWARD", "-d"), ("INPUT", "-s"), ("OUTPUT", "-d"))
    return [(chain, end, address, "-j", "DROP") for chain, end in ends]


def cut_port(node: str, address: str, port: int) -> None:
    """Whoever speaks to a port of one pod from elsewhere gets no answer."""
    for rule in port_rules(address, port):
        enter(node, "iptables", "-I", *rule)


def mend_port(node: str, address: str, port: int) -> None:
    """Undo `cut_port`."""
    for rule in port_rules(address, port):
        enter(node, "iptables", "-D", *rule)


def port_rules(address: str, port: int) -> Sequence[tuple[str, ...]]:
    """The rules that drop what comes for a port of a pod, from other pods or from the node itself."""
    return [(chain, "-p", "tcp", "-d", address, "--dport", str(port), "-j", "DROP") for chain in ("FORWARD", "OUTPUT")]


def restart(node: str) -> None:
    """A node goes down in good order and comes back; what it had been told of the network is gone."""
    docker("restart", node)


def gateway(cluster: Cluster) -> str:
    """The address under which this machine stands in the engine's network."""
    networks = "{{range .NetworkSettings.Networks}}{{.Gateway}} {{end}}"
    found = docker("inspect", "-f", networks, cluster.control_plane).split()
    if not found:
        raise WorldError(f"{cluster.control_plane} has no network; docker start {cluster.control_plane}")
    return found[0]
