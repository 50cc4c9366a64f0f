"""The program: lazy verbs, and failures that become one line and an exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from multicasskop.operator import main
from multicasskop.operator.output.document import wants_json
from multicasskop.operator.output.exit_codes import CommandError, ExitCode

HEAVY = ("pydantic", "kubernetes", "urllib3", "msgspec", "yaml", "rich", "multicasskop.world", "multicasskop.informers")


@pytest.fixture(params=[[], ["--help"], ["-h"]], ids=["nothing", "help", "h"], scope="module")
def loaded(request: pytest.FixtureRequest) -> set[str]:
    """The modules loaded after the program has run with some arguments."""
    program = f"""
import sys
from multicasskop.operator.main import run
code = run({request.param!r})
sys.stderr.write("\\n".join(sys.modules))
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    return set(done.stderr.split())


@pytest.mark.parametrize("module", HEAVY)
def test_help_loads_nothing_heavy(loaded: set[str], module: str) -> None:
    """Help imports no package that costs time, nor any verb."""
    assert module not in loaded
    assert not [name for name in loaded if name.startswith("multicasskop.operator.commands.")]


def test_every_verb_loads_and_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Each verb of the list exists, and its help begins with its usage."""
    for verb in main.VERBS:
        assert main.run([verb, "--help"]) == ExitCode.OK
        text = capsys.readouterr().out
        assert text.startswith(f"Usage: multicasskop {verb}")
        assert "\\b" not in text


def test_help_of_a_verb_shows_examples_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The examples in a verb's help stand on lines of their own."""
    main.run(["status", "--help"])
    examples = [line for line in capsys.readouterr().out.splitlines() if line.startswith("    multicasskop status")]
    assert len(examples) == 3


def test_without_words_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The program alone shows its help, and that is no failure."""
    assert main.run([]) == ExitCode.OK
    assert capsys.readouterr().out.startswith("Usage: multicasskop")


CASES = [
    pytest.param(CommandError(ExitCode.HOME, "c1: no", hint="look"), 3, "c1: no. Next: look\n", id="home-unreachable"),
    pytest.param(
        CommandError(ExitCode.NO, "does not hold", code="MCK403"), 1, "MCK403 does not hold\n", id="the-answer-is-no"
    ),
    pytest.param(KeyboardInterrupt(), 130, "interrupted\n", id="ctrl-c"),
    pytest.param(typer.Abort(), 130, "interrupted\n", id="abort"),
    pytest.param(typer.Exit(130), 130, "interrupted\n", id="ctrl-c-as-typer-tells-it"),
    pytest.param(typer.Exit(5), 5, "", id="exit-of-a-verb"),
    pytest.param(BrokenPipeError(), 0, "", id="reader-of-the-pipe-left"),
    pytest.param(
        typer.BadParameter("no such file"),
        2,
        "MCK111 invalid value: no such file. Next: multicasskop --help\n",
        id="usage",
    ),
]


@pytest.mark.parametrize(("error", "code", "line"), CASES)
def test_exit_codes(
    error: BaseException, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every expected end has its code, and one line on stderr at most."""
    monkeypatch.setattr(main, "app", raising(error))
    assert main.run(["status"]) == code
    assert capsys.readouterr() == ("", line)


def raising(error: BaseException) -> object:
    """A stand-in for the application that ends with this error."""

    def app(*_: object, **__: object) -> None:
        raise error

    return app


def test_errors_are_documents_in_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With `-o json` an error is one JSON document on stderr."""
    monkeypatch.setattr(main, "app", raising(CommandError(ExitCode.NOT_FOUND, "no demo", hint="look", code="MCK104")))
    assert main.run(["status", "demo", "-o", "json"]) == 4
    assert json.loads(capsys.readouterr().err) == {
        "apiVersion": "cli.multicasskop/v1",
        "kind": "Error",
        "code": "MCK104",
        "message": "no demo",
        "hint": "look",
        "exitCode": 4,
    }


def test_a_defect_leaves_a_crash_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What nobody expected is exit code 70, one line, and a file with the stack that only its owner may read."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(main, "app", raising(ZeroDivisionError("oops")))
    assert main.run(["status"]) == 70
    [file] = tmp_path.glob("multicasskop-crash-*.txt")
    assert str(file) in capsys.readouterr().err
    assert "ZeroDivisionError: oops" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_a_defect_without_a_place_for_its_file_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Where no file can be written, the details stand on stderr."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    monkeypatch.setattr(main, "app", raising(ZeroDivisionError("oops")))
    assert main.run(["status"]) == 70
    assert "ZeroDivisionError: oops" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["vresion"], "Did you mean 'version'?", id="verb"),
        pytest.param(["version", "--nope"], "--nope", id="flag"),
    ],
)
def test_wrong_words(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown verb or flag is wrong use, named, with the nearest verb where there is one."""
    assert main.run(words) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "json_wanted"),
    [
        pytest.param(["status", "-o", "json"], True, id="apart"),
        pytest.param(["status", "-ojson"], True, id="glued"),
        pytest.param(["status", "--output=json"], True, id="long"),
        pytest.param(["status", "-o", "yaml", "json"], False, id="another"),
        pytest.param(["status", "-o"], False, id="unfinished"),
        pytest.param([], False, id="nothing"),
    ],
)
def test_wants_json(words: list[str], json_wanted: bool) -> None:
    """Whether JSON is wanted is known without parsing the flags."""
    assert wants_json(words) is json_wanted
