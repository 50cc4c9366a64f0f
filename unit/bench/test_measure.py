"""What a benchmark's numbers mean."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure import Figure, Peer, percentile
from bench.report import cells, write_results

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


@pytest.mark.parametrize(("p99", "met"), [(4.0, True), (4.1, False)], ids=["at the goal", "above the goal"])
def test_goal_is_met_up_to_its_value(p99: float, met: bool) -> None:
    """A goal is an upper bound of p99, itself included."""
    assert Figure("x", "ms", (p99,), goal=4.0).met is met


def test_ratio_is_ours_divided_by_the_peer_s() -> None:
    """A ratio below one says that we are faster than the peer."""
    assert Figure("x", "s", (2.0,), goal=1, peer=PEER).ratio == 0.25
    assert Figure("x", "s", (2.0,), goal=1).ratio is None


def test_results_file_holds_the_agreed_fields(tmp_path: Path) -> None:
    """results.json is a list of entries with exactly the published field names."""
    write_results([Figure("gate_latency", "ms", (1.0, 3.0), goal=100, peer=PEER)], tmp_path / "r.json")
    (entry,) = json.loads((tmp_path / "r.json").read_text())
    assert entry == dict(name="gate_latency", unit="ms", p50=1.0, p99=3.0, peer=8.0, ratio=0.375, goal=100, met=True)


def test_a_missed_goal_is_shown_as_such() -> None:
    """The table says NO in capitals where a goal was not met."""
    assert "NO" in cells(Figure("x", "ms", (9.0,), goal=4.0))
