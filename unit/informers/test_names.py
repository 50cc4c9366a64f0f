"""Names: looked up apart from who asks, and the first of their addresses that lets us connect."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from fakes.wire import PATH, QUICK, Background, transport_to
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ConnectError, DeadlineExceeded
from multicasskop.informers.names import Address, Names, connect
from multicasskop.informers.transport import Transport

FOUND: list[Address] = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 6443))]


@dataclass
class Resolver:
    """Stands in for the system's: answers when it is let, and counts who asks."""

    answer: Callable[[], list[Address]] = lambda: FOUND
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    free: threading.Event = field(default_factory=threading.Event)

    def __call__(self, *asked: Any, **_: Any) -> list[Address]:  # noqa: ANN401
        """Answer."""
        self.asked.append(asked)
        self.begun.release()
        assert self.free.wait(10)
        return self.answer()


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """The system's resolver, which is silent until it is let."""
    found = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", found)
    yield found
    found.free.set()


def at_once() -> float:
    """Wait for next to nothing."""
    return 0.05


def long() -> float:
    """Wait for as long as a test may."""
    return 10.0


@pytest.mark.usefixtures("resolver")
def test_a_silent_resolver_is_not_waited_for() -> None:
    """Whoever asks waits as long as it has time, and is told that the name did not resolve."""
    with pytest.raises(socket.gaierror, match="no answer in time"):
        Names().addresses("api.example", 6443, at_once)


def test_those_who_ask_together_wait_for_one_look(resolver: Resolver) -> None:
    """However many ask and give up, one thread at a time waits for the resolver; the next look is a new one."""
    names = Names()
    for _ in range(3):
        with pytest.raises(socket.gaierror):
            names.addresses("api.example", 6443, at_once)
    late = Background(lambda: names.addresses("api.example", 6443, long))
    assert resolver.asked == [("api.example", 6443)]
    resolver.free.set()
    assert late.outcome() == FOUND
    assert names.addresses("api.example", 6443, long) == FOUND
    assert len(resolver.asked) == 2


@pytest.mark.parametrize("host", ["192.0.2.1", "[2001:db8::1]", "fe80::1%lo"])
def test_addresses_need_no_look(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """An address is read at once, by the caller itself."""
    threads = []

    def answer(*_: object, **__: object) -> list[Address]:
        threads.append(threading.current_thread())
        return FOUND

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert Names().addresses(host, 6443, at_once) == FOUND
    assert threads == [threading.current_thread()]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(socket.gaierror(socket.EAI_NONAME, "unknown"), "unknown", id="no such name"),
        pytest.param(UnicodeError("label too long"), "not a name", id="no name at all"),
    ],
)
def test_refusals_reach_who_asks(resolver: Resolver, error: Exception, text: str) -> None:
    """What the resolver says is what the caller is told, and the next one asks again."""
    names, refusals = Names(), [error]

    def answer() -> list[Address]:
        if refusals:
            raise refusals.pop()
        return FOUND

    resolver.answer = answer
    resolver.free.set()
    with pytest.raises(socket.gaierror, match=text):
        names.addresses("api.example", 6443, long)
    assert names.addresses("api.example", 6443, long) == FOUND


def test_without_a_thread_there_is_an_error(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system gives no thread, that is told, and the next one asks again."""
    names = Names()
    resolver.free.set()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", failing)
        with pytest.raises(socket.gaierror, match="no thread"):
            names.addresses("api.example", 6443, long)
    assert names.addresses("api.example", 6443, long) == FOUND


def failing(_: threading.Thread) -> None:
    """Stands in for a system without threads."""
    raise RuntimeError("can't start new thread")


ASKED: dict[str, Callable[[Transport], object]] = {
    "a call": lambda transport: transport.request("GET", PATH),
    "a call with a deadline": lambda transport: transport.request("GET", PATH, deadline=Deadline(SystemClock(), 0.2)),
    "a probe": lambda transport: transport.probe(0.2),
    "a stream": lambda transport: transport.stream(PATH, (), 0.2),
}


@pytest.mark.usefixtures("resolver")
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_calls_end_in_time(ask: Callable[[Transport], object]) -> None:
    """No call takes longer than its time because a name does not resolve, and it says that this was it."""
    error = Background(lambda: ask(transport_to("https://api.example:6443", options=QUICK))).outcome(within=5)
    assert isinstance(error, ConnectError | DeadlineExceeded)
    assert "the name in https://api.example:6443 does not resolve" in str(error)


# addresses


def listening() -> socket.socket:
    """Return a listener."""
    return socket.create_server(("127.0.0.1", 0))


def of(wire: socket.socket) -> Address:
    """Return a listener's address as the resolver gives it."""
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", wire.getsockname()


def test_the_first_address_that_takes_us() -> None:
    """Addresses at which nobody listens are passed over, and the socket has the options."""
    with closing(listening()) as gone:
        nobody = of(gone)
    with closing(listening()) as listener:
        option = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with closing(connect([nobody, of(listener)], [option], long)) as wire:
            assert wire.getpeername() == listener.getsockname()
            assert wire.getsockopt(*option[:2])
            assert wire.gettimeout() == long()


def test_no_address_takes_us() -> None:
    """The last refusal is the one that is told; without any address there is one, too."""
    with closing(listening()) as gone:
        nobody = of(gone)
    with pytest.raises(ConnectionRefusedError):
        connect([nobody, nobody], (), long)
    with pytest.raises(OSError, match="no address"):
        connect([], (), long)


def test_no_address_is_tried_when_time_is_over() -> None:
    """Where there is no time left nothing is connected to."""

    def over() -> float:
        raise TimeoutError

    with closing(listening()) as listener, pytest.raises(TimeoutError):
        connect([of(listener)], (), over)
