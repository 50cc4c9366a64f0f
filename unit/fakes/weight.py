"""What objects weigh in memory."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def weighed() -> Iterator[Callable[[], int]]:
    """Ask how many bytes have been allocated since, and not freed."""
    gc.collect()
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
