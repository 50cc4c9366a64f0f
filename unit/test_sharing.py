"""Several workers share the tests so that each world stands once: several of each take more than they give."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = """
import os
import pytest

@pytest.mark.parametrize("case", range(9))
@pytest.mark.parametrize("world", ["planes", "planes3", "kind"])
def test_of(world, case):
    with open(os.environ["TOLD"], "a") as told:
        told.write(f"{world} {os.getpid()}\\n")
"""


def test_each_world_has_one_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with a flag and its value apart, which pytest takes for a path until it knows of the flag."""
    (tmp_path / "test_worlds.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text())
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--numprocesses=3", "--tier", "planes"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    told = re.findall(r"^the whole run took \d+m\d\ds, and .+ of memory at most$", done.stdout, re.MULTILINE)
    assert len(told) == 1, done.stdout
    told = (tmp_path / "told").read_text().splitlines()
    assert len(told) == 27
    assert len(set(told)) == 3


def test_longest_world_begins_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer workers than worlds, kind is not what the end waits for, and tests without a world come last."""
    more = "\ndef test_without():\n    with open(os.environ['TOLD'], 'a') as told:\n        told.write('none\\n')\n"
    (tmp_path / "test_worlds.py").write_text(TESTS + more)
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text())
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--numprocesses=1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    told = [line.partition(" ")[0] for line in (tmp_path / "told").read_text().splitlines()]
    assert list(dict.fromkeys(told)) == ["kind", "planes3", "planes", "none"]
