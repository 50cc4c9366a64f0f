"""Members are brought in, in their order, and let go again without a trace."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from fakes.certificates import Authority
from fakes.clock import FakeClock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.catalogue import new_metrics
from multicasskop.operator.members.roster import Roster
from multicasskop.operator.members.secrets import MemberSecret
from multicasskop.operator.settings import Settings
from multicasskop.reconcilers.traces import Traces
from prometheus_client import generate_latest

AUTHORITY = Authority()


def secret(member: str, *, server: str = "https://10.0.0.9", identity: str = "") -> MemberSecret:
    """A Secret that registers a member."""
    values = {"ca.crt": AUTHORITY.pem, "token": b"canary", "server": server.encode()}
    data = {key: base64.b64encode(value).decode() for key, value in values.items()}
    return MemberSecret(member, "ops", f"uid-{member}", "1", member, identity=identity, data=data)


@dataclass
class Stand:
    """A roster over clusters that are never engaged."""

    roster: Roster
    clusters: Clusters
    secrets: dict[str, MemberSecret]
    told: list[Any]
    exposed: Any
    prepared: list[tuple[str, bool]]
    made: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def stand() -> Iterator[Stand]:
    """Nobody is there yet but home; afterwards no member has a thread left, which nobody would wait for in vain."""
    registry, metrics = new_metrics()
    clock, supervisor, clusters = FakeClock(), Supervisor(), Clusters()
    secrets: dict[str, MemberSecret] = {}
    told: list[Any] = []
    prepared: list[tuple[str, bool]] = []

    def make(name: str, credentials: Credentials, expected: str) -> Cluster:
        it.made.append((name, expected))
        return cluster(name, credentials, clock, supervisor, metrics)

    roster = Roster(
        Settings(local="home", imports="/nowhere"),
        {"KUBERNETES_SERVICE_HOST": "x"},
        clusters,
        make,
        clock=clock,
        metrics=metrics,
        supervisor=supervisor,
        traces=Traces(Random(1), 0.0, "", wanted=False),
        prepare=lambda cluster: prepared.append((cluster.name, cluster.name in clusters)),
        watched=secrets.get,
        tell=lambda name, error: told.append((name, error and error.problem)),
    )
    it = Stand(roster, clusters, secrets, told, lambda: generate_latest(registry).decode(), prepared)
    home = Credentials(server="https://10.0.0.1", source="test")
    clusters.add(cluster("home", home, clock, supervisor, metrics), home=True)
    yield it
    for left in tuple(clusters):
        left.disengage()
    assert supervisor.join_all(10) == ()


def cluster(name: str, credentials: Credentials, clock: FakeClock, supervisor: Supervisor, metrics: Metrics) -> Cluster:
    """A cluster that makes no call."""
    return Cluster(name, credentials, clock=clock, random=Random(1), guard=None, supervisor=supervisor, metrics=metrics)


def test_live_members_stand_by_name(stand: Stand) -> None:
    """Members that come stand behind the others by name, each with the identity that its Secret asks for."""
    stand.secrets |= {"z": secret("z"), "b": secret("b", identity="an-id")}
    for name in ("z", "b"):
        stand.roster.add_live(name)
    assert stand.clusters.names() == ("home", "b", "z")
    assert stand.made == [("z", ""), ("b", "an-id")]
    assert stand.prepared == [("z", False), ("b", False)], "before anybody could find them"
    assert stand.told == []


def test_secret_that_is_refused_registers_all_the_same(stand: Stand) -> None:
    """A member whose Secret cannot be used is known, so that its condition says why, and the Secret is told."""
    stand.secrets["c2"] = secret("c2", server="https://127.0.0.1")
    found = stand.roster.add_live("c2")
    assert found in tuple(stand.clusters)
    assert stand.told == [("c2", "https://127.0.0.1 is a loopback address")]
    with pytest.raises(Exception, match="a loopback address"):
        found.transport.request("GET", "/")
    stand.secrets["c2"] = MemberSecret("c2", "ops", "uid-c2", "2", "c2", data=secret("c2").data)
    stand.roster.look_at("c2")
    assert (found.server, stand.told[1:]) == ("https://10.0.0.9", [("c2", None)])


def test_nothing_is_left_of_a_member(stand: Stand) -> None:
    """A member that is let go is not found any more, and has no series."""
    stand.secrets["c2"] = secret("c2")
    stand.roster.add_live("c2")
    assert 'member="c2"' in stand.exposed()
    gone = stand.roster.let_go("c2")
    assert stand.clusters.names() == ("home",)
    stand.roster.end(gone)
    stand.roster.end(stand.roster.let_go("c2"))
    assert 'member="c2"' not in stand.exposed()


def test_identity_that_a_person_names(stand: Stand) -> None:
    """The identity that is written on the Secret later is what the member must have from then on."""
    stand.secrets["c2"] = secret("c2")
    found = stand.roster.add_live("c2")
    assert found.certain
    stand.secrets["c2"] = secret("c2", identity="an-id")
    stand.roster.look_at("c2")
    assert (found.identity, found.certain) == ("an-id", False)
