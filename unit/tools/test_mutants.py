"""The mutants that the unit tests must notice."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_mutants() -> ModuleType:
    """The tool, which is a script and not part of the distribution."""
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "tools" / "mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = module
    spec.loader.exec_module(module)
    return module


mutants = load_mutants()


@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_has_its_place(mutant: Any) -> None:  # noqa: ANN401  of the loaded module
    """Each mistake can still be made at exactly one place, is one in Python too, and names tests that are there."""
    wrong = mutants.mutated(mutant, (ROOT / mutant.file).read_text())
    compile(wrong, mutant.file, "exec")
    assert all((ROOT / test).is_file() for test in mutant.tests.split())


def test_mutant_without_a_place() -> None:
    """A mistake for which there is no place any more is told, and not taken for one that was noticed."""
    with pytest.raises(mutants.StaleMutantError, match="0 places"):
        mutants.mutated(mutants.MUTANTS[0], "")


def test_choice() -> None:
    """Words choose mutants by their names; without any, all are tried."""
    assert mutants.chosen([]) == mutants.MUTANTS
    assert {mutant.name for mutant in mutants.chosen(["poison"])} == {
        "poison dropped silently",
        "poison not told from others",
    }
