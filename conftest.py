"""For all tests: their own options, who runs what, and what the shell that started them may have taken away.

A shell starts background jobs with SIGINT ignored, and children inherit that; tests that interrupt programs need it.
What is here is here because pytest knows no other conftest yet when it reads its options.
"""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Final
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

WORLDS: Final = ("planes", "planes3", "kind")
# what takes longest begins first; tests without a world fill what is left
PARTS: Final = 4
ORDER: Final = ("kind", "planes3", *(f"planes/{part}" for part in range(PARTS)))

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


FOOTPRINT: Final = pytest.StashKey["Footprint"]()
MEMORY: Final = Path("/proc/meminfo")


class Footprint:
    """How long all of it takes, and how much of the machine's memory at most, clusters and all; looked at now and then.

    Memory that anything else takes meanwhile counts, too: there is no telling whose a container's is.
    """

    EVERY_SECONDS = 2.0

    def __init__(self, memory: Path = MEMORY) -> None:
        self._memory, self._began, self._stopped = memory, time.monotonic(), threading.Event()
        self._first = self._least = self._available()
        self._thread = threading.Thread(target=self._run, name="footprint", daemon=True)
        self._thread.start()

    def stop(self) -> str:
        """Look for the last time, and tell."""
        self._stopped.set()
        self._thread.join()
        self.look()
        minutes, seconds = divmod(round(time.monotonic() - self._began), 60)
        taken = f"{(self._first - self._least) / 2**20:.1f} GiB" if self._first else "an unknown amount"
        return f"the whole run took {minutes}m{seconds:02}s, and {taken} of memory at most"

    def look(self) -> None:
        """Look at what is left."""
        self._least = min(self._least, self._available())

    def _run(self) -> None:
        while not self._stopped.wait(self.EVERY_SECONDS):
            self.look()

    def _available(self) -> int:
        """KiB; 0 where the system does not tell."""
        lines = self._memory.read_text().splitlines() if self._memory.exists() else []
        return next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), 0)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to look at time and memory, unless somebody else does for this process."""
    if not hasattr(config, "workerinput"):
        config.stash[FOOTPRINT] = Footprint()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell what all of it took."""
    if (found := config.stash.get(FOOTPRINT, None)) is not None:
        terminalreporter.write_line(found.stop())


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

    Most tests are of the first world: it stands several times, each time for a part of the files. Whole and begun late,
    it would be what all other workers wait for.
    """
    values = nodeid.partition("[")[2].removesuffix("]").split("-")
    found = next((name for name in WORLDS if name in values), nodeid)
    return f"{found}/{crc32(nodeid.partition('::')[0].encode()) % PARTS}" if found == WORLDS[0] else found


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByWorld:
    """With `--numprocesses`, say who runs what, in the order of the tests."""
    config.option.loadscopereorder = False
    return ByWorld(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Among several workers, put the worlds first, in their order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank_of(scope_of(item.nodeid)))


def rank_of(scope: str) -> int:
    """When a scope's turn comes."""
    return ORDER.index(scope) if scope in ORDER else len(ORDER)
