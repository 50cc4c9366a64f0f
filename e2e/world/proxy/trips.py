"""One request on its way to the server and back: the steps in which faults are written."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NoReturn, Protocol

from multicasskop.world.proxy.answers import Answer
from multicasskop.world.proxy.requests import Request


class CutError(Exception):
    """The caller's connection ends here: with a reset, or in good order."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__("reset" if reset else "closed")
        self.reset = reset


class Control(Protocol):
    """What a fault may do beside its own request."""

    def now(self) -> datetime:
        """The wall clock."""
        ...

    def wait(self, rule: str, seconds: float | None) -> bool:
        """Wait until the rule is cleared, for so long at most; whether it is."""
        ...

    def refuse(self, member: str, rule: str) -> None:
        """Refuse all connections to a member until the rule is cleared."""
        ...

    def frozen(self) -> AbstractContextManager[None]:
        """Hold all requests that come meanwhile; they are dropped afterwards."""
        ...

    def kill(self) -> None:
        """Kill the operator; return when it is dead and its connections are cut."""
        ...

    def terminate(self) -> None:
        """Ask the operator to stop, and do not wait for it."""
        ...


class Lines(Protocol):
    """The lines of a watch, each with its newline, as they arrive; they end with the stream, or when the rule goes."""

    def __iter__(self) -> Iterator[bytes]:
        """All of them."""
        ...

    def within(self, seconds: float) -> Iterator[bytes]:
        """Those of the next seconds."""
        ...


class Trip:
    """A request, and what has become of it: `code` is what the caller was given, 0 for nothing."""

    def __init__(
        self,
        request: Request,
        rule: str,
        control: Control,
        ask: Callable[[Request], Answer],
        send: Callable[[bytes], None],
    ) -> None:
        self.request, self.rule, self.control = request, rule, control
        self.code = self.forwarded = 0
        self.streams = False
        self._ask, self._send = ask, send

    def forward(self, request: Request | None = None) -> Answer:
        """Send the request on, or another one in its place, and return the server's answer."""
        self.forwarded += 1
        return self._ask(request or self.request)

    def deliver(self, answer: Answer) -> None:
        """Give the caller an answer. What follows of a stream goes line by line, once the action has returned."""
        self.send(answer.wire(), answer.code)
        self.streams = answer.streams

    def send(self, data: bytes, code: int) -> None:
        """Give the caller some bytes of an answer with that code."""
        self.code = code
        self._send(data)

    def pass_on(self) -> None:
        """Do what happens without a fault."""
        self.deliver(self.forward())

    def wait(self, seconds: float | None = None) -> bool:
        """Wait so many seconds, or until the rule is cleared; whether it is."""
        return self.control.wait(self.rule, seconds)

    def reset(self) -> NoReturn:
        """End the caller's connection with a reset."""
        raise CutError(reset=True)

    def close(self) -> NoReturn:
        """End the caller's connection in good order."""
        raise CutError(reset=False)
