"""The question before something is written."""

import io

import pytest
from multicasskop.operator.confirm import confirmed
from multicasskop.operator.output.exit_codes import CommandError, ExitCode


class Terminal(io.StringIO):
    """A person at a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize(
    ("answer", "yes"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False), ("yolo\n", False)]
)
def test_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, yes: bool) -> None:
    """Only a clear yes is one; the question is no part of the result."""
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert confirmed("Go on?", yes=False) is yes
    written = capsys.readouterr()
    assert (written.out, written.err) == ("", "Go on? [y/N] ")


def test_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the flag nobody is asked."""
    monkeypatch.setattr("sys.stdin", Terminal(""))
    assert confirmed("Go on?", yes=True)


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be asked it is wrong use, and not a silent yes."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(CommandError) as caught:
        confirmed("Go on?", yes=False)
    assert caught.value.exit_code is ExitCode.USAGE
