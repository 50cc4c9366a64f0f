"""Items that become ready later."""

from multicasskop.informers.queue.delays import Delays
from multicasskop.informers.queue.priority import Priority

LOW, NORMAL = Priority.LOW, Priority.NORMAL


def delays(*rows: tuple[str, float]) -> Delays[str]:
    """Delays with these items and due times, all normal."""
    made: Delays[str] = Delays()
    for item, due in rows:
        made.put(item, due, NORMAL)
    return made


def test_due_items_come_in_the_order_of_their_times() -> None:
    """What is due is handed out by due time, equal times in the order in which they were put."""
    waiting = delays(("c", 3.0), ("a", 1.0), ("b1", 2.0), ("b2", 2.0), ("late", 9.0))
    assert [entry.item for entry in waiting.due(3.0)] == ["a", "b1", "b2", "c"]
    assert (len(waiting), waiting.nearest()) == (1, 9.0)


def test_the_earliest_of_several_delays_counts() -> None:
    """One item has one entry: an earlier time replaces a later one, a later one changes nothing."""
    waiting = delays(("item", 5.0), ("item", 2.0), ("item", 8.0))
    assert [(entry.item, entry.since) for entry in waiting.due(10.0)] == [("item", 2.0)]
    assert (len(waiting), waiting.nearest()) == (0, None)


def test_the_highest_level_counts() -> None:
    """An item keeps the highest priority of its delays, whichever of them is the earliest."""
    waiting: Delays[str] = Delays()
    waiting.put("item", 9.0, NORMAL)
    waiting.put("item", 1.0, LOW)
    assert next(waiting.due(1.0)).priority is NORMAL


def test_put_tells_whether_a_waiter_must_wake() -> None:
    """Putting an item says whether it is now the one that comes first."""
    waiting = delays(("a", 5.0))
    assert waiting.put("b", 7.0, NORMAL) is False
    assert waiting.put("c", 3.0, NORMAL) is True


def test_a_cancelled_item_never_becomes_due() -> None:
    """A cancelled delay is returned, and is gone."""
    waiting = delays(("item", 5.0))
    cancelled = waiting.cancel("item")
    assert cancelled is not None
    assert (cancelled.since, waiting.cancel("item"), list(waiting.due(10.0))) == (5.0, None, [])


def test_an_item_put_again_after_a_cancel_has_its_new_time() -> None:
    """A cancelled entry that still lies in the heap does not make the item's next delay due."""
    waiting = delays(("item", 2.0))
    waiting.cancel("item")
    waiting.put("item", 6.0, NORMAL)
    assert list(waiting.due(5.0)) == []
    assert [entry.since for entry in waiting.due(6.0)] == [6.0]


def test_an_item_put_again_for_the_same_time_stands_behind_the_others() -> None:
    """A cancelled entry that still lies in the heap does not keep its item's place among those of the same time."""
    waiting = delays(("a", 2.0), ("b", 2.0))
    waiting.cancel("a")
    waiting.put("a", 2.0, NORMAL)
    assert [entry.item for entry in waiting.due(2.0)] == ["b", "a"]


def test_memory_is_bounded_by_the_items() -> None:
    """A far delay that is set and cancelled ten thousand times leaves no pile of dead entries."""
    waiting = delays(("other", 1e9))
    for number in range(10_000):
        waiting.put("item", 1e6 + number, NORMAL)
        waiting.cancel("item")
    assert len(waiting._heap) < 200
    assert waiting.nearest() == 1e9
