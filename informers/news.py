"""News: whoever follows something is told when there is another thing to see than what he was told last."""

import threading
from collections.abc import Callable


class News:
    """Looks whenever something may have changed, and tells the followers if it has. Thread-safe.

    Looks come one after the other, so that no older one hides a newer one: what changes meanwhile is looked at by
    whoever looks already, and nobody waits for that. No lock is held while it looks or tells.
    """

    def __init__(self, see: Callable[[], object], known: object, *followers: Callable[[], None]) -> None:
        """`see` returns what there is to see, as a value; `known` is what followers take for granted."""
        self._see, self._told, self._followers = see, known, followers
        self._lock = threading.Lock()
        self._due = self._looking = False

    def follow(self, follower: Callable[[], None]) -> None:
        """Call `follower()` at all news from now on, in the order of following; it looks for itself, and is short."""
        with self._lock:
            self._followers = (*self._followers, follower)

    def end(self) -> None:
        """Let go of all followers."""
        with self._lock:
            self._followers = ()

    def look(self) -> None:
        """Look, and tell; where another thread is at that, it looks once more, and this one goes on."""
        self._due = True
        while self._begins():
            try:
                self._compare()
            finally:
                self._looking = False

    def _begins(self) -> bool:
        with self._lock:
            if self._looking or not self._due:
                return False
            self._looking, self._due = True, False
            return True

    def _compare(self) -> None:
        seen = self._see()
        if seen == self._told:
            return
        self._told = seen
        for follower in self._followers:
            follower()
