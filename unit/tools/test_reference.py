"""The reference pages are made from the tables in code."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from multicasskop.operator.settings import OPTIONS, Settings

ROOT = Path(__file__).resolve().parents[2]


def load_reference() -> ModuleType:
    """The generator, which is a script and not part of the distribution."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = load_reference()


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_page_is_what_the_tables_say(name: str) -> None:
    """A reference page in docs/ is what its table in code leads to."""
    assert (ROOT / "docs" / "reference" / name).read_text() == reference.PAGES[name]()


def test_a_cell_cannot_break_its_row() -> None:
    """A bar inside a cell is escaped."""
    assert reference.line(["a|b", "c"]) == "| a\\|b | c |"


@pytest.mark.parametrize(
    ("field", "default"),
    [
        pytest.param("lease_duration", "15s", id="a time"),
        pytest.param("renew_tokens_at", "0.8", id="a share"),
        pytest.param("trace_ratio", "1", id="another share"),
        pytest.param("workers", "8", id="a number"),
    ],
)
def test_a_default_is_shown_by_the_kind_of_its_setting(field: str, default: str) -> None:
    """Only what takes a time is in seconds."""
    option = next(each for each in OPTIONS if each.field == field)
    assert reference.set_to(option, getattr(Settings(local=""), field)) == default
