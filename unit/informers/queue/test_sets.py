"""Ready, processing, dirty; what holds of them in any order of calls is a law of the queue."""

from multicasskop.informers.queue.priority import Priority
from multicasskop.informers.queue.sets import WorkSets


def test_a_dirty_item_waits_since_it_was_done() -> None:
    """An item that was added while in work became ready when its run ended, not when it was added."""
    sets: WorkSets[str] = WorkSets()
    sets.add("item", Priority.NORMAL, 0.0)
    sets.take()
    sets.add("item", Priority.NORMAL, 1.0)
    sets.done("item", 2.0)
    assert sets.take().since == 2.0


def test_what_waits_for_a_place_overtakes_nobody() -> None:
    """With all low places held, normal items are handed out however many have gone before."""
    sets: WorkSets[str] = WorkSets(1)
    sets.add("held", Priority.LOW, 0.0)
    sets.take()
    for item in ("low", *map(str, range(30))):
        sets.add(item, Priority.LOW if item == "low" else Priority.NORMAL, 0.0)
    assert [sets.take().item for _ in range(30)] == [str(number) for number in range(30)]
    assert not sets.takeable
