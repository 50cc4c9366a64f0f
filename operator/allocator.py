"""The C library's memory in a process with many threads and large answers."""

import ctypes
from typing import Final

# of malloc.h in glibc; other libraries have no mallopt
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
LARGE_BYTES: Final = 128 * 1024
ARENAS: Final = 2


def settle() -> bool:
    """Give freed memory back to the system instead of keeping it for each thread; whether that could be asked for.

    A list of a member is megabytes that live for a moment. glibc takes the first of them as the measure of what is
    large from then on, keeps smaller ones in its heaps, and has up to eight of these for each processor.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wanted = {_MMAP_THRESHOLD: LARGE_BYTES, _TRIM_THRESHOLD: LARGE_BYTES, _ARENA_MAX: ARENAS}
    return all([bool(mallopt(option, value)) for option, value in wanted.items()])
