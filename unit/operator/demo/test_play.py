"""The play: its acts in order, how long it waits, when it gives up, and what it proves."""

import io

import pytest
from fakes.clock import FakeClock
from fakes.demo import CAST, TRACE, FakeStage, event, good_run, good_spans
from multicasskop.operator.demo.history import History, Seen
from multicasskop.operator.demo.play import Examination, Play, building, clock_time, event_line, nodes, ring_progress
from multicasskop.operator.demo.proof import Claim
from multicasskop.operator.demo.scene import Scene
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.world.progress import Progress


class TickingStage(FakeStage):
    """A stage on which waiting takes time."""

    clock: FakeClock

    def await_news(self, seconds: float) -> None:
        """Let time pass, and one more entry be seen."""
        self.clock.advance(seconds)
        super().await_news(seconds)


def play_on(stage: TickingStage, *, trace: bool = False, keep: bool = False) -> tuple[Play, io.StringIO]:
    """A play on this stage, and what its audience sees."""
    stream, clock = io.StringIO(), FakeClock()
    stage.clock = clock
    return Play(stage, Scene(stream, clock), clock, trace, keep), stream


def test_all_acts_in_order() -> None:
    """The play prepares what a ring needs, makes the ring, deletes it, and proves."""
    stage = TickingStage(good_run())
    play, stream = play_on(stage)
    claims = play.perform()
    assert stage.called == ["clusters", "operator", "apply", "delete"]
    assert all(claim.holds for claim in claims)
    ended = [line.split("  ")[1].strip() for line in stream.getvalue().splitlines() if line.startswith("  ✔")]
    assert ended == [
        "✔ clusters (v1.36.3)",
        "✔ operator",
        "✔ MultiCasskop demo applied, the ring is Ready",
        "✔ MultiCasskop deleted, and its children",
    ]


def test_events_are_shown_as_they_come() -> None:
    """The audience sees each event of the MultiCasskop once."""
    play, stream = play_on(TickingStage(good_run()))
    play.perform()
    told = [line.split()[2] for line in stream.getvalue().splitlines() if line.strip().startswith("14:03:12")]
    assert told == ["StepStarted", "GatePassed", "StepStarted", "GatePassed", "RolloutFinished"]


def test_an_operator_that_leaves_ends_the_play() -> None:
    """When the operator has left, nothing is waited for any more, and its last words are told."""
    play, _ = play_on(TickingStage(good_run(), dies_at=4))
    with pytest.raises(CommandError, match="the operator has left") as raised:
        play.perform()
    assert raised.value.exit_code == ExitCode.NO


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        pytest.param(9, "applied, waiting for the ring: not within its time", id="never-ready"),
        pytest.param(15, "deleted, waiting for the children to go: not within its time", id="never-gone"),
    ],
)
def test_waiting_has_an_end(seen: int, says: str) -> None:
    """What does not come in its time ends the play, and is named."""
    play, _ = play_on(TickingStage(good_run()[:seen]))
    with pytest.raises(CommandError, match=says):
        play.perform()


def test_events_that_do_not_come_are_not_waited_for_for_long() -> None:
    """Without the last event the play goes on after a while, and the proof names what is missing."""
    run = good_run()
    play, _ = play_on(TickingStage([*run[:12], *run[13:]]))
    claims = play.perform()
    assert claims[2].against == ("event RolloutFinished is missing",)


def test_what_the_servers_still_have_speaks_against_the_last_claim() -> None:
    """What is left in the clusters at the end is named, whatever was recorded."""
    play, _ = play_on(TickingStage(good_run(), left=("c2: ring",)))
    assert play.perform()[-1].against == ("c2: ring is left",)


def test_ring_is_examined_before_it_is_deleted() -> None:
    """What a stage has to show of its ring is shown while it is there, and claimed among the rest."""

    def look() -> tuple[Claim, list[str]]:
        """Tell what was asked for until now."""
        return Claim("all nodes up", tuple(stage.called[-1:])), ["dc1 rack1 UN"]

    stage = TickingStage(good_run(), examinations=(Examination("nodetool status", look),))
    play, stream = play_on(stage)
    assert play.perform()[4:] == (Claim("all nodes up", ("apply",)),)
    told = stream.getvalue()
    assert told.index("✔ nodetool status") < told.index("    dc1 rack1 UN") < told.index("MultiCasskop deleted")


def test_traced_play_starts_jaeger_before_whoever_sends_to_it() -> None:
    """With a trace Jaeger runs before CassKop and the operator do, and its building and address are told."""
    stage = TickingStage(good_run(), spans=good_spans())
    play, stream = play_on(stage, trace=True)
    claims = play.perform()
    assert stage.called == ["clusters", "jaeger", "operator", "apply", "delete"]
    assert [claim.against for claim in claims] == [()] * 5
    assert "✔ Jaeger at http://jaeger " in stream.getvalue()
    assert "✔ spans of the rollout read from Jaeger" in stream.getvalue()


@pytest.mark.parametrize(
    ("keep", "place"),
    [
        pytest.param(False, f"(trace {TRACE})", id="jaeger-ends"),
        pytest.param(True, f"(http://jaeger/trace/{TRACE})", id="jaeger-stays"),
    ],
)
def test_trace_is_named_as_it_can_be_found(keep: bool, place: str) -> None:
    """The claim has the address of the trace when Jaeger can be asked afterwards, else its id."""
    play, _ = play_on(TickingStage(good_run(), spans=good_spans()), trace=True, keep=keep)
    assert play.perform()[-1].text.endswith(place)


def test_spans_are_waited_for() -> None:
    """Spans that come a moment later count."""
    play, _ = play_on(TickingStage(good_run(), spans=good_spans(), spans_late=50), trace=True)
    assert play.perform()[-1].holds


def test_spans_that_never_come_are_not_waited_for_for_long() -> None:
    """What Jaeger does not get in its time speaks against the claim, and the play ends in order."""
    stage = TickingStage(good_run(), spans=good_spans()[:-3])
    play, _ = play_on(stage, trace=True)
    assert play.perform()[-1].against == ("c2: no span of its CassKop in a step",)
    assert stage.clock.monotonic() < 60


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(0, (0, 0), id="nothing"),
        pytest.param(1, (0, 4), id="applied"),
        pytest.param(6, (2, 4), id="first-running"),
        pytest.param(10, (4, 4), id="both-running"),
    ],
)
def test_nodes(seen: int, expected: tuple[int, int]) -> None:
    """Nodes count as ready when their member's child is Running, of those that the manifest asks for."""
    assert nodes(History(CAST, good_run()[:seen])) == expected


@pytest.mark.parametrize(
    ("news", "text"),
    [
        pytest.param(Progress("building etcd", 20.0, 247.0), "building, about 4m07s left", id="building"),
        pytest.param(Progress("control planes a, b", 0.0), "", id="nothing-known"),
        pytest.param(Progress("control planes a, b", 3.0, done=True), "", id="done"),
    ],
)
def test_building(news: Progress, text: str) -> None:
    """What takes long says what it is and how much longer it takes."""
    assert building(news) == text


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        pytest.param(0, "", id="nothing"),
        pytest.param(1, "[>           ] 0 of 4 nodes", id="begun"),
        pytest.param(6, "[======>     ] 2 of 4 nodes", id="half"),
        pytest.param(10, "[============] 4 of 4 nodes", id="all"),
    ],
)
def test_ring_progress(seen: int, text: str) -> None:
    """The ring's bar grows with the nodes of members that are Running."""
    assert ring_progress(History(CAST, good_run()[:seen])) == text


def test_event_line() -> None:
    """An event's line has time, type, reason and note, in either version of the API."""
    new = event("GatePassed", "c1: Running")
    old = {**event("GatePassed", ""), "message": "c1: Running", "firstTimestamp": "2026-11-23T10:00:00Z"}
    assert event_line(Seen(0, "c1", "ADDED", new)).split() == ["14:03:12", "Normal", "GatePassed", "c1:", "Running"]
    assert event_line(Seen(0, "c1", "ADDED", old)).split()[0] == "10:00:00"


@pytest.mark.parametrize(
    ("text", "time"),
    [("2026-11-23T14:03:12.123456Z", "14:03:12"), ("", "--:--:--"), ("soon", "--:--:--")],
)
def test_clock_time(text: str, time: str) -> None:
    """The time of day of an event, or dashes."""
    assert clock_time(text) == time
