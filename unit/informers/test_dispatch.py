"""From commits to handlers."""

import threading
from collections.abc import Callable, Iterator

import pytest
from fakes.clock import FakeClock
from fakes.deltas import delete, upsert
from fakes.objects import item
from fakes.rig import Journal
from multicasskop.informers.changes import Change
from multicasskop.informers.dispatch import Dispatcher, Registration, key_mapper
from multicasskop.informers.errors import Stopped
from multicasskop.informers.predicates import generation_changed
from multicasskop.informers.record import Record
from multicasskop.informers.states import Upsert
from multicasskop.informers.store import Store
from multicasskop.informers.supervisor import Supervisor
from structlog.testing import capture_logs

PATIENCE = 10.0
ADDS = pytest.mark.parametrize("add", [Dispatcher.add_handler, Dispatcher.add_listener], ids=["inline", "listener"])


class Parts:
    """A store with its dispatcher."""

    def __init__(self) -> None:
        """Begin without objects and handlers."""
        self.store, self.clock, self.supervisor = Store(), FakeClock(), Supervisor()
        self.failures: list[bool] = []
        self.dispatcher = Dispatcher(
            "m/widgets", self.store, self.clock, self.supervisor, lambda: self.failures.append(True)
        )

    def upsert(self, name: str, version: int) -> None:
        """Commit an add or an update."""
        upsert(self.store, item(name, version), str(version))


@pytest.fixture
def parts() -> Iterator[Parts]:
    """Lend the parts, and end what threads they have."""
    it = Parts()
    yield it
    it.dispatcher.close()
    assert it.supervisor.join_all(PATIENCE) == ()
    assert it.supervisor.failure is None


def test_42_isolation(parts: Parts) -> None:
    """A handler that raises on every event is logged and counted, and the next one gets all of them in order."""

    def broken(change: Change) -> None:
        raise RuntimeError(change.key)

    journal = Journal()
    parts.dispatcher.add_handler(broken, name="broken")
    parts.dispatcher.add_handler(journal, name="journal")
    with capture_logs() as logs:
        parts.store.replace([item("a", 5)], "10")
        parts.upsert("a", 11)
        delete(parts.store, item("a", 12), "12")
    assert journal.lines == ["add a@5", "update a@11", "delete a@12"]
    assert len(parts.failures) == 3
    assert [(log["event"], log["handler"], log["object"]) for log in logs] == [("handler failed", "broken", "ns/a")] * 3


def test_exit_is_not_swallowed(parts: Parts) -> None:
    """What is no Exception goes through to whoever owns the thread."""

    def leave(_: Change) -> None:
        raise KeyboardInterrupt

    parts.dispatcher.add_handler(leave, name="leave")
    with pytest.raises(KeyboardInterrupt):
        parts.upsert("a", 1)


def test_45_late_handler() -> None:
    """A handler that comes during a stream of changes gets what is there and what comes, no key twice and none less."""
    it = Parts()
    together = threading.Barrier(2, timeout=PATIENCE)

    def write() -> None:
        for number in range(400):
            if number % 20 == 0:
                together.wait()
            it.upsert(f"w{number % 97}", number + 1)

    writer = threading.Thread(target=write)
    writer.start()
    journals = [Journal() for _ in range(20)]
    for journal in journals:
        together.wait()
        it.dispatcher.add_handler(journal, name="late")
    writer.join()
    for journal in journals:
        known: dict[object, Record] = {}
        for change in journal.changes:
            assert (change.old is None) == (change.key not in known)
            assert change.new is not None
            known[change.key] = change.new
        assert {key: record.version for key, record in known.items()} == {r.key: r.version for r in it.store.list()}


def test_late_handler_is_told_that_it_begins(parts: Parts) -> None:
    """What was there before a handler, or before the first list, comes as an initial add, and what follows does not."""
    early, late = Journal(), Journal()
    parts.dispatcher.add_handler(early, name="early")
    parts.store.replace([item("a", 5)], "10")
    parts.dispatcher.add_handler(late, name="late")
    parts.upsert("b", 11)
    for journal in (early, late):
        assert [(change.key.name, change.initial) for change in journal.changes] == [("a", True), ("b", False)]


def test_46_handler_has_synced(parts: Parts) -> None:
    """A handler has synced when its last initial add has returned, and not before."""
    registrations: list[Registration] = []
    seen: list[bool] = []
    registrations.append(
        parts.dispatcher.add_handler(lambda _: seen.append(registrations[0].has_synced), name="looks at itself")
    )
    assert not registrations[0].has_synced
    parts.store.replace([item("a", 5), item("b", 5)], "10")
    assert seen == [False, False]
    assert registrations[0].has_synced
    assert parts.dispatcher.add_handler(lambda _: None, name="late").has_synced


def test_listener_has_synced(parts: Parts) -> None:
    """A listener has synced when its thread has worked off what there was at the beginning."""
    reached, go = threading.Event(), threading.Event()

    def slow(change: Change) -> None:
        reached.set()
        if change.initial:
            assert go.wait(PATIENCE)

    registration = parts.dispatcher.add_listener(slow, name="slow")
    parts.store.replace([item("a", 5), item("b", 5)], "10")
    assert reached.wait(PATIENCE)
    assert not registration.has_synced
    go.set()
    assert registration.wait_synced(PATIENCE)


def test_empty_list_syncs_handlers(parts: Parts) -> None:
    """An empty first list makes handlers synced, of either kind."""
    registrations = [
        parts.dispatcher.add_handler(lambda _: None, name="inline"),
        parts.dispatcher.add_listener(lambda _: None, name="listener"),
    ]
    parts.store.replace([], "10")
    assert all(registration.wait_synced(PATIENCE) for registration in registrations)


def test_47_resync(parts: Parts) -> None:
    """A resync delivers each object again as an update of itself, to the handlers that asked and to nobody else."""
    asked, silent = Journal(), Journal()
    parts.dispatcher.add_handler(asked, name="asked", resync=True)
    parts.dispatcher.add_handler(silent, name="silent")
    parts.store.replace([item("a", 5)], "10")
    parts.dispatcher.resync()
    assert asked.lines == ["add a@5", "update a@5"]
    assert asked.changes[1].old is asked.changes[1].new
    assert silent.lines == ["add a@5"]


def test_remove(parts: Parts) -> None:
    """A handler that was removed hears nothing more, and removing it again is harmless."""
    journal = Journal()
    registration = parts.dispatcher.add_handler(journal, name="journal")
    parts.upsert("a", 1)
    registration.remove()
    registration.remove()
    parts.upsert("a", 2)
    assert journal.lines == ["add a@1"]


@ADDS
def test_remove_from_within(parts: Parts, add: Callable[..., Registration]) -> None:
    """A handler may remove itself while it is called."""
    calls: list[Change] = []
    done = threading.Event()

    def once(change: Change) -> None:
        calls.append(change)
        registration.remove()
        done.set()

    registration = add(parts.dispatcher, once, name="once")
    parts.upsert("a", 1)
    assert done.wait(PATIENCE)
    parts.upsert("b", 2)
    assert len(calls) == 1


def test_remove_in_the_middle_of_a_commit(parts: Parts) -> None:
    """A handler that removes itself at the first of several changes of one commit hears of no other."""
    calls: list[Change] = []

    def once(change: Change) -> None:
        calls.append(change)
        registration.remove()

    registration = parts.dispatcher.add_handler(once, name="once")
    parts.store.apply([Upsert(item("a", 1), "1"), Upsert(item("a", 2), "2"), Upsert(item("b", 3), "3")])
    assert [change.record.version for change in calls] == ["1"]


def test_join_in_the_middle_of_a_commit(parts: Parts) -> None:
    """A handler that comes when several changes of one commit are being told begins with all of them, and once."""
    journal = Journal()

    def welcome(change: Change) -> None:
        if change.record.version == "1":
            parts.dispatcher.add_handler(journal, name="late")

    parts.dispatcher.add_handler(welcome, name="welcome")
    parts.store.apply([Upsert(item("a", 1), "1"), Upsert(item("a", 2), "2"), Upsert(item("b", 3), "3")])
    assert journal.lines == ["add a@2", "add b@3"]


def test_no_call_begins_after_remove(parts: Parts) -> None:
    """Removing waits for the call that is under way in another thread."""
    inside, go, removed = threading.Event(), threading.Event(), threading.Event()

    def blocks(_: Change) -> None:
        inside.set()
        assert go.wait(PATIENCE)
        assert not removed.is_set()

    registration = parts.dispatcher.add_handler(blocks, name="blocks")
    writer = threading.Thread(target=parts.upsert, args=("a", 1))
    writer.start()
    assert inside.wait(PATIENCE)

    def remove() -> None:
        registration.remove()
        removed.set()

    remover = threading.Thread(target=remove)
    remover.start()
    go.set()
    remover.join()
    writer.join()
    parts.upsert("b", 2)
    assert parts.failures == []


def test_handler_registered_by_a_handler(parts: Parts) -> None:
    """A handler that another one registers in the middle of a commit gets each object once."""
    late = Journal()

    def registers(change: Change) -> None:
        if change.key.name == "a":
            parts.dispatcher.add_handler(late, name="late")

    parts.dispatcher.add_handler(registers, name="registers")
    parts.store.replace([item("a", 5), item("b", 5)], "10")
    assert late.lines == ["add a@5", "add b@5"]


def test_predicate(parts: Parts) -> None:
    """A predicate holds back updates that do not matter, and never an add or a delete."""
    journal = Journal()
    parts.dispatcher.add_handler(journal, name="journal", predicate=generation_changed)
    for version, generation in ((1, 1), (2, 1), (3, 2)):
        upsert(parts.store, item("a", version, generation=generation), str(version))
    delete(parts.store, item("a", 4, generation=2), "4")
    assert journal.lines == ["add a@1", "update a@3", "delete a@4"]


def test_failing_predicate(parts: Parts) -> None:
    """A predicate that raises lets the update through."""

    def broken(_old: Record, _new: Record) -> bool:
        raise RuntimeError

    journal = Journal()
    parts.dispatcher.add_handler(journal, name="journal", predicate=broken)
    parts.upsert("a", 1)
    parts.upsert("a", 2)
    assert journal.lines == ["add a@1", "update a@2"]


@ADDS
def test_none_comes_after_close(parts: Parts, add: Callable[..., Registration]) -> None:
    """What has been closed takes no handler, and starts no thread for one."""
    parts.dispatcher.close()
    with pytest.raises(Stopped, match="m/widgets"):
        add(parts.dispatcher, print, name="late")
    assert parts.supervisor.running() == ()


def test_close_beside_a_listener_that_comes(parts: Parts) -> None:
    """A listener that waits for a commit when all is closed is either ended with the others or refused."""
    began, ended = threading.Event(), threading.Event()
    outcomes: list[object] = []

    def come() -> None:
        began.set()
        try:
            outcomes.append(parts.dispatcher.add_listener(print, name="late"))
        except Stopped as error:
            outcomes.append(error)

    def close() -> None:
        parts.dispatcher.close()
        ended.set()

    with parts.store.committing():
        threads = [threading.Thread(target=come, daemon=True), threading.Thread(target=close, daemon=True)]
        for thread in threads:
            thread.start()
        assert began.wait(PATIENCE)
    assert ended.wait(PATIENCE)
    threads[0].join(PATIENCE)
    assert len(outcomes) == 1
    assert parts.supervisor.join_all(PATIENCE) == ()


def test_removed_listeners_are_let_go(parts: Parts) -> None:
    """Nothing is kept of listeners that came and went, however many there were."""
    for _ in range(50):
        parts.dispatcher.add_listener(lambda _: None, name="short").remove()
        assert parts.supervisor.join_all(PATIENCE) == ()
    assert len(parts.dispatcher._threads) == 1


def test_slow_handler_is_named(parts: Parts) -> None:
    """A handler that holds the stream up for more than 10 ms is named in the log."""
    parts.dispatcher.add_handler(lambda _: parts.clock.advance(0.02), name="slow one")
    parts.dispatcher.add_handler(lambda _: parts.clock.advance(0.005), name="quick one")
    with capture_logs() as logs:
        parts.upsert("a", 1)
    assert [(log["handler"], log["milliseconds"]) for log in logs] == [("slow one", 20.0)]


def test_key_mapper(parts: Parts) -> None:
    """A key mapper puts what it makes of a change into its sink."""
    queue: list[str] = []
    mapper = key_mapper(lambda change: [change.key.name, "always"], queue.append)
    parts.dispatcher.add_handler(mapper, name="mapper")
    parts.upsert("a", 1)
    assert queue == ["a", "always"]
