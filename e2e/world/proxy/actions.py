"""The faults, as values that a plan file can hold: what becomes of a request, its answer, the lines of a stream.

By numbers of the list of fault kinds: F1 delay, drip · F2 refuse · F3 black_hole · F4 reset · F5 lose_request ·
F6 lose_answer · F7 deliver_twice · F8, F11, F31 status · F10 status, error_line · F12 end_stream, insert_line,
drop_lines, endless_pages · F13 travel, hold_lines · F14 coalesce_lines · F15 hold_lines · F16 repeat_lines ·
F17 crash. A fault acts until its rule is cleared.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec
from multicasskop.world.proxy import answers
from multicasskop.world.proxy.answers import Answer
from multicasskop.world.proxy.line_actions import (
    CoalesceLines,
    DropLines,
    EndStream,
    ErrorLine,
    HoldLines,
    InsertLine,
    RepeatLines,
)
from multicasskop.world.proxy.trips import Lines, Trip
from multicasskop.world.proxy.values import Fault

ENDLESS = "endless"


class Delay(Fault, frozen=True):
    """Hold the request, the answer, or each line of a stream for so many seconds."""

    seconds: float
    of: Literal["request", "answer", "lines"] = "request"

    def exchange(self, trip: Trip) -> None:
        """Wait before the request is sent on, or before the answer is given."""
        if self.of == "request":
            trip.wait(self.seconds)
        answer = trip.forward()
        if self.of == "answer":
            trip.wait(self.seconds)
        trip.deliver(answer)

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """Wait before each line."""
        for line in lines:
            if self.of == "lines":
                trip.wait(self.seconds)
            yield line


class Refuse(Fault, frozen=True):
    """The server is gone: this connection and all others are reset, new ones refused."""

    @property
    def is_for_connections(self) -> bool:
        """Whether more than one request feels it."""
        return True

    def exchange(self, trip: Trip) -> None:
        """Close the listener."""
        trip.control.refuse(trip.request.member, trip.rule)
        trip.reset()


class BlackHole(Fault, frozen=True):
    """Take everything, answer nothing. What was swallowed is lost: in the end the connection is reset."""

    def exchange(self, trip: Trip) -> None:
        """Read, and say nothing."""
        trip.wait()
        trip.reset()

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """Swallow, also the end of the stream."""
        for _ in lines:
            yield b""
        trip.wait()
        trip.reset()


class Reset(Fault, frozen=True):
    """Reset after the request was read, in the middle of the answer, or of a line that comes after so many others."""

    of: Literal["request", "answer", "lines"] = "request"
    after: int = -1

    def exchange(self, trip: Trip) -> None:
        """Before it is sent on; or after so many bytes of the answer, by default half of them."""
        if self.of == "request":
            trip.reset()
        if self.of == "lines":
            return trip.pass_on()
        answer = trip.forward()
        data = answer.wire()
        trip.send(data[: self.after if self.after >= 0 else len(data) // 2], answer.code)
        trip.reset()

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """In the middle of a line."""
        for number, line in enumerate(lines):
            if self.of == "lines" and number >= self.after:
                yield line[: len(line) // 2]
                trip.reset()
            yield line


class LoseRequest(Fault, frozen=True):
    """Close without sending it on: the server never saw it."""

    def exchange(self, trip: Trip) -> None:
        """Close."""
        trip.close()


class LoseAnswer(Fault, frozen=True):
    """Send it on, let the server commit, and reset without a byte: the caller cannot know."""

    def exchange(self, trip: Trip) -> None:
        """Take the whole answer, and lose it."""
        trip.forward()
        trip.reset()


class DeliverTwice(Fault, frozen=True):
    """Send the same request twice, and give the second answer."""

    def exchange(self, trip: Trip) -> None:
        """Once more."""
        trip.forward()
        trip.pass_on()


class Status(Fault, frozen=True):
    """An error answer: as a Status, as a load balancer's page, or empty; the server never saw the request.

    `retry_after` is the header: seconds, a date, `date+SECONDS`, or nonsense.
    """

    code: int
    form: Literal["status", "html", "empty"] = "status"
    reason: str = ""
    message: str = ""
    cause: str = ""
    retry_after: str = ""

    def exchange(self, trip: Trip) -> None:
        """Answer in the server's place."""
        headers, body = self._content()
        headers = {**headers, **answers.retry_after(self.retry_after, trip.control.now())}
        trip.deliver(Answer(self.code, headers, body))

    def _content(self) -> tuple[dict[str, str], bytes]:
        if self.form == "html":
            return {"content-type": "text/html"}, answers.page(self.code)
        if self.form == "empty":
            return {}, b""
        document = answers.status(self.code, self.reason, self.message, self.cause)
        return {"content-type": "application/json"}, msgspec.json.encode(document)


class Drip(Fault, frozen=True):
    """Give the answer slowly: so many bytes, then a pause of so many seconds, and so on."""

    size: int
    seconds: float

    def exchange(self, trip: Trip) -> None:
        """In small pieces."""
        answer = trip.forward()
        data = answer.wire()
        for start in range(0, len(data), self.size):
            trip.send(data[start : start + self.size], answer.code)
            trip.wait(self.seconds)
        trip.streams = answer.streams


class Hold(Fault, frozen=True):
    """Hold the request until the rule is cleared, then send it on or drop it."""

    then: Literal["forward", "drop"] = "forward"

    def exchange(self, trip: Trip) -> None:
        """Wait."""
        trip.wait()
        if self.then == "drop":
            trip.close()
        trip.pass_on()


class Crash(Fault, frozen=True):
    """Kill the operator before the server sees the request, after it committed, or once the answer is delivered.

    In each case nothing of the dying process reaches a server any more.
    """

    when: Literal["before", "after", "between"]

    def exchange(self, trip: Trip) -> None:
        """Let happen what happens, then kill."""
        with trip.control.frozen():
            if self.when != "before":
                answer = trip.forward()
            if self.when == "between":
                trip.deliver(answer)
            trip.control.kill()
        trip.reset()


class Terminate(Fault, frozen=True):
    """Ask the operator to stop, before the server sees the request, after it committed, or with the answer delivered.

    The request itself goes through, and so does all that the process still sends: it may end in good order.
    """

    when: Literal["before", "after", "between"]

    def exchange(self, trip: Trip) -> None:
        """Let happen what happens, and ask in between."""
        self._ask(trip, "before")
        answer = trip.forward()
        self._ask(trip, "after")
        trip.deliver(answer)
        self._ask(trip, "between")

    def _ask(self, trip: Trip, moment: str) -> None:
        if self.when == moment:
            trip.control.terminate()


class EndlessPages(Fault, frozen=True):
    """Every page of a list says that there is another one, and it is the same again."""

    def exchange(self, trip: Trip) -> None:
        """Ask for the first page, and add a token."""
        known = trip.request.query.get("continue")
        answer = trip.forward(trip.request.asking(**{"continue": None if known == ENDLESS else known}))
        content = answer.json()
        content.setdefault("metadata", {})["continue"] = ENDLESS
        trip.deliver(answer.holding(content))


class Travel(Fault, frozen=True):
    """Give the list as it was at an old version; the watch that follows starts there by itself."""

    version: str

    def exchange(self, trip: Trip) -> None:
        """Ask for that version. Later pages carry it in their token."""
        changes = {"resourceVersion": self.version, "resourceVersionMatch": "Exact"}
        trip.deliver(trip.forward(trip.request if "continue" in trip.request.query else trip.request.asking(**changes)))


Action = (
    Delay
    | Refuse
    | BlackHole
    | Reset
    | LoseRequest
    | LoseAnswer
    | DeliverTwice
    | Status
    | Drip
    | Hold
    | Crash
    | Terminate
    | EndlessPages
    | Travel
    | ErrorLine
    | EndStream
    | InsertLine
    | DropLines
    | HoldLines
    | CoalesceLines
    | RepeatLines
)
"""Any of them; in a plan file `do` tells which, for example `{do: lose_answer}`."""
