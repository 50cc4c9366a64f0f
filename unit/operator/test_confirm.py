"""The question before something is written."""

import io

import pytest
from multicasskop.operator.confirm import confirmed
from multicasskop.operator.output.exit_codes import CommandError, ExitCode


class Terminal(io.StringIO):
    """Somebody at a terminal who types this."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize(
    ("typed", "yes"),
    [("y\n", True), ("YES\n", True), (" y \n", True), ("n\n", False), ("\n", False), ("", False), ("maybe\n", False)],
)
def test_what_a_person_says(
    typed: str, yes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only a yes is one; the question stands on stderr."""
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert confirmed("Go on?", yes=False) is yes
    assert capsys.readouterr() == ("", "Go on? [y/N] ")


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Off a terminal it must have been said before."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(CommandError) as caught:
        confirmed("Go on?", yes=False)
    assert (caught.value.exit_code, caught.value.hint) == (ExitCode.USAGE, "--yes, or --dry-run")
    assert confirmed("Go on?", yes=True)
