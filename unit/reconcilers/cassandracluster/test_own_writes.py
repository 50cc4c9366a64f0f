"""No decision is made on a view that is older than one's own writes."""

from types import SimpleNamespace
from typing import Any, cast

from fakes.clock import FakeClock
from fakes.deltas import advance
from multicasskop.informers.key import Key
from multicasskop.informers.observed import FORGOTTEN_AFTER
from multicasskop.informers.store import Store
from multicasskop.reconcilers.cassandracluster.kinds import SERVICES, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.own_writes import OwnWrites
from multicasskop.reconcilers.cassandracluster.scope import Scope

Json = dict[str, Any]
DEMO, OTHER = Key("ns", "demo"), Key("ns", "other")


def stored(name: str, version: str) -> Json:
    """What a server answers to a write."""
    return {"metadata": {"name": name, "namespace": "ns", "resourceVersion": version}}


class Rig:
    """Caches of two kinds, as far as version 10, and what was written."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stores = {STATEFULSETS: Store(), SERVICES: Store()}
        for store in self.stores.values():
            store.replace([], "10")
        look = SimpleNamespace(informer=lambda resource, _: SimpleNamespace(store=self.stores[resource]))
        self.scope, self.own = cast(Scope, look), OwnWrites("m", self.clock)

    def shown(self, cluster: Key = DEMO) -> bool:
        """Whether the caches show what was written for a cluster."""
        return self.own.shown(cluster, self.scope)


def test_nothing_written_is_shown() -> None:
    """Who wrote nothing waits for nothing."""
    assert Rig().shown()


def test_writes_of_all_kinds_are_waited_for() -> None:
    """As long as one cache lags; those of other clusters are no concern."""
    rig = Rig()
    rig.own.wrote(DEMO, STATEFULSETS, stored("demo-dc1-rack1", "12"))
    rig.own.wrote(DEMO, SERVICES, stored("demo", "13"))
    assert not rig.shown()
    assert rig.shown(OTHER)
    advance(rig.stores[STATEFULSETS], "12")
    assert not rig.shown()
    advance(rig.stores[SERVICES], "13")
    assert rig.shown()


def test_write_that_never_shows_is_forgotten() -> None:
    """An object that somebody deleted at once does not stop its cluster."""
    rig = Rig()
    rig.own.wrote(DEMO, STATEFULSETS, stored("demo-dc1-rack1", "12"))
    rig.clock.advance(FORGOTTEN_AFTER + 1)
    assert rig.shown()


def test_namespace_that_is_not_looked_after_shows_nothing() -> None:
    """What no cache will ever show is not waited for."""
    rig = Rig()
    rig.own.wrote(DEMO, STATEFULSETS, stored("demo-dc1-rack1", "12"))
    assert rig.own.shown(DEMO, cast(Scope, SimpleNamespace(informer=lambda *_: None)))


def test_nothing_is_kept_of_what_is_gone() -> None:
    """A cluster that is gone is waited for no more, and one of its name that comes begins anew."""
    rig = Rig()
    rig.own.wrote(DEMO, STATEFULSETS, stored("demo-dc1-rack1", "12"))
    rig.own.wrote(OTHER, SERVICES, stored("other", "13"))
    rig.own.forget(DEMO)
    assert (rig.shown(), rig.shown(OTHER)) == (True, False)
    assert rig.own._places.keys() == {OTHER}


def test_nothing_is_kept_of_what_was_shown() -> None:
    """However many clusters were written for, those that are shown cost no memory."""
    rig = Rig()
    for number in range(100):
        rig.own.wrote(Key("ns", str(number)), SERVICES, stored(f"demo-{number}", "9"))
        assert rig.shown(Key("ns", str(number)))
    assert rig.own._places == {}


def test_object_that_was_deleted_meanwhile_is_not_waited_for() -> None:
    """The cache never shows it, and goes on to later versions."""
    rig = Rig()
    rig.own.wrote(DEMO, STATEFULSETS, stored("demo-dc1-rack1", "12"))
    advance(rig.stores[STATEFULSETS], "14")
    assert rig.shown()
