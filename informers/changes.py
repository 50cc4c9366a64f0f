"""What handlers are told: one object before and after a commit."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec
from multicasskop.informers.key import Key
from multicasskop.informers.record import Record


class ChangeKind(StrEnum):
    """How an object's presence changed."""

    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"


class Change(msgspec.Struct, frozen=True, gc=False):
    """One change of one object.

    Of an object that is gone, `old` is the last state known; `final_state_known` says whether it is the one that the
    server sent with the deletion, or merely the last one seen before the object was missed in a list. `initial` marks
    adds of objects that were there before the handler, or before the first list: no news, only a beginning.
    """

    old: Record | None
    new: Record | None
    final_state_known: bool = True
    initial: bool = False

    @property
    def kind(self) -> ChangeKind:
        """Tell an add, an update and a delete apart."""
        if self.new is None:
            return ChangeKind.DELETE
        return ChangeKind.ADD if self.old is None else ChangeKind.UPDATE

    @property
    def record(self) -> Record:
        """The object after the change, or its last known state when it is gone."""
        record = self.new or self.old
        if record is None:
            raise ValueError("a change without an object")
        return record

    @property
    def key(self) -> Key:
        """The object's key."""
        return self.record.key


def added(record: Record, *, initial: bool = False) -> Change:
    """Return the change by which an object appears."""
    return Change(None, record, initial=initial)


def updated(old: Record, new: Record) -> Change:
    """Return the change from one state of an object to the next."""
    return Change(old, new)


def deleted(last: Record, *, final_state_known: bool) -> Change:
    """Return the change by which an object disappears."""
    return Change(last, None, final_state_known)


def between(old: Record | None, new: Record, *, initial: bool = False) -> tuple[Change, ...]:
    """Return what leads from one state to another: an object born anew under the same name is two changes."""
    if old is None:
        return (added(new, initial=initial),)
    if old.uid != new.uid:
        return (deleted(old, final_state_known=False), added(new))
    return (updated(old, new),) if old.version != new.version else ()


def of_replace(old: Mapping[Key, Record], new: Mapping[Key, Record], *, initial: bool = False) -> tuple[Change, ...]:
    """Return what leads from one whole state to another: deletes first, the rest in the order of the new one."""
    changes = [deleted(record, final_state_known=False) for key, record in old.items() if key not in new]
    for key, record in new.items():
        changes += between(old.get(key), record, initial=initial)
    return tuple(sorted(changes, key=lambda change: change.kind is not ChangeKind.DELETE))
