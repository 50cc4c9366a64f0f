"""Cassandra's clients on this machine, which is given a route to the pods of the clusters."""

import os
import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from cassandra import ConsistencyLevel, DriverException, OperationTimedOut
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import DCAwareRoundRobinPolicy
from multicasskop.world.kind import engine
from multicasskop.world.kind.joined import way
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import NODES
from multicasskop.world.processes import wait_until

TIMEOUT_SECONDS, WRITE_SECONDS, PAUSE_SECONDS = 20.0, 5.0, 0.05
# keys of a load are not those that a test writes by itself
FIRST = 1_000_000
KEYSPACE = "shop"
# Cassandra's own that are replicated; a datacenter with nodes cannot be taken out of that with the roles
ALTERABLE, AUTH = (KEYSPACE, "system_distributed", "system_traces"), "system_auth"
INSERT = "INSERT INTO shop.orders (id, what) VALUES (?, ?)"
SELECT, IDS = "SELECT what FROM shop.orders WHERE id = ?", "SELECT id FROM shop.orders"


def missing() -> str:
    """Say why this machine cannot reach pods; empty when it can."""
    able = os.geteuid() == 0 and shutil.which("ip") is not None
    return "" if able else "a route from this machine to the pods needs root, and the program ip"


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


def replicate(session: Session, replicas: Mapping[str, int], *keyspaces: str) -> None:
    """Let keyspaces have so many replicas in each datacenter: these, else all of them, Cassandra's own too."""
    for keyspace in keyspaces or (*ALTERABLE, AUTH):
        places = "".join(f", '{datacenter}': {count}" for datacenter, count in replicas.items())
        session.execute(f"ALTER KEYSPACE {keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy'{places}}}")


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


Connect = Callable[[], AbstractContextManager[Session]]
_REFUSED = (DriverException, NoHostAvailable, OperationTimedOut)


class Load:
    """Writes orders one after the other for as long as it runs; what was acknowledged must be there for ever.

    A write that fails is not acknowledged, whatever became of it; the next one has another key. When no node answers it
    connects anew: pods that have started again have other addresses.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect, self._number = connect, FIRST
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self.acknowledged: list[int] = []
        self.failed: dict[int, str] = {}
        """By key: why a write was not acknowledged."""

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write nothing more."""
        self._stopped.set()
        self._thread.join()

    def goes_on(self) -> bool:
        """Whether another write is acknowledged within a minute."""
        before = len(self.acknowledged)
        return wait_until(lambda: len(self.acknowledged) > before, 60)

    def lost(self, found: Mapping[int, Any]) -> list[int]:
        """Acknowledged writes that are not among these."""
        return [number for number in self.acknowledged if found.get(number) != f"order {number}"]

    def _run(self) -> None:
        while not self._stopped.wait(PAUSE_SECONDS):
            try:
                with self._connect() as session:
                    self._write(session)
            except _REFUSED as failure:
                self._failed(failure)

    def _write(self, session: Session) -> None:
        """Write until told to stop, or until no node answers, which is raised."""
        statement = session.prepare(INSERT)
        while not self._stopped.wait(PAUSE_SECONDS):
            self._number += 1
            try:
                session.execute(statement, (self._number, f"order {self._number}"), timeout=WRITE_SECONDS)
            except NoHostAvailable:
                raise
            except _REFUSED as failure:
                self._failed(failure)
            else:
                self.acknowledged.append(self._number)

    def _failed(self, failure: Exception) -> None:
        self.failed[self._number] = f"{type(failure).__name__}: {failure}"


@contextmanager
def loaded(connect: Connect) -> Iterator[Load]:
    """Lend a load that runs."""
    load = Load(connect)
    load.start()
    try:
        yield load
    finally:
        load.stop()
