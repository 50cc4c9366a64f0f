"""`explain`: what a code means, offline."""

import json

import pytest
import yaml
from multicasskop.crds.advice import ADVICE
from multicasskop.crds.codes import Code
from multicasskop.operator import main
from multicasskop.operator.output.exit_codes import ExitCode

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("word", ["MCK401", "mck401", "401"])
def test_one_code(capsys: Capture, word: str) -> None:
    """A code is told with its meaning, its cause and what to do, however it is written."""
    assert main.run(["explain", word]) == ExitCode.OK
    head, _, cause, remedy = capsys.readouterr().out.splitlines()
    assert head == "MCK401  the child belongs to somebody else"
    assert cause == f"  cause   {ADVICE[Code.CONFLICT].cause}"
    assert remedy == f"  to do   {ADVICE[Code.CONFLICT].remedy}"


def test_all_codes(capsys: Capture) -> None:
    """Without a word all codes are listed, a line each."""
    assert main.run(["explain"]) == ExitCode.OK
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["CODE", "MEANING"]
    assert [line.split()[0] for line in lines] == [code.value for code in Code]


def test_document(capsys: Capture) -> None:
    """As a document a code has the same fields as its line in the list of all."""
    assert main.run(["explain", "MCK303", "-o", "json"]) == ExitCode.OK
    one = json.loads(capsys.readouterr().out)
    assert (one["apiVersion"], one["kind"], one["name"]) == ("cli.multicasskop/v1", "Explanation", "UNAUTHORIZED")
    assert main.run(["explain", "-o", "yaml"]) == ExitCode.OK
    every = yaml.safe_load(capsys.readouterr().out)
    assert (every["kind"], len(every["items"])) == ("ExplanationList", len(Code))
    (same,) = (item for item in every["items"] if item["code"] == "MCK303")
    assert same == {name: text for name, text in one.items() if name not in ("apiVersion", "kind")}


def test_unknown_code(capsys: Capture) -> None:
    """A code that there is not is not found, and those that are near are proposed."""
    assert main.run(["explain", "MCK409"]) == ExitCode.NOT_FOUND
    assert capsys.readouterr().err.startswith("there is no code MCK409. Did you mean MCK40")
