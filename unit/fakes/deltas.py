"""Single steps of a stream, taken in by a store as a commit of its own each."""

from multicasskop.informers.record import Item
from multicasskop.informers.states import Delete, Upsert, VersionAdvanced
from multicasskop.informers.store import Outcome, Store


def upsert(store: Store, item: Item, version: str) -> Outcome:
    """Show the object in this state, and return what became of that."""
    (outcome,) = store.apply([Upsert(item, version)])
    return outcome


def delete(store: Store, item: Item, version: str) -> Outcome:
    """Take the object away, and return what became of that."""
    (outcome,) = store.apply([Delete(item, version)])
    return outcome


def advance(store: Store, version: str) -> None:
    """Move the version."""
    store.apply([VersionAdvanced(version)])
