"""A process that waits for the lease: it follows the watches, and keeps no list of what they told."""

from random import Random
from typing import Any

import pytest
from fakes.clock import FakeClock
from fakes.cluster import FakeCluster
from fakes.stage import CHILDREN, HOME, NAMESPACE, PARENTS, Tape, ring
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.metrics import Metrics
from multicasskop.operator import casskop_work, work
from multicasskop.operator.casskop_work import CasskopWork
from multicasskop.operator.means import Means
from multicasskop.operator.settings import Settings
from multicasskop.operator.work import Work
from multicasskop.reconcilers.traces import Traces


class Telling:
    """Events that nobody writes."""

    def __init__(self, *_: object) -> None:
        """Keep them."""
        self.recorder = Tape()

    def start(self) -> None:
        """Write nothing."""


class NoThreads:
    """Threads that never run: what is to be done stays in the queue, to be looked at."""

    def spawn(self, *_: object) -> None:
        """Run nothing."""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    """A home cluster, in a process whose events go nowhere."""
    for module in (work, casskop_work):
        monkeypatch.setattr(module, "Telling", Telling)
    return FakeCluster(HOME, FakeClock())


def standby(kind: str, home: FakeCluster) -> Any:  # noqa: ANN401  one of two works
    """A process that has been wired, and has not begun."""
    supervisor: Any = NoThreads()
    means = Means(home._clock, Random(1), supervisor, Metrics.none(), Traces(Random(1)))
    cluster: Any = home
    cluster.guard, clusters = None, Clusters()
    clusters.add(cluster, home=True)
    if kind == CHILDREN:
        found: Any = CasskopWork(cluster, Settings(HOME), "me", means)
    else:
        found = Work(cluster, clusters, Settings(HOME), "me", means, namespace="operators")
    found.wire()
    return found


def put(home: FakeCluster, kind: str, name: str) -> None:
    """Make an object of a kind."""
    metadata = {"name": name, "namespace": NAMESPACE}
    child = {"apiVersion": "db.orange.com/v2", "kind": "CassandraCluster", "metadata": metadata, "spec": {}}
    home.server.put(kind, ring(HOME, name=name) if kind == PARENTS else child)


@pytest.mark.parametrize("kind", [PARENTS, CHILDREN])
def test_what_came_and_went_is_not_kept(home: FakeCluster, kind: str) -> None:
    """A standby holds nothing of what comes and goes while it waits, and looks at what is there when it begins."""
    found = standby(kind, home)
    for number in range(20):
        put(home, kind, f"gone-{number}")
        home.server.remove(kind, NAMESPACE, f"gone-{number}")
        put(home, kind, f"there-{number}")
    assert len(found._queue) == 0
    found.start()
    assert sorted(found._queue.get().name for _ in range(2)) == ["there-0", "there-1"]
    assert len(found._queue) == 18


@pytest.mark.parametrize("kind", [PARENTS, CHILDREN])
def test_what_changes_after_the_beginning_is_looked_at(home: FakeCluster, kind: str) -> None:
    """Once it has begun, a change reaches the queue as it comes."""
    found = standby(kind, home)
    found.start()
    put(home, kind, "demo")
    assert found._queue.get().name == "demo"


def test_members_that_came_and_went_are_not_kept(home: FakeCluster) -> None:
    """A standby asks for no sweep; when it begins, one of every member is asked for."""
    found = standby(PARENTS, home)
    home.go_dark()
    home.come_back()
    assert len(found._sweeping._queue) == 0
    found.start()
    assert found._sweeping._queue.get().name == HOME
