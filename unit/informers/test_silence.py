"""How long silence is borne."""

from multicasskop.informers.silence import Silence


def test_patience_with_a_silent_stream() -> None:
    """A stream may be silent for a little longer than the server's timeout; with bookmarks, for thrice their gap."""
    silence = Silence()
    silence.begun(100.0)
    assert silence.read_timeout(300) == 310
    silence.heard(160.0)
    assert silence.read_timeout(300) == 310
    silence.bookmarks = True
    assert silence.read_timeout(300) == 180
    silence.heard(170.0)
    assert silence.read_timeout(300) == 180
    silence.exceeded()
    assert silence.read_timeout(300) == 310


def test_patience_with_the_first_line() -> None:
    """The first line must come within 66 s, unless the server has shown that it just sends no bookmarks."""
    silence = Silence()
    assert silence.first_timeout(300) == 66
    silence.harmless = True
    assert silence.first_timeout(300) == 310
    silence.bookmarks = True
    assert silence.first_timeout(300) == 66


def test_patience_has_a_floor_and_a_ceiling() -> None:
    """However quickly bookmarks come, 75 s of silence are waited for, and never longer than the server's timeout."""
    silence = Silence(bookmarks=True, longest=5.0)
    assert silence.read_timeout(600) == 75
    silence.longest = 400.0
    assert silence.read_timeout(600) == 610
