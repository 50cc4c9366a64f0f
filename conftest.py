"""For all tests: their own options, who runs what, and what the shell that started them may have taken away.

A shell starts background jobs with SIGINT ignored, and children inherit that; tests that interrupt programs need it.
What is here is here because pytest knows no other conftest yet when it reads its options.
"""

import os
import signal
from typing import Final
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

WORLDS: Final = ("planes", "planes3", "kind")

# what is slow on a busy machine is not wrong: laws assert nothing about time. The same examples each time, so that a
# change is judged by what it changes; new ones are what `make soak` is for
settings.register_profile(
    "laws",
    deadline=None,
    derandomize="LAW_FACTOR" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("laws")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let tiers be chosen, and insisted on."""
    text = "run end-to-end tests of this tier only (repeatable), and fail when it cannot be had: planes, kind"
    parser.addoption("--tier", action="append", default=[], choices=("planes", "kind"), help=text)
    text = "run this plan file alone, under all of its workloads (repeatable)"
    parser.addoption("--plan", action="append", default=[], metavar="FILE", help=text)
    parser.addoption("--slice", default="1/1", metavar="K/N", help="of the long campaign, run the K-th of N parts")


class ByWorld(LoadScopeScheduling):  # type: ignore[misc]  # without types
    """Among several workers, one has all tests of a world, so that each stands once; tests without one are spread."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """The world of a run of a test, or the test itself, where it needs none.

    Most tests are of the first world: two of it stand, each for one half of the files.
    """
    values = nodeid.partition("[")[2].removesuffix("]").split("-")
    found = next((name for name in WORLDS if name in values), nodeid)
    return f"{found}/{crc32(nodeid.partition('::')[0].encode()) % 2}" if found == WORLDS[0] else found


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByWorld:
    """With `--numprocesses`, say who runs what."""
    return ByWorld(config, log)
