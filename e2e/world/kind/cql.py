"""Cassandra's clients on this machine, which is given a route to the pods of the clusters."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.policies import DCAwareRoundRobinPolicy
from multicasskop.world.kind import engine
from multicasskop.world.kind.joined import way
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import NODES

TIMEOUT_SECONDS = 20.0
KEYSPACE = "shop"
INSERT = "INSERT INTO shop.orders (id, what) VALUES (?, ?)"
SELECT, IDS = "SELECT what FROM shop.orders WHERE id = ?", "SELECT id FROM shop.orders"


@contextmanager
def routed(world: KindWorld) -> Iterator[None]:
    """Lend this machine routes to all pods. It must be the engine's own machine, and we must be root."""
    ways = [way(node) for member in world.members for node in world.admin(member).items(NODES)]
    for pods, node in ways:
        engine.run("ip", "route", "replace", pods, "via", node)
    try:
        yield
    finally:
        for pods, node in ways:
            engine.run("ip", "route", "delete", pods, "via", node)


@contextmanager
def client(addresses: Collection[str], datacenter: str) -> Iterator[Session]:
    """Lend a session with the nodes of one datacenter, at LOCAL_QUORUM."""
    policy = DCAwareRoundRobinPolicy(local_dc=datacenter)
    profile = ExecutionProfile(policy, consistency_level=ConsistencyLevel.LOCAL_QUORUM, request_timeout=TIMEOUT_SECONDS)
    profiles = {EXEC_PROFILE_DEFAULT: profile}
    cluster = Cluster(sorted(addresses), execution_profiles=profiles, connect_timeout=TIMEOUT_SECONDS)
    try:
        yield cluster.connect()
    finally:
        cluster.shutdown()


def make_keyspace(session: Session, replicas: Mapping[str, int]) -> None:
    """Make the keyspace, with so many replicas in each datacenter, and its table."""
    places = "".join(f", '{datacenter}': {count}" for datacenter, count in replicas.items())
    session.execute(f"CREATE KEYSPACE {KEYSPACE} WITH replication = {{'class': 'NetworkTopologyStrategy'{places}}}")
    session.execute(f"CREATE TABLE {KEYSPACE}.orders (id int PRIMARY KEY, what text)")


def write(session: Session, ids: Collection[int]) -> None:
    """Write orders, one after the other; each is acknowledged when this returns."""
    statement = session.prepare(INSERT)
    for number in ids:
        session.execute(statement, (number, f"order {number}"))


def read(session: Session) -> dict[int, Any]:
    """All orders that this session's datacenter has, each read by its key."""
    statement = session.prepare(SELECT)
    ids = [row.id for row in session.execute(IDS)]
    return {number: session.execute(statement, (number,)).one().what for number in ids}
