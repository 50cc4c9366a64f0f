"""What goes into the operator's image: a part of what the tests run with, and all that the program needs."""

import configparser
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENTRY = re.compile(r"^([a-z0-9.-]+)==(\S+) \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.MULTILINE)


def pinned(path: str) -> dict[str, tuple[str, frozenset[str]]]:
    """The packages of a lock file, with their versions and hashes."""
    found = ENTRY.findall((ROOT / path).read_text())
    return {name: (version, frozenset(re.findall(r"--hash=(\S+)", hashes))) for name, version, hashes in found}


def required(section: str, option: str) -> set[str]:
    """The names of the packages that an option of setup.cfg lists."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    lines = parser[section][option].strip().splitlines()
    return {re.split(r"[ <>=\[]", line)[0].lower() for line in lines}


def test_image_runs_with_what_the_tests_run_with() -> None:
    """Every package of the image has the version and the hashes that it has for the tests; if not: make lock."""
    assert pinned("images/operator/requirements.lock").items() <= pinned("requirements.lock").items()


def test_image_has_what_the_program_needs() -> None:
    """All run-time dependencies are in the image, and none of the tools that only tests need; if not: make lock."""
    image = set(pinned("images/operator/requirements.lock"))
    assert required("options", "install_requires") <= image
    assert not required("options.extras_require", "dev") & image
