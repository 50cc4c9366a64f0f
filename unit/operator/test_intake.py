"""What is looked at by a process that waited for the lease: all that is there, and nothing is kept until then."""

from collections.abc import Iterable

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.key import Key
from multicasskop.informers.queue import Priority, WorkQueue
from multicasskop.operator.intake import Intake
from multicasskop.reconcilers.request import Request

RING, OTHER = (Request.of(Key("ns", name)) for name in ("ring", "other"))


@pytest.fixture
def queue() -> WorkQueue[Request]:
    """The queue behind the intake."""
    return WorkQueue(FakeClock())


def test_nothing_is_kept_before_the_beginning(queue: WorkQueue[Request]) -> None:
    """However many objects come and go while nobody takes from the queue, it stays empty."""
    intake = Intake(queue)
    for number in range(100):
        intake.add(Request.of(Key("ns", f"ring-{number}")))
    assert len(queue) == 0


def test_all_that_is_known_is_looked_at_in_the_beginning(queue: WorkQueue[Request]) -> None:
    """What was heard of before is found again in the caches, and may wait for what changes now."""
    intake = Intake(queue)
    intake.add(RING)
    intake.open(lambda: [RING])
    intake.add(OTHER)
    assert [queue.get(), queue.get(), len(queue)] == [OTHER, RING, 0]


@pytest.mark.parametrize("moment", ["before the caches are read", "after the caches are read"])
def test_change_in_the_very_moment_is_not_lost(queue: WorkQueue[Request], moment: str) -> None:
    """A change that comes while the caches are read is in what they show, or passes by itself."""
    intake, cache = Intake(queue), [RING]

    def change() -> None:
        cache.append(OTHER)
        intake.add(OTHER)

    def known() -> Iterable[Request]:
        if moment.startswith("before"):
            change()
        found = list(cache)
        if moment.startswith("after"):
            change()
        return found

    intake.open(known)
    assert {queue.get(), queue.get()} == {RING, OTHER}


def test_urgency_passes(queue: WorkQueue[Request]) -> None:
    """What may wait is told to the queue."""
    intake = Intake(queue)
    intake.open(lambda: ())
    intake.add(RING, Priority.LOW)
    intake.add(OTHER)
    assert queue.get() == OTHER
