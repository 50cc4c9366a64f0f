"""The scene: acts, news and events as lines, and the picture that is redrawn in place."""

import io

import pytest
from fakes.clock import FakeClock
from multicasskop.operator.demo.scene import Act, Picture, Scene


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Ascii(io.StringIO):
    """A stream that carries ASCII alone."""

    encoding = "ascii"


@pytest.fixture
def clock() -> FakeClock:
    """Time that the test moves."""
    return FakeClock()


def lines(stream: io.StringIO) -> list[str]:
    """What was written, each line without surplus blanks."""
    return [" ".join(line.split()) for line in stream.getvalue().splitlines()]


def test_an_act_is_told_when_it_begins_and_when_it_has_ended(clock: FakeClock) -> None:
    """An act has a line at its begin and one at its end, with the time it took."""
    stream = io.StringIO()
    scene = Scene(stream, clock)
    with scene.act("control planes") as act:
        clock.advance(3.2)
        act.title = "control planes (v1.36.3)"
    assert lines(stream) == ["◐ control planes 0.0s", "✔ control planes (v1.36.3) 3.2s"]


def test_an_act_that_fails_is_marked(clock: FakeClock) -> None:
    """An act that is left by an exception is marked as failed, and the exception goes on."""
    stream = io.StringIO()
    scene = Scene(stream, clock)
    with pytest.raises(KeyboardInterrupt), scene.act("waiting"):
        raise KeyboardInterrupt
    assert lines(stream)[-1] == "✖ waiting 0.0s"


def test_news_come_not_too_often(clock: FakeClock) -> None:
    """Progress is a line every five seconds at most."""
    stream = io.StringIO()
    scene = Scene(stream, clock)
    with scene.act("building") as act:
        for second in range(1, 12):
            clock.advance(1.0)
            act.progress = f"{second} of 11"
            scene.news(act)
    assert lines(stream)[1:-1] == ["◐ building 5 of 11 5.0s", "◐ building 10 of 11 10s"]


def test_each_event_is_told_once(clock: FakeClock) -> None:
    """Of all events until now those are told that were not told yet."""
    stream = io.StringIO()
    scene = Scene(stream, clock)
    scene.show(["tree"], ["one"])
    scene.show(["tree"], ["one", "two", "three"])
    scene.show(["tree"], ["one", "two", "three"])
    assert lines(stream) == ["one", "two", "three"]


def test_a_stream_without_unicode_gets_ascii(clock: FakeClock) -> None:
    """What the stream cannot carry is replaced by ASCII signs."""
    stream = Ascii()
    with Scene(stream, clock).act("planes"):
        pass
    assert stream.getvalue().isascii()
    assert lines(stream) == ["~ planes 0.0s", "+ planes 0.0s"]


def test_times_stand_in_one_column(clock: FakeClock) -> None:
    """The times of acts with titles of different lengths stand below each other."""
    short, long = Act("a", 0.0, seconds=1.0), Act("b" * 50, 0.0, seconds=2.0)
    assert short.line(0.0).rindex("1.0s") == long.line(0.0).rindex("2.0s")


def test_how_things_stood_is_written_out(clock: FakeClock) -> None:
    """The tree of the finished ring is written into the lines."""
    stream = io.StringIO()
    Scene(stream, clock).stand(["demo  Ready", "", "└─ 1"])
    assert stream.getvalue() == "\n    demo  Ready\n\n    └─ 1\n\n"


def test_picture_ends_with_the_tree_as_it_stood(clock: FakeClock) -> None:
    """When everything has been deleted the last picture shows the tree of the finished ring."""
    stream = Terminal()
    scene = Picture(stream, clock)
    with scene.act("planes"):
        scene.show(["demo  Ready"], [])
        scene.stand(["demo  Ready"])
        scene.show([], [])
    scene.close()
    assert "demo  Ready" in stream.getvalue()[stream.getvalue().rindex("✔") :]


def test_picture_shows_acts_tree_and_last_events(clock: FakeClock) -> None:
    """On a terminal the picture ends with all acts, the tree and the last five events; what is said comes below."""
    stream = Terminal()
    scene = Picture(stream, clock)
    with scene.act("planes"):
        scene.show(["demo  tree"], [f"event {number}" for number in range(9)])
    scene.close()
    scene.say("Proved")
    text = stream.getvalue()
    last = text[text.rindex("✔") :]
    for shown in ("planes", "demo  tree", "event 4", "event 8", "Proved"):
        assert shown in last
    assert "event 3" not in last


def test_nothing_is_drawn_after_the_end(clock: FakeClock) -> None:
    """Closing twice, and saying something without a picture, is all right."""
    stream = Terminal()
    scene = Picture(stream, clock)
    scene.say("introduction")
    scene.close()
    scene.close()
    assert "introduction" in stream.getvalue()
