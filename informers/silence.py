"""How long a stream may be silent before it is taken for dead."""

from dataclasses import dataclass

READ_TIMEOUT_MARGIN = 10.0
SHORTEST_READ_TIMEOUT = 75.0
FIRST_LINE_TIMEOUT = 66.0
"""Seconds in which a stream brings a bookmark at least: servers send the first one after a minute."""


@dataclass(slots=True)
class Silence:
    """How long a stream may bring nothing before it counts as dead.

    At first a little longer than the server's own timeout. Once bookmarks have come, three times the longest gap so
    far, at least 75 s: a resume costs one request, so being too eager is cheap. Holds from the next stream on.

    Before its first line, which is a bookmark if nothing happens, a stream has no more than 66 s: it may be one that
    will never bring anything. Of a server that was asked about such a one, and is all right, no bookmarks are expected.
    """

    bookmarks: bool = False
    harmless: bool = False
    longest: float = 0.0
    last: float | None = None

    def read_timeout(self, timeout: int) -> float:
        """Return the seconds for a stream that the server ends after `timeout`."""
        patience = timeout + READ_TIMEOUT_MARGIN
        return min(patience, max(SHORTEST_READ_TIMEOUT, 3 * self.longest)) if self.bookmarks else patience

    def first_timeout(self, timeout: int) -> float:
        """Return the seconds for its first line."""
        patience = self.read_timeout(timeout)
        return patience if self.harmless and not self.bookmarks else min(patience, FIRST_LINE_TIMEOUT)

    def begun(self, now: float) -> None:
        """Note that a stream was opened."""
        self.last = now

    def heard(self, now: float) -> None:
        """Note that bytes came."""
        self.longest, self.last = max(self.longest, now - (now if self.last is None else self.last)), now

    def exceeded(self) -> None:
        """Note that a stream was silent for too long: what was learned of bookmarks does not hold here."""
        self.bookmarks, self.longest = False, 0.0
