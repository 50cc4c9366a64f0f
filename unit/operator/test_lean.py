"""The operator's process is spared what it never uses."""

import subprocess
import sys

import pytest

ALONE = """\
import sys
from multicasskop.operator.lean import import_structlog
import_structlog()
import multicasskop.operator.launch, multicasskop.operator.parts
assert "rich" not in sys.modules
from rich.console import Console
assert Console().width > 0
"""
LATE = """\
import sys
import rich
from multicasskop.operator.lean import import_structlog
import_structlog()
assert sys.modules["rich"] is rich
assert "structlog" not in sys.modules
"""
RUN = """\
import sys
from multicasskop.operator.main import run
sys.modules["multicasskop.operator.parts"] = None
assert run(["run", "-l", "k8s-cluster1"]) != 0
assert "structlog" in sys.modules
assert "rich" not in sys.modules
"""


@pytest.mark.parametrize("script", [pytest.param(ALONE, id="rich-not-loaded"), pytest.param(LATE, id="rich-loaded")])
def test_structlog_comes_without_rich(script: str) -> None:
    """Rich is not loaded for structlog, can be loaded afterwards, and stays where it was loaded before."""
    leave(script)


def test_the_operator_loads_no_rich() -> None:
    """The verb that runs the operator loads structlog alone, up to where its parts are loaded."""
    leave(RUN)


def leave(script: str) -> None:
    """Run a script, which fails by its assertions, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
