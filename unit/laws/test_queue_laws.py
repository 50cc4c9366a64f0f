"""The work queue against a model of it that is too simple to be wrong."""

from dataclasses import dataclass, field

from fakes.clock import FakeClock
from fakes.law import law
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from multicasskop.informers.queue import Priority, WorkQueue
from multicasskop.informers.queue.priority import NORMALS_PER_LOW

ITEMS = st.sampled_from("abc")
PRIORITIES = st.sampled_from(Priority)
SECONDS = st.sampled_from([1, 2, 3, 5, 8, 1000])
LOW_AT_ONCE = st.sampled_from([None, 1, 2])


@dataclass
class Model:
    """What the queue should hold: lists that are searched, and no heap, no lazy entry, no lock."""

    low_at_once: int | None
    lines: dict[Priority, list[str]] = field(default_factory=lambda: {level: [] for level in Priority})
    held: dict[str, Priority] = field(default_factory=dict)
    dirty: dict[str, Priority] = field(default_factory=dict)
    delayed: list[tuple[float, int, str, Priority]] = field(default_factory=list)
    order: int = 0
    overtaken: int = 0

    def need(self, item: str, priority: Priority) -> None:
        """The item needs a run as soon as possible."""
        if item in self.held:
            self.dirty[item] = max(priority, self.dirty.get(item, priority))
            return
        present = next((level for level in Priority if item in self.lines[level]), None)
        if present is None or present < priority:
            for line in self.lines.values():
                line[:] = [other for other in line if other != item]
            self.lines[priority].append(item)

    def add(self, item: str, priority: Priority) -> None:
        """The item needs a run as soon as possible, in place of the one that it was to have later."""
        known = self.undelay(item)
        self.need(item, max(priority, known[3]) if known else priority)

    def delay(self, item: str, due: float, priority: Priority) -> None:
        """The item needs a run at an instant, the earliest of all it was given."""
        known = self.undelay(item)
        self.order += 1
        entry = (due, self.order, item, priority)
        if known is not None:
            entry = (*min(entry, known)[:2], item, max(priority, known[3]))
        self.delayed.append(entry)

    def undelay(self, item: str) -> tuple[float, int, str, Priority] | None:
        """Take the item's delay away."""
        known = next((entry for entry in self.delayed if entry[2] == item), None)
        self.delayed = [entry for entry in self.delayed if entry[2] != item]
        return known

    def release(self, now: float) -> None:
        """What is due needs its run now."""
        for entry in sorted(entry for entry in self.delayed if entry[0] <= now):
            self.delayed.remove(entry)
            self.need(entry[2], entry[3])

    def awaits_run(self, item: str) -> bool:
        """Whether the item will run without another add."""
        return item in self.dirty or any(item in line for line in self.lines.values())

    def take(self) -> str:
        """The item that has to come next, which is held from then on."""
        low, normal = self.lines[Priority.LOW], self.lines[Priority.NORMAL]
        is_normal = bool(normal) and (not low or self.low_is_full or self.overtaken < NORMALS_PER_LOW)
        self.overtaken = self.overtaken + 1 if is_normal and low else 0
        item = (normal if is_normal else low).pop(0)
        self.held[item] = Priority.NORMAL if is_normal else Priority.LOW
        return item

    def done(self, item: str) -> None:
        """The item's run has ended."""
        del self.held[item]
        if item in self.dirty:
            self.need(item, self.dirty.pop(item))

    @property
    def low_is_full(self) -> bool:
        """Whether as many are held at low priority as may be."""
        low = sum(level is Priority.LOW for level in self.held.values())
        return self.low_at_once is not None and low >= self.low_at_once

    @property
    def takeable(self) -> bool:
        """Whether a worker would be handed something."""
        return bool(self.lines[Priority.NORMAL] or (self.lines[Priority.LOW] and not self.low_is_full))

    @property
    def ready(self) -> int:
        """How many items wait for a worker."""
        return sum(map(len, self.lines.values()))


class QueueMachine(RuleBasedStateMachine):
    """Any sequence of calls, by any number of workers, in one thread."""

    clock: FakeClock
    queue: WorkQueue[str]
    model: Model

    @initialize(low_at_once=LOW_AT_ONCE)
    def begin(self, low_at_once: int | None) -> None:
        """An empty queue, with or without a limit to what is held at low priority."""
        self.clock = FakeClock()
        self.queue = WorkQueue(self.clock, low_at_once=low_at_once)
        self.model = Model(low_at_once)

    @rule(item=ITEMS, priority=PRIORITIES)
    def add(self, item: str, priority: Priority) -> None:
        """An add takes the place of the item's delay, with the higher level of the two."""
        self.queue.add(item, priority)
        self.model.add(item, priority)

    @rule(item=ITEMS, seconds=SECONDS, priority=PRIORITIES)
    def add_after(self, item: str, seconds: int, priority: Priority) -> None:
        """A delay counts unless the item runs anyway."""
        self.queue.add_after(item, seconds, priority)
        self._delay(item, seconds, priority)

    @rule(item=ITEMS, seconds=st.sampled_from([0.0, -1.0]), priority=PRIORITIES)
    def add_after_nothing(self, item: str, seconds: float, priority: Priority) -> None:
        """A delay that is none is an add."""
        self.queue.add_after(item, seconds, priority)
        self.model.add(item, priority)

    @rule(item=ITEMS)
    def add_rate_limited(self, item: str) -> None:
        """A retry is a delay whose length the limiter gives."""
        self._delay(item, self.queue.add_rate_limited(item), Priority.NORMAL)

    @rule(item=ITEMS)
    def forget(self, item: str) -> None:
        """Forgetting changes nothing but the number of retries."""
        self.queue.forget(item)
        assert self.queue.retries(item) == 0

    @rule(seconds=SECONDS)
    def advance(self, seconds: int) -> None:
        """Time makes delayed items ready, in the order of their times."""
        self.clock.advance(seconds)
        self.model.release(self.clock.monotonic())

    @precondition(lambda self: self.model.takeable)
    @rule()
    def get(self) -> None:
        """The item that comes is the one that the model says."""
        assert self.queue.get() == self.model.take()

    @precondition(lambda self: self.model.held)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        """Done makes a dirty item ready again."""
        item = data.draw(st.sampled_from(sorted(self.model.held)))
        self.queue.done(item)
        self.model.done(item)

    @invariant()
    def same_contents(self) -> None:
        """Both hold the same, and an item is never ready and held at once."""
        assert len(self.queue) == self.model.ready
        assert sorted(self.queue.processing) == sorted(self.model.held)
        assert len(set(self.queue.processing)) == len(self.queue.processing)

    def teardown(self) -> None:
        """In the end everything that was ever asked for is handed out: no add is lost."""
        self.clock.advance(10_000)
        self.model.release(self.clock.monotonic())
        while self.model.held or self.model.ready:
            while self.model.takeable:
                assert self.queue.get() == self.model.take()
            for item in list(self.model.held):
                self.queue.done(item)
                self.model.done(item)
        assert len(self.queue) == 0

    def _delay(self, item: str, seconds: float, priority: Priority) -> None:
        if self.model.awaits_run(item):
            self.model.need(item, priority)
        else:
            self.model.delay(item, self.clock.monotonic() + seconds, priority)


TestQueue = QueueMachine.TestCase
TestQueue.__doc__ = "Any sequence of calls leaves the queue and its model with the same contents and the same order."
TestQueue.settings = law(80, 50)
