"""Clusters that are joined: routes in their nodes, and a zone that their DNS servers answer for."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.docker import Engine
from fakes.exchange import answer
from multicasskop.world.api import Api, Json
from multicasskop.world.errors import WorldError
from multicasskop.world.kind import joined
from multicasskop.world.kind.cluster import Cluster
from multicasskop.world.kind.joined import Zone
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import CONFIGMAPS, NODES, PODS
from multicasskop.world.state import Ledger, State

AUTHORITY = Authority()
EU, US = "eu", "us"
ZONE = Zone("my.zone", "ns", "ring")
COREFILE = ".:53 {\n}\n"
MAP = CONFIGMAPS.path("kube-system", "coredns")


def node(number: int) -> Json:
    """A node of the cluster of that number."""
    addresses = [{"type": "Hostname", "address": "n"}, {"type": "InternalIP", "address": f"172.18.0.{number}"}]
    return {"spec": {"podCIDR": f"10.{240 + number}.0.0/24"}, "status": {"addresses": addresses}}


def dns(number: int) -> Json:
    """A pod of that cluster's DNS."""
    metadata = {"name": "coredns-x", "uid": f"uid-{number}"}
    return {
        "metadata": metadata,
        "spec": {"nodeName": f"node-{number}"},
        "status": {"podIP": f"10.{240 + number}.0.2"},
    }


def play(server: FakeApiServer, number: int) -> None:
    """Play a cluster with one node and one DNS server."""
    server.on("GET", NODES.path(), *[answer({"items": [node(number)]})] * 2)
    server.on("GET", PODS.path("kube-system"), *[answer({"items": [dns(number)]})] * 2)
    server.on("GET", MAP, answer({"data": {"Corefile": COREFILE}}))
    server.on("PATCH", MAP, *[answer({"metadata": {"resourceVersion": "7"}})] * 2)
    server.on("PATCH", PODS.path("kube-system", "coredns-x"), answer({}))


@pytest.fixture
def servers() -> Iterator[dict[str, FakeApiServer]]:
    """Two clusters' API servers."""
    with ExitStack() as stack:
        found = {member: stack.enter_context(FakeApiServer(AUTHORITY)) for member in (EU, US)}
        for number, server in enumerate(found.values()):
            play(server, number)
        yield found


@pytest.fixture
def world(
    engine: Engine, servers: dict[str, FakeApiServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> KindWorld:
    """Two clusters of a node each; nodes show the configuration that they are asked for as soon as it is written."""
    clusters = {name: Cluster(name, str(tmp_path / name), number, 0, 7000) for number, name in enumerate(servers)}
    ledger = Ledger(tmp_path)
    with ledger.exclusive():
        ledger.create(State((EU, US), kind=clusters))
    apis = {name: Api(name, server.url, AUTHORITY.pem.decode(), "admin") for name, server in servers.items()}
    found = KindWorld(tmp_path)
    monkeypatch.setattr(found, "admin", apis.__getitem__)
    engine.answer(
        **{f"ps -a --filter label=io.x-k8s.kind.cluster={c.name}": c.control_plane for c in clusters.values()}
    )
    monkeypatch.setattr(joined, "await_mounted", lambda *_: None)
    return found


def entered(engine: Engine, part: str) -> list[list[str]]:
    """Where commands with a text in them were run, and the last argument of each."""
    return [[asked[1], asked[-1]] for asked in engine.asked("exec") if part in asked[-1]]


def test_each_node_knows_the_way_to_the_pods_of_all_others(world: KindWorld, engine: Engine) -> None:
    """A node has a route to the pods of each node of another cluster, via that node, until the clusters are apart."""
    planes = [world.cluster(member).control_plane for member in (EU, US)]
    others = ["10.241.0.0/24 via 172.18.0.1", "10.240.0.0/24 via 172.18.0.0"]
    with joined.joined(world, ZONE):
        assert entered(engine, "ip route") == [
            [plane, f"ip route replace {way}"] for plane, way in zip(planes, others, strict=True)
        ]
    assert entered(engine, "ip route delete") == [
        [plane, f"ip route delete {way} || test $? = 2"] for plane, way in zip(planes, others, strict=True)
    ]


def test_clusters_that_are_torn_apart_have_no_other_way(world: KindWorld, engine: Engine) -> None:
    """Packets to pods of other clusters vanish in each node: this machine, which is next, may know a way to them."""
    joined.tear(world)
    planes = [world.cluster(member).control_plane for member in (EU, US)]
    assert entered(engine, "ip route") == [
        [plane, f"ip route replace blackhole {pods}"]
        for plane, pods in zip(planes, ["10.241.0.0/24", "10.240.0.0/24"], strict=True)
    ]


def test_dns_answers_for_the_zone_as_long_as_the_clusters_are_joined(
    world: KindWorld, servers: dict[str, FakeApiServer]
) -> None:
    """A name of the zone is a pod of the own service, else the other DNS is asked; afterwards all is as it was."""
    with joined.joined(world, ZONE):
        pass
    for number, server in enumerate(servers.values()):
        during, afterwards = (request.json["data"]["Corefile"] for request in server.received("PATCH", MAP))
        assert during.startswith(f"{COREFILE}my.zone:53 {{")
        assert r"rewrite name regex (.*)\.my\.zone {1}.ring.ns.svc.cluster.local answer auto" in during
        assert f"forward . 10.{241 - number}.0.2 {{" in during
        assert afterwards == COREFILE


def test_dns_acts_at_once(world: KindWorld, engine: Engine, servers: dict[str, FakeApiServer]) -> None:
    """Its pods are touched, so that the kubelet brings the configuration, and then it is told to read it."""
    with joined.joined(world, ZONE):
        told = entered(engine, "pkill -USR1 -x 'coredns'")
    assert [where for where, _ in told] == [world.cluster(member).control_plane for member in (EU, US)]
    for server in servers.values():
        (touched,) = server.received("PATCH", PODS.path("kube-system", "coredns-x"))
        assert touched.json == {"metadata": {"annotations": {joined.TOUCHED: "7"}}}


def test_clusters_are_apart_also_after_a_failure(world: KindWorld, engine: Engine) -> None:
    """What fails in between does not leave the clusters joined."""
    with pytest.raises(KeyError), joined.joined(world, ZONE):
        raise KeyError
    assert len(entered(engine, "ip route delete")) == 2


def test_configuration_that_does_not_come_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """In vain waited for, the error names the pod and the file in which the new configuration should be."""
    monkeypatch.setattr(joined, "PATIENCE", 0.05)
    engine.answer(cat="old")
    with pytest.raises(WorldError, match=r"coredns-x: .*uid-1.*/Corefile is still an old one"):
        joined.await_mounted(dns(1), "new")


def test_zone_of_another_name_server_is_asked_for_there() -> None:
    """The DNS of a cluster hands questions about the zone on, and does not ask whether that server is well."""
    found = joined.forwarded("my.zone.net", "172.18.0.9")
    assert found.startswith("my.zone.net:53 {")
    assert "forward . 172.18.0.9 {\n        max_fails 0" in found
