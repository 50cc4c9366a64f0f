"""Whether a command may go on."""

import io

import pytest
from multicasskop.operator.asking import confirm
from multicasskop.operator.output.exit_codes import CommandError, ExitCode


class Terminal(io.StringIO):
    """Somebody at a terminal who types this."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize("typed", ["y\n", "YES\n", " y \n"])
def test_yes(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's yes lets it go on."""
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    confirm("Go on?", yes=False)


@pytest.mark.parametrize("typed", ["n\n", "\n", "", "maybe\n"])
def test_no(typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else is no, and that is an answer."""
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    with pytest.raises(CommandError, match="Nothing was changed") as caught:
        confirm("Go on?", yes=False)
    assert caught.value.exit_code is ExitCode.NO
    assert capsys.readouterr() == ("", "Go on? [y/N] ")


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Off a terminal it must have been said before."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(CommandError) as caught:
        confirm("Go on?", yes=False)
    assert (caught.value.exit_code, caught.value.hint) == (ExitCode.REFUSED, "say --yes")
    confirm("Go on?", yes=True)
