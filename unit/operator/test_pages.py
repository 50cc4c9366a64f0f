"""The pages over the operator's parts: what makes them fail, and what is only shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.clock import FakeClock
from fakes.home import mck
from multicasskop.informers.cluster import Reachability
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.catalogue import new_metrics
from multicasskop.operator.health import Query, parts_page
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.pages import Condition, Pages

NOW = datetime(2026, 11, 23, 14, 0, 0, tzinfo=UTC)
UP = Reachability(True, "", "", NOW, NOW)
DARK = Reachability(False, "ConnectTimeout", "no answer", NOW, None)


@dataclass
class FakeRecord:
    """One object of a store."""

    content: dict[str, Any]

    def mutable(self) -> dict[str, Any]:
        """The object."""
        return self.content


@dataclass
class FakeStore:
    """A store with these objects."""

    objects: tuple[dict[str, Any], ...] = ()

    def list(self) -> tuple[FakeRecord, ...]:
        """All records."""
        return tuple(map(FakeRecord, self.objects))


@dataclass
class FakeInformer:
    """An informer of our kind."""

    has_synced: bool = True
    store: FakeStore = field(default_factory=FakeStore)
    resource: object = MULTICASSKOPS


@dataclass
class FakeCluster:
    """A cluster as the pages look at it."""

    name: str
    reachability: Reachability = UP
    watched: tuple[FakeInformer, ...] = (FakeInformer(),)

    def informers(self) -> tuple[FakeInformer, ...]:
        """What is watched there."""
        return self.watched


@dataclass
class FakeClusters:
    """Home, and others."""

    home: FakeCluster
    others: tuple[FakeCluster, ...] = ()

    def __iter__(self) -> Iterator[FakeCluster]:
        return iter((self.home, *self.others))


@dataclass
class FakeLease:
    """An election."""

    leading: bool = True
    healthy: bool = True
    holder: str = "pod-1"


def pages(
    condition: Condition | None = None, home: FakeCluster | None = None, *others: FakeCluster, dead: bool = False
) -> Pages:
    """The pages of an operator in this condition."""
    supervisor = Supervisor()
    if dead:
        supervisor.failure = ("reflector/c1", RuntimeError())
    clusters: Any = FakeClusters(home or FakeCluster("c1"), others)
    registry, _ = new_metrics()
    return Pages(condition or Condition(synced=True), clusters, supervisor, registry, FakeClock(now=NOW), lambda: None)


def answer(page: Any, *, verbose: bool = False) -> tuple[int, str]:  # noqa: ANN401
    """Status and text of a page over parts."""
    found = parts_page(page)(Query({"verbose": [""]} if verbose else {}))
    return found.status, found.body.decode()


@pytest.mark.parametrize(
    ("made", "status", "says"),
    [
        pytest.param(pages(), 200, "ok\n", id="alive"),
        pytest.param(pages(dead=True), 503, "[-] threads reflector/c1 died", id="a-thread-died"),
        pytest.param(pages(Condition(lease=FakeLease())), 200, "ok\n", id="leading"),  # type: ignore[arg-type]
        pytest.param(
            pages(Condition(lease=FakeLease(healthy=False))),  # type: ignore[arg-type]
            503,
            "not ok: lease",
            id="election-is-stuck",
        ),
        pytest.param(pages(None, FakeCluster("c1", DARK)), 200, "ok\n", id="clusters-are-no-matter-of-life"),
        pytest.param(pages(Condition(stopping=True)), 200, "ok\n", id="stopping-is-alive"),
    ],
)
def test_live(made: Pages, status: int, says: str) -> None:
    """Liveness is about this process alone: its threads, and an election that is not stuck."""
    found = answer(made.live)
    assert found[0] == status
    assert says in found[1]


@pytest.mark.parametrize(
    ("made", "status", "says"),
    [
        pytest.param(pages(), 200, "ok\n", id="ready"),
        pytest.param(pages(Condition()), 503, "not ok: home synced", id="not-synced-yet"),
        pytest.param(pages(Condition(synced=True, stopping=True)), 503, "not ok: not stopping", id="stopping"),
        pytest.param(pages(None, None, FakeCluster("c2", DARK)), 200, "ok\n", id="dark-member"),
        pytest.param(pages(None, FakeCluster("c1", DARK)), 200, "ok\n", id="dark-home"),
        pytest.param(
            pages(None, None, FakeCluster("c2", watched=(FakeInformer(False),))),
            200,
            "ok\n",
            id="member-that-never-synced",
        ),
    ],
)
def test_ready(made: Pages, status: int, says: str) -> None:
    """Readiness fails until home has synced once and while the process stops, and never because of a member."""
    found = answer(made.ready)
    assert found[0] == status
    assert says in found[1]


def test_ready_shows_everything_when_asked() -> None:
    """Verbosely, each member has a line with its reason and time."""
    lease: Any = FakeLease(leading=False, holder="pod-2")
    late = FakeCluster("c3", watched=(FakeInformer(False),))
    made = pages(Condition(synced=True, lease=lease), None, FakeCluster("c2", DARK), late)
    assert answer(made.ready, verbose=True)[1].splitlines() == [
        "[+] not stopping",
        "[+] home synced",
        "[!] leading pod-2 leads",
        "[+] member c1 synced",
        "[!] member c2 ConnectTimeout since 2026-11-23T14:00:00Z",
        "[!] member c3 not synced yet",
        "ok",
    ]


def test_status_page_lists_everything() -> None:
    """The status page is the wide list of all MultiCasskops, sorted, and the members below it."""
    store = FakeStore((mck("b", phase="Halted"), mck("a")))
    made = pages(None, FakeCluster("c1", watched=(FakeInformer(store=store),)), FakeCluster("c2", DARK))
    found = made.status(Query())
    lines = found.body.decode().splitlines()
    assert found.status == 200
    assert [line.split()[:4] for line in lines[1:3]] == [
        ["cassandra", "a", "✔", "Ready"],
        ["cassandra", "b", "✖", "Halted"],
    ]
    assert lines[-2:] == ["c1: synced", "c2: ConnectTimeout since 2026-11-23T14:00:00Z"]


def test_status_page_waits_for_home() -> None:
    """Before home has synced there is no status to show."""
    assert pages(Condition()).status(Query()).status == 503


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text")],
)
def test_metrics_in_both_forms(accept: str, content_type: str) -> None:
    """Metrics come in the form that the client accepts."""
    found = pages().exposition(Query({}, accept))
    assert found.content_type.startswith(content_type)
    assert b"multicasskop_leader" in found.body
