"""Buffers of handlers that may block."""

import threading
from collections.abc import Iterable

import pytest
from fakes.clock import FakeClock
from fakes.objects import record
from fakes.rig import Journal, told
from multicasskop.informers.changes import Change, added, deleted, updated
from multicasskop.informers.listeners import CoalescingBuffer, Listener, merged
from structlog.testing import capture_logs

PATIENCE = 10.0
R1, R2, R3 = record("a", 1), record("a", 2), record("a", 3)
GONE = deleted(R3, final_state_known=True)


def put_all(changes: Iterable[Change]) -> CoalescingBuffer:
    """Return a buffer that holds these."""
    buffer = CoalescingBuffer()
    for change in changes:
        buffer.put(change, 0.0)
    return buffer


PAIRS = [
    pytest.param(added(R1, initial=True), updated(R1, R2), [Change(None, R2, initial=True)], id="add, update"),
    pytest.param(updated(R1, R2), updated(R2, R3), [updated(R1, R3)], id="update, update"),
    pytest.param(added(R1), GONE, [], id="add, delete"),
    pytest.param(updated(R1, R2), GONE, [GONE], id="update, delete"),
    pytest.param(GONE, added(R1), [GONE, added(R1)], id="delete, add"),
]


@pytest.mark.parametrize(("first", "second", "result"), PAIRS)
def test_44_coalescing(first: Change, second: Change, result: list[Change]) -> None:
    """Each of the five pairs of pending changes comes to what the table says."""
    assert list(merged(first, second)) == result
    buffer = put_all([first, second])
    assert len(buffer) == len(result)
    if result:
        assert list(buffer.take()[1]) == result


@pytest.mark.parametrize(
    ("first", "second"),
    [(added(R1), added(R2)), (updated(R1, R2), added(R3)), (GONE, updated(R1, R2)), (GONE, GONE)],
    ids=["add, add", "update, add", "delete, update", "delete, delete"],
)
def test_pairs_that_cannot_be(first: Change, second: Change) -> None:
    """Two changes that no store brings about in this order are a bug, and a loud one."""
    with pytest.raises(ValueError, match="after"):
        merged(first, second)


def test_born_again_and_again() -> None:
    """However often an object comes and goes, its deletion and its last birth are all that waits."""
    buffer = put_all([updated(R1, R2), GONE, added(R1), updated(R1, R2), GONE, added(R3)])
    assert [told(change) for change in buffer.take()[1]] == ["delete a@3", "add a@3"]


def test_order_of_objects() -> None:
    """Objects are taken in the order of their first pending change, which a merge does not alter."""
    buffer = put_all([added(R1), added(record("b", 1)), updated(R1, R2)])
    assert [buffer.take()[1][0].key.name for _ in range(2)] == ["a", "b"]
    with pytest.raises(KeyError):
        buffer.take()


class Running:
    """A listener in a thread."""

    def __init__(self, call: Journal) -> None:
        """Start."""
        self.clock = FakeClock()
        self.listener = Listener("slow", call, self.clock)
        self.thread = threading.Thread(target=self.listener.run)
        self.thread.start()

    def end(self) -> None:
        """Remove the listener, which ends its thread."""
        self.listener.remove()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


class Gated(Journal):
    """A handler that waits at a gate before it writes anything down."""

    def __init__(self) -> None:
        """Begin with a shut gate."""
        super().__init__()
        self.reached, self.gate = threading.Event(), threading.Event()

    def __call__(self, change: Change) -> None:
        """Wait, then handle."""
        self.reached.set()
        assert self.gate.wait(PATIENCE)
        super().__call__(change)


def test_43_slow_listener() -> None:
    """While a listener is slow 100,000 updates of 10 keys wait in at most 20 entries, and all last states arrive."""
    handler = Gated()
    running = Running(handler)
    records = [[record(f"w{key}", version) for version in range(1, 11)] for key in range(10)]
    for versions in records:
        running.listener.offer(added(versions[0]))
    deepest = 0
    for number in range(100_000):
        versions = records[number % 10]
        running.listener.offer(updated(versions[number // 10 % 9], versions[number // 10 % 9 + 1]))
        deepest = max(deepest, running.listener.depth)
    last = {versions[0].key: versions[(100_000 // 10 - 1) % 9 + 1].version for versions in records}
    done = threading.Event()
    running.listener.when_done(done.set)
    handler.gate.set()
    assert done.wait(PATIENCE)
    running.end()
    assert deepest <= 20
    assert {change.key: change.record.version for change in handler.changes} == last


def test_when_done_covers_what_runs() -> None:
    """What is being handled counts as not done, and so does what waits; later offers do not matter."""
    handler = Gated()
    running = Running(handler)
    running.listener.offer(added(R1))
    assert handler.reached.wait(PATIENCE)
    done = threading.Event()
    running.listener.when_done(done.set)
    assert not done.is_set()
    running.listener.offer(added(record("later", 1)))
    handler.gate.set()
    assert done.wait(PATIENCE)
    running.end()


def test_when_done_at_once() -> None:
    """Where nothing waits and nothing runs, all is done."""
    running, done = Running(Journal()), threading.Event()
    running.clock.wait_for_waiters(1)
    running.listener.when_done(done.set)
    assert done.is_set()
    running.end()


def test_removed_listener_forgets() -> None:
    """A listener that is removed drops what waits, and its thread ends."""
    handler = Gated()
    running = Running(handler)
    for name in "abc":
        running.listener.offer(added(record(name, 1)))
    assert handler.reached.wait(PATIENCE)
    remover = threading.Thread(target=running.end)
    remover.start()
    handler.gate.set()
    remover.join(PATIENCE)
    assert len(handler.changes) <= 1
    assert running.listener.depth == 0


def test_age_warning() -> None:
    """A change that has waited for more than 30 s is a warning, once until the buffer has been empty."""
    handler = Gated()
    running = Running(handler)
    running.listener.offer(added(record("x", 1)))
    assert handler.reached.wait(PATIENCE)
    running.listener.offer(added(R1))
    running.clock.advance(31)
    with capture_logs() as logs:
        running.listener.offer(updated(R1, R2))
        running.listener.offer(updated(R2, R3))
    assert [(log["handler"], log["oldest_seconds"]) for log in logs] == [("slow", 31.0)]
    handler.gate.set()
    running.end()
