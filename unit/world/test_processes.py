"""Processes are known by id and time of start, and ended by nothing else."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest
from multicasskop.world import processes
from multicasskop.world.errors import ProcessError
from multicasskop.world.processes import Process

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-uc",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf'); time.sleep(600)",
]


@pytest.fixture
def sleeper(tmp_path: Path) -> Process:
    """A process that does nothing for long."""
    return processes.start("sleeper", SLEEP, tmp_path / "log")


@pytest.fixture(autouse=True)
def _end(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    found = request.node.funcargs.get("sleeper")
    if found is not None:
        processes.end([found])


def test_process_lives_until_it_is_stopped(sleeper: Process) -> None:
    """A started process is alive, a stopped one is gone and no zombie remains."""
    assert processes.is_alive(sleeper)
    processes.stop(sleeper)
    assert not processes.is_alive(sleeper)
    with pytest.raises(ProcessLookupError):
        os.kill(sleeper.pid, 0)


def test_stopping_twice_is_all_right(sleeper: Process) -> None:
    """What is gone can be stopped again."""
    processes.stop(sleeper)
    processes.stop(sleeper)


def test_another_process_with_the_same_id_is_left_alone(sleeper: Process) -> None:
    """An id that belongs to somebody else by now is neither alive nor stopped."""
    stranger = msgspec.structs.replace(sleeper, started="another time")
    assert not processes.is_alive(stranger)
    processes.stop(stranger)
    assert processes.is_alive(sleeper)


def test_polite_stop_becomes_force_after_the_grace(tmp_path: Path) -> None:
    """A process that ignores SIGTERM is killed when the grace is over."""
    log = tmp_path / "log"
    stubborn = processes.start("stubborn", STUBBORN, log)
    assert processes.wait_until(lambda: "deaf" in log.read_text(), 10)
    processes.stop(stubborn, grace=0.1)
    assert not processes.is_alive(stubborn)


def test_paused_process_is_alive_and_can_be_ended(sleeper: Process) -> None:
    """A process stopped by a signal counts as paused, goes on when told, and dies when told."""
    processes.pause(sleeper)
    assert processes.is_paused(sleeper)
    assert processes.is_alive(sleeper)
    processes.send(sleeper, signal.SIGCONT)
    assert processes.wait_until(lambda: not processes.is_paused(sleeper), 5)
    processes.pause(sleeper)
    processes.end([sleeper])
    assert not processes.is_alive(sleeper)


def test_every_thread_stands_after_a_pause(tmp_path: Path) -> None:
    """A process with busy threads does nothing any more once it is paused."""
    program = """
import pathlib, sys, threading
def count(path):
    while True:
        path.write_text(str(int(path.read_text()) + 1))
for name in "abc":
    path = pathlib.Path(sys.argv[1], name)
    path.write_text("0")
    threading.Thread(target=count, args=(path,)).start()
"""
    busy = processes.start("busy", [sys.executable, "-c", program, str(tmp_path)], tmp_path / "log")
    try:
        assert processes.wait_until(lambda: (tmp_path / "c").exists(), 10)
        for _ in range(5):
            processes.pause(busy)
            before = [(tmp_path / name).read_text() for name in "abc"]
            assert processes.is_standing(busy)
            assert [(tmp_path / name).read_text() for name in "abc"] == before
            processes.send(busy, signal.SIGCONT)
    finally:
        processes.stop(busy)


def test_same_program_starts_again(sleeper: Process) -> None:
    """Starting again gives another process with the same name, command and log."""
    processes.stop(sleeper)
    second = processes.again(sleeper)
    try:
        assert processes.is_alive(second)
        assert (second.name, second.command, second.log) == (sleeper.name, sleeper.command, sleeper.log)
        assert second.pid != sleeper.pid or second.started != sleeper.started
    finally:
        processes.stop(second)


def test_process_survives_being_written_down(sleeper: Process) -> None:
    """A process read back from a file is the same one."""
    read = msgspec.json.decode(msgspec.json.encode(sleeper), type=Process)
    assert read == sleeper
    assert processes.is_alive(read)


def test_process_writes_itself_down(sleeper: Process, tmp_path: Path) -> None:
    """Beside its log a process has left what identifies it, the same that its starter knows."""
    assert processes.wait_until(lambda: bool(processes.recorded(tmp_path)), 10)
    (found,) = processes.recorded(tmp_path)
    assert (found.name, found.pid, found.started) == ("log", sleeper.pid, sleeper.started)
    assert processes.is_alive(found)


@pytest.mark.parametrize("text", ["", "\n", "not a number\n", "4711"])
def test_record_that_is_not_whole_is_nobody(tmp_path: Path, text: str) -> None:
    """A record of a process that never became one, or says nothing about its start, ends nobody."""
    (tmp_path / "etcd.pid").write_text(text)
    assert not any(processes.is_alive(found) for found in processes.recorded(tmp_path))


def test_nothing_starts_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    """A process whose folder is taken away before it could write itself down never becomes a program."""
    folder = tmp_path / "logs"
    folder.mkdir()
    moved = tmp_path / "log"
    with moved.open("wb") as output:
        folder.rmdir()
        command = ["/bin/sh", "-c", processes.WRITE_DOWN, str(folder / "a.pid"), "echo", "started"]
        assert subprocess.run(command, stdout=output, stderr=output, check=False).returncode != 0
    assert "started" not in moved.read_text()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("12 (a) b) S " + " ".join(str(number) for number in range(2, 40)), ("S", "20")),
        ("Ss   Tue Nov 24 02:00:00 2026\n", ("Ss", "Tue Nov 24 02:00:00 2026")),
        ("", ("", "")),
    ],
)
def test_state_and_start_are_read_as_linux_and_others_tell_them(text: str, read: tuple[str, str]) -> None:
    """A line of /proc, whose name may hold brackets, and a line of ps."""
    assert processes.read_stat(text) == read


def test_one_that_leaves_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    """Waiting for a process that has left raises with the end of its log, without waiting out the patience."""
    process = processes.start("broken", [sys.executable, "-c", "print('no such flag')"], tmp_path / "log")
    with pytest.raises(ProcessError, match=r"broken left at once.*\n.*no such flag"):
        processes.wait_ready(process, lambda: False, 60)


def test_taken_port_is_recognised(tmp_path: Path) -> None:
    """A process that could not listen is worth another try on another port."""
    program = "print('listen tcp 127.0.0.1:1: bind: address already in use')"
    process = processes.start("late", [sys.executable, "-c", program], tmp_path / "log")
    with pytest.raises(ProcessError) as caught:
        processes.wait_ready(process, lambda: False, 60)
    assert caught.value.port_was_taken


def test_output_and_environment_reach_the_process(tmp_path: Path) -> None:
    """Variables are added to our own, and everything that is printed goes to the log."""
    program = "import os, sys; print(os.environ['COLOUR'], 'PATH' in os.environ, file=sys.stderr)"
    process = processes.start("talker", [sys.executable, "-c", program], tmp_path / "new" / "log", {"COLOUR": "blue"})
    assert processes.wait_until(lambda: processes.is_gone(process), 10)
    assert Path(process.log).read_text() == "blue True\n"


def test_we_recognise_ourselves() -> None:
    """The own process is alive."""
    assert processes.is_alive(processes.this_process())


@pytest.mark.parametrize("error", [FileNotFoundError, ProcessLookupError])
def test_process_that_ends_while_its_threads_are_listed_has_none(
    monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    """Between two looks at /proc a process may be gone, which is an answer and no failure."""

    def gone(self: Path, pattern: str) -> NoReturn:
        raise error(pattern)

    monkeypatch.setattr(Path, "glob", gone)
    assert processes.thread_states(os.getpid()) == []
