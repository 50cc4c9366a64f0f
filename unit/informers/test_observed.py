"""Waiting for one's own writes."""

import pytest
from fakes.clock import FakeClock
from fakes.deltas import advance, delete
from fakes.objects import WIDGETS, item
from multicasskop.informers.key import Key
from multicasskop.informers.observed import Observed
from multicasskop.informers.store import Store

A, B = Key("ns", "a"), Key("ns", "b")


@pytest.fixture
def store() -> Store:
    """Lend a store that reflects version 10."""
    it = Store()
    it.replace([item("a", 5)], "10")
    return it


def test_nothing_written(store: Store) -> None:
    """Where nothing was written the store is as good as it gets."""
    assert Observed(FakeClock()).caught_up("m", WIDGETS, A, store)


def test_behind_and_caught_up(store: Store) -> None:
    """A store is behind until it reflects the version that the write returned, or a later one."""
    observed = Observed(FakeClock())
    observed.wrote("m", WIDGETS, A, "12")
    assert not observed.caught_up("m", WIDGETS, A, store)
    advance(store, "11")
    assert not observed.caught_up("m", WIDGETS, A, store)
    advance(store, "13")
    assert observed.caught_up("m", WIDGETS, A, store)


def test_deleted_meanwhile(store: Store) -> None:
    """An object that was written and then deleted counts as shown once the store reflects the deletion."""
    observed = Observed(FakeClock())
    observed.wrote("m", WIDGETS, A, "12")
    delete(store, item("a", 13), "13")
    assert observed.caught_up("m", WIDGETS, A, store)


def test_others_do_not_wait(store: Store) -> None:
    """A write concerns its own object in its own cluster and kind."""
    observed = Observed(FakeClock())
    observed.wrote("m", WIDGETS, A, "12")
    assert observed.caught_up("m", WIDGETS, B, store)
    assert observed.caught_up("other", WIDGETS, A, store)
    assert observed.caught_up("m", WIDGETS.with_version("v9"), A, store)


def test_last_write_counts(store: Store) -> None:
    """The last write of an object is the one that is waited for."""
    observed = Observed(FakeClock())
    observed.wrote("m", WIDGETS, A, "12")
    observed.wrote("m", WIDGETS, A, "14")
    advance(store, "13")
    assert not observed.caught_up("m", WIDGETS, A, store)


@pytest.mark.parametrize("version", ["x12", ""], ids=["not comparable", "empty"])
def test_not_comparable(store: Store, version: str) -> None:
    """Versions without an order are accepted."""
    observed = Observed(FakeClock())
    observed.wrote("m", WIDGETS, A, version)
    assert observed.caught_up("m", WIDGETS, A, store)


def test_forgotten_after_thirty_seconds(store: Store) -> None:
    """A write is waited for during 30 s, counted from the last one."""
    clock = FakeClock()
    observed = Observed(clock)
    observed.wrote("m", WIDGETS, A, "12")
    observed.wrote("m", WIDGETS, B, "12")
    clock.advance(20)
    observed.wrote("m", WIDGETS, A, "13")
    clock.advance(10)
    assert observed.caught_up("m", WIDGETS, B, store)
    assert not observed.caught_up("m", WIDGETS, A, store)
    clock.advance(20)
    assert observed.caught_up("m", WIDGETS, A, store)


def test_forget(store: Store) -> None:
    """A write can be forgotten by name."""
    observed = Observed(FakeClock())
    observed.wrote("m", WIDGETS, A, "12")
    observed.forget("m", WIDGETS, A)
    assert observed.caught_up("m", WIDGETS, A, store)
