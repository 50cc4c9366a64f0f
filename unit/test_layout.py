"""The mapping of folders to import names, and the traps around the folder called operator."""

import configparser
import operator
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"bootstrap", "crds", "informers", "reconcilers", "operator", "e2e/world"}


@pytest.fixture(scope="module")
def options() -> configparser.SectionProxy:
    """The [options] section of setup.cfg."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser["options"]


def package_dir(options: configparser.SectionProxy) -> dict[str, str]:
    """Dotted name -> folder, as setup.cfg maps them."""
    rows = (line.split("=", 1) for line in options["package_dir"].strip().splitlines())
    return {name.strip(): folder.strip() for name, folder in rows}


def folders_with_sources(name: str, folder: str) -> set[str]:
    """The dotted names of a mapped folder and of each folder below it that holds Python sources or package data."""
    top = ROOT / folder
    below = (path.parent for path in top.rglob("*.py") if "__pycache__" not in path.parts)
    return {".".join((name, *path.relative_to(top).parts)) for path in below}


def test_operator_is_the_standard_library_s() -> None:
    """`import operator` gives Python's own module although a folder of that name stands at the root."""
    assert operator.itemgetter(1)((1, 2)) == 2
    assert operator.__file__ is not None
    assert ROOT not in Path(operator.__file__).parents


def test_operator_folder_has_no_init() -> None:
    """No `operator/__init__.py` exists, since it would hide the standard library's module."""
    assert not (ROOT / "operator" / "__init__.py").exists()


@pytest.mark.parametrize("command", [["-m", "multicasskop.operator", "--help"], ["-m", "pytest", "--version"]])
def test_python_m_works_from_the_root(command: list[str]) -> None:
    """Programs run with -m from the repository's root, where the root stands first on the path."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_mapped_folders_are_the_given_ones(options: configparser.SectionProxy) -> None:
    """setup.cfg maps the folders of the distribution and no other."""
    assert set(package_dir(options).values()) == FOLDERS


def test_packages_list_matches_the_folders(options: configparser.SectionProxy) -> None:
    """Every folder with sources is in setup.cfg's list of packages, and nothing else is."""
    found = set().union(*(folders_with_sources(*row) for row in package_dir(options).items()))
    assert set(options["packages"].split()) == found


def test_nothing_was_loaded_under_its_folder_s_name() -> None:
    """No module of ours is in sys.modules a second time under its folder's bare name."""
    assert not {"bootstrap", "crds", "informers", "reconcilers", "world"} & set(sys.modules)
