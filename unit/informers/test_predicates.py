"""Which updates matter."""

import pytest
from fakes.objects import record
from multicasskop.informers.predicates import (
    Predicate,
    all_of,
    any_of,
    deletion_began,
    generation_changed,
    labels_changed,
    version_changed,
)
from multicasskop.informers.record import Record

DELETING = {"deletionTimestamp": "2024-01-01T00:00:00Z"}
PLAIN = record("a", 1, generation=1)


@pytest.mark.parametrize(
    ("predicate", "old", "new", "matters"),
    [
        pytest.param(generation_changed, PLAIN, record("a", 2, generation=2), True, id="generation"),
        pytest.param(generation_changed, PLAIN, record("a", 2, generation=1), False, id="same generation"),
        pytest.param(generation_changed, record("a", 1), record("a", 2), True, id="no generations"),
        pytest.param(version_changed, PLAIN, record("a", 2), True, id="version"),
        pytest.param(version_changed, PLAIN, PLAIN, False, id="resync"),
        pytest.param(labels_changed, PLAIN, record("a", 2, labels={"x": "y"}), True, id="label came"),
        pytest.param(labels_changed, record("a", 1, labels={"x": "y"}), record("a", 2), True, id="label went"),
        pytest.param(labels_changed, PLAIN, record("a", 2), False, id="same labels"),
        pytest.param(deletion_began, PLAIN, record("a", 2, **DELETING), True, id="deletion begins"),
        pytest.param(deletion_began, record("a", 1, **DELETING), record("a", 2, **DELETING), False, id="goes on"),
        pytest.param(any_of(labels_changed, version_changed), PLAIN, record("a", 2), True, id="any"),
        pytest.param(all_of(labels_changed, version_changed), PLAIN, record("a", 2), False, id="all"),
    ],
)
def test_predicates(predicate: Predicate, old: Record, new: Record, matters: bool) -> None:
    """Each predicate lets through the updates it is named after."""
    assert predicate(old, new) is matters
