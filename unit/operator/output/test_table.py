"""Tables and ages: the small parts of all output."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.operator.output.ages import age, age_since
from multicasskop.operator.output.table import pad, table, width

NOW = datetime(2026, 11, 23, 14, 0, 0, tzinfo=UTC)


def test_columns_are_aligned_and_two_spaces_apart() -> None:
    """Cells stand under their header, an empty one is a dash, the last column has no blanks behind it."""
    assert table(("NAME", "STATE"), [("a", "ready"), ("longer", "")]) == ["NAME    STATE", "a       ready", "longer  -"]


def test_wide_signs_take_two_columns() -> None:
    """Alignment counts columns of the terminal and not characters."""
    assert width("日本") == 4
    assert pad("日本", 6) == "日本  "


@given(st.lists(st.lists(st.text("ab ✔", max_size=5), min_size=2, max_size=2), max_size=5))
def test_no_row_is_lost(rows: list[list[str]]) -> None:
    """A table has one line per row besides its header."""
    assert len(table(("A", "B"), rows)) == len(rows) + 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0s"),
        (0.34, "0.3s"),
        (9.94, "9.9s"),
        (10, "10s"),
        (59.9, "59s"),
        (60, "1m"),
        (65, "1m05s"),
        (252, "4m12s"),
        (3600, "1h"),
        (3660, "1h01m"),
        (86_400, "1d"),
        (90_000, "1d1h"),
        (31 * 86_400, "31d"),
        (-5, "0s"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    """A duration is written in its two largest units, from ten days on in days."""
    assert age(seconds) == text


@pytest.mark.parametrize(
    ("then", "text"),
    [
        pytest.param("2026-11-23T13:59:52Z", "8s", id="whole-seconds"),
        pytest.param("2026-11-23T13:55:48Z", "4m12s", id="minutes"),
        pytest.param("2026-11-23T15:00:00+01:00", "0s", id="another-zone"),
        pytest.param("2026-11-23T13:59:00", "1m", id="no-zone-is-utc"),
        pytest.param("2027-01-01T00:00:00Z", "0s", id="in-the-future"),
        pytest.param("yesterday", "-", id="no-time"),
        pytest.param("", "-", id="empty"),
        pytest.param(None, "-", id="absent"),
    ],
)
def test_age_since(then: object, text: str) -> None:
    """The age of a time is never negative, and a dash when it is none."""
    assert age_since(then, NOW) == text
