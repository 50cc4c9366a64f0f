"""A thread of its own, and a bounded buffer, for a handler that may block."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from multicasskop.informers.changes import Change, ChangeKind
from multicasskop.informers.clock import Clock
from multicasskop.informers.key import Key

AGE_WARNING = 30.0

_log = structlog.get_logger("multicasskop.informers")

Changes = tuple[Change, ...]


def merged(first: Change, second: Change) -> Changes:
    """Return what two changes of one object, neither of them delivered yet, come to; a deletion is never lost.

    Raises ValueError for two that cannot follow each other.
    """
    match first.kind, second.kind:
        case ChangeKind.ADD, ChangeKind.UPDATE:
            return (Change(None, second.new, initial=first.initial),)
        case ChangeKind.UPDATE, ChangeKind.UPDATE:
            return (Change(first.old, second.new),)
        case ChangeKind.ADD, ChangeKind.DELETE:
            return ()
        case ChangeKind.UPDATE, ChangeKind.DELETE:
            return (second,)
        case ChangeKind.DELETE, ChangeKind.ADD:
            return (first, second)
        case _:
            raise ValueError(f"{second.kind} after {first.kind} of {second.key}")


@dataclass(slots=True)
class _Pending:
    number: int
    since: float
    changes: Changes


class CoalescingBuffer:
    """Changes waiting for one handler: at most two for each object, whatever the rate at which they come.

    Objects are taken in the order in which their first pending change came. Not thread-safe.
    """

    def __init__(self) -> None:
        self._pending: dict[Key, _Pending] = {}
        self._number = 0

    def __len__(self) -> int:
        return sum(len(pending.changes) for pending in self._pending.values())

    @property
    def number(self) -> int:
        """A count that grows with every entry; `oldest` compares with it."""
        return self._number

    @property
    def oldest(self) -> tuple[int, float] | None:
        """Number and time of the entry that is next, or None when nothing waits."""
        first = next(iter(self._pending.values()), None)
        return (first.number, first.since) if first else None

    def put(self, change: Change, now: float) -> None:
        """Add a change to what its object has pending."""
        pending = self._pending.get(change.key)
        if pending is None:
            self._number += 1
            self._pending[change.key] = _Pending(self._number, now, (change,))
            return
        *before, last = pending.changes
        pending.changes = (*before, *merged(last, change))
        if not pending.changes:
            del self._pending[change.key]

    def take(self) -> tuple[int, Changes]:
        """Return and remove what the next object has pending, with the entry's number; KeyError when nothing waits."""
        key = next(iter(self._pending), None)
        if key is None:
            raise KeyError("nothing waits")
        pending = self._pending.pop(key)
        return pending.number, pending.changes

    def clear(self) -> None:
        """Forget all that waits."""
        self._pending.clear()


class Listener:
    """Calls a handler from a thread of its own, which `run` is to be spawned in; `offer` never blocks.

    The handler sees changes of one object in order, and may miss states in between. `call` isolates it: it raises
    nothing that the handler raised as an Exception.
    """

    def __init__(self, name: str, call: Callable[[Change], None], clock: Clock) -> None:
        self.name = name
        self._call, self._clock = call, clock
        self._changed = threading.Condition()
        self._calling = threading.RLock()
        self._buffer = CoalescingBuffer()
        self._running = 0
        self._barrier: int | None = None
        self._at_barrier: Callable[[], None] = lambda: None
        self._removed = False
        self._warned = False

    @property
    def depth(self) -> int:
        """How many changes wait."""
        with self._changed:
            return len(self._buffer)

    @property
    def age(self) -> float:
        """How long the oldest of them has waited, in seconds."""
        with self._changed:
            return self._age_locked()

    def offer(self, change: Change) -> None:
        """Take a change in, for later."""
        with self._changed:
            self._buffer.put(change, self._clock.monotonic())
            self._warn_of_age_locked()
            self._changed.notify_all()
        self._pass_barrier()

    def when_done(self, callback: Callable[[], None]) -> None:
        """Call back, once, when all that has been offered up to now has been handled."""
        with self._changed:
            self._barrier, self._at_barrier = self._buffer.number, callback
        self._pass_barrier()

    def remove(self) -> None:
        """End; no call begins after this has returned. Waits for one that runs, unless called from within it."""
        with self._changed:
            self._removed = True
            self._buffer.clear()
            self._changed.notify_all()
        with self._calling:
            pass

    def run(self) -> None:
        """Handle changes until removed."""
        while self._wait():
            with self._calling:
                self._handle_next()
            self._pass_barrier()

    def _wait(self) -> bool:
        with self._changed:
            while not self._removed and self._buffer.oldest is None:
                self._warned = False
                self._clock.wait(self._changed, None)
            return not self._removed

    def _handle_next(self) -> None:
        with self._changed:
            if self._removed or self._buffer.oldest is None:
                return
            self._running, changes = self._buffer.take()
        for change in changes:
            if not self._removed:
                self._call(change)
        self._running = 0

    def _pass_barrier(self) -> None:
        with self._changed:
            oldest = self._buffer.oldest
            behind = self._running or (oldest[0] if oldest else self._buffer.number + 1)
            if self._barrier is None or behind <= self._barrier:
                return
            self._barrier = None
        self._at_barrier()

    def _age_locked(self) -> float:
        oldest = self._buffer.oldest
        return self._clock.monotonic() - oldest[1] if oldest else 0.0

    def _warn_of_age_locked(self) -> None:
        age = self._age_locked()
        if age > AGE_WARNING and not self._warned:
            self._warned = True
            _log.warning("listener is slow", handler=self.name, oldest_seconds=round(age, 1), waiting=len(self._buffer))
