"""Credentials that change while the operator runs: what is taken over, what is kept, and what is said."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from fakes.clock import EPOCH, FakeClock
from fakes.rig import until
from multicasskop.informers.cluster import Reachability
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.catalogue import new_metrics
from multicasskop.operator.members.renewal import EXPIRY, NOWHERE, READ_AGAIN_SECONDS, Kept, Renewal
from multicasskop.operator.members.static import Found
from structlog.testing import capture_logs

UP = Reachability(True, "", "", EPOCH, EPOCH)
FIRST = Credentials(server="https://c2", source="here", token="canary-1")  # noqa: S106
SECOND = replace(FIRST, token="canary-2", expires=EPOCH + timedelta(hours=1))  # noqa: S106
EMPTY = CredentialsError("here", "is empty", "Export it.")
LACKS = CredentialsError("here", "has no token", "Export it.")


@dataclass
class FakeSource:
    """Gives what the test put there; counts how often it is read."""

    there: Credentials | CredentialsError
    number: int = 0
    reads: int = 0

    def put(self, there: Credentials | CredentialsError) -> None:
        """Change what is there."""
        self.there, self.number = there, self.number + 1

    def mark(self) -> Hashable:
        """Another one after each `put`."""
        return self.number

    def read(self) -> Found:
        """Give it."""
        self.reads += 1
        if isinstance(self.there, CredentialsError):
            raise self.there
        return Found(self.there, "import")


@dataclass
class FakeCluster:
    """A cluster that remembers what it was reached with; `refuses` certificates of that server."""

    name: str = "c2"
    reachability: Reachability = UP
    given: list[Credentials] = field(default_factory=list)
    server: str = FIRST.server
    refuses: str = ""

    def renew(self, credentials: Credentials) -> None:
        """Take other credentials, or refuse them."""
        if credentials.server == self.refuses:
            raise CredentialsError("here", "cannot be used")
        self.given.append(credentials)

    def refuse(self, reason: str) -> None:
        """Let us in no more."""
        self.reachability = replace(UP, ok=not reason, reason=reason)


@dataclass
class Stand:
    """One member under watch."""

    source: FakeSource
    cluster: FakeCluster
    clock: FakeClock
    registry: Any
    supervisor: Supervisor
    renewal: Renewal

    @property
    def kept(self) -> Kept:
        """What is known of it."""
        return self.renewal._kept["c2"]

    def look(self) -> list[Any]:
        """Look once, and return what was logged: event, level, and the error if there is one."""
        with capture_logs() as entries:
            self.renewal.look(self.kept)
        return [(entry["event"], entry["log_level"], entry.get("error")) for entry in entries]

    def expiry(self) -> float | None:
        """The metric."""
        found: float | None = self.registry.get_sample_value(f"multicasskop_{EXPIRY}", {"member": "c2"})
        return found


def stand(there: Credentials | CredentialsError) -> Stand:
    """A member that was registered with what is there, or without anything."""
    registry, metrics = new_metrics()
    clock, supervisor, source, cluster = FakeClock(), Supervisor(), FakeSource(there), FakeCluster()
    renewal = Renewal(clock, metrics, supervisor)
    broken = isinstance(there, CredentialsError)
    found = None if isinstance(there, CredentialsError) else Found(there, "import")
    renewal.keep(cluster, source, source.mark(), found, str(there) if broken else "")  # type: ignore[arg-type]
    return Stand(source, cluster, clock, registry, supervisor, renewal)


def test_nothing_is_read_while_nothing_changes() -> None:
    """A member that works is not read again for as long as its source looks the same."""
    it = stand(FIRST)
    for _ in range(10):
        it.clock.advance(60)
        assert it.look() == []
    assert (it.source.reads, it.cluster.given) == (0, [])


def test_missing_credentials_are_picked_up() -> None:
    """What was not there is taken over when it comes, and the member told as registered."""
    it = stand(EMPTY)
    it.source.put(FIRST)
    assert it.look() == [("member registered", "info", None)]
    assert it.cluster.given == [FIRST]
    assert it.look() == []


def test_each_new_problem_is_told_once() -> None:
    """As long as nothing usable is there, each new problem takes the place of the last, in log and member."""
    it = stand(EMPTY)
    it.cluster.server = NOWHERE
    it.source.put(EMPTY)
    assert it.look() == []
    it.source.put(LACKS)
    assert it.look() == [("member without credentials", "warning", str(LACKS))]
    [given] = it.cluster.given
    assert given.server == NOWHERE
    with pytest.raises(CredentialsError, match="has no token"):
        given.bearer(it.clock)


def test_changed_credentials_are_taken_over() -> None:
    """Another content of the source is put under the member, with its end as a metric."""
    it = stand(FIRST)
    assert it.expiry() is None
    it.source.put(SECOND)
    assert it.look() == [("credentials renewed", "info", None)]
    assert it.cluster.given == [SECOND]
    assert it.expiry() == SECOND.expires.timestamp() if SECOND.expires else False
    it.source.put(FIRST)
    it.look()
    assert it.expiry() is None


def test_same_content_is_no_change() -> None:
    """Files that were written again with the same content change nothing."""
    it = stand(FIRST)
    it.source.put(replace(FIRST))
    assert it.look() == []
    assert it.cluster.given == []


def test_what_works_is_kept() -> None:
    """A source that breaks under a member that works is a warning, and the member stays; mended, that is told."""
    it = stand(FIRST)
    it.source.put(EMPTY)
    assert it.look() == [("credentials kept", "warning", str(EMPTY))]
    assert (it.cluster.given, it.kept.credentials) == ([], FIRST)
    it.source.put(FIRST)
    assert it.look() == [("credentials as before", "info", None)]
    assert it.cluster.given == []


@pytest.mark.parametrize("reason", ["Unauthorized", "TLSFailed"])
def test_what_is_refused_gives_way(reason: str) -> None:
    """When the member does not let us in any more, what is wrong with the source is what it is told to be."""
    it = stand(FIRST)
    it.source.put(EMPTY)
    it.look()
    it.cluster.refuse(reason)
    assert it.look() == []
    it.clock.advance(READ_AGAIN_SECONDS)
    it.look()
    [given] = it.cluster.given
    assert given.server == FIRST.server, "another address would be taken for a move"
    with pytest.raises(CredentialsError, match="is empty"):
        given.bearer(it.clock)
    it.clock.advance(READ_AGAIN_SECONDS)
    it.look()
    assert len(it.cluster.given) == 1


def test_a_network_that_fails_is_no_reason_to_read() -> None:
    """A member that cannot be reached is not read again: that would mend nothing."""
    it = stand(FIRST)
    it.cluster.refuse("ConnectTimeout")
    it.clock.advance(10 * READ_AGAIN_SECONDS)
    it.look()
    assert it.source.reads == 0


def test_a_source_without_marks_is_read_while_it_is_of_no_use() -> None:
    """A Secret shows no change by itself: it is read every ten seconds for as long as the member does not let us in."""
    it = stand(FIRST)
    it.cluster.refuse("Unauthorized")
    it.source.there = SECOND
    it.clock.advance(READ_AGAIN_SECONDS - 1)
    assert it.look() == []
    it.clock.advance(1)
    assert it.look() == [("credentials renewed", "info", None)]
    assert it.cluster.given == [SECOND]


def test_what_the_transport_refuses_is_a_problem_too() -> None:
    """Certificates that are read well and cannot be used are told, and the old ones kept."""
    it = stand(FIRST)
    it.cluster.refuses = "https://bad"
    it.source.put(replace(FIRST, server="https://bad"))
    assert it.look() == [("credentials kept", "warning", "here: cannot be used")]
    assert it.kept.credentials == FIRST


def test_thread_looks_every_two_seconds_and_ends() -> None:
    """The watch runs by itself from start to stop, and a change is found at the next look."""
    it = stand(FIRST)
    it.renewal.start()
    it.clock.wait_for_waiters(1)
    it.source.put(SECOND)
    it.clock.advance(2.0)
    until(lambda: it.cluster.given == [SECOND])
    it.renewal.stop()
    assert it.supervisor.running() == ()
    assert it.supervisor.failure is None


def test_without_members_there_is_no_thread() -> None:
    """An operator of home alone has nothing to look after."""
    _, metrics = new_metrics()
    supervisor = Supervisor()
    renewal = Renewal(FakeClock(), metrics, supervisor)
    renewal.start()
    assert supervisor.running() == ()
    renewal.stop()


def test_member_that_is_dropped_is_not_looked_at() -> None:
    """Of a member that was let go nothing is read any more, and its series is gone; it may come again."""
    it = stand(SECOND)
    kept = it.kept
    it.renewal.drop("c2")
    it.source.put(FIRST)
    it.renewal.look(kept)
    it.renewal.look_at("c2")
    assert (it.source.reads, it.cluster.given, it.expiry()) == (0, [], None)
    assert it.renewal.credentials("c2") is None
    it.renewal.keep(it.cluster, it.source, 0, Found(FIRST, "secret"))  # type: ignore[arg-type]
    assert it.renewal.credentials("c2") == FIRST


def test_looked_at_when_told() -> None:
    """Whoever knows that a source has changed need not wait for the next round."""
    it = stand(FIRST)
    it.source.put(SECOND)
    it.renewal.look_at("c2")
    it.renewal.look_at("nobody")
    assert it.cluster.given == [SECOND]


def test_each_turn_is_told_to_whoever_asked() -> None:
    """What is wrong with a source is told once, and that it is right again too."""
    it = stand(FIRST)
    told: list[object] = []
    it.renewal._tell = lambda name, error: told.append((name, error))
    for there in (LACKS, LACKS, FIRST, SECOND):
        it.source.put(there)
        it.look()
    assert told == [("c2", LACKS), ("c2", None), ("c2", None)]


def test_thread_comes_with_the_first_member() -> None:
    """Where the first member comes while it runs, it is looked after from then on."""
    _, metrics = new_metrics()
    clock, supervisor, source, cluster = FakeClock(), Supervisor(), FakeSource(FIRST), FakeCluster()
    renewal = Renewal(clock, metrics, supervisor)
    renewal.start()
    renewal.keep(cluster, source, source.mark(), Found(FIRST, "secret"))  # type: ignore[arg-type]
    clock.wait_for_waiters(1)
    source.put(SECOND)
    clock.advance(READ_AGAIN_SECONDS)
    until(lambda: cluster.given == [SECOND])
    renewal.stop()
