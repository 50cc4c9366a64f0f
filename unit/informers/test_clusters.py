"""The clusters that are known."""

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


def test_no_home() -> None:
    """Before there is a home cluster, asking for it is an error."""
    with pytest.raises(LookupError):
        _ = Clusters().home
