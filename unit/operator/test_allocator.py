"""The C library's memory: what is freed goes back to the system."""

import ctypes
import subprocess
import sys

import pytest
from multicasskop.operator import allocator

# a large block first, which glibc would take as the measure of what is large; then many that are smaller
SCRIPT = """\
import sys
from multicasskop.operator import allocator
if sys.argv[1] == "settled":
    assert allocator.settle()
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20
bytearray(16 * 2**20)
blocks = [bytearray(b"x") * 2**20 for _ in range(200)]
kept = [bytearray(b"y") * 1000 for _ in range(100)]
del blocks
print(resident())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="this C library has no mallopt")
def test_freed_blocks_go_back() -> None:
    """A process that held two hundred megabytes is small again when they are freed, whatever was allocated since."""
    run = [sys.executable, "-c", SCRIPT, "settled"]
    assert int(subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout) < 100


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no mallopt nothing is asked for, and that is said."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert allocator.settle() is False
