"""What handlers are told."""

import pytest
from fakes.objects import record
from fakes.rig import told
from multicasskop.informers.changes import Change, ChangeKind, added, between, deleted, of_replace, updated
from multicasskop.informers.key import Key
from multicasskop.informers.record import Record

A1, A2, AGAIN = record("a", 1), record("a", 2), record("a", 3, uid="reborn")


@pytest.mark.parametrize(
    ("change", "kind", "shown"),
    [
        (added(A1), ChangeKind.ADD, A1),
        (updated(A1, A2), ChangeKind.UPDATE, A2),
        (deleted(A2, final_state_known=True), ChangeKind.DELETE, A2),
    ],
)
def test_kinds(change: Change, kind: ChangeKind, shown: Record) -> None:
    """A change knows its kind, its key, and the record that stands for it."""
    assert (change.kind, change.record, change.key) == (kind, shown, Key("ns", "a"))


def test_change_of_nothing() -> None:
    """A change without any record is a bug, and a loud one."""
    with pytest.raises(ValueError, match="without an object"):
        _ = Change(None, None).record


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(None, A1, ["add a@1"], id="new"),
        pytest.param(A1, A2, ["update a@2"], id="changed"),
        pytest.param(A1, record("a", 1), [], id="same version"),
        pytest.param(A2, AGAIN, ["delete? a@2", "add a@3"], id="another uid"),
        pytest.param(A2, A1, ["update a@1"], id="an older version is another one"),
    ],
)
def test_between(old: Record | None, new: Record, expected: list[str]) -> None:
    """Two states of an object differ by these changes; one that was born anew is gone and then there."""
    assert [told(change) for change in between(old, new)] == expected


def test_of_replace_puts_deletes_first() -> None:
    """Vanished and reborn objects are deleted before anything is added, and the rest comes in the list's order."""
    old = {r.key: r for r in (A2, record("gone", 1), record("same", 1), record("b", 1))}
    new = {r.key: r for r in (record("z", 9), record("b", 2), record("same", 1), AGAIN)}
    changes = of_replace(old, new)
    assert [told(change) for change in changes] == ["delete? gone@1", "delete? a@2", "add z@9", "update b@2", "add a@3"]
    assert not any(change.initial for change in changes)


def test_first_replace_is_initial() -> None:
    """What is there at the beginning is marked as such."""
    (change,) = of_replace({}, {A1.key: A1}, initial=True)
    assert change.initial
