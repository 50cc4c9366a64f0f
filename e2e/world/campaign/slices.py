"""Parts of a campaign: the K-th of N, so that each is a session's work and all together are the whole."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from multicasskop.world.errors import WorldError

T = TypeVar("T")


def part_of(items: Iterable[T], text: str) -> Iterator[T]:
    """Every N-th item from the K-th on, as `K/N` says; WorldError for a text that is no such part."""
    first, _, parts = text.partition("/")
    if not (first.isdigit() and parts.isdigit() and 1 <= int(first) <= int(parts)):
        raise WorldError(f"{text} is no part of a campaign: K/N with K from 1 to N, for example 3/20")
    yield from (item for number, item in enumerate(items) if number % int(parts) == int(first) - 1)
