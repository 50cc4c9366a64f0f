"""The probe: how soon a silent member is told dark, and how it comes back."""

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from fakes.api_server import FakeApiServer
from fakes.clock import EPOCH, FakeClock
from fakes.exchange import PATIENCE, answer, silence
from fakes.rig import until
from fakes.wire import transport_to
from multicasskop.informers.breaker import Breaker, Dark
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.errors import ApiError, ConnectError, InformerError, ReadTimeout, Stopped, TlsError
from multicasskop.informers.metrics import MEMBER_FAMILIES, Metrics
from multicasskop.informers.probe import Probe, ProbeOptions
from multicasskop.informers.supervisor import Supervisor
from prometheus_client import CollectorRegistry

REFUSED = ConnectError("eu", "refused")


@dataclass
class Member:
    """A member as the probe sees it: alive, refusing, or a black hole; its answers take no real time."""

    clock: FakeClock
    failure: InformerError | None = None
    black_hole: bool = False
    asked: list[tuple[float, float]] = field(default_factory=list)

    def probe(self, timeout: float) -> None:
        """Answer, or take the whole timeout of the fake clock and fail."""
        self.asked.append((self.clock.monotonic(), timeout))
        if self.black_hole:
            self.clock.advance(timeout)
            raise ReadTimeout("eu", "silent")
        if self.failure:
            raise self.failure

    @property
    def instants(self) -> list[float]:
        """When it was asked."""
        return [at for at, _ in self.asked]


@dataclass
class Rig:
    """A probe in its thread, over a member and a clock that the test moves."""

    clock: FakeClock
    member: Member
    breaker: Breaker
    probe: Probe
    registry: CollectorRegistry
    changes: list[tuple[float, bool]] = field(default_factory=list)

    def run_until(self, end: float) -> None:
        """Move the clock from one wait of the probe to the next, up to `end`."""
        while True:
            self.clock.wait_for_waiters()
            due = self.clock.next_due()
            if due is None or due > end:
                break
            self.clock.advance(max(0.0, due - self.clock.monotonic()))
        self.clock.advance(max(0.0, end - self.clock.monotonic()))


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Return a running rig, and stop its thread in the end."""
    clock, registry = FakeClock(), CollectorRegistry()
    member, breaker, supervisor = Member(clock), Breaker("eu", clock), Supervisor()
    metrics = Metrics("mck", registry, MEMBER_FAMILIES)
    probe = Probe(member, breaker, clock=clock, supervisor=supervisor, metrics=metrics)
    made = Rig(clock, member, breaker, probe, registry)
    breaker.on_change(lambda reachable: made.changes.append((clock.monotonic(), reachable)))
    probe.start()
    yield made
    assert probe.stop(10)
    assert supervisor.failure is None


def test_a_silent_member_is_asked_every_two_seconds(rig: Rig) -> None:
    """A member that is alive and silent is asked every two seconds and stays reachable."""
    rig.run_until(60)
    assert rig.member.instants == [2.0 * n for n in range(1, 31)]
    assert {timeout for _, timeout in rig.member.asked} == {2.0}
    assert rig.changes == []


def test_a_busy_member_is_not_asked(rig: Rig) -> None:
    """While bytes come at least every two seconds nobody asks."""
    for _ in range(40):
        rig.run_until(rig.clock.monotonic() + 1.5)
        rig.breaker.note_contact()
    assert rig.member.asked == []


@pytest.mark.parametrize(
    ("break_it", "asked"),
    [
        (lambda member: setattr(member, "black_hole", True), [(2.0, 2.0), (4.0, 1.0)]),
        (lambda member: setattr(member, "failure", REFUSED), [(2.0, 2.0), (4.0, 1.0)]),
    ],
    ids=["black hole", "refused"],
)
def test_dark_five_seconds_after_the_last_contact(
    rig: Rig, break_it: Callable[[Member], None], asked: list[tuple[float, float]]
) -> None:
    """A member whose packets vanish, or who refuses, is dark exactly five seconds after it was last heard of."""
    break_it(rig.member)
    rig.run_until(6)
    assert rig.member.asked == asked
    assert rig.changes == [(5.0, False)]


@pytest.mark.parametrize("at", [0.1, 0.5, 1.0, 1.9, 2.0, 3.3, 59.9])
def test_dark_within_five_seconds_of_the_fault(rig: Rig, at: float) -> None:
    """Whenever the packets begin to vanish, the member is dark at most five seconds later."""
    rig.run_until(at)
    rig.member.black_hole = True
    rig.run_until(at + 5)
    assert len(rig.changes) == 1
    assert at < rig.changes[0][0] <= at + 5


def test_a_hiccup_is_no_darkness(rig: Rig) -> None:
    """A member that misses one question and answers the next stays reachable."""
    rig.member.failure = REFUSED
    rig.run_until(3.5)
    rig.member.failure = None
    rig.run_until(20)
    assert rig.changes == []


def test_bytes_between_failed_questions(rig: Rig) -> None:
    """A member that answers no question but sends bytes stays reachable."""
    rig.member.failure = REFUSED
    for _ in range(10):
        rig.run_until(rig.clock.monotonic() + 4.5)
        rig.breaker.note_contact()
    assert rig.changes == []


def test_a_frozen_process_asks_before_it_judges(rig: Rig) -> None:
    """After a long sleep of our own one failed question is not enough to call the member dark."""
    rig.run_until(2)
    rig.member.failure = REFUSED
    rig.clock.wait_for_waiters()
    rig.clock.advance(3600)
    rig.clock.wait_for_waiters()
    # the second question fails as well here; but it was asked, with a timeout of its own
    assert [timeout for _, timeout in rig.member.asked[1:]] == [0.5, 0.5]
    assert rig.changes == [(3602.0, False)]


def test_the_gap_grows_while_dark(rig: Rig) -> None:
    """While the member is dark the questions come 2, 4, 8, 10 and 10 seconds apart."""
    rig.member.failure = REFUSED
    rig.run_until(50)
    assert rig.member.instants == [2.0, 4.0, 7.0, 11.0, 19.0, 29.0, 39.0, 49.0]


def test_back(rig: Rig) -> None:
    """The first answer makes the member reachable, and the rhythm is that of the beginning again."""
    rig.member.failure = REFUSED
    rig.run_until(12)
    rig.member.failure = None
    rig.run_until(30)
    assert rig.changes == [(5.0, False), (19.0, True)]
    assert rig.member.instants[-3:] == [25.0, 27.0, 29.0]
    rig.member.failure = REFUSED
    rig.run_until(39)
    assert rig.changes[2:] == [(34.0, False)]
    assert rig.member.instants[-2:] == [33.0, 36.0]


def test_hurry(rig: Rig) -> None:
    """A dark member is asked at once when somebody has changed how it is reached, and then in the old rhythm."""
    rig.member.failure = REFUSED
    rig.run_until(30)
    asked = len(rig.member.asked)
    rig.probe.hurry()
    until(lambda: len(rig.member.asked) == asked + 1)
    rig.run_until(40)
    assert rig.member.instants[asked:] == [30.0, 32.0, 36.0]
    rig.member.failure = None
    rig.probe.hurry()
    until(lambda: not rig.breaker.dark)


def test_the_reason_follows(rig: Rig) -> None:
    """While it is dark, the last failure is the one that is told."""
    rig.member.failure = REFUSED
    rig.run_until(6)
    rig.member.failure = TlsError("eu", "no trust")
    rig.run_until(20)
    assert rig.breaker.state == Dark(EPOCH + timedelta(seconds=5), "TLSFailed", "no trust")
    assert rig.changes == [(5.0, False), (7.0, False)]


def test_opened_by_calls(rig: Rig) -> None:
    """A member that calls found dark is asked soon, and comes back by the first answer."""
    rig.run_until(1)
    for _ in range(3):
        rig.breaker.failed(REFUSED)
    rig.run_until(4.5)
    assert rig.changes == [(1.0, False), (2.0, True)]


def test_a_gateway_without_a_server(rig: Rig) -> None:
    """A proxy that answers in the place of a server that is not there makes the member dark."""
    rig.member.failure = ApiError("eu", 503, "ServiceUnavailable", "no backend")
    rig.run_until(6)
    assert rig.changes == [(5.0, False)]


def test_over_real_sockets(plain: FakeApiServer) -> None:
    """A member that falls silent on a standing connection is told dark, and back when it answers on a new one."""
    clock, supervisor, told = SystemClock(), Supervisor(), queue.SimpleQueue[bool]()
    breaker = Breaker("eu", clock)
    breaker.on_change(told.put)
    options = ProbeOptions(interval=0.02, timeout=0.05, dark_after=0.1, longest_gap=0.1)
    transport = transport_to(plain, clock=clock, breaker=breaker)
    plain.on("GET", "/livez", answer("ok"), answer("ok"), *[silence] * 3, answer("ok"))
    probe = Probe(transport, breaker, clock=clock, supervisor=supervisor, options=options)
    probe.start()
    assert [told.get(timeout=PATIENCE), told.get(timeout=PATIENCE)] == [False, True]
    transport.stop()
    assert probe.stop(PATIENCE)
    assert supervisor.failure is None


def test_stopped_transport(rig: Rig) -> None:
    """When the transport has been stopped the probe ends by itself, and blames nobody."""
    rig.member.failure = Stopped("over")
    rig.clock.wait_for_waiters()
    rig.clock.advance(2)
    assert rig.probe.stop(10)
    assert rig.changes == []


def test_metrics(rig: Rig) -> None:
    """Reachability, last contact, round trips and failures are counted, apart from API requests."""
    value = rig.registry.get_sample_value
    rig.clock.wait_for_waiters()
    assert value("mck_member_reachable", {"member": "eu"}) == 0
    rig.run_until(3)
    assert value("mck_member_reachable", {"member": "eu"}) == 1
    assert value("mck_member_probe_duration_seconds_count", {"member": "eu"}) == 1
    rig.member.failure = REFUSED
    rig.run_until(8)
    assert value("mck_member_reachable", {"member": "eu"}) == 0
    assert value("mck_member_probe_failures_total", {"member": "eu", "reason": "ConnectionRefused"}) == 2
    contact = value("mck_member_last_contact_timestamp_seconds", {"member": "eu"})
    assert contact == rig.clock.now().timestamp() - 6
