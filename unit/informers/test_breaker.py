"""The breaker."""

import threading
from datetime import timedelta

import pytest
from fakes.clock import EPOCH, FakeClock
from multicasskop.informers.breaker import Breaker, Dark, Reachable
from multicasskop.informers.errors import (
    ApiError,
    ConnectError,
    ConnectionClosed,
    InformerError,
    MemberUnreachable,
    ReadTimeout,
    TlsError,
)

REFUSED = ConnectError("eu", "https://eu refused the connection")


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@pytest.fixture
def breaker(clock: FakeClock) -> Breaker:
    """Return the breaker of a member that nothing is known of."""
    return Breaker("eu", clock)


def test_begins_reachable(breaker: Breaker) -> None:
    """Calls go out before anything is known, and nothing has been heard then."""
    breaker.check()
    assert (breaker.state, breaker.dark, breaker.last_contact) == (Reachable(EPOCH), False, None)


@pytest.mark.parametrize("error", [REFUSED, TlsError("eu", "no trust")], ids=["connect", "TLS"])
def test_three_in_a_row(breaker: Breaker, clock: FakeClock, error: InformerError) -> None:
    """The third call in a row that could not connect makes the member dark, for the reason of that failure."""
    for _ in range(2):
        breaker.failed(error)
        breaker.check()
    clock.advance(1)
    breaker.failed(error)
    match breaker.state:
        case Dark(since, reason, message):
            assert (since, message) == (EPOCH + timedelta(seconds=1), str(error).removeprefix("eu: "))
            assert reason in {"ConnectionRefused", "TLSFailed"}
    with pytest.raises(MemberUnreachable, match="eu: not called, the member is dark") as caught:
        breaker.check()
    assert caught.value.reason == breaker.state.reason if isinstance(breaker.state, Dark) else False


def test_an_answer_breaks_the_row(breaker: Breaker) -> None:
    """Two failures, an answer and two failures leave the member reachable."""
    for _ in range(2):
        breaker.failed(REFUSED)
        breaker.failed(REFUSED)
        breaker.succeeded()
    assert not breaker.dark


@pytest.mark.parametrize(
    "error",
    [ReadTimeout("eu", "silent"), ConnectionClosed("eu", "reset"), ApiError("eu", 500, "InternalError")],
    ids=["read timeout", "reset", "answered"],
)
def test_what_does_not_count(breaker: Breaker, error: InformerError) -> None:
    """Calls that did connect don't count, whatever became of them."""
    for _ in range(10):
        breaker.failed(error)
    assert not breaker.dark


def test_only_a_probe_closes(breaker: Breaker) -> None:
    """A late answer does not make a dark member reachable, a probe does, and then three failures are needed again."""
    breaker.open(REFUSED)
    breaker.succeeded()
    breaker.note_contact()
    assert breaker.dark
    breaker.close()
    breaker.check()
    breaker.failed(REFUSED)
    breaker.failed(REFUSED)
    assert not breaker.dark


def test_the_first_reason_stays(breaker: Breaker, clock: FakeClock) -> None:
    """A dark member keeps the instant and the reason of its becoming dark."""
    breaker.open(REFUSED)
    before = breaker.state
    clock.advance(60)
    breaker.open(TlsError("eu", "no trust"))
    assert breaker.state == before


def test_a_newer_reason_is_told(breaker: Breaker, clock: FakeClock) -> None:
    """A member that stays dark for another reason is told so once, and is dark since the beginning."""
    changes: list[bool] = []
    breaker.on_change(changes.append)
    breaker.still(REFUSED)
    assert (breaker.dark, changes) == (False, [])
    breaker.open(REFUSED)
    clock.advance(5)
    for error in (REFUSED, TlsError("eu", "no trust"), TlsError("eu", "no trust"), TlsError("eu", "expired")):
        breaker.still(error)
    assert breaker.state == Dark(EPOCH, "TLSFailed", "expired")
    assert changes == [False, False, False]


def test_contact(breaker: Breaker, clock: FakeClock) -> None:
    """The last contact is told as a time for humans, and follows the monotonic clock for decisions."""
    clock.advance(10)
    breaker.note_contact()
    clock.advance(5)
    assert breaker.contact == 10.0
    assert breaker.last_contact == EPOCH + timedelta(seconds=10)


def test_changes_are_told(breaker: Breaker) -> None:
    """Each change is told once to everyone who asked, and what is no change is not."""
    told: list[tuple[str, bool]] = []
    breaker.on_change(lambda reachable: told.append(("a", reachable)))
    breaker.on_change(lambda reachable: told.append(("b", reachable)))
    breaker.close()
    breaker.open(REFUSED)
    breaker.open(REFUSED)
    breaker.close()
    breaker.close()
    assert told == [("a", False), ("b", False), ("a", True), ("b", True)]


def test_changes_are_told_in_order(breaker: Breaker) -> None:
    """A change that another thread makes during a callback is told after it, and that thread does not wait."""
    told: list[bool] = []
    inside, release = threading.Event(), threading.Event()

    def slow(reachable: bool) -> None:
        inside.set()
        release.wait(10)
        told.append(reachable)

    breaker.on_change(slow)
    first = threading.Thread(target=breaker.open, args=(REFUSED,))
    first.start()
    assert inside.wait(10)
    breaker.close()
    assert told == []
    release.set()
    first.join()
    assert told == [False, True]


def test_a_callback_may_change_it_back(breaker: Breaker) -> None:
    """A change made by a callback is told when all have been told the one before."""
    told: list[bool] = []
    breaker.on_change(lambda reachable: None if reachable else breaker.close())
    breaker.on_change(told.append)
    breaker.open(REFUSED)
    assert told == [False, True]


def test_a_callback_that_fails(breaker: Breaker) -> None:
    """A callback that raises is its caller's to see, and later changes are told as ever."""
    told: list[bool] = []

    def once(reachable: bool) -> None:
        told.append(reachable)
        if not reachable:
            raise ZeroDivisionError

    breaker.on_change(once)
    with pytest.raises(ZeroDivisionError):
        breaker.open(REFUSED)
    breaker.close()
    assert told == [False, True]


def test_many_threads(breaker: Breaker) -> None:
    """Failures of many threads at once make the member dark once."""
    told: list[bool] = []
    breaker.on_change(told.append)
    threads = [threading.Thread(target=breaker.failed, args=(REFUSED,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [False]
