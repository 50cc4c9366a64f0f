"""The clusters that are known."""

import threading
from collections.abc import Callable
from random import Random

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.supervisor import Supervisor


def cluster(name: str) -> Cluster:
    """Return a cluster that is never engaged."""
    credentials = Credentials(server="http://127.0.0.1:9", source="test")
    return Cluster(
        name,
        credentials,
        clock=FakeClock(),
        random=Random(1),
        guard=None,
        supervisor=Supervisor(),
    )


def test_order() -> None:
    """The home cluster is first, whenever it is added, and the others stand in their own order."""
    clusters = Clusters()
    for name in ("z", "home", "a"):
        clusters.add(cluster(name), home=name == "home")
    assert clusters.names() == ("home", "z", "a")
    assert [it.name for it in clusters] == ["home", "z", "a"]
    assert (clusters.home.name, len(clusters), "a" in clusters) == ("home", 3, True)


def test_order_of_live_ones() -> None:
    """Clusters that come while others are there stand behind those, by name, however often they come and go."""
    clusters = Clusters()
    clusters.add(cluster("home"), home=True)
    for name in ("m", "b"):
        clusters.add(cluster(name), live=True)
    clusters.add(cluster("z"))
    assert clusters.names() == ("home", "z", "b", "m")
    assert clusters.remove("b") is not None
    clusters.add(cluster("b"), live=True)
    assert clusters.names() == ("home", "z", "b", "m")
    with pytest.raises(ValueError, match="'b' already"):
        clusters.add(cluster("b"), live=True)


def test_get() -> None:
    """A cluster is found by its name, home or not, and an unknown name is None."""
    clusters = Clusters()
    home, other = cluster("home"), cluster("other")
    clusters.add(home, home=True)
    clusters.add(other)
    assert (clusters.get("home"), clusters.get("other"), clusters.get("x")) == (home, other, None)


def test_remove() -> None:
    """A cluster that is removed is handed back, and the home cluster cannot be."""
    clusters = Clusters()
    other = cluster("other")
    clusters.add(cluster("home"), home=True)
    clusters.add(other)
    assert clusters.remove("other") is other
    assert clusters.remove("other") is None
    assert clusters.remove("home") is None
    assert clusters.names() == ("home",)


def test_names_are_taken_once() -> None:
    """A name that is taken and a second home are errors."""
    clusters = Clusters()
    clusters.add(cluster("home"), home=True)
    with pytest.raises(ValueError, match="'home' already"):
        clusters.add(cluster("home"))
    with pytest.raises(ValueError, match="is home already"):
        clusters.add(cluster("other"), home=True)


class Interrupted:
    """A lock after whose first release somebody else has a turn."""

    def __init__(self, turn: Callable[[], None]) -> None:
        """Begin unlocked."""
        self._lock, self._turns = threading.Lock(), [turn]

    def __enter__(self) -> None:
        """Take the lock."""
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Release it, and let the other one go on."""
        self._lock.release()
        if self._turns:
            self._turns.pop()()


def test_a_name_is_taken_once_by_two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two that come in one moment with one name one is refused, and the other one stays."""
    clusters, outcomes = Clusters(), list[str]()

    def add(cluster: Cluster) -> None:
        try:
            clusters.add(cluster, live=True)
            outcomes.append(cluster.name)
        except ValueError:
            outcomes.append("refused")

    monkeypatch.setattr(clusters, "_lock", Interrupted(lambda: add(cluster("m"))))
    add(cluster("m"))
    assert sorted(outcomes) == ["m", "refused"]


def test_no_home() -> None:
    """Before there is a home cluster, asking for it is an error."""
    with pytest.raises(LookupError):
        _ = Clusters().home
