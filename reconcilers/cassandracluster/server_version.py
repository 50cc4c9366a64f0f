"""Which Cassandra runs: taken from the spec, else from the tag of the image, and compared by numbers."""

import re
from typing import Final, NamedTuple

from multicasskop.crds.cassandracluster import CassandraCluster

_NUMBERS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}", re.ASCII)
_PARTS: Final = 3


class ServerVersion(NamedTuple):
    """A version that compares by its numbers: 3.11 is less than 4.0, and 4.0 less than 10.

    `numbers` are at least three, or none when the text begins with no number (a tag such as `latest`).
    """

    numbers: tuple[int, ...]
    text: str
    """As the configuration builder is told, in the Go CassKop's spelling."""

    def at_least(self, *numbers: int) -> bool:
        """Whether it is this version or a later one; a version that is not known never is."""
        return self.numbers >= numbers


def version_of(cluster: CassandraCluster) -> ServerVersion:
    """The version of a completed cluster's Cassandra."""
    text = cluster.spec.server_version or _from_tag(_tag(cluster.spec.cassandra_image or ""))
    return ServerVersion(_numbers(text), text)


def _tag(image: str) -> str:
    """What follows the colon in the last part of the path: a colon before it is a registry's port, or a digest's."""
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2]


def _from_tag(tag: str) -> str:
    version, dash, _ = tag.partition("-")
    # the spelling of the Go CassKop: another one would restart the pods of every cluster taken over from it
    return f"{version}.0" if dash else version


def _numbers(text: str) -> tuple[int, ...]:
    found = _NUMBERS.match(text)
    numbers = tuple(int(part) for part in found.group().split(".")) if found else ()
    return numbers + (0,) * (_PARTS - len(numbers)) if numbers else ()
