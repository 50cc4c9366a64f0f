"""Laws of store and dispatch: whatever a server says, in whichever order, handlers can keep up with what is told."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from fakes.clock import FakeClock
from fakes.deltas import advance, delete, upsert
from fakes.law import law
from fakes.objects import item
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

NAMES = st.sampled_from("abcd")
UIDS = st.sampled_from(["1", "2"])
COLOURS = st.sampled_from(["red", "blue", ""])


def by_colour(metadata: Metadata) -> Iterable[str]:
    """Index by a label."""
    return [metadata.labels["colour"]] if "colour" in metadata.labels else []


@dataclass
class Follower:
    """A handler that rebuilds the store from what it is told, and checks that this is possible."""

    known: dict[Key, Record] = field(default_factory=dict)

    def __call__(self, change: Change) -> None:
        """Follow one change."""
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
    """A server that sends events, some of them late or twice, and lists; handlers that come and go."""

    @initialize()
    def begin(self) -> None:
        """Begin with a handler, a coalescing buffer and an index."""
        self.store = Store()
        self.store.add_index("colour", by_colour)
        self.dispatcher = Dispatcher("m/widgets", self.store, FakeClock(), Supervisor(), self.fail)
        self.followers: list[tuple[Follower, Registration]] = []
        self.clock = 0
        self.failures = 0
        self.buffer, self.late = CoalescingBuffer(), Follower()
        self.dispatcher.add_handler(lambda change: self.buffer.put(change, 0.0), name="buffer")
        self.join()

    def fail(self) -> None:
        """Count a handler that raised."""
        self.failures += 1

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
        """Remove the first handler."""
        if len(self.followers) > 1:
            self.followers.pop(0)[1].remove()

    @rule(name=NAMES, uid=UIDS, colour=COLOURS, late=st.integers(0, 3))
    def upsert(self, name: str, uid: str, colour: str, late: int) -> None:
        """Send an object, in order or late."""
        self.clock += 1
        version = max(1, self.clock - late)
        before = self.store.get(Key("ns", name))
        outcome = upsert(self.store, self.make(name, uid, colour, version), str(self.clock))
        after = self.store.get(Key("ns", name))
        if outcome is Outcome.LATE:
            assert after is before
        else:
            assert after is not None
            assert after.version == str(version)

    @rule(name=NAMES, uid=UIDS, late=st.integers(0, 3))
    def delete(self, name: str, uid: str, late: int) -> None:
        """Send a deletion, in order or late."""
        self.clock += 1
        outcome = delete(self.store, self.make(name, uid, "", max(1, self.clock - late)), str(self.clock))
        assert (self.store.get(Key("ns", name)) is None) == (outcome is not Outcome.LATE)

    @rule(events=st.lists(st.tuples(NAMES, UIDS, COLOURS, st.integers(0, 3), st.booleans()), max_size=6))
    def commit(self, events: list[tuple[str, str, str, int, bool]]) -> None:
        """Send several events at once, in order or late, also of the same object."""
        deltas: list[Delta] = []
        for name, uid, colour, late, gone in events:
            self.clock += 1
            sent = self.make(name, uid, colour, max(1, self.clock - late))
            deltas.append((Delete if gone else Upsert)(sent, str(self.clock)))
        assert len(self.store.apply(deltas)) == len(events)

    @rule(objects=st.dictionaries(NAMES, st.tuples(UIDS, COLOURS, st.integers(0, 3)), max_size=4))
    def relist(self, objects: dict[str, tuple[str, str, int]]) -> None:
        """Send a list."""
        self.clock += 1
        items = [self.make(name, uid, colour, max(1, self.clock - age)) for name, (uid, colour, age) in objects.items()]
        self.store.replace(items, str(self.clock))
        assert [record.key.name for record in self.store.list()] == list(objects)

    @rule()
    def bookmark(self) -> None:
        """Send a bookmark."""
        self.clock += 1
        advance(self.store, str(self.clock))

    @rule()
    def take(self) -> None:
        """Let the slow handler handle one object's pending changes."""
        if self.buffer.oldest is not None:
            for change in self.buffer.take()[1]:
                self.late(change)

    @invariant()
    def handlers_know_what_the_store_knows(self) -> None:
        """Each handler's picture, whenever it came, is the store's."""
        versions = {record.key: record.version for record in self.store.list()}
        for follower, _ in self.followers:
            assert follower.versions == versions
        assert self.failures == 0

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
TestStore.__doc__ = "After any events and lists each handler, quick, slow or late, knows what the store holds."
TestStore.settings = law(60, 40)
