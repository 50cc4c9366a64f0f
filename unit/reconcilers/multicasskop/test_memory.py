"""What a process remembers between looks."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from fakes.cache import item_of
from fakes.clock import FakeClock
from fakes.weight import weighed
from multicasskop.informers.changes import Change, added, deleted
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.decide import Note
from multicasskop.reconcilers.multicasskop.facts import Trace
from multicasskop.reconcilers.multicasskop.memory import Memory, Report, Written

KEY, PARENT = Key("ns", "demo"), Key("ns", "parent")


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands at 100."""
    return FakeClock(start=100.0)


@pytest.fixture
def memory(clock: FakeClock) -> Memory:
    """A memory of nothing."""
    return Memory(clock)


def seen(version: str, action: str = "", status: str = "", uid: str = "u", name: str = "demo") -> Change:
    """A change of the child that shows an action."""
    metadata = {"namespace": "ns", "name": name, "uid": uid, "resourceVersion": version}
    state = {"lastClusterAction": action, "lastClusterActionStatus": status}
    return added(item_of({"metadata": metadata, "status": state}).record)


def wrote(memory: Memory, version: str = "10", **more: Any) -> None:  # noqa: ANN401  any field
    """Remember a write of the spec."""
    memory.wrote("c1", KEY, replace(Written("u", version, "h", generation=2), **more))


def acted(memory: Memory) -> set[str]:
    """The actions that were seen since our last write."""
    return set(memory.trace("c1", KEY, "u").acted)


def test_nothing_is_known_at_first(memory: Memory) -> None:
    """Without a write there is no trace."""
    assert memory.trace("c1", KEY, "u") == Trace()
    assert memory.trace("c1", KEY, "u").empty


def test_action_after_a_write_counts(memory: Memory) -> None:
    """An action at work in a version after our write was seen; one from before it was not."""
    memory.saw("c1", seen("9", "ScaleUp", "Ongoing"))
    wrote(memory, "10")
    assert acted(memory) == set()
    memory.saw("c1", seen("11", "UpdateDockerImage", "Ongoing"))
    assert acted(memory) == {"UpdateDockerImage"}


def test_action_that_overtakes_the_answer_counts(memory: Memory) -> None:
    """The watch may show an action before our own write was answered."""
    memory.saw("c1", seen("11", "UpdateDockerImage", "Ongoing"))
    wrote(memory, "10")
    assert acted(memory) == {"UpdateDockerImage"}


def test_action_that_is_done_is_not_at_work(memory: Memory) -> None:
    """Only an action that is not Done is at work."""
    wrote(memory, "10")
    memory.saw("c1", seen("11", "UpdateDockerImage", "Done"))
    memory.saw("c1", seen("12"))
    assert acted(memory) == set()


def test_versions_without_an_order_go_by_the_clock(memory: Memory, clock: FakeClock) -> None:
    """Where versions cannot be compared, what was seen after the answer counts."""
    memory.saw("c1", seen("abc", "ScaleUp", "Ongoing"))
    wrote(memory, "xyz")
    assert acted(memory) == set()
    clock.advance(1)
    memory.saw("c1", seen("abd", "ScaleUp", "Ongoing"))
    assert acted(memory) == {"ScaleUp"}


def test_next_write_forgets_what_was_seen(memory: Memory) -> None:
    """Each write begins anew."""
    wrote(memory, "10")
    memory.saw("c1", seen("11", "UpdateDockerImage", "Ongoing"))
    wrote(memory, "12")
    assert acted(memory) == set()


def test_write_that_follows_another_forgets_nothing(memory: Memory) -> None:
    """What was done about the first of two writes that say the same counts for both."""
    wrote(memory, "10", seeds=True, generation=0)
    memory.saw("c1", seen("11", "UpdateSeedList", "Ongoing"))
    wrote(memory, "12", seeds=True, generation=0, follows=True)
    assert acted(memory) == {"UpdateSeedList"}
    wrote(memory, "13", seeds=True, generation=0)
    assert acted(memory) == set()


def test_other_child_of_the_name_is_another_child(memory: Memory) -> None:
    """A child that was made again under the name has no trace, and a deleted one leaves none."""
    wrote(memory)
    assert memory.trace("c1", KEY, "other").empty
    memory.saw("c1", deleted(item_of_uid("other"), final_state_known=True))
    assert not memory.trace("c1", KEY, "u").empty
    memory.saw("c1", deleted(item_of_uid("u"), final_state_known=True))
    assert memory.trace("c1", KEY, "u").empty


def item_of_uid(uid: str) -> Any:  # noqa: ANN401  a record
    """The last state of a child."""
    return item_of({"metadata": {"namespace": "ns", "name": "demo", "uid": uid, "resourceVersion": "99"}}).record


def test_step_lasts_until_ready(memory: Memory, clock: FakeClock) -> None:
    """A step begins with the write, is not begun again by another write for the same wish, and ends when Ready."""
    wrote(memory)
    clock.advance(5)
    wrote(memory, "11")
    assert memory.trace("c1", KEY, "u").step_at == 100.0
    clock.advance(5)
    wrote(memory, "12", hash="other")
    assert memory.trace("c1", KEY, "u").step_at == 110.0
    memory.note(KEY, Note("c1", "u", held=True, ready=True))
    trace = memory.trace("c1", KEY, "u")
    assert (trace.step_at, trace.ready_at, trace.held) == (None, 110.0, True)
    clock.advance(5)
    memory.note(KEY, Note("c1", "u", held=True, ready=True))
    assert memory.trace("c1", KEY, "u").ready_at == 110.0
    memory.note(KEY, Note("c1", "u", held=False, ready=False))
    assert memory.trace("c1", KEY, "u").ready_at is None


def test_corrections_are_kept_for_ten_minutes(memory: Memory, clock: FakeClock) -> None:
    """What was set right is remembered over later writes, for a while."""
    wrote(memory, corrected=("spec.a",))
    clock.advance(300)
    wrote(memory, corrected=("spec.b",))
    assert [path for _, path in memory.trace("c1", KEY, "u").corrections] == ["spec.a", "spec.b"]
    clock.advance(301)
    wrote(memory)
    assert [path for _, path in memory.trace("c1", KEY, "u").corrections] == ["spec.b"]


def test_age_is_learned_only_where_nothing_is_known(memory: Memory) -> None:
    """The age of a write that this process made itself is not replaced by a guess."""
    memory.learned("c1", KEY, "u", 30.0, "ScaleUp")
    assert memory.trace("c1", KEY, "u") == Trace(written_at=70.0, before="ScaleUp")
    wrote(memory)
    memory.learned("c1", KEY, "u", 99.0, "")
    assert memory.trace("c1", KEY, "u").written_at == 100.0


def test_failures_wait_longer_each_time(memory: Memory) -> None:
    """The pause doubles with each failure of one reason up to five minutes, and starts anew after a success."""
    pauses = [memory.failed(PARENT, "p", "c1", "Forbidden", "m").retry_at - 100.0 for _ in range(12)]
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert pauses[-1] == 300.0
    assert memory.failed(PARENT, "p", "c1", "QuotaExceeded", "m", 5.0).retry_at == 105.0
    memory.succeeded("p", "c1")
    assert memory.failure("p", "c1") is None
    assert memory.failed(PARENT, "p", "c1", "Forbidden", "m").attempts == 1
    memory.forget(PARENT)
    assert memory.failure("p", "c1") is None


def test_report_is_remembered(memory: Memory) -> None:
    """What was said last is known whatever the cache shows of it; of an object made anew nothing was said."""
    said = Report("p", {"phase": "Ready"}, "10")
    memory.said(PARENT, said)
    assert memory.report(PARENT, "p") == said
    assert memory.report(PARENT, "other") is None
    stored = [said.last_stored({"phase": "X"}, version)["phase"] for version in ("9", "10", "11")]
    assert stored == ["Ready", "X", "X"]


@pytest.mark.parametrize(
    ("uid", "status", "said"),
    [
        pytest.param("p", {"phase": "Ready"}, True, id="as it was said"),
        pytest.param("p", {"phase": "Halted"}, False, id="of somebody else's saying"),
        pytest.param("p", None, False, id="taken away"),
        pytest.param("other", {"phase": "Ready"}, False, id="of another object"),
    ],
)
def test_own_status_is_known_again(memory: Memory, uid: str, status: dict[str, str] | None, said: bool) -> None:
    """S10: a status that says something else than was said last is somebody else's."""
    memory.said(PARENT, Report("p", {"phase": "Ready"}, "10"))
    metadata = {"namespace": PARENT.namespace, "name": PARENT.name, "uid": uid, "resourceVersion": "11"}
    obj = {"metadata": metadata} | ({} if status is None else {"status": status})
    assert memory.is_said(item_of(obj).record) is said


def test_cache_is_not_behind_for_ever(memory: Memory, clock: FakeClock) -> None:
    """After half a minute the cache is believed: a home that was restored from a snapshot never gets that far again."""
    memory.said(PARENT, Report("p", {"phase": "Ready"}, "10"))
    said, cached = memory.report(PARENT, "p"), {"phase": "Halted"}
    assert said is not None
    clock.advance(29)
    assert memory.stored(said, cached, "9") == {"phase": "Ready"}
    clock.advance(1)
    assert memory.stored(said, cached, "9") == cached


def test_report_that_waits_knows_what_is_stored(memory: Memory) -> None:
    """What is stored is what was written last, until the cache shows that; what waits is not stored."""
    first = Report("p", {"phase": "Pending"}, "10")
    assert first.last_stored({}, "9") == {"phase": "Pending"}
    second = first.waiting({"phase": "Progressing"}, 101.0)
    third = second.waiting({"phase": "Ready"}, 101.0)
    for waiting in (second, third):
        assert waiting.last_stored({}, "9") == {"phase": "Pending"}
        assert waiting.last_stored({"phase": "Halted"}, "10") == {"phase": "Halted"}
    assert Report("p", {}, due=101.0).last_stored({"phase": "Halted"}, "9") == {"phase": "Halted"}


def test_report_that_is_yet_to_be_written(memory: Memory) -> None:
    """A report that waits is kept whatever the cache shows."""
    waiting = Report("p", {}, due=101.0)
    memory.said(PARENT, waiting)
    assert memory.report(PARENT, "p") == waiting


def test_unreadable_child_is_no_action(memory: Memory) -> None:
    """A status of strange types breaks nothing."""
    wrote(memory)
    metadata = {"namespace": "ns", "name": "demo", "uid": "u", "resourceVersion": "11"}
    memory.saw("c1", added(item_of({"metadata": metadata, "status": {"lastClusterAction": {"x": 1}}}).record))
    assert acted(memory) == set()


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        pytest.param([True], True, id="its parent lives"),
        pytest.param([False], False, id="nobody wants it"),
        pytest.param([True, False], False, id="its parent goes later"),
        pytest.param([True, True], True, id="another parent goes"),
    ],
)
def test_child_in_a_member_that_went(memory: Memory, wanted: list[bool], kept: bool) -> None:
    """Where no watch tells any more that it is gone, a child is remembered for as long as a MultiCasskop wants it."""
    wrote(memory)
    answers = iter(wanted)
    claims: Any = SimpleNamespace(claimants=lambda member, child: (PARENT,) if next(answers) else ())
    memory.left("c1", claims)
    for _ in wanted[1:]:
        memory.forget_unwanted(claims)
    assert memory.trace("c1", KEY, "u").empty is not kept
    assert len(memory._children) == len(memory._left) == int(kept)


def test_children_in_members_that_stay_are_kept(memory: Memory) -> None:
    """Of those the watch tells when they are gone, whoever may want them."""
    wrote(memory)
    claims: Any = SimpleNamespace(claimants=lambda member, child: ())
    memory.left("c2", claims)
    memory.forget_unwanted(claims)
    assert not memory.trace("c1", KEY, "u").empty


def test_remembering_is_cheap(memory: Memory) -> None:
    """A child that was written, seen in change, and found Ready takes less than 850 bytes, its name among them."""
    with weighed() as weight:
        for number in range(1000):
            uid, key = f"{number:036}", Key("ns", f"ring-{number:04}")
            memory.wrote("c1", key, Written(uid, f"{number:08}", f"{number:064}", generation=1))
            memory.saw("c1", seen(f"{number:09}", "Initializing", "Ongoing", uid, key.name))
            memory.note(key, Note("c1", uid, held=True, ready=True, met=f"{number:064}"))
        assert weight() < 850 * 1000
