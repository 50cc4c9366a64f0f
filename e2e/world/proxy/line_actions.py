"""Faults of watches: what becomes of their lines. Each counts the lines of its own stream."""

from collections import deque
from collections.abc import Iterator

import msgspec
from multicasskop.world.proxy import answers
from multicasskop.world.proxy.trace import read_line
from multicasskop.world.proxy.trips import Lines, Trip
from multicasskop.world.proxy.values import Fault


class ErrorLine(Fault, frozen=True):
    """An ERROR event after so many lines, or behind the next bookmark, and the clean end after it."""

    code: int = 410
    after: int = 0
    behind_bookmark: bool = False
    reason: str = ""

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """Some lines, then the error."""
        if self.after or self.behind_bookmark:
            for number, line in enumerate(lines, 1):
                yield line
                if read_line(line)[0] == "BOOKMARK" if self.behind_bookmark else number >= self.after:
                    break
            else:
                return
        yield msgspec.json.encode({"type": "ERROR", "object": answers.status(self.code, self.reason)}) + b"\n"


class EndStream(Fault, frozen=True):
    """The end after so many lines: a clean one, or with `cut` in the middle of the line that follows."""

    after: int = 0
    cut: bool = False

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """Some lines, then no more."""
        if not self.after and not self.cut:
            return
        for number, line in enumerate(lines, 1):
            if number > self.after:
                yield line[: len(line) // 2]
                return
            yield line
            if number == self.after and not self.cut:
                return


class InsertLine(Fault, frozen=True):
    """After so many lines one that the server never sent: this text, filled up to a size in bytes, once."""

    text: str = "this is no JSON"
    size: int = 0
    after: int = 0

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """Some lines, this one, then the others."""
        line = self.text.encode().ljust(self.size, b"x") + b"\n"
        if not self.after:
            yield line
        for number, other in enumerate(lines, 1):
            yield other
            if number == self.after:
                yield line


class DropLines(Fault, frozen=True):
    """Leave out the lines of a type, for example all bookmarks."""

    type: str

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """The others."""
        for line in lines:
            yield b"" if read_line(line)[0] == self.type else line


class HoldLines(Fault, frozen=True):
    """Hold all lines until the rule is cleared, or for so many seconds; then they come in order.

    Over one kind only it changes the order between kinds, which nobody promises.
    """

    seconds: float = 0.0

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """All of them, late."""
        yield from list(lines.within(self.seconds)) if self.seconds else list(lines)
        yield from lines


class CoalesceLines(Fault, frozen=True):
    """Hold all lines until the rule is cleared, then give the last state of each object; nothing of one made meanwhile.

    So whatever lay in between was never observed.
    """

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """The last ones, in the order of their versions."""
        first: dict[tuple[str, str], str] = {}
        last: dict[tuple[str, str], bytes] = {}
        for line in list(lines):
            kind, *key, _ = read_line(line)
            name = (key[0], key[1])
            first.setdefault(name, kind)
            last.pop(name, None)
            last[name] = line
        yield from (line for name, line in last.items() if (first[name], read_line(line)[0]) != ("ADDED", "DELETED"))
        yield from lines


class RepeatLines(Fault, frozen=True):
    """Give each line again: at once, or with `late` once so many others have come after it."""

    times: int = 1
    late: int = 0

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """Each line, and the older ones that are due again."""
        waiting: deque[bytes] = deque()
        for line in lines:
            yield line
            waiting.append(line)
            if len(waiting) > self.late:
                again = waiting.popleft()
                yield from (again for _ in range(self.times))
