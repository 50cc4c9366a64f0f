"""What a benchmark's numbers mean."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bench import report
from bench.measure import Comparison, Figure, Goal, Peer, Side, at_least, at_most, percentile, thinned
from bench.report import cells, compared, print_table, write_results

PEER = Peer("go", 8.0, "recorded")


@pytest.mark.parametrize(
    ("samples", "share", "expected"),
    [
        pytest.param([7.0], 0.99, 7.0, id="one sample is every percentile"),
        pytest.param([3.0, 1.0, 2.0], 0.5, 2.0, id="the median of three is the middle one, whatever the order"),
        pytest.param(list(range(1, 101)), 0.99, 99, id="p99 of a hundred is the ninety-ninth"),
        pytest.param(list(range(1, 51)), 0.99, 50, id="p99 of fifty is the slowest"),
    ],
)
def test_percentile_is_the_nearest_rank(samples: list[float], share: float, expected: float) -> None:
    """A percentile is a sample that was really measured."""
    assert percentile(samples, share) == expected


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_percentile_covers_its_share(samples: list[float], share: float) -> None:
    """At least the share asked for lies at or below the percentile."""
    limit = percentile(samples, share)
    assert sum(sample <= limit for sample in samples) >= share * len(samples) - 1e-6


def test_no_samples_is_an_error() -> None:
    """A figure without a measurement is refused."""
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("goal", "value", "met", "text"),
    [
        pytest.param(at_most(4.0), 4.0, True, "<= 4", id="at an upper bound"),
        pytest.param(at_most(4.0), 4.1, False, "<= 4", id="above an upper bound"),
        pytest.param(at_least(4.0), 4.0, True, ">= 4", id="at a lower bound"),
        pytest.param(at_least(4.0), 3.9, False, ">= 4", id="below a lower bound"),
        pytest.param(at_most(0.0), 0.0, True, "<= 0", id="nothing at all"),
    ],
)
def test_goal_is_met_up_to_its_limit(goal: Goal, value: float, met: bool, text: str) -> None:
    """A goal bounds a value on one side, the limit itself is good, and it is written as one reads it."""
    assert goal.is_met(value) is met
    assert str(goal) == text


@pytest.mark.parametrize(("goal", "met"), [(at_most(4.0), False), (at_most(9.0), True), (None, None)])
def test_goal_of_a_figure_is_about_its_slow_side(goal: Goal | None, met: bool | None) -> None:
    """A fast median does not make up for a slow p99, and without a goal nothing is judged."""
    assert Figure("x", "ms", (1.0, 2.0, 9.0), goal).met is met


@pytest.mark.parametrize(("least", "met"), [(4.0, True), (3.9, False)])
def test_slow_side_of_a_rate_is_the_smallest(least: float, met: bool) -> None:
    """One fast run does not make up for a slow one."""
    assert Figure("x", "events/s", (9.0, least), at_least(4.0)).met is met


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.integers(1, 100))
def test_thinned_samples_are_samples_and_keep_the_slowest(samples: list[float], count: int) -> None:
    """What is published of many samples is at most so many of them, the largest among them."""
    found = thinned(samples, count)
    assert len(found) == min(len(samples), count)
    assert set(found) <= set(samples)
    assert max(found) == max(samples)


def test_thinned_samples_have_the_percentiles_of_all() -> None:
    """Evenly spread means that median and p99 stay where they are."""
    assert [percentile(thinned(range(1, 5001), 1000), share) for share in (0.5, 0.99)] == [2500, 4950]


def test_ratio_is_ours_divided_by_the_peer_s() -> None:
    """A ratio below one says that we are faster than the peer."""
    assert Figure("x", "s", (2.0,), at_most(1), PEER).ratio == 0.25
    assert Figure("x", "s", (2.0,), at_most(1)).ratio is None


@pytest.mark.parametrize(
    ("ours", "theirs", "goal", "ratio", "met"),
    [
        pytest.param((1.0, 9.0, 2.0), (4.0, 4.0, 1.0), at_most(0.5), 0.5, True, id="medians, outliers or not"),
        pytest.param((3.0,), (4.0,), at_most(0.5), 0.75, False, id="too slow"),
        pytest.param((50.0,), (10.0,), at_least(4), 5.0, True, id="a rate"),
        pytest.param((30.0,), (10.0,), at_least(4), 3.0, False, id="too low a rate"),
        pytest.param((1.0,), (2.0,), None, 0.5, None, id="for information"),
    ],
)
def test_comparison_is_the_ratio_of_the_medians(
    ours: tuple[float, ...], theirs: tuple[float, ...], goal: Goal | None, ratio: float, met: bool | None
) -> None:
    """Two sides of the same run are compared at their medians."""
    found = Comparison("x", "s", Side("ours", ours), Side("theirs", theirs), goal)
    assert found.ratio == ratio
    assert found.met is met


def test_a_side_without_a_size_is_no_measurement() -> None:
    """A peer that took no time at all was not measured, and is not divided by."""
    with pytest.raises(ZeroDivisionError):
        _ = Comparison("x", "s", Side("ours", (1.0,)), Side("theirs", (0.0,))).ratio


def test_spread_is_the_width_of_the_samples_beside_their_median() -> None:
    """How much a side can be trusted is said in shares of its median."""
    assert Side("x", (9.0, 10.0, 12.0)).spread == 0.3


def test_without_a_goal_a_comparison_is_for_information() -> None:
    """The same sides are not judged any more."""
    judged = Comparison("x", "s", Side("ours", (9.0,)), Side("go", (4.0,)), at_most(1))
    assert (judged.met, judged.unjudged().met, judged.unjudged().ratio) == (False, None, 2.25)


def test_results_of_other_groups_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of one group renews its own figures in their place, and leaves the others with their day and commit."""
    path = tmp_path / "r.json"
    monkeypatch.setattr(report, "commit", lambda: "first")
    write_results([Figure("a", "ms", (1.0,)), Figure("b", "ms", (2.0,))], path)
    monkeypatch.setattr(report, "commit", lambda: "second")
    write_results([Figure("a", "ms", (3.0,)), Figure("c", "ms", (4.0,))], path)
    found = [(entry["name"], entry["p50"], entry["commit"]) for entry in json.loads(path.read_text())]
    assert found == [("a", 3.0, "second"), ("b", 2.0, "first"), ("c", 4.0, "second")]


def test_results_file_holds_the_agreed_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """results.json is a list of entries with exactly the published field names."""
    monkeypatch.setattr(report, "commit", lambda: "abc")
    monkeypatch.setattr(report, "pace", lambda: 40.5)
    gate = Figure("gate_latency", "ms", (1.0, 3.0), at_most(100), PEER)
    sync = Comparison("sync", "s", Side("ours", (1.0, 2.0, 3.0)), Side("go", (4.0, 4.0, 5.0)), at_most(1))
    free = Comparison("more", "s", Side("ours", (1.0,)), Side("go", (4.0,)))
    write_results([gate, sync, free], tmp_path / "r.json")
    first, second, third = json.loads((tmp_path / "r.json").read_text())
    day = {first.pop("date"), second.pop("date"), third["date"]}
    assert len(day.pop()) == len("2026-11-27")
    assert not day
    judged = {"goal": 100, "bound": "at most", "met": True}
    values = {"p50": 1.0, "p99": 3.0, "peer": 8.0, "ratio": 0.375, "samples": [1.0, 3.0]}
    assert first == {"name": "gate_latency", "unit": "ms", **values, **judged, "commit": "abc", "pace": 40.5}
    assert second == {
        **{"name": "sync", "unit": "s", "p50": 2.0, "p99": 3.0, "peer": 4.0, "ratio": 0.5, "spread": 1.0},
        **{"samples": [1.0, 2.0, 3.0], "peer_name": "go", "peer_samples": [4.0, 4.0, 5.0], "peer_spread": 0.25},
        **{"goal": 1, "bound": "at most", "met": True, "commit": "abc", "pace": 40.5},
    }
    assert (third["goal"], third["bound"], third["met"]) == (None, None, None)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        pytest.param(cells(Figure("x", "ms", (9.0,), at_most(4.0))), "NO", id="figure"),
        pytest.param(
            compared(Comparison("x", "s", Side("o", (9.0,)), Side("t", (3.0,)), at_least(4.0))), "NO", id="comparison"
        ),
        pytest.param(cells(Figure("x", "ms", (9.0,))), "-", id="nothing to miss"),
    ],
)
def test_a_missed_goal_is_shown_as_such(row: tuple[str, ...], text: str) -> None:
    """The table says NO in capitals where a goal was not met."""
    assert text in row


def test_tables_say_what_is_behind_the_numbers() -> None:
    """What is printed holds every figure, extremes of both sides, and each remark once."""
    console = Console(record=True, width=120, file=io.StringIO())
    theirs = Side("client-go", (2.0, 1234.5, 3000.0), "pages of 500")
    both = [Comparison(name, "s", Side("ours", (0.5,)), theirs, at_most(1)) for name in ("time", "memory")]
    print_table([Figure("gate", "ms", (1.0,), at_most(4), PEER), *both], console)
    text = console.export_text()
    for expected in ("gate", "time", "memory", "1,234 (2..3,000)", "0.5 (0.5..0.5)", "peer go: recorded"):
        assert expected in text
    assert text.count("client-go: pages of 500") == 1
