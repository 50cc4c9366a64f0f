"""Consumers as processes of their own, and their turns."""

import sys
import time

import pytest

from bench import consumer
from bench.consumer import Arrivals, ConsumerError, Stamps, in_turns, resident, run, watching


def saying(text: str, code: int = 0) -> list[str]:
    """A consumer that prints a text and leaves."""
    return [sys.executable, "-c", f"import sys; print({text!r}); sys.exit({code})"]


def test_the_last_line_is_what_was_measured() -> None:
    """What a consumer says before is of no interest."""
    assert run(saying('starting\n{"seconds": 2.5, "objects": 3}')) == {"seconds": 2.5, "objects": 3}


@pytest.mark.parametrize(
    "command",
    [pytest.param(saying("{}", 3), id="failed"), pytest.param([sys.executable, "-c", ""], id="said nothing")],
)
def test_a_failure_is_not_a_measurement(command: list[str]) -> None:
    """A consumer that fails, or says nothing, ends the benchmark."""
    with pytest.raises(ConsumerError, match="ended with code"):
        run(command)


def test_a_consumer_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever."""
    monkeypatch.setattr(consumer, "PATIENCE", 0.1)
    with pytest.raises(ConsumerError, match="did not end within"):
        run([sys.executable, "-c", "import time; time.sleep(60)"])


def test_sides_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each side runs once per round, and every other round begins with the other end."""
    order: list[str] = []

    def noted(command: list[str]) -> dict[str, int]:
        order.append(command[0])
        return {"number": len(order)}

    monkeypatch.setattr(consumer, "run", noted)
    found = in_turns({"ours": ["a"], "theirs": ["b"]}, runs=3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert [facts["number"] for facts in found["theirs"]] == [2, 3, 6]


def test_arrivals_are_timed_from_the_first_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock runs from the first key to the one of the last version, whatever comes after it."""
    moments = iter([(10.0, 1.0), (12.5, 2.0)])
    monkeypatch.setattr(consumer, "instant", lambda: next(moments))
    arrivals = Arrivals("9")
    for version in ("7", "8", "9"):
        arrivals.arrived(version)
    arrivals.wait(0)
    assert arrivals.facts == {"events": 3, "seconds": 2.5, "cpu": 1.0}


def test_a_stream_that_ends_early_is_told() -> None:
    """Without the last version there is no figure."""
    arrivals = Arrivals("9")
    arrivals.arrived("7")
    with pytest.raises(TimeoutError, match=r"1 events came.*version 9"):
        arrivals.wait(0)


def test_resident_memory_and_processor_time_are_those_of_this_process() -> None:
    """Memory that is held is counted, in bytes; time that is slept is not."""
    before, held = resident(), bytearray(b"x" * 50_000_000)
    assert resident() - before > len(held) / 2
    assert consumer.instant()[0] <= time.perf_counter()


def test_arrivals_without_an_order_are_complete_by_their_number() -> None:
    """The last of so many ends it, whichever version it has."""
    arrivals = Arrivals(events=2)
    arrivals.arrived("9")
    with pytest.raises(TimeoutError, match="the last of 2 did not"):
        arrivals.wait(0)
    arrivals.arrived("8")
    arrivals.wait(0)
    assert arrivals.facts["events"] == 2


def test_stamps_are_ready_with_the_last_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said before all objects have been seen, and nothing more after it."""
    stamps = Stamps(2)
    for version in ("1", "1", "2", "3"):
        capsys.readouterr()
        stamps.arrived(version)
        assert capsys.readouterr().out == ("ready\n" if version == "2" else "")


READY = "import sys; print('ready', flush=True); sys.stdin.read(); print('{\"arrivals\": {\"7\": 12}}')"


def test_a_watcher_reports_when_it_is_told() -> None:
    """It is ready before the block begins, and its report is what it has seen by the end."""
    with watching([sys.executable, "-c", READY]) as watcher:
        assert watcher.end() == {"7": 12}


def test_a_watcher_that_is_never_ready_is_no_measurement() -> None:
    """What it complained about is told."""
    command = [sys.executable, "-c", "import sys; sys.exit('no such server')"]
    with pytest.raises(ConsumerError, match=r"(?s)never ready.*no such server"), watching(command):
        pass
