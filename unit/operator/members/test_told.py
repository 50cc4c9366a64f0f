"""What is told of members: registered, synced, dark and back, each once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.cluster import Reachability
from multicasskop.informers.errors import ApiError
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.catalogue import new_metrics
from multicasskop.operator.members.told import Told
from structlog.testing import capture_logs

NOW = datetime(2026, 11, 23, tzinfo=UTC)
UP = Reachability(True, "", "", NOW, NOW)
Entries = list[Any]


@dataclass
class FakeInformer:
    """An informer that has synced, or has not."""

    has_synced: bool = False
    store: tuple[str, ...] = ("a", "b")


@dataclass
class FakeClient:
    """A client that answers `/version`, or raises."""

    answer: dict[str, str] | Exception = field(default_factory=lambda: {"gitVersion": "v1.36.3"})

    def raw_get(self, path: str, **_: object) -> dict[str, str]:
        """Answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class FakeCluster:
    """A cluster as the roster looks at it."""

    name: str = "c2"
    reachability: Reachability = UP
    client: FakeClient = field(default_factory=FakeClient)
    watched: tuple[FakeInformer, ...] = ()

    def informers(self) -> tuple[FakeInformer, ...]:
        """What is watched there."""
        return self.watched


@dataclass
class Stand:
    """One member, and what is told of it."""

    cluster: FakeCluster
    told: Told
    supervisor: Supervisor
    clock: FakeClock
    exposed: Callable[[], str]

    def look(self, **changes: Any) -> Entries:  # noqa: ANN401
        """What is logged when the member has changed so."""
        self.cluster.reachability = replace(self.cluster.reachability, **changes)
        with capture_logs() as entries:
            self.told(self.cluster)  # type: ignore[arg-type]
            self.supervisor.join_all(5.0)
        return list(entries)


@pytest.fixture
def stand() -> Stand:
    """A member that is registered and answers."""
    return build(FakeCluster())


def build(cluster: FakeCluster, *, answering: bool = True) -> Stand:
    """A member of this kind."""
    from prometheus_client import generate_latest

    registry, metrics = new_metrics()
    metrics.set("member_info", 1, member=cluster.name, role="remote", server_version="")
    supervisor, clock = Supervisor(), FakeClock()
    told = Told(cluster, "remote", clock, metrics, supervisor, answering=answering)  # type: ignore[arg-type]
    return Stand(cluster, told, supervisor, clock, lambda: generate_latest(registry).decode())


def test_dark_is_told_once_with_its_code(stand: Stand) -> None:
    """A member that goes dark is one warning with reason and code, however often it is looked at."""
    [entry] = stand.look(ok=False, reason="ConnectTimeout", message="no answer in 5s")
    assert (entry["event"], entry["log_level"], entry["code"]) == ("member dark", "warning", "MCK301")
    assert entry["error"] == "no answer in 5s"
    assert stand.look() == []


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("ConnectTimeout", "MCK301"),
        ("ConnectionRefused", "MCK301"),
        ("DNSFailed", "MCK301"),
        ("TLSFailed", "MCK302"),
        ("Unauthorized", "MCK303"),
        ("BadCredentials", "MCK113"),
        ("IdentityChanged", "MCK304"),
        ("Forbidden", "MCK311"),
        ("KindNotServed", "MCK312"),
        ("SomethingNew", "MCK301"),
    ],
)
def test_each_reason_has_its_code(stand: Stand, reason: str, code: str) -> None:
    """Every reason why a member cannot be used has a code of the catalogue."""
    assert stand.look(ok=False, reason=reason)[0]["code"] == code


def test_back_is_told_once(stand: Stand) -> None:
    """A member that is back is told so once."""
    stand.look(ok=False, reason="ConnectTimeout")
    assert [entry["event"] for entry in stand.look(ok=True, reason="")] == ["member back"]
    assert stand.look() == []


def test_synced_is_told_once_when_all_stores_are(stand: Stand) -> None:
    """A member is synced when all its stores are, which is told once, with objects and time."""
    stand.cluster.watched = (FakeInformer(True), FakeInformer(False))
    assert stand.look() == []
    stand.clock.advance(1.5)
    stand.cluster.watched = (FakeInformer(True), FakeInformer(True))
    entry, *_ = stand.look()
    assert (entry["event"], entry["objects"], entry["took"]) == ("member synced", 4, 1.5)
    assert stand.look() == []


def test_without_stores_nothing_is_synced(stand: Stand) -> None:
    """A member in which nothing is watched yet is not called synced."""
    assert stand.look() == []


def test_version_is_measured_once_it_is_known(stand: Stand) -> None:
    """After the first sync the server's version takes the place of the empty one."""
    stand.cluster.watched = (FakeInformer(True),)
    stand.look()
    assert 'server_version="v1.36.3"} 1.0' in stand.exposed()
    assert 'server_version=""' not in stand.exposed()


def test_version_that_comes_when_the_member_has_gone_is_not_measured(stand: Stand) -> None:
    """An answer under way when the member goes leaves no series behind of one that nobody would take away."""
    stand.cluster.watched = (FakeInformer(True),)
    stand.told.end()
    stand.look()
    assert "v1.36.3" not in stand.exposed()


def test_a_version_that_is_not_told_is_no_failure(stand: Stand) -> None:
    """A server that does not tell its version keeps the empty one."""
    stand.cluster.watched = (FakeInformer(True),)
    stand.cluster.client.answer = ApiError("c2", 403, "Forbidden", "no")
    stand.look()
    assert 'server_version=""} 1.0' in stand.exposed()
    assert stand.supervisor.failure is None


def test_a_member_without_credentials_is_not_told_to_be_dark_too() -> None:
    """A member that never could be used was warned of already."""
    stand = build(FakeCluster(), answering=False)
    assert stand.look(ok=False, reason="BadCredentials") == []
    assert [entry["code"] for entry in stand.look(ok=False, reason="Unauthorized")] == ["MCK303"]
