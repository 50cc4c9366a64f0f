"""Laws of store and dispatch: whatever a server says, the store is a dictionary, and handlers are told what became."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

from fakes.clock import FakeClock
from fakes.deltas import advance
from fakes.law import law
from fakes.objects import item
from fakes.rig import Journal
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from multicasskop.informers.changes import Change, ChangeKind
from multicasskop.informers.dispatch import Dispatcher, Registration
from multicasskop.informers.key import Key
from multicasskop.informers.listeners import CoalescingBuffer
from multicasskop.informers.record import Item, Metadata, Record
from multicasskop.informers.states import Delete, Delta, Upsert
from multicasskop.informers.store import Outcome, Store
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.versions import is_older
from structlog.testing import capture_logs

NAMES = st.sampled_from("abcd")
UIDS = st.sampled_from(["1", "2"])
COLOURS = st.sampled_from(["red", "blue", ""])
# whether it is a deletion, of what, and by how much it comes late
Event = tuple[bool, str, str, str, int]
EVENTS = st.tuples(st.booleans(), NAMES, UIDS, COLOURS, st.integers(0, 3))


def by_colour(metadata: Metadata) -> Iterable[str]:
    """Index by a label."""
    return [metadata.labels["colour"]] if "colour" in metadata.labels else []


@dataclass
class Model:
    """What a store should hold and tell: a dictionary, and the table of events."""

    objects: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Uid and version, by name."""
    version: int = 0
    told: list[str] = field(default_factory=list)
    told_who_resyncs: list[str] = field(default_factory=list)

    def tell(self, *changes: str) -> None:
        """Tell every handler."""
        self.told += changes
        self.told_who_resyncs += changes

    def upsert(self, name: str, uid: str, version: int, at: int) -> Outcome:
        """The server says that an object is this, which by itself is neither an add nor an update."""
        known_uid, known = self.objects.get(name, ("", self.version))
        if version < known:
            return Outcome.LATE
        self.version = at
        if (known_uid, known) == (uid, version):
            return Outcome.DUPLICATE
        self.put(name, uid, version)
        return Outcome.APPLIED

    def put(self, name: str, uid: str, version: int) -> None:
        """Keep an object that is another one or another version than before."""
        known_uid, known = self.objects.get(name, ("", 0))
        if known_uid not in ("", uid):
            self.tell(f"delete? {name}@{known}")
        self.tell(f"{'update' if known_uid == uid else 'add'} {name}@{version}")
        self.objects[name] = (uid, version)

    def delete(self, name: str, uid: str, version: int, at: int) -> Outcome:
        """The server says that an object is gone, of which this was the final state."""
        known_uid, known = self.objects.get(name, ("", 0))
        if version < known:
            return Outcome.LATE
        self.version = at
        if not self.objects.pop(name, None):
            return Outcome.UNKNOWN_DELETE
        self.tell(f"delete {name}@{version}" if uid == known_uid else f"delete? {name}@{known}")
        return Outcome.APPLIED

    def replace(self, objects: dict[str, tuple[str, int]], at: int) -> None:
        """The server says that exactly these are there."""
        vanished = [name for name in self.objects if name not in objects]
        reborn = [name for name, (uid, _) in objects.items() if self.objects.get(name, (uid,))[0] != uid]
        for name in vanished + reborn:
            self.tell(f"delete? {name}@{self.objects.pop(name)[1]}")
        before, self.objects, self.version = self.objects, objects, at
        for name, (_, version) in objects.items():
            if before.get(name) != objects[name]:
                self.tell(f"{'update' if name in before else 'add'} {name}@{version}")

    def resync(self) -> None:
        """Who asked for it is told of every object again."""
        self.told_who_resyncs += [f"update {name}@{version}" for name, (_, version) in self.objects.items()]


@dataclass
class Follower:
    """A handler that rebuilds the store from what it is told, and checks that this is possible."""

    known: dict[Key, Record] = field(default_factory=dict)
    left: bool = False

    def __call__(self, change: Change) -> None:
        """Follow one change."""
        assert not self.left, "a change for one that was removed"
        match change.kind:
            case ChangeKind.ADD:
                assert change.key not in self.known, "an add of what is there"
            case ChangeKind.UPDATE | ChangeKind.DELETE:
                assert change.key in self.known, f"{change.kind} of what is not there"
        if change.new is None:
            del self.known[change.key]
        else:
            self.known[change.key] = change.new

    @property
    def versions(self) -> dict[Key, str]:
        """What it believes to be there."""
        return {key: record.version for key, record in self.known.items()}


class StoreMachine(RuleBasedStateMachine):
    """A server that sends events, some of them late or twice, and lists; handlers that come, go and fail."""

    @initialize()
    def begin(self) -> None:
        """Begin with an index and with handlers: one that always fails, one that resyncs, one that buffers."""
        self.quiet = ExitStack()
        self.quiet.enter_context(capture_logs())
        self.store, self.model, self.clock, self.failures = Store(), Model(), 0, 0
        self.store.add_index("colour", by_colour)
        self.dispatcher = Dispatcher("m/widgets", self.store, FakeClock(), Supervisor(), self.fail)
        self.followers: list[tuple[Follower, Registration]] = []
        self.buffer, self.late = CoalescingBuffer(), Follower()
        self.told, self.told_who_resyncs = Journal(), Journal()
        self.dispatcher.add_handler(self.broken, name="broken")
        self.dispatcher.add_handler(lambda change: self.buffer.put(change, 0.0), name="buffer")
        self.dispatcher.add_handler(self.told, name="told")
        self.dispatcher.add_handler(self.told_who_resyncs, name="resyncs", resync=True)
        self.join()

    def teardown(self) -> None:
        """Log again."""
        self.quiet.close()

    def fail(self) -> None:
        """Count a handler that raised."""
        self.failures += 1

    def broken(self, change: Change) -> None:
        """Handle nothing."""
        raise RuntimeError(change.key)

    def make(self, name: str, uid: str, colour: str, version: int) -> Item:
        """Return an object as the server sends it."""
        return item(name, version, uid=uid, labels={"colour": colour} if colour else {})

    @rule()
    def join(self) -> None:
        """Add a handler."""
        follower = Follower()
        registration = self.dispatcher.add_handler(follower, name=f"f{len(self.followers)}")
        self.followers.append((follower, registration))

    @rule()
    def leave(self) -> None:
        """Remove the first handler, more than once."""
        if len(self.followers) > 1:
            follower, registration = self.followers.pop(0)
            registration.remove()
            registration.remove()
            follower.left = True

    @rule()
    def resync(self) -> None:
        """Tell all again to who asked for it."""
        self.dispatcher.resync()
        self.model.resync()

    @rule(event=EVENTS)
    def one(self, event: Event) -> None:
        """Send one event."""
        self.commit([event])

    @rule(events=st.lists(EVENTS, max_size=6))
    def commit(self, events: list[Event]) -> None:
        """Send several events at once, in order or late, also of the same object."""
        deltas: list[Delta] = []
        expected: list[Outcome] = []
        for gone, name, uid, colour, late in events:
            self.clock += 1
            version = max(1, self.clock - late)
            deltas.append((Delete if gone else Upsert)(self.make(name, uid, colour, version), str(self.clock)))
            expected.append((self.model.delete if gone else self.model.upsert)(name, uid, version, self.clock))
        assert list(self.store.apply(deltas)) == expected

    @rule(objects=st.dictionaries(NAMES, st.tuples(UIDS, COLOURS, st.integers(0, 3)), max_size=4))
    def relist(self, objects: dict[str, tuple[str, str, int]]) -> None:
        """Send a list."""
        self.clock += 1
        found = {name: (uid, colour, max(1, self.clock - age)) for name, (uid, colour, age) in objects.items()}
        self.store.replace([self.make(name, *rest) for name, rest in found.items()], str(self.clock))
        self.model.replace({name: (uid, version) for name, (uid, _, version) in found.items()}, self.clock)

    @rule()
    def bookmark(self) -> None:
        """Send a bookmark."""
        self.clock += 1
        advance(self.store, str(self.clock))
        self.model.version = self.clock

    @rule()
    def take(self) -> None:
        """Let the slow handler handle one object's pending changes."""
        if self.buffer.oldest is not None:
            for change in self.buffer.take()[1]:
                self.late(change)

    @invariant()
    def store_is_the_model(self) -> None:
        """The store holds what the model does, in its order, and each change was told once, in the model's order."""
        held = {record.key.name: (record.uid, int(record.version)) for record in self.store.list()}
        assert list(held.items()) == list(self.model.objects.items())
        assert int(self.store.version or 0) == self.model.version
        assert self.told.lines == self.model.told
        assert self.told_who_resyncs.lines == self.model.told_who_resyncs
        assert self.failures == len(self.model.told)

    @invariant()
    def handlers_know_what_the_store_knows(self) -> None:
        """Each handler's picture, whenever it came, is the store's, and it has synced when the store has."""
        versions = {record.key: record.version for record in self.store.list()}
        for follower, registration in self.followers:
            assert follower.versions == versions
            assert registration.has_synced == self.store.synced

    @invariant()
    def pending_changes_lead_to_the_store(self) -> None:
        """The slow handler's picture together with what waits for it is the store's, and little waits."""
        assert len(self.buffer) <= 2 * 4
        copy = CoalescingBuffer()
        copy._pending, ahead = dict(self.buffer._pending), Follower(dict(self.late.known))
        while copy.oldest is not None:
            for change in copy.take()[1]:
                ahead(change)
        assert ahead.versions == {record.key: record.version for record in self.store.list()}

    @invariant()
    def index_agrees(self) -> None:
        """An index has exactly the objects for which its function has a value, and the sizes add up."""
        indexed = {value: self.store.by_index("colour", value) for value in self.store.index_values("colour")}
        assert all(indexed.values())
        expected: dict[str, set[Key]] = {}
        for record in self.store.list():
            if "colour" in record.labels:
                expected.setdefault(record.labels["colour"], set()).add(record.key)
        assert {value: {record.key for record in records} for value, records in indexed.items()} == expected
        assert self.store.size_bytes == sum(len(record.raw) for record in self.store.list())

    @invariant()
    def nothing_is_newer_than_the_store(self) -> None:
        """No record is newer than the version that the store says it reflects."""
        assert not any(is_older(self.store.version, record.version) for record in self.store.list())


TestStore = StoreMachine.TestCase
TestStore.__doc__ = "After any events and lists the store is its model, and each handler, quick or slow, knows it."
TestStore.settings = law(60, 40)
