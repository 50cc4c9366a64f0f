"""The garbage collector of a process that holds caches."""

import gc
from typing import Final

THRESHOLDS: Final = (10_000, 20, 20)
"""Python's own begin with 700: with as few as that, a busy stream makes it walk all that is held again and again."""


def settle() -> None:
    """Leave what has been loaded by now out of all collections, and collect less often.

    Assumes that nearly everything here dies by its reference count, which caches of immutable records do; cycles, of
    exceptions first of all, are still found, a little later.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
