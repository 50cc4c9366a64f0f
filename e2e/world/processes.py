"""Processes that outlive the command which started them, known by id and time of start, never by name.

A pid alone may belong to somebody else by the time it is read again; the pair (pid, time of start) cannot. A process
writes both down itself, beside its log, before it becomes the program that it shall be: so there is no moment at which
a crash of the starting program leaves a process that nobody knows.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec
from multicasskop.world.errors import ProcessError

POLL = 0.02
PROC = Path("/proc/self")  # Linux; elsewhere ps tells the same
RECORD = ".pid"
# $0 is the record: whole or not there. Where its folder is gone, because the world was taken down meanwhile, nothing
# is started any more
WRITE_DOWN = """
{ echo $$; cat /proc/$$/stat 2>/dev/null || ps -o state=,lstart= -p $$; } > "$0.new" && mv "$0.new" "$0" && exec "$@"
"""


class Process(msgspec.Struct, frozen=True):
    """A started process: enough to find it again, to stop it, and to start it again as it was."""

    name: str
    pid: int
    started: str
    command: tuple[str, ...]
    log: str


def start(name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Process:
    """Start a program in a session of its own, so that no signal of the terminal reaches it; output goes to its log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            ["/bin/sh", "-c", WRITE_DOWN, str(log.with_suffix(RECORD)), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **environment} if environment else None,
        )
    child.returncode = child.poll() or 0  # this process is tracked by its id from here on, not by this handle
    return Process(name, child.pid, started_at(child.pid), tuple(command), str(log))


def again(process: Process) -> Process:
    """Start the same program with the same arguments."""
    return start(process.name, process.command, Path(process.log))


def recorded(folder: Path) -> list[Process]:
    """Return the processes that wrote themselves down in a folder of logs, whether they still run or not."""
    found = []
    for record in sorted(folder.glob(f"*{RECORD}")):
        pid, _, stat = record.read_text().partition("\n")
        if pid.isdigit():
            found.append(Process(record.stem, int(pid), read_stat(stat)[1], (), str(record.with_suffix(".log"))))
    return found


def started_at(pid: int) -> str:
    """Return what tells this process from all others that had or will have its id; empty when it is gone."""
    return look(pid)[1]


def is_paused(process: Process) -> bool:
    """Whether the process is stopped by a signal."""
    return look(process.pid)[0].startswith("T")


def is_standing(process: Process) -> bool:
    """Whether every thread of the process is stopped: they stop one by one, some time after the signal."""
    return is_paused(process) and all(state in ("T", "t", "") for state in thread_states(process.pid))


def thread_states(pid: int) -> list[str]:
    """The state letters of a process's threads, empty for one that has just ended; nothing where there is no /proc."""
    try:
        return [look_at_stat(stat)[0] for stat in (PROC.parent / str(pid) / "task").glob("*/stat")]
    except (FileNotFoundError, ProcessLookupError):  # it has ended between two looks
        return []


def look(pid: int) -> tuple[str, str]:
    """Return a process's state letter and time of start, both empty when it is gone or only a zombie."""
    state, started = look_at_stat(PROC.parent / str(pid) / "stat") if PROC.exists() else ask_ps(pid)
    if state[:1] in "ZX" and not has_other_threads(pid):
        return "", ""
    return state, started


def look_at_stat(path: Path) -> tuple[str, str]:
    """State and time of start as Linux tells them."""
    try:
        return read_stat(path.read_text())
    except (FileNotFoundError, ProcessLookupError):
        return "", ""


def ask_ps(pid: int) -> tuple[str, str]:
    """State and time of start as ps tells them."""
    answer = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, check=False)
    return read_stat(answer.stdout.decode())


def read_stat(text: str) -> tuple[str, str]:
    """Read state and time of start from a line of /proc, which has the program's name in brackets, or of ps."""
    if ")" in text:
        fields = text.rpartition(")")[2].split()
        return fields[0], fields[19]
    state, _, started = text.strip().partition(" ")
    return state, started.strip()


def has_other_threads(pid: int) -> bool:
    """Whether threads are left of a process whose first thread has ended: until they end its ports stay open."""
    return len(thread_states(pid)) > 1


def is_alive(process: Process) -> bool:
    """Whether this very process still runs (a stopped one does, a zombie does not)."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)
    return bool(process.started) and started_at(process.pid) == process.started


def send(process: Process, number: signal.Signals) -> bool:
    """Send a signal to this very process; False when it is gone."""
    if not is_alive(process):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)
        return True
    return False


def pause(process: Process) -> None:
    """Stop the process by a signal, to be continued; returns when none of its threads runs any more."""
    if send(process, signal.SIGSTOP):
        wait_until(partial(is_standing, process), 10)


def stop(process: Process, grace: float = 0.0) -> None:
    """End the process: politely first when `grace` seconds are given, then with force. Returns when it is gone."""
    if grace and send(process, signal.SIGTERM) and wait_until(partial(is_gone, process), grace):
        return
    end([process])


def end(processes: Iterable[Process]) -> None:
    """End all of them with force, at the same time; returns when they are gone."""
    ending = [process for process in processes if send(process, signal.SIGKILL)]
    for process in ending:
        wait_until(partial(is_gone, process), 10)


def is_gone(process: Process) -> bool:
    """Whether this very process has ended."""
    return not is_alive(process)


def this_process() -> Process:
    """Our own program as a process that can be recognised later."""
    return Process("owner", os.getpid(), started_at(os.getpid()), (), "")


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = POLL) -> bool:
    """Ask until the condition holds, with a pause (seconds) in between; False when it did not within that time.

    The last time is asked after that time, however long one answer takes.
    """
    until = time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        if condition():
            return True
        time.sleep(min(pause, max(0.0, until - began)))
    return condition()


def wait_ready(process: Process, ready: Callable[[], bool], seconds: float) -> None:
    """Wait until the process is ready; raise ProcessError when it leaves or takes longer."""
    if not wait_until(lambda: ready() or not is_alive(process), seconds):
        raise ProcessError(process.name, f"was not ready within {seconds:.0f}s", Path(process.log))
    if not is_alive(process):
        raise ProcessError(process.name, "left at once", Path(process.log))
