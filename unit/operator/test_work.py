"""The work of MultiCassKop: what is looked at when a member comes or goes."""

from types import SimpleNamespace
from typing import Any

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.key import Key
from multicasskop.informers.queue import WorkQueue
from multicasskop.operator import work as module
from multicasskop.operator.intake import Intake
from multicasskop.operator.work import Work, low_at_once
from multicasskop.reconcilers.request import Request


def test_what_a_person_changes_comes_before_what_a_member_brings() -> None:
    """All objects that want a child in a member are looked at when it comes, but a change is looked at first."""
    queue: WorkQueue[Request] = WorkQueue(FakeClock())
    wanting = [Key("ns", f"ring-{number}") for number in range(3)]
    claims = SimpleNamespace(wanting=lambda member: wanting if member == "c2" else [])
    # of all that it is made of, this needs but two parts
    work = Work.__new__(Work)
    work._clusters = ["c2"]  # type: ignore[assignment]
    work._intake, work._reconciler = Intake(queue), SimpleNamespace(claims=claims)  # type: ignore[assignment]
    work._intake.open(lambda: ())
    work.wake("c2")
    edited = Request.of(Key("ns", "edited"))
    queue.add(edited)
    assert [queue.get() for _ in range(4)] == [edited, *map(Request.of, wanting)]


def test_members_that_went_are_told_to_the_memory() -> None:
    """What is remembered of children in a member goes by other rules when no watch tells of them any more."""
    told: list[str] = []
    claims = SimpleNamespace(wanting=lambda _: ())
    memory = SimpleNamespace(left=lambda member, asked: told.append(member) if asked is claims else None)
    work = Work.__new__(Work)
    work._clusters = ["c1", "c2"]  # type: ignore[assignment]
    work._reconciler = SimpleNamespace(claims=claims, memory=memory)  # type: ignore[assignment]
    for member in ("c2", "c3"):
        work.wake(member)
    assert told == ["c3"]


@pytest.mark.parametrize(("workers", "low"), [(1, 1), (3, 1), (4, 1), (8, 2), (64, 16)])
def test_most_workers_are_kept_for_changes(workers: int, low: int) -> None:
    """A quarter of the workers looks at what is not urgent, and one at least."""
    assert low_at_once(workers) == low


def test_queue_is_told_how_many_may_look_at_what_is_not_urgent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue of the work is limited by the number of workers that there are."""
    given: dict[str, Any] = {}

    class Made(Exception):  # noqa: N818 - ends the making of all the rest
        """The queue has been made."""

    def make(*_: object, **options: object) -> None:
        given.update(options)
        raise Made

    monkeypatch.setattr(module, "WorkQueue", make)
    parts: Any = SimpleNamespace(workers=8, clock=FakeClock(), metrics=None)
    with pytest.raises(Made):
        Work(parts, parts, parts, "me", parts, namespace="ns")
    assert given["low_at_once"] == 2
