"""Consumers of lists and watches as processes of their own: what they report, and how they are run in turns."""

import argparse
import gc
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.scale import RUNS

ROOT = Path(__file__).resolve().parent.parent
STATUS = Path("/proc/self/status")
# seconds from the first sync to the first look at memory: what the sync itself needed is let go of by then
CALM = 1.0
PATIENCE = 300.0
READY = "ready"

Facts = dict[str, Any]
Command = Sequence[str]


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a consumer in Python is asked: where, what, up to which version, or how many of them; and in which way."""

    kubeconfig: str
    kind: str
    last: str
    count: int
    way: str


Mode = Callable[[Arguments], None]


class ConsumerError(Exception):
    """A consumer failed; the text is what it complained about."""


class Arrivals:
    """Counts keys that reached the queue, and takes the time from the first one to that of the last version.

    Where events of different objects come in no order, the last one is that by which `events` are complete. One thread
    counts; another one may wait.
    """

    def __init__(self, last: str = "", events: int = 0) -> None:
        self._last, self._events, self._first, self._end = last, events, (0.0, 0.0), (0.0, 0.0)
        self._complete = threading.Event()
        self.count = 0

    def arrived(self, version: str) -> None:
        """Note a key, of an object in this version."""
        if not self.count:
            self._first = instant()
        self.count += 1
        if version == self._last or self.count == self._events:
            self._end = instant()
            self._complete.set()

    def wait(self, seconds: float) -> None:
        """Wait for the last version; TimeoutError when it does not come."""
        if not self._complete.wait(seconds):
            missing = f"version {self._last}" if self._last else f"the last of {self._events}"
            raise TimeoutError(f"{self.count} events came within {seconds:.0f}s, and {missing} did not")

    @property
    def facts(self) -> Facts:
        """How many came, and how many seconds passed on the clock and on processors of this process."""
        (began, idle), (ended, busy) = self._first, self._end
        return {"events": self.count, "seconds": ended - began, "cpu": busy - idle}


class Stamps:
    """When each version came, by the machine's clock; says that it is ready when so many objects have been seen."""

    def __init__(self, objects: int) -> None:
        self._objects, self._seen = objects, dict[str, int]()

    def arrived(self, version: str) -> None:
        """Note an event of an object in this version."""
        self._seen[version] = time.time_ns()
        if len(self._seen) == self._objects:
            ready()

    def report(self) -> None:
        """Wait until the other side has written all that it has to write, and print what was seen."""
        sys.stdin.read()
        report(arrivals=self._seen)


def instant() -> tuple[float, float]:
    """Now, by the clock and by the processor time of this process."""
    return time.perf_counter(), time.process_time()


def resident() -> int:
    """Resident memory of this process, in bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", STATUS.read_text())
    if found is None:
        raise ConsumerError(f"no VmRSS in {STATUS}")
    return int(found[1]) * 1024


def ready() -> None:
    """Say that whatever happens from now on will be seen."""
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()


def left(before: int) -> dict[str, int]:
    """Resident memory before a first sync, calm after it, and once the garbage is collected."""
    time.sleep(CALM)
    calm = resident()
    gc.collect()
    return {"rss_before": before, "rss_calm": calm, "rss_collected": resident()}


def report(**facts: object) -> None:
    """Print the document by which a consumer ends."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def arguments(module: str, doc: str | None, **modes: Mode) -> None:
    """Do what the command line of a consumer asks for."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=doc)
    parser.add_argument("mode", choices=modes)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--kind", default="cassandraclusters")
    parser.add_argument("--last", default="")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--way", default="")
    given = parser.parse_args()
    modes[given.mode](Arguments(given.kubeconfig, given.kind, given.last, given.count, given.way))


def python(module: str, *arguments: str) -> list[str]:
    """The command of a consumer that is written in Python."""
    return [sys.executable, "-m", module, *arguments]


def run(command: Command) -> Facts:
    """Run a consumer and return what it reported; ConsumerError when it failed or took too long."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise ConsumerError(f"{' '.join(command)} did not end within {PATIENCE:.0f}s") from error
    return facts_of(command, done.returncode, done.stdout, done.stderr)


def facts_of(command: Command, code: int, said: str, complained: str = "") -> Facts:
    """The document in the last line of what was said."""
    lines = said.splitlines()
    if code or not lines:
        raise ConsumerError(f"{' '.join(command)} ended with code {code}:\n{complained[-2000:]}")
    facts: Facts = json.loads(lines[-1])
    return facts


class Watcher:
    """A consumer that watches until it is told that there is no more to be seen."""

    def __init__(self, command: Command, process: subprocess.Popen[str]) -> None:
        self._command, self._process = command, process

    def await_ready(self) -> None:
        """Return when whatever happens from now on will be seen; ConsumerError when it ends before that."""
        if self._process.stdout is None or self._process.stdout.readline().strip() != READY:
            raise ConsumerError(f"{' '.join(self._command)} was never ready:\n{self._process.communicate()[1][-2000:]}")

    def end(self) -> dict[str, int]:
        """Tell it, and return when it saw which version, in nanoseconds of the machine's clock."""
        said, complained = self._process.communicate(timeout=PATIENCE)
        arrivals: dict[str, int] = facts_of(self._command, self._process.returncode, said, complained)["arrivals"]
        return arrivals


@contextmanager
def watching(command: Command) -> Iterator[Watcher]:
    """A consumer that is ready; it is ended with the block if it has not ended before."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            watcher = Watcher(command, process)
            watcher.await_ready()
            yield watcher
        finally:
            process.kill()


def in_turns(sides: Mapping[str, Command], runs: int = RUNS) -> dict[str, list[Facts]]:
    """Run each side once, then each once more, and so on; every other round backwards, so that no side is always first.

    What a machine does besides then falls on all sides alike. Returns what was reported, by side and in order.
    """
    found: dict[str, list[Facts]] = {name: [] for name in sides}
    for number in range(runs):
        for name in (list(sides), list(sides)[::-1])[number % 2]:
            found[name].append(run(sides[name]))
    return found
