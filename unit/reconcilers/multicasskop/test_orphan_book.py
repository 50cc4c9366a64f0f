"""The ConfigMap of orphan records: written key by key, whoever else writes."""

from dataclasses import replace

import pytest
from fakes.cases import ORPHAN, many_orphans
from fakes.clock import FakeClock
from fakes.cluster import FakeCluster
from fakes.server import Call
from multicasskop.crds.names import ORPHANS
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError
from multicasskop.informers.metrics import Metrics
from multicasskop.reconcilers.multicasskop.metrics import MULTICASSKOP_FAMILIES
from multicasskop.reconcilers.multicasskop.orphan_book import NoRoomError, OrphanBook
from multicasskop.reconcilers.multicasskop.orphans import OF_ONE_NAMESPACE_MAX
from prometheus_client import CollectorRegistry

OTHER = replace(ORPHAN, uid="another")


class Shelf:
    """A home cluster, and books that keep their records there."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.clock = FakeClock()
        self.home = FakeCluster("c1", self.clock)
        self.registry = CollectorRegistry()
        self.deadline = Deadline(self.clock, 10)

    def book(self, *, registry: CollectorRegistry | None = None) -> OrphanBook:
        """A book as another process has it."""
        clusters = Clusters()
        clusters.add(self.home, home=True)  # type: ignore[arg-type]
        clusters.add(FakeCluster("c2", self.clock))  # type: ignore[arg-type]
        return OrphanBook(clusters, "operators", Metrics("m", registry, MULTICASSKOP_FAMILIES))

    @property
    def keys(self) -> set[str]:
        """The keys that are in the ConfigMap."""
        found = self.home.server.find("configmaps", "operators", ORPHANS)
        return set(found["data"]) if found else set()


@pytest.fixture
def shelf() -> Shelf:
    """A shelf without records."""
    return Shelf()


def test_no_config_map_is_no_record(shelf: Shelf) -> None:
    """Before anything was ever left behind there is nothing to read, and nothing to strike."""
    book = shelf.book()
    assert book.read(shelf.deadline) == {}
    book.strike([ORPHAN.key], shelf.deadline)
    assert shelf.keys == set()


def test_first_record_makes_the_config_map(shelf: Shelf) -> None:
    """The first record makes the ConfigMap, a later one is added; both outlive the process."""
    shelf.book().add([ORPHAN], shelf.deadline)
    shelf.book().add([OTHER], shelf.deadline)
    assert shelf.book().read(shelf.deadline) == {ORPHAN.key: ORPHAN, OTHER.key: OTHER}


def test_two_that_make_it_at_once_lose_nothing(shelf: Shelf) -> None:
    """Of two books that make the ConfigMap at the same moment both have their record in it."""
    rival = shelf.book()

    def first(call: Call) -> None:
        if call.verb == "create":
            shelf.home.server.before = lambda call: None
            rival.add([OTHER], shelf.deadline)

    shelf.home.server.before = first
    shelf.book().add([ORPHAN], shelf.deadline)
    assert shelf.keys == {ORPHAN.key, OTHER.key}


def test_writes_leave_other_keys_alone(shelf: Shelf) -> None:
    """A record that somebody else adds between our read and our write stays, and so does what is no record."""
    one, rival = shelf.book(), shelf.book()
    one.add([ORPHAN], shelf.deadline)
    shelf.home.server.edit("configmaps", "operators", ORPHANS, {"data": {"note": "by a person"}})

    def add(call: Call) -> None:
        if call.verb == "patch":
            shelf.home.server.before = lambda call: None
            rival.add([OTHER], shelf.deadline)

    shelf.home.server.before = add
    one.strike([ORPHAN.key], shelf.deadline)
    assert shelf.keys == {OTHER.key, "note"}


def test_too_many_are_refused_before_anything_is_written(shelf: Shelf) -> None:
    """When there is no room the caller is told, and nothing is added."""
    book = shelf.book()
    book.add(many_orphans(OF_ONE_NAMESPACE_MAX, 1), shelf.deadline)
    with pytest.raises(NoRoomError, match="operators/multicasskop-orphans"):
        book.add([replace(many_orphans(1, 1)[0], uid="one more")], shelf.deadline)
    assert len(shelf.keys) == OF_ONE_NAMESPACE_MAX


def test_records_of_one_owner_are_struck_together(shelf: Shelf) -> None:
    """A MultiCasskop that wants nothing deleted any more takes all its records with it, and nobody else's."""
    stranger = replace(ORPHAN, uid="s", owner=replace(ORPHAN.owner, uid="stranger"))
    book = shelf.book()
    book.add([ORPHAN, OTHER, stranger], shelf.deadline)
    book.strike_owner("u", shelf.deadline)
    assert shelf.keys == {stranger.key}


def test_metric_counts_records_by_member(shelf: Shelf) -> None:
    """The gauge is what the ConfigMap holds, from the first read on."""
    book = shelf.book(registry=shelf.registry)
    book.read(shelf.deadline)
    assert shelf.registry.get_sample_value("m_orphans", {"member": "c2"}) == 0
    book.add([ORPHAN, OTHER], shelf.deadline)
    assert shelf.registry.get_sample_value("m_orphans", {"member": "c2"}) == 2
    book.strike([ORPHAN.key], shelf.deadline)
    assert shelf.registry.get_sample_value("m_orphans", {"member": "c2"}) == 1


def test_errors_are_the_callers(shelf: Shelf) -> None:
    """A server that does not let us read is no empty book."""
    shelf.home.server.fail("get", lambda call: ApiError("c1", 403, "Forbidden", "no"))
    with pytest.raises(ApiError):
        shelf.book().read(shelf.deadline)
