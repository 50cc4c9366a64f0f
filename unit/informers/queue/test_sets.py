"""Ready, processing, dirty."""

import pytest
from multicasskop.informers.queue.priority import Priority
from multicasskop.informers.queue.sets import WorkSets

LOW, NORMAL = Priority.LOW, Priority.NORMAL


@pytest.fixture
def sets() -> WorkSets[str]:
    """Sets with one item in work."""
    sets: WorkSets[str] = WorkSets()
    sets.add("item", NORMAL, 0.0)
    sets.take()
    return sets


def test_adds_while_in_work_cause_one_more_run(sets: WorkSets[str]) -> None:
    """Any number of adds while an item is being worked on make it ready once, when it is done."""
    assert [sets.add("item", NORMAL, 1.0) for _ in range(3)] == [False, False, False]
    assert sets.ready == 0
    sets.done("item", 2.0)
    assert (sets.ready, sets.processing) == (1, ())


def test_done_without_adds_leaves_nothing(sets: WorkSets[str]) -> None:
    """An item that was not added while it was worked on is gone when it is done."""
    sets.done("item", 1.0)
    assert (sets.ready, sets.processing) == (0, ())


def test_a_dirty_item_keeps_its_highest_level(sets: WorkSets[str]) -> None:
    """Of several adds while an item is worked on, the highest priority holds for the next run."""
    for priority in (LOW, NORMAL, LOW):
        sets.add("item", priority, 1.0)
    sets.done("item", 2.0)
    assert sets.take().priority is NORMAL


def test_a_dirty_item_waits_since_it_was_done(sets: WorkSets[str]) -> None:
    """An item that was added while in work became ready when its run ended, not when it was added."""
    sets.add("item", NORMAL, 1.0)
    sets.done("item", 2.0)
    assert sets.take().since == 2.0


@pytest.mark.parametrize("item", ["item", "never-seen"], ids=["twice", "never taken"])
def test_done_of_what_is_not_in_work_is_an_error(sets: WorkSets[str], item: str) -> None:
    """Reporting an item done that nobody holds raises, naming the item."""
    sets.done("item", 1.0)
    with pytest.raises(ValueError, match=item):
        sets.done(item, 2.0)


def test_clear_keeps_what_is_in_work(sets: WorkSets[str]) -> None:
    """Clearing drops what waits, also for a second run, and leaves what is held."""
    sets.add("item", NORMAL, 1.0)
    sets.add("other", NORMAL, 1.0)
    sets.clear()
    sets.done("item", 2.0)
    assert (sets.ready, sets.processing) == (0, ())


def test_awaits_run() -> None:
    """An item awaits a run while it is ready or dirty, and does not while it is only being worked on."""
    sets: WorkSets[str] = WorkSets()
    sets.add("item", NORMAL, 0.0)
    ready = sets.awaits_run("item")
    sets.take()
    held = sets.awaits_run("item")
    sets.add("item", NORMAL, 1.0)
    assert (ready, held, sets.awaits_run("item")) == (True, False, True)


def taken(sets: WorkSets[str]) -> list[str]:
    """Take whatever is handed out."""
    found = []
    while sets.takeable:
        found.append(sets.take().item)
    return found


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(None, ["normal", "low", "lower", "lowest"]), (1, ["normal", "low"]), (2, ["normal", "low", "lower"])],
    ids=["none", "one", "two"],
)
def test_only_so_many_are_held_at_low_priority(limit: int | None, expected: list[str]) -> None:
    """With a limit, no more than so many items are handed out at low priority; normal ones do not count."""
    sets: WorkSets[str] = WorkSets(limit)
    for item in ("low", "lower", "lowest"):
        sets.add(item, LOW, 0.0)
    sets.add("normal", NORMAL, 0.0)
    assert taken(sets) == expected


def test_a_place_at_low_priority_is_free_again() -> None:
    """When an item that was taken at low priority is done the next one is handed out, or that item again."""
    sets: WorkSets[str] = WorkSets(1)
    sets.add("low", LOW, 0.0)
    sets.add("lower", LOW, 0.0)
    first = taken(sets)
    sets.add("low", LOW, 1.0)
    sets.done("low", 2.0)
    second = taken(sets)
    sets.done("lower", 3.0)
    assert [first, second, taken(sets)] == [["low"], ["lower"], ["low"]]


def test_an_item_that_is_raised_needs_no_place_at_low_priority() -> None:
    """What waits at low priority because others of its kind are held is handed out when it becomes urgent."""
    sets: WorkSets[str] = WorkSets(1)
    sets.add("low", LOW, 0.0)
    sets.add("raised", LOW, 0.0)
    before = taken(sets)
    sets.add("raised", NORMAL, 1.0)
    assert (before, taken(sets)) == (["low"], ["raised"])


def test_what_waits_for_a_place_overtakes_nobody() -> None:
    """With all low places held, normal items are handed out however many have gone before."""
    sets: WorkSets[str] = WorkSets(1)
    sets.add("held", LOW, 0.0)
    sets.take()
    sets.add("low", LOW, 0.0)
    for number in range(30):
        sets.add(f"{number}", NORMAL, 0.0)
    assert len(taken(sets)) == 30
