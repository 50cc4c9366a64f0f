"""The file in which a world stands, and the lock around it."""

import threading
from pathlib import Path

import pytest
from multicasskop.world.errors import NotRunningError
from multicasskop.world.planes.plane import Plane
from multicasskop.world.processes import Process
from multicasskop.world.state import FILE, LOCK, Ledger, State


def process(name: str, pid: int = 1) -> Process:
    """A process that may or may not exist."""
    return Process(name, pid, "then", ("program", "--flag"), "/log")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger of a world that has just begun."""
    found = Ledger(tmp_path)
    found.create(State())
    return found


def test_no_file_means_no_world(tmp_path: Path) -> None:
    """Without a state the error names the folder and the command that makes a world."""
    with pytest.raises(NotRunningError, match=rf"no world in {tmp_path}; start one with: .*--dir {tmp_path}"):
        Ledger(tmp_path).read()


def test_processes_and_planes_come_back(ledger: Ledger) -> None:
    """What was tracked and settled is read back by another program."""
    ledger.track(process("a/etcd"))
    ledger.settle({"a": Plane("a", "/world/a", 1, 2, 3)})
    read = Ledger(ledger.directory).read()
    assert read.processes == {"a/etcd": process("a/etcd")}
    assert list(read.planes) == ["a"]


def test_process_of_the_same_name_replaces_the_former(ledger: Ledger) -> None:
    """A role has one process."""
    ledger.track(process("a/etcd", 1))
    ledger.track(process("a/etcd", 2))
    assert ledger.read().processes["a/etcd"].pid == 2


def test_threads_lose_nothing(ledger: Ledger) -> None:
    """Processes tracked at the same time are all there."""
    threads = [threading.Thread(target=ledger.track, args=(process(f"{n}/etcd"),)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.read().processes) == 20


def test_nothing_is_left_beside_the_file(ledger: Ledger) -> None:
    """The file is replaced as a whole."""
    ledger.track(process("a/etcd"))
    assert [path.name for path in ledger.directory.iterdir()] == [FILE]


def test_lock_keeps_others_out_until_it_is_released(ledger: Ledger) -> None:
    """A second holder gets in only after the first one left."""
    order: list[str] = []
    second = Ledger(ledger.directory)
    started = threading.Event()

    def other() -> None:
        started.set()
        with second.exclusive():
            order.append("second")

    thread = threading.Thread(target=other)
    with ledger.exclusive():
        thread.start()
        started.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_lock_that_was_taken_away_with_its_folder_is_made_anew(ledger: Ledger) -> None:
    """Who waited for a world that was taken down gets a lock that others see, not the one that is gone."""
    entered = threading.Event()

    def other() -> None:
        with Ledger(ledger.directory).exclusive():
            assert (ledger.directory / LOCK).exists()
            entered.set()

    thread = threading.Thread(target=other)
    with ledger.exclusive():
        thread.start()
        (ledger.directory / LOCK).unlink()
    thread.join()
    assert entered.is_set()
