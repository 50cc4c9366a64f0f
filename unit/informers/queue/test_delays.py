"""Items that become ready later."""

from multicasskop.informers.queue.delays import Delays
from multicasskop.informers.queue.priority import Priority

NORMAL = Priority.NORMAL


def delays(*rows: tuple[str, float]) -> Delays[str]:
    """Delays with these items and due times, all normal."""
    made: Delays[str] = Delays()
    for item, due in rows:
        made.put(item, due, NORMAL)
    return made


def test_put_tells_whether_a_waiter_must_wake() -> None:
    """Putting an item says whether it is now the one that comes first."""
    waiting = delays(("a", 5.0))
    assert waiting.put("b", 7.0, NORMAL) is False
    assert waiting.put("c", 3.0, NORMAL) is True


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
