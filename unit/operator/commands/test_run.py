"""`run`: its flags are those of the table, in the forms of the Go operator too."""

import pytest
from multicasskop.operator import main
from multicasskop.operator.commands.run import as_text
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.operator.settings import OPTIONS

Capture = pytest.CaptureFixture[str]


def settings_of(capsys: Capture, *words: str) -> dict[str, str]:
    """The settings that `run --check-config` writes down for these words."""
    assert main.run(["run", "--check-config", *words]) == ExitCode.OK
    return dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["-l", "c1", "-r", "c2", "-r", "c3"], id="apart"),
        pytest.param(["-lc1", "-rc2", "-rc3"], id="glued-as-the-go-chart-has-them"),
        pytest.param(["--local=c1", "--remote=c2", "--remote", "c3"], id="long"),
        pytest.param(["-l", "c1", "-r", "c2,c3"], id="by-comma"),
    ],
)
def test_members(capsys: Capture, words: list[str]) -> None:
    """Members may be named in every form that the Go operator takes."""
    found = settings_of(capsys, *words)
    assert (found["local"], found["remotes"]) == ("'c1'", "('c2', 'c3')")


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        pytest.param(["-v"], "log_level", "'debug'", id="verbose"),
        pytest.param(["-vvv"], "log_level", "'debug'", id="more-verbose"),
        pytest.param(["-v", "--log-level", "warn"], "log_level", "'warn'", id="level-beats-verbose"),
        pytest.param(["--no-leader-elect"], "leader_elect", "False", id="no-election"),
        pytest.param(["--leader-elect"], "leader_elect", "True", id="election"),
        pytest.param(["--allow-cross-namespace"], "allow_cross_namespace", "True", id="switch"),
        pytest.param(["--metrics-addr", "0"], "metrics_address", "None", id="address-off"),
        pytest.param(["--workers=3"], "workers", "3", id="number"),
        pytest.param(["--dark-after", "7s"], "dark_after", "7.0", id="duration"),
        pytest.param([], "workers", "8", id="default"),
    ],
)
def test_flags(capsys: Capture, words: list[str], field: str, value: str) -> None:
    """Flags of all kinds reach the settings."""
    assert settings_of(capsys, "-lc1", *words)[field] == value


def test_help_names_every_flag_and_variable(capsys: Capture) -> None:
    """The help shows every row of the table, with its variable."""
    assert main.run(["run", "--help"]) == ExitCode.OK
    text = " ".join(capsys.readouterr().out.split())
    for option in OPTIONS:
        assert f"[{option.variable}]" in text
        assert all(flag.split("/")[0] in text for flag in option.flags)


def test_check_config_shows_warnings(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking the configuration says what is passed over, and starts nothing."""
    monkeypatch.setenv("MCK_WROKERS", "3")
    assert main.run(["run", "-lc1", "--check-config"]) == ExitCode.OK
    assert "warning: MCK_WROKERS is not a variable" in capsys.readouterr().err


def test_wrong_flag_is_one_line(capsys: Capture) -> None:
    """A wrong flag is one line with the verb's help as the next step."""
    assert main.run(["run", "--wrokers=3"]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "--wrokers" in error
    assert "multicasskop run --help" in error


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), ([], None), (True, "true"), (False, "false"), (["a", "b"], "a,b"), ("x", "x"), (3, "3")],
)
def test_flags_become_texts(value: object, text: str | None) -> None:
    """A flag's value becomes the text that its variable would have."""
    assert as_text(value) == text
