"""The two lines of ready items."""

from multicasskop.informers.queue.priority import NORMALS_PER_LOW, Entry, Priority, ReadyItems

LOW, NORMAL = Priority.LOW, Priority.NORMAL


def filled(**items: Priority) -> ReadyItems[str]:
    """Ready items, pushed in the order given, one second apart."""
    ready: ReadyItems[str] = ReadyItems()
    for since, (item, priority) in enumerate(items.items()):
        ready.push(item, priority, float(since))
    return ready


def taken(ready: ReadyItems[str]) -> list[str]:
    """All items, in the order in which they are taken."""
    return [ready.pop().item for _ in range(len(ready))]


def test_one_low_after_nine_normals() -> None:
    """A waiting low item is overtaken by nine normal ones and no more."""
    ready = filled(low=LOW, **{f"n{number}": NORMAL for number in range(20)})
    assert taken(ready).index("low") == NORMALS_PER_LOW == 9


def test_normals_without_a_waiting_low_do_not_count() -> None:
    """A low item that has just come does not overtake because of normals that were taken before it came."""
    ready = filled(**{f"n{number}": NORMAL for number in range(12)})
    for _ in range(9):
        ready.pop()
    ready.push("low", LOW, 20.0)
    assert taken(ready) == ["n9", "n10", "n11", "low"]


def test_a_waiting_item_is_not_added_twice() -> None:
    """Pushing an item that waits says so, and changes neither its place nor its time."""
    ready = filled(a=NORMAL, b=NORMAL)
    assert ready.push("a", NORMAL, 9.0) is False
    assert (ready.pop(), len(ready)) == (Entry("a", NORMAL, 0.0), 1)


def test_raising_to_normal_keeps_the_time() -> None:
    """A low item that is pushed as normal goes to the end of the normal line and keeps since when it waits."""
    ready = filled(a=LOW, b=NORMAL)
    ready.push("a", NORMAL, 9.0)
    assert [ready.pop(), ready.pop()] == [Entry("b", NORMAL, 1.0), Entry("a", NORMAL, 0.0)]


def test_oldest_is_the_longest_waiting_head() -> None:
    """The oldest item is looked for in both lines."""
    assert filled(low=LOW, normal=NORMAL).oldest() == 0.0
    assert ReadyItems[str]().oldest() is None
