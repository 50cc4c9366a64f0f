"""The work queue, as producers and workers see it."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.queue import Priority, ShutDown, WorkQueue

REAL_SECONDS = 10.0


class Crew:
    """Workers in threads, each of which takes items until the queue shuts down, and notes what it took and when."""

    def __init__(self, clock: FakeClock, queue: WorkQueue[str]) -> None:
        self.clock, self.queue = clock, queue
        self.taken: list[tuple[float, str]] = []
        self.ended = 0
        self._threads: list[threading.Thread] = []
        self._moved = threading.Condition()

    def hire(self, count: int, work: Callable[[str], None] = lambda item: None) -> None:
        """Start workers and wait until all of them are blocked."""
        for _ in range(count):
            thread = threading.Thread(target=self._run, args=(work,))
            thread.start()
            self._threads.append(thread)
        self.clock.wait_for_waiters(len(self._threads))

    def wait_for(self, count: int) -> list[tuple[float, str]]:
        """Return what was taken, when so many items have been."""
        with self._moved:
            assert self._moved.wait_for(lambda: len(self.taken) >= count, REAL_SECONDS), self.taken
            return list(self.taken)

    def dismiss(self) -> None:
        """Shut the queue down and join the workers."""
        self.queue.shut_down()
        for thread in self._threads:
            thread.join(REAL_SECONDS)
            assert not thread.is_alive()

    def _run(self, work: Callable[[str], None]) -> None:
        while True:
            try:
                item = self.queue.get()
            except ShutDown:
                self.ended += 1
                return
            work(item)
            with self._moved:
                self.taken.append((self.clock.monotonic(), item))
                self._moved.notify_all()
            self.queue.done(item)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def queue(clock: FakeClock) -> WorkQueue[str]:
    """An empty queue."""
    return WorkQueue(clock)


@pytest.fixture
def crew(clock: FakeClock, queue: WorkQueue[str]) -> Iterator[Crew]:
    """Nobody yet; whoever is hired is dismissed at the end."""
    crew = Crew(clock, queue)
    yield crew
    crew.dismiss()


def drain_ready(queue: WorkQueue[str]) -> list[str]:
    """Take and finish everything that is ready."""
    items = []
    while len(queue):
        items.append(queue.get())
        queue.done(items[-1])
    return items


# 48, 49: sets


def test_add_while_processing_gives_exactly_one_more_run(queue: WorkQueue[str]) -> None:
    """An item added three times while it is worked on is handed out once more, and only after done."""
    queue.add("item")
    queue.get()
    for _ in range(3):
        queue.add("item")
    assert len(queue) == 0
    queue.done("item")
    assert drain_ready(queue) == ["item"]


def test_a_thousand_adds_before_a_get_give_one_run(queue: WorkQueue[str]) -> None:
    """However often an item is added before it is taken, it is handed out once."""
    for _ in range(1000):
        queue.add("item")
    assert drain_ready(queue) == ["item"]


def test_no_two_workers_hold_one_item(clock: FakeClock, queue: WorkQueue[str], crew: Crew) -> None:
    """While four workers are free and one item is added again and again, it is never held twice."""
    held: list[str] = []
    most: list[int] = []

    def work(item: str) -> None:
        held.append(item)
        most.append(held.count(item))
        if len(most) < 50:
            queue.add(item)
        held.remove(item)

    crew.hire(4, work)
    queue.add("item")
    crew.wait_for(50)
    assert max(most) == 1


def test_no_add_is_lost_among_threads() -> None:
    """With four producers and four workers on real time, each key is run after its last change, by one at a time."""
    queue: WorkQueue[int] = WorkQueue(SystemClock())
    written, seen, held, most = [0] * 20, [0] * 20, [0] * 20, [0]
    moved = threading.Condition()

    def produce(producer: int) -> None:
        for number in range(1000):
            key = (number * 7 + producer) % 20
            with moved:
                written[key] += 1
            queue.add_after(key, 0.0005 * (number % 3))

    def work() -> None:
        with contextlib.suppress(ShutDown):
            while True:
                key = queue.get()
                held[key] += 1
                with moved:
                    most.append(held[key])
                    seen[key] = written[key]
                    moved.notify_all()
                held[key] -= 1
                queue.done(key)

    workers = [threading.Thread(target=work) for _ in range(4)]
    producers = [threading.Thread(target=produce, args=(number,)) for number in range(4)]
    for thread in (*workers, *producers):
        thread.start()
    for thread in producers:
        thread.join(REAL_SECONDS)
    with moved:
        assert moved.wait_for(lambda: seen == written, REAL_SECONDS)
    queue.shut_down()
    for thread in workers:
        thread.join(REAL_SECONDS)
    assert max(most) == 1


# 50: delays


def test_of_two_delays_the_earlier_fires(clock: FakeClock, queue: WorkQueue[str], crew: Crew) -> None:
    """An item with two delays runs at the earlier one, and not again at the later."""
    queue.add_after("item", 5)
    queue.add_after("item", 2)
    queue.add_after("item", 9)
    crew.hire(1)
    clock.advance(2)
    assert crew.wait_for(1) == [(2.0, "item")]
    clock.wait_for_waiters(1)
    clock.advance(60)
    queue.add("end")
    assert crew.wait_for(2)[1:] == [(62.0, "end")]


def test_an_earlier_deadline_wakes_a_waiting_worker(clock: FakeClock, queue: WorkQueue[str], crew: Crew) -> None:
    """A worker that waits for a far delay takes an item whose nearer delay was added while it waited."""
    queue.add_after("far", 100)
    crew.hire(1)
    queue.add_after("near", 3)
    clock.wait_for_waiters(1)
    until_due(clock, 3.0)
    assert crew.wait_for(1) == [(3.0, "near")]


def test_items_due_at_one_instant_find_all_workers(clock: FakeClock, queue: WorkQueue[str], crew: Crew) -> None:
    """Three delays that end at the same instant keep three workers busy at the same time."""
    together = threading.Barrier(3, timeout=REAL_SECONDS)

    def work(_: str) -> None:
        together.wait()

    crew.hire(3, work)
    for item in "abc":
        queue.add_after(item, 5)
    until_due(clock, 5.0)
    assert sorted(item for _, item in crew.wait_for(3)) == ["a", "b", "c"]


def until_due(clock: FakeClock, instant: float) -> None:
    """Let time pass until `instant`, once somebody waits for it."""
    with clock._changed:
        assert clock._changed.wait_for(lambda: clock.next_due() == instant, REAL_SECONDS), clock.next_due()
    clock.advance(instant - clock.monotonic())


# 51, 52: limiter


def test_retries_of_a_failing_item_back_off_and_success_resets(clock: FakeClock, queue: WorkQueue[str]) -> None:
    """The delays of a failing item double; after forget they begin again."""
    delays = [queue.add_rate_limited("item") for _ in range(4)]
    assert (delays, queue.retries("item")) == ([0.5, 1.0, 2.0, 4.0], 4)
    queue.forget("item")
    assert (queue.retries("item"), queue.add_rate_limited("item")) == (0, 0.5)


def test_a_thousand_failing_items_retry_at_the_rate_of_the_bucket(clock: FakeClock, queue: WorkQueue[str]) -> None:
    """A thousand failing items are retried at ten a second after the burst, and a fresh change is not slowed."""
    for number in range(1000):
        queue.add_rate_limited(f"failing-{number}")
    clock.advance(10)
    assert 200 <= len(drain_ready(queue)) <= 202
    queue.add("fresh")
    assert queue.get() == "fresh"
    clock.advance(10)
    assert 99 <= len(queue) <= 101


# 53: priority


def test_a_flood_of_low_items_does_not_delay_a_normal_one(queue: WorkQueue[str]) -> None:
    """After five thousand low adds a normal add is taken next, and under a flood of normals one in ten is low."""
    for number in range(5000):
        queue.add(f"low-{number}", Priority.LOW)
    queue.get()
    queue.add("change")
    assert queue.get() == "change"
    for number in range(90):
        queue.add(f"normal-{number}")
    taken = [queue.get() for _ in range(100)]
    assert 9 <= sum(item.startswith("low") for item in taken) <= 11


@pytest.fixture
def limited(clock: FakeClock) -> Iterator[Crew]:
    """A crew of a queue of whose low items one may be held."""
    crew = Crew(clock, WorkQueue(clock, low_at_once=1))
    yield crew
    crew.dismiss()


@pytest.mark.parametrize("seconds", [0.0, 5.0], ids=["at once", "in a moment, while it waits"])
def test_a_free_worker_takes_what_is_raised(limited: Crew, seconds: float) -> None:
    """With all low places held, an item that waits for one is taken by a free worker when it is added as normal."""
    limited.queue.add("held", Priority.LOW)
    limited.queue.add("waits", Priority.LOW)
    limited.queue.get()
    limited.hire(1)
    limited.queue.add_after("waits", seconds, Priority.NORMAL)
    assert limited.wait_for(1) == [(0.0, "waits")]


def test_low_items_take_the_place_of_one_another(limited: Crew) -> None:
    """With one low place, workers that were free all the time take low items one after the other, and all of them."""
    held, most = [0], [0]

    def work(_: str) -> None:
        held[0] += 1
        most.append(held[0])
        held[0] -= 1

    limited.hire(3, work)
    for number in range(20):
        limited.queue.add(f"low-{number}", Priority.LOW)
    limited.wait_for(20)
    assert max(most) == 1


# 54: shutdown


def test_shutdown_wakes_all_workers_and_refuses_adds(queue: WorkQueue[str], crew: Crew) -> None:
    """Shutting down ends eight blocked workers, and what is added afterwards, in whichever way, is ignored."""
    crew.hire(8)
    crew.dismiss()
    queue.add("item")
    queue.add_after("item", 1)
    queue.add_rate_limited("item")
    assert (crew.ended, len(queue), queue.is_shut_down) == (8, 0, True)
    with pytest.raises(ShutDown):
        queue.get()


def test_shutdown_drops_what_waits(clock: FakeClock, queue: WorkQueue[str]) -> None:
    """Neither ready nor delayed items are handed out after a shutdown."""
    queue.add("ready")
    queue.add_after("delayed", 1)
    queue.shut_down()
    clock.advance(5)
    assert len(queue) == 0
    with pytest.raises(ShutDown):
        queue.get()


def test_drain_reports_a_stuck_worker(clock: FakeClock, queue: WorkQueue[str]) -> None:
    """Draining gives up after its time while an item is still held, and the item can be named."""
    queue.add("stuck")
    queue.get()
    queue.shut_down()
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(queue.drain(25)))
    thread.start()
    clock.wait_for_waiters(1)
    clock.advance(25)
    thread.join(REAL_SECONDS)
    assert (answers, queue.processing) == ([False], ("stuck",))


def test_drain_ends_when_the_last_item_is_done(clock: FakeClock, queue: WorkQueue[str]) -> None:
    """Draining returns as soon as nothing is held any more."""
    queue.add("item")
    queue.get()
    queue.shut_down()
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(queue.drain(25)))
    thread.start()
    clock.wait_for_waiters(1)
    queue.done("item")
    thread.join(REAL_SECONDS)
    assert (answers, clock.monotonic()) == ([True], 0.0)


def test_done_after_shutdown_does_not_bring_an_item_back(queue: WorkQueue[str]) -> None:
    """An item that became dirty before the shutdown is not handed out after it."""
    queue.add("item")
    queue.get()
    queue.add("item")
    queue.shut_down()
    queue.done("item")
    assert len(queue) == 0


def test_done_of_an_item_that_is_not_held_raises(queue: WorkQueue[str]) -> None:
    """Reporting an item done twice is an error, not a silent loss."""
    queue.add("item")
    queue.done(queue.get())
    with pytest.raises(ValueError, match="item"):
        queue.done("item")
