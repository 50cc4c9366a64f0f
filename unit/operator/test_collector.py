"""The garbage collector of the operator's process."""

import gc
import weakref
from collections.abc import Iterator

import pytest
from multicasskop.operator import collector


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The collector of this test run is left as it was."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


class Node:
    """Refers to itself, as an exception does by its traceback."""

    def __init__(self) -> None:
        self.self = self


def test_what_is_loaded_is_not_walked_again() -> None:
    """Modules and classes, which live as long as the process, are no business of the collector."""
    gc.unfreeze()
    collector.settle()
    assert gc.get_freeze_count() > 1000
    assert gc.get_threshold() == collector.THRESHOLDS


def test_cycles_are_still_found() -> None:
    """What was made later and refers to itself is freed without anybody asking, before there are many of them."""
    collector.settle()
    lost = weakref.ref(Node())
    kept = []
    for _ in range(2 * collector.THRESHOLDS[0]):
        kept.append([Node])
    assert lost() is None
