"""The folder in which the processes of all members write a ring down."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes.simulated import record
from multicasskop.world.cassandra.book import COMMANDS, NODES, Command, Folder, folder_of
from multicasskop.world.cassandra.ring import EVERYWHERE, NORMAL


def command(number: int) -> Command:
    """A command."""
    return Command(
        at=float(number), member="m", pod="ns/p", host_id="h", operation="decommission", arguments=(True,), mode=NORMAL
    )


def test_folders_of_two_processes_are_one_ring(tmp_path: Path) -> None:
    """What one writes the other reads, in whatever order they look."""
    one, other = Folder(tmp_path / "r"), Folder(tmp_path / "r")
    one.write(record(1))
    assert other.ring().nodes.keys() == {"h-1"}
    other.write(record(2))
    one.write(record(3))
    assert one.ring().nodes.keys() == other.ring().nodes.keys() == {"h-1", "h-2", "h-3"}
    assert [node.id for node in one.history()] == ["h-1", "h-2", "h-3"]


def test_only_news_are_read(tmp_path: Path) -> None:
    """A look costs what was added since the last one, not what is there."""
    book = Folder(tmp_path)
    book.write(record(1))
    assert len(book.ring().nodes) == 1
    (tmp_path / NODES).write_bytes(b"#" * (tmp_path / NODES).stat().st_size)
    book.write(record(2))
    assert len(book.ring().nodes) == 2


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    """A reader between two pieces of a line sees neither of them."""
    book = Folder(tmp_path)
    book.write(record(1))
    whole = (tmp_path / NODES).read_bytes()
    (tmp_path / NODES).write_bytes(whole[:20])
    assert book.ring().nodes == {}
    (tmp_path / NODES).write_bytes(whole)
    assert book.ring().nodes.keys() == {"h-1"}


def test_commands_are_kept_in_their_order(tmp_path: Path) -> None:
    """Lines of several threads do not mix."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: Folder(tmp_path).note(command(number)), range(200)))
    found = Folder(tmp_path).commands()
    assert sorted(each.at for each in found) == list(range(200))
    assert found[0].arguments == (True,)
    assert len((tmp_path / COMMANDS).read_bytes().splitlines()) == 200


def test_nothing_written_is_nothing_known(tmp_path: Path) -> None:
    """A ring that nobody joined is empty."""
    book = Folder(tmp_path / "new")
    assert (book.ring().nodes, book.commands(), book.history()) == ({}, [], [])


def test_replication_can_be_changed_at_any_time(tmp_path: Path) -> None:
    """Who has the folder open sees the keyspaces that a test has set."""
    book = Folder(tmp_path)
    assert dict(book.ring().keyspaces) == {}
    Folder(tmp_path).replicate({"app": (EVERYWHERE,)})
    assert book.ring().keyspaces["app"] == (EVERYWHERE,)
    Folder(tmp_path).replicate({"app": ("dc1",), "web": ()})
    assert book.ring().keyspaces == {"app": ("dc1",), "web": ()}


def test_lock_keeps_others_out(tmp_path: Path) -> None:
    """Between a look and a write nobody else gets in."""
    entered = threading.Event()

    def enter() -> None:
        with Folder(tmp_path).exclusive():
            entered.set()

    with Folder(tmp_path).exclusive():
        other = threading.Thread(target=enter)
        other.start()
        assert not entered.wait(0.05)
    assert entered.wait(10)
    other.join()


@pytest.mark.parametrize(("namespace", "cluster"), [("a", "b-c"), ("a-b", "c")])
def test_rings_of_different_namespaces_are_different(tmp_path: Path, namespace: str, cluster: str) -> None:
    """Neither may hold a dot, so no two pairs share a folder."""
    assert folder_of(tmp_path, namespace, cluster).name == f"{namespace}.{cluster}"
