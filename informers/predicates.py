"""Which updates matter to a handler; adds and deletes always do, so that it knows what there is.

A predicate that raises lets the update through.
"""

from collections.abc import Callable

from multicasskop.informers.record import Record

Predicate = Callable[[Record, Record], bool]
"""Asked with the old and the new state."""


def generation_changed(old: Record, new: Record) -> bool:
    """Whether the spec is another one; also true where the server counts no generations."""
    return old.generation != new.generation or new.generation == 0


def version_changed(old: Record, new: Record) -> bool:
    """Whether anything is different: false only for what a resync delivers again."""
    return old.version != new.version


def labels_changed(old: Record, new: Record) -> bool:
    """Whether a label came, went or got another value."""
    return old.labels != new.labels


def deletion_began(old: Record, new: Record) -> bool:
    """Whether the object is being deleted now, and was not before."""
    return new.deleting and not old.deleting


def any_of(*predicates: Predicate) -> Predicate:
    """Return the predicate that is true where one of these is."""
    return lambda old, new: any(predicate(old, new) for predicate in predicates)


def all_of(*predicates: Predicate) -> Predicate:
    """Return the predicate that is true where all of these are."""
    return lambda old, new: all(predicate(old, new) for predicate in predicates)
