"""The lease thread: when the guard opens and shuts, who is told, and what is given back."""

import threading
from collections.abc import Callable, Iterator
from random import Random

import pytest
from fakes.clock import FakeClock
from fakes.lease_server import DirectClient, Json, LeaseServer
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, ConnectError
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.resource import Resource
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.lease.election import LeaseOptions
from multicasskop.operator.lease.loop import LEASE_FAMILIES, LeaseLoop
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

REAL_SECONDS = 10.0


class Candidate:
    """A loop over a fake clock, and a diary of what it told."""

    def __init__(self, clock: FakeClock, server: LeaseServer, identity: str) -> None:
        self.clock, self.client = clock, DirectClient(server)
        self.guard, self.supervisor = WriteGuard(clock), Supervisor()
        self.registry = CollectorRegistry()
        self.diary: list[tuple[str, float, bool]] = []
        self.loop = LeaseLoop(
            self.client,
            clock,
            Random(1),
            self.guard,
            self.supervisor,
            LeaseOptions("operators"),
            identity,
            on_started=lambda: self._note("started"),
            on_lost=self._note,
            metrics=Metrics("mck", self.registry, LEASE_FAMILIES),
        )

    def start(self) -> None:
        """Start, and wait until it has made up its mind."""
        self.loop.start()
        self.clock.wait_for_waiters(1)

    def pass_time(self, seconds: float) -> None:
        """Let time pass in steps of a fifth of a second, each of which the loop has digested."""
        for _ in range(round(seconds * 5)):
            self.clock.advance(0.2)
            if self.supervisor.running() and "lost" not in self.told:
                self.digest()

    def digest(self) -> None:
        """Wait until the loop sleeps, or has ended."""
        with self.clock._changed:
            assert self.clock._changed.wait_for(self._rests, REAL_SECONDS)

    def _rests(self) -> bool:
        return self.clock._blocked() > 0 or "lost" in self.told

    @property
    def told(self) -> list[str]:
        """What the callbacks were told."""
        return ["lost" if "lease" in what else what for what, *_ in self.diary]

    def gauge(self, name: str) -> float | None:
        """A metric."""
        return self.registry.get_sample_value(f"mck_{name}")

    def end(self) -> None:
        """Stop without giving back, and join."""
        self.loop.stop(release=False)
        assert self.supervisor.join_all(REAL_SECONDS) == ()

    def _note(self, what: str) -> None:
        self.diary.append((what, self.clock.monotonic(), self.guard.is_open))
        with self.clock._changed:
            self.clock._changed.notify_all()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock(start=1000.0)


@pytest.fixture
def server() -> LeaseServer:
    """A server without a Lease."""
    return LeaseServer()


@pytest.fixture
def make(clock: FakeClock, server: LeaseServer) -> Iterator[Callable[[str], Candidate]]:
    """Makes candidates, and ends them at the end."""
    made: list[Candidate] = []

    def candidate(identity: str) -> Candidate:
        made.append(Candidate(clock, server, identity))
        return made[-1]

    with capture_logs():
        yield candidate
        for one in made:
            one.end()


def test_the_first_candidate_leads_at_once(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """Where no Lease is, it is made, the guard opens, and whoever waits to start is told, in this order."""
    me = make("me")
    me.start()
    assert (me.diary, me.loop.leading, me.loop.holder) == ([("started", 1000.0, True)], True, "me")
    assert server.read()["spec"]["leaseDurationSeconds"] == 15
    assert me.gauge("leader") == 1


def test_renewals_move_the_guard_s_instant(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """A leader renews every two seconds with a single write, and its guard stays open."""
    me = make("me")
    me.start()
    me.pass_time(60)
    assert me.guard.is_open
    assert me.client.calls[:2] == ["get", "create"]
    assert set(me.client.calls[2:]) == {"patch"}
    assert 25 <= len(me.client.calls) <= 32
    assert me.told == ["started"]


# 60


def test_a_leader_that_cannot_renew_shuts_the_guard_in_time(make: Callable[[str], Candidate]) -> None:
    """Ten seconds after the last successful renewal was sent the guard is shut, and the loss is told at that moment."""
    me = make("me")
    me.start()
    me.pass_time(4)
    sent = me.loop._state.until - 10  # type: ignore[union-attr]
    me.client.error = ConnectError("home", "connection refused")
    me.pass_time(12)
    (started, lost) = me.diary
    assert started[0] == "started"
    assert lost[0] == "the lease was not renewed for 10 s"
    assert sent + 10 <= lost[1] < sent + 10.3
    assert lost[2] is False
    assert (me.loop.leading, me.gauge("leader")) == (False, 0)


def test_the_guard_shuts_by_itself_when_the_thread_hangs(make: Callable[[str], Candidate], clock: FakeClock) -> None:
    """While a renewal hangs for ever the guard is shut at the same instant, without the thread's doing."""
    me = make("me")
    me.start()
    inside, go_on = threading.Event(), threading.Event()

    def hang(*_: object, **__: object) -> Json:
        inside.set()
        go_on.wait(REAL_SECONDS)
        raise ConnectError("home", "at last")

    me.client.merge_patch = hang  # type: ignore[method-assign]
    clock.advance(2)
    inside.wait(REAL_SECONDS)
    clock.advance(7.9)
    assert me.guard.is_open
    clock.advance(0.1)
    assert not me.guard.is_open
    assert me.told == ["started"]
    clock.advance(25.1)
    assert not me.loop.healthy
    go_on.set()
    me.digest()


def test_a_loser_does_not_become_a_candidate_again(make: Callable[[str], Candidate], clock: FakeClock) -> None:
    """After a loss the thread ends, though the server answers again."""
    me = make("me")
    me.start()
    me.client.error = ConnectError("home", "connection refused")
    me.pass_time(11)
    me.client.error = None
    assert me.supervisor.join_all(REAL_SECONDS) == ()
    calls = len(me.client.calls)
    clock.advance(60)
    assert (me.told, len(me.client.calls), me.guard.is_open) == (["started", "lost"], calls, False)


def test_another_holder_ends_a_leader_at_once(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """A leader that finds another's name in the record stops at its next renewal, not ten seconds later."""
    me = make("me")
    me.start()
    server.change({"metadata": {}, "spec": {"holderIdentity": "usurper"}})
    me.pass_time(2.4)
    assert me.diary[1][0] == "the lease is held by usurper"
    assert me.diary[1][1] <= 1002.2


def test_a_foreign_edit_costs_one_more_read(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """When somebody edits a label, the refused renewal is followed by a read and a renewal over the new version."""
    me = make("me")
    me.start()
    server.touch()
    me.pass_time(2)
    assert me.client.calls == ["get", "create", "patch", "get", "patch"]
    assert me.loop.leading


def test_a_deleted_lease_is_made_again(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """When somebody deletes the Lease its leader makes it again and goes on leading."""
    me = make("me")
    me.start()
    server.lease = None
    me.pass_time(2)
    assert server.read()["spec"]["holderIdentity"] == "me"
    assert (me.told, me.guard.is_open) == (["started"], True)


def test_a_fresh_candidate_waits_a_full_duration(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """A record that was never seen to change is taken after its 15 seconds, and not before."""
    server.make({"metadata": {}, "spec": {"holderIdentity": "dead", "leaseDurationSeconds": 15}})
    me = make("me")
    me.start()
    me.pass_time(14.8)
    assert (me.told, me.guard.is_open) == ([], False)
    me.pass_time(0.6)
    assert (me.told, server.read()["spec"]["leaseTransitions"]) == (["started"], 1)
    assert me.gauge("leader_transitions_total") == 1


def test_the_guard_is_shut_on_standbys(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """A candidate never opens its guard while another renews."""
    leader = make("leader")
    leader.start()
    me = make("me")
    me.loop.start()
    me.clock.wait_for_waiters(2)
    for _ in range(100):
        me.clock.advance(0.5)
        me.clock.wait_for_waiters(2)
        assert (leader.guard.is_open, me.guard.is_open) == (True, False)
    assert (me.loop.holder, me.loop.leading, me.loop.healthy) == ("leader", False, True)


# 61


def test_a_planned_stop_gives_the_lease_back(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """A released lease names nobody, keeps its transitions, and is taken by the next candidate within three seconds."""
    leader, me = make("leader"), make("me")
    leader.start()
    me.loop.start()
    me.clock.wait_for_waiters(2)
    leader.loop.stop(release=True)
    spec = server.read()["spec"]
    assert (spec["holderIdentity"], spec["leaseDurationSeconds"], spec["leaseTransitions"]) == ("", 1, 0)
    assert (leader.guard.is_open, leader.told) == (False, ["started"])
    me.pass_time(3)
    assert me.guard.is_open
    assert server.read()["spec"]["leaseTransitions"] == 1


def test_a_stop_without_release_leaves_the_lease_alone(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """When the workers have not ended nothing is given back: the guard shuts, and the others wait the duration."""
    me = make("me")
    me.start()
    me.loop.stop(release=False)
    assert (server.read()["spec"]["holderIdentity"], me.guard.is_open) == ("me", False)
    assert me.client.calls == ["get", "create"]


def test_the_guard_is_shut_before_the_lease_is_given_back(make: Callable[[str], Candidate]) -> None:
    """No write of ours can be sent after the next leader may have begun."""
    me = make("me")
    me.start()
    seen: list[bool] = []
    change = me.client.merge_patch

    def watched(resource: Resource, namespace: str, name: str, body: Json, *, deadline: Deadline | None = None) -> Json:
        seen.append(me.guard.is_open)
        return change(resource, namespace, name, body, deadline=deadline)

    me.client.merge_patch = watched  # type: ignore[method-assign]
    me.loop.stop(release=True)
    assert seen == [False]


def test_release_reads_again_after_a_conflict(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """A release that meets another version is tried once more if the lease is still ours."""
    me = make("me")
    me.start()
    server.touch()
    me.loop.stop(release=True)
    assert (me.client.calls[2:], server.read()["spec"]["holderIdentity"]) == (["patch", "get", "patch"], "")


def test_release_leaves_what_another_has_taken(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """A lease that is not ours any more is not emptied."""
    me = make("me")
    me.start()
    server.change({"metadata": {}, "spec": {"holderIdentity": "other"}})
    me.loop.stop(release=True)
    assert server.read()["spec"]["holderIdentity"] == "other"


def test_a_candidate_has_nothing_to_give_back(make: Callable[[str], Candidate], server: LeaseServer) -> None:
    """Stopping a standby writes nothing."""
    server.make({"metadata": {}, "spec": {"holderIdentity": "other", "leaseDurationSeconds": 15}})
    me = make("me")
    me.start()
    me.loop.stop(release=True)
    assert me.client.calls == ["get"]


def test_calls_get_no_more_time_than_the_belief_has(make: Callable[[str], Candidate], clock: FakeClock) -> None:
    """A call may take five seconds, and less when the renew deadline comes before."""
    me = make("me")
    me.start()
    until = 1010.0
    allowed: list[tuple[float, float]] = []

    def slow(*_: object, deadline: Deadline, **__: object) -> Json:
        allowed.append((clock.monotonic(), deadline.left()))
        raise ConnectError("home", "no answer")

    me.client.merge_patch = slow  # type: ignore[method-assign, assignment]
    me.pass_time(11)
    assert allowed
    assert all(left <= min(5.0, until - now) + 1e-6 for now, left in allowed)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ApiError("home", 403, "Forbidden", "may not get leases"), "may not get leases"),
        (ConnectError("home", "connection refused"), "connection refused"),
    ],
    ids=["forbidden", "unreachable"],
)
def test_trouble_is_said_once(clock: FakeClock, server: LeaseServer, error: Exception, text: str) -> None:
    """A candidate that meets the same error every two seconds logs it once, and goes on trying."""
    me = Candidate(clock, server, "me")
    me.client.error = error
    with capture_logs() as logs:
        me.start()
        me.pass_time(20)
        me.end()
    warnings = [line for line in logs if line["log_level"] == "warning"]
    assert len(warnings) == 1
    assert text in warnings[0]["error"]
    assert warnings[0]["lease"] == "operators/multicasskop"
    assert len(me.client.calls) >= 8


def test_a_crash_in_a_callback_shuts_the_guard(clock: FakeClock, server: LeaseServer) -> None:
    """When the thread dies of a bug, the guard is shut at once and the supervisor knows."""
    me = Candidate(clock, server, "me")

    def crash() -> None:
        raise RuntimeError("bug")

    me.loop._on_started = crash
    with capture_logs():
        me.loop.start()
        assert me.supervisor.failed.wait(REAL_SECONDS)
    assert not me.guard.is_open
    me.end()
