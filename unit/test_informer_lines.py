"""The 65 lines that the informer layer has to pass, each with tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parent
PAGE = (UNIT.parent / "docs" / "explanation" / "informer-tests.md").read_text()
LINES = {int(number): tests for number, tests in re.findall(r"^\| (\d+) \| .+ \| (.+) \|$", PAGE, re.MULTILINE)}


@cache
def names_of_tests(path: Path) -> frozenset[str]:
    """The names that a file has for pytest: functions, and classes that state machines were given."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body if path.exists() else ():
        match node:
            case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
                found.add(name)
    return frozenset(name for name in found if name.lower().startswith("test"))


def test_all_lines_are_there() -> None:
    """Every line has its row, in order."""
    assert list(LINES) == list(range(1, 66))


@pytest.mark.parametrize("number", sorted(LINES))
def test_tests_of_a_line_exist(number: int) -> None:
    """Each test that a line names is in the file that it names."""
    named = re.findall(r"`(\S+)::(\S+)`", LINES[number])
    assert named
    assert [test for file, test in named if test not in names_of_tests(UNIT / file)] == []
