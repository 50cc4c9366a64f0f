"""What is done to nodes, as commands of the engine."""

import pytest
from fakes.docker import Engine
from multicasskop.world.errors import WorldError
from multicasskop.world.kind import nodes
from multicasskop.world.kind.cluster import Cluster

CLUSTER = Cluster("eu", "/world/eu", 0, 1, 7000)
PLANE = CLUSTER.control_plane
WORKER = f"{CLUSTER.name}-worker"


@pytest.fixture(autouse=True)
def answers(engine: Engine) -> Engine:
    """Two nodes run; the network's gateway is known."""
    engine.answer(**{"ps -a": f"{WORKER}\n{PLANE}", ".Gateway": "172.18.0.1", ".State.Status": "running"})
    return engine


def entered(engine: Engine) -> list[str]:
    """What was run inside of nodes, one line a command."""
    return [" ".join(asked[1:]) for asked in engine.asked("exec")]


def test_control_plane_comes_first(engine: Engine) -> None:
    """The nodes are those of kind's label for this cluster, the control plane before the workers."""
    assert nodes.nodes(CLUSTER) == (PLANE, WORKER)
    (asked,) = engine.asked("ps")
    assert f"label=io.x-k8s.kind.cluster={CLUSTER.name}" in asked


@pytest.mark.parametrize(
    ("said", "meant"), [("running", "running"), ("paused", "paused"), ("exited", "stopped"), ("created", "stopped")]
)
def test_states(engine: Engine, said: str, meant: str) -> None:
    """A container runs, is paused, or is stopped; nothing else matters."""
    engine.answer(**{".State.Status": said})
    assert nodes.state(WORKER) == meant


@pytest.mark.parametrize(("said", "verb"), [("paused", "unpause"), ("exited", "start")])
def test_nodes_are_woken_by_what_they_lack(engine: Engine, said: str, verb: str) -> None:
    """A paused node is unpaused, a stopped one started."""
    engine.answer(**{".State.Status": said})
    nodes.wake(WORKER)
    assert engine.asked("unpause", "start") == [[verb, WORKER]]


@pytest.mark.parametrize(
    ("words", "tries"),
    [
        pytest.param("OCI runtime pause failed: unable to freeze: unknown", nodes.PAUSE_TRIES, id="busy"),
        pytest.param("No such container", 1, id="no container"),
    ],
)
def test_busy_kernel_is_asked_again(engine: Engine, words: str, tries: int) -> None:
    """A node that could not be frozen at once is tried again, and what is wrong in the end is told."""
    engine.refuse(pause=words)
    with pytest.raises(WorldError, match=words):
        nodes.pause(WORKER)
    assert engine.asked("pause") == [["pause", WORKER]] * tries


def test_node_that_runs_is_left_alone(engine: Engine) -> None:
    """Waking what is awake does nothing."""
    nodes.wake(WORKER)
    assert engine.asked("unpause", "start") == []


def test_server_that_is_stopped_does_not_come_back(engine: Engine) -> None:
    """Its manifest is put aside before the process is killed, or the kubelet would start it again."""
    nodes.stop_server(CLUSTER)
    aside, killed = entered(engine)
    assert "mv /etc/kubernetes/manifests/kube-apiserver.yaml" in aside
    assert "pkill -KILL -x 'kube-apiserver'" in killed


def test_hole_swallows_other_clusters_only(engine: Engine) -> None:
    """Packets to the API server that come from anywhere but this machine are dropped."""
    nodes.cut_server(CLUSTER)
    assert entered(engine) == [
        f"{PLANE} iptables -I INPUT -i eth0 -p tcp --dport 6443 ! -s 172.18.0.1 -j DROP",
    ]


def test_mending_undoes_everything(engine: Engine) -> None:
    """The manifest comes back, the process goes on, the hole is closed."""
    nodes.mend_server(CLUSTER)
    text = "\n".join(entered(engine))
    assert "mv /etc/kubernetes/kube-apiserver.yaml /etc/kubernetes/manifests/kube-apiserver.yaml" in text
    assert "pkill -CONT -x 'kube-apiserver'" in text
    assert "iptables -D INPUT -i eth0 -p tcp --dport 6443 \\! -s 172.18.0.1 -j DROP" in text


def test_pod_is_cut_both_ways_and_mended_by_the_same_rules(engine: Engine) -> None:
    """All that a pod sends and gets is dropped, forwarded or not; mending takes away exactly these rules."""
    nodes.cut_pod(WORKER, "10.240.1.2")
    cut = entered(engine)
    nodes.mend_pod(WORKER, "10.240.1.2")
    mended = entered(engine)[len(cut) :]
    assert [line.replace("-I", "-D") for line in cut] == mended
    assert {tuple(line.split()[3:6]) for line in cut} == {
        ("FORWARD", "-s", "10.240.1.2"),
        ("FORWARD", "-d", "10.240.1.2"),
        ("INPUT", "-s", "10.240.1.2"),
        ("OUTPUT", "-d", "10.240.1.2"),
    }


def test_names_of_processes_are_cut_as_the_kernel_cuts_them(engine: Engine) -> None:
    """The kernel keeps fifteen letters of a name, and only these can be matched."""
    nodes.signal_process(WORKER, "kube-controller-manager", "TERM")
    assert "pkill -TERM -x 'kube-controller'" in entered(engine)[0]


def test_cluster_without_network_is_an_error(engine: Engine) -> None:
    """Without a gateway there is nobody to leave out of the hole, and the error says what to start."""
    engine.answer(**{".Gateway": " "})
    with pytest.raises(WorldError, match=f"docker start {PLANE}"):
        nodes.gateway(CLUSTER)
