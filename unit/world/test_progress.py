"""News as people read it."""

import io

import pytest
from multicasskop.world.progress import Progress, duration, lines_to, telling


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0s"), (0.44, "0.4s"), (9.94, "9.9s"), (12.4, "12s"), (59.4, "59s"), (65, "1m05s"), (312, "5m12s")],
)
def test_duration(seconds: float, text: str) -> None:
    """Short times with a tenth, long ones in minutes."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("news", "line"),
    [
        (Progress("planes a, b", 0.0), "planes a, b ... 0.0s"),
        (Progress("building", 60, left=125, detail="7 of 9"), "building (7 of 9) ... 1m00s, about 2m05s left"),
        (Progress("building", 185, left=0, done=True), "building done 3m05s"),
    ],
)
def test_line(news: Progress, line: str) -> None:
    """What, how long, and how much longer while that is of interest."""
    stream = io.StringIO()
    lines_to(stream)(news)
    assert stream.getvalue() == line + "\n"


def test_telling_names_beginning_and_end() -> None:
    """Work of unknown length is told when it begins and when it is done, with the time that it took."""
    told: list[Progress] = []
    times = iter([100.0, 100.0, 104.0])
    with telling(told.append, "pulling", clock=lambda: next(times)):
        pass
    assert told == [Progress("pulling", 0.0), Progress("pulling", 4.0, done=True)]


def test_telling_is_silent_about_failures() -> None:
    """Whoever raises says what happened: work that failed is not told as done."""
    told: list[Progress] = []
    with pytest.raises(ValueError, match="no"), telling(told.append, "pulling"):
        raise ValueError("no")
    assert not any(news.done for news in told)
