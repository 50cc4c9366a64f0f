"""Consumers of lists and watches as processes of their own: what they report, and how they are run in turns."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATUS = Path("/proc/self/status")
RUNS = 5
# seconds from the first sync to the first look at memory: what the sync itself needed is let go of by then
CALM = 1.0
PATIENCE = 300.0

Facts = dict[str, Any]
Command = Sequence[str]


class ConsumerError(Exception):
    """A consumer failed; the text is what it complained about."""


class Arrivals:
    """Counts keys that reached the queue, and takes the time from the first one to that of the last version.

    One thread counts; another one may wait.
    """

    def __init__(self, last: str) -> None:
        self._last, self._first, self._end = last, (0.0, 0.0), (0.0, 0.0)
        self._complete = threading.Event()
        self.count = 0

    def arrived(self, version: str) -> None:
        """Note a key, of an object in this version."""
        if not self.count:
            self._first = instant()
        self.count += 1
        if version == self._last:
            self._end = instant()
            self._complete.set()

    def wait(self, seconds: float) -> None:
        """Wait for the last version; TimeoutError when it does not come."""
        if not self._complete.wait(seconds):
            raise TimeoutError(f"{self.count} events came within {seconds:.0f}s, and version {self._last} did not")

    @property
    def facts(self) -> Facts:
        """How many came, and how many seconds passed on the clock and on processors of this process."""
        (began, idle), (ended, busy) = self._first, self._end
        return {"events": self.count, "seconds": ended - began, "cpu": busy - idle}


def instant() -> tuple[float, float]:
    """Now, by the clock and by the processor time of this process."""
    return time.perf_counter(), time.process_time()


def resident() -> int:
    """Resident memory of this process, in bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", STATUS.read_text())
    if found is None:
        raise ConsumerError(f"no VmRSS in {STATUS}")
    return int(found[1]) * 1024


def report(**facts: float) -> None:
    """Print the document by which a consumer ends."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def python(module: str, *arguments: str) -> list[str]:
    """The command of a consumer that is written in Python."""
    return [sys.executable, "-m", module, *arguments]


def run(command: Command) -> Facts:
    """Run a consumer and return what it reported; ConsumerError when it failed or took too long."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise ConsumerError(f"{' '.join(command)} did not end within {PATIENCE:.0f}s") from error
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise ConsumerError(f"{' '.join(command)} ended with code {done.returncode}:\n{done.stderr[-2000:]}")
    facts: Facts = json.loads(lines[-1])
    return facts


def in_turns(sides: Mapping[str, Command], runs: int = RUNS) -> dict[str, list[Facts]]:
    """Run each side once, then each once more, and so on; every other round backwards, so that no side is always first.

    What a machine does besides then falls on all sides alike. Returns what was reported, by side and in order.
    """
    found: dict[str, list[Facts]] = {name: [] for name in sides}
    for number in range(runs):
        for name in (list(sides), list(sides)[::-1])[number % 2]:
            found[name].append(run(sides[name]))
    return found
