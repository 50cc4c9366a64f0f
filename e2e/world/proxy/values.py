"""What all faults have in common."""

import re
from collections.abc import Iterator

import msgspec
from multicasskop.world.proxy.trips import Lines, Trip


def words(name: str) -> str:
    """The name of a fault in a plan file: `LoseAnswer` is `lose_answer`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag=words):
    """A fault that does nothing: requests are passed on, lines as they come."""

    @property
    def is_for_connections(self) -> bool:
        """Whether more than one request feels it."""
        return False

    def exchange(self, trip: Trip) -> None:
        """What becomes of a request and its answer; CutError ends the caller's connection."""
        trip.pass_on()

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """What becomes of the lines of a watch: what is yielded is sent. Returning early ends the stream cleanly."""
        yield from lines
