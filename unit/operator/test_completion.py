"""The program's other names, and what shells are told while a line is typed."""

import sys

import pytest
from multicasskop.operator import completion, main
from multicasskop.operator.output.exit_codes import ExitCode

Capture = pytest.CaptureFixture[str]
SHELLS = ["bash", "zsh", "fish"]


@pytest.mark.parametrize("shell", SHELLS)
def test_script(capsys: Capture, shell: str) -> None:
    """The script of each shell calls the program back, with the variable by which it knows."""
    assert main.run(["completion", shell]) == ExitCode.OK
    script = capsys.readouterr().out
    assert f"{completion.VARIABLE}=complete_{shell}" in script
    assert "multicasskop" in script


def test_unknown_shell(capsys: Capture) -> None:
    """A shell for which there is no script is wrong use, and those that there are are named."""
    assert main.run(["completion", "csh"]) == ExitCode.USAGE
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        pytest.param(["una"], [], id="nothing"),
        pytest.param(["unr"], ["unregister"], id="verb"),
        pytest.param(["re"], ["register", "resume", "restart", "release"], id="verbs"),
        pytest.param(["status", "--all"], ["--all-namespaces"], id="flag"),
        pytest.param(["status", "-o", "js"], ["json"], id="value"),
        pytest.param(["completion", ""], SHELLS, id="argument"),
    ],
)
def test_kubectl_is_told(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, words: list[str], offered: list[str]
) -> None:
    """To kubectl goes what may come next, one a line, and that these are all."""
    for name in (completion.VARIABLE, "COMP_WORDS", "COMP_CWORD"):
        # so that they are gone again afterwards
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(sys, "argv", ["kubectl_complete-mck", *words])
    completion.for_kubectl()
    *lines, last = capsys.readouterr().out.split()
    assert (lines, last) == (offered, completion.NO_FILES)


@pytest.mark.parametrize(
    ("called", "named"),
    [
        pytest.param("/usr/bin/multicasskop", "multicasskop", id="itself"),
        pytest.param("/usr/bin/kubectl-mck", "kubectl mck", id="plugin"),
        pytest.param("__main__.py", "multicasskop", id="module"),
    ],
)
def test_name(capsys: Capture, monkeypatch: pytest.MonkeyPatch, called: str, named: str) -> None:
    """The program calls itself in its help what it was called."""
    monkeypatch.setattr(sys, "argv", [called, "explain", "--help"])
    with pytest.raises(SystemExit) as left:
        main.main()
    assert left.value.code == ExitCode.OK
    assert capsys.readouterr().out.startswith(f"Usage: {named} explain [OPTIONS] [CODE]")
