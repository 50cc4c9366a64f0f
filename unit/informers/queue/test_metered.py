"""What the queue measures."""

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.metrics import QUEUE_FAMILIES, Metrics
from multicasskop.informers.queue import Priority, WorkQueue
from prometheus_client import CollectorRegistry


class Measured:
    """A queue over a fake clock, and a look at what it has measured."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.registry = CollectorRegistry()
        self.queue: WorkQueue[str] = WorkQueue(self.clock, metrics=Metrics("mck", self.registry, QUEUE_FAMILIES))

    def value(self, name: str, **labels: str) -> float | None:
        """A sample as it would be scraped now."""
        self.queue.report()
        return self.registry.get_sample_value(f"mck_{name}", labels)


@pytest.fixture
def measured() -> Measured:
    """A fresh queue."""
    return Measured()


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("queue_depth", {"priority": "normal"}),
        ("queue_depth", {"priority": "low"}),
        ("queue_oldest_seconds", {}),
        ("queue_wait_seconds_count", {"priority": "low"}),
        ("queue_work_seconds_count", {"priority": "normal"}),
        ("queue_retries_total", {}),
    ],
)
def test_all_series_exist_from_the_start(measured: Measured, name: str, labels: dict[str, str]) -> None:
    """Every series of the queue is there with zero before anything has happened."""
    assert measured.value(name, **labels) == 0.0


def test_depth_counts_ready_items_by_priority(measured: Measured) -> None:
    """The depth is the number of ready items at each level, without those in work and those delayed."""
    measured.queue.add("a")
    measured.queue.add("b")
    measured.queue.add("low", Priority.LOW)
    measured.queue.add_after("later", 10)
    measured.queue.get()
    assert measured.value("queue_depth", priority="normal") == 1
    assert measured.value("queue_depth", priority="low") == 1


def test_the_oldest_item_ages_while_nothing_moves(measured: Measured) -> None:
    """The age of the oldest ready item is that of the moment of the look, and includes delays that came due unseen."""
    measured.queue.add_after("item", 5)
    measured.clock.advance(12)
    assert measured.value("queue_oldest_seconds") == 7.0


def test_wait_and_work_are_measured(measured: Measured) -> None:
    """Waiting is counted from ready to taken, work from taken to done, under the item's priority."""
    measured.queue.add("item", Priority.LOW)
    measured.clock.advance(2)
    measured.queue.get()
    measured.clock.advance(3)
    measured.queue.done("item")
    assert measured.value("queue_wait_seconds_sum", priority="low") == 2.0
    assert measured.value("queue_work_seconds_sum", priority="low") == 3.0


def test_waiting_begins_when_the_delay_is_over(measured: Measured) -> None:
    """A delayed item has waited since it was due, not since it was added."""
    measured.queue.add_after("item", 10)
    measured.clock.advance(11)
    measured.queue.get()
    assert measured.value("queue_wait_seconds_sum", priority="normal") == 1.0


def test_retries_are_counted(measured: Measured) -> None:
    """Rate-limited adds are counted, plain ones are not."""
    measured.queue.add("item")
    measured.queue.add_rate_limited("item")
    assert measured.value("queue_retries_total") == 1.0
