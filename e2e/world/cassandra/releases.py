"""What the releases of Cassandra offer through JMX, from 3.11 to 5.0, as far as CassKop needs it."""

import re
from dataclasses import dataclass
from typing import TypeAlias

Release: TypeAlias = tuple[int, int]
Signature: TypeAlias = tuple[str, ...]

STORAGE = "org.apache.cassandra.db:type=StorageService"
COMPACTIONS = "org.apache.cassandra.db:type=CompactionManager"
STREAMS = "org.apache.cassandra.net:type=StreamManager"

ALWAYS: Release = (0, 0)
NEVER: Release = (99, 0)
TEXT, TEXTS, FLAG, NUMBER, LONG = "java.lang.String", "[Ljava.lang.String;", "boolean", "int", "long"
TAG = re.compile(r":[^:/@]*?(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that releases have from the first on, and before the last."""

    since: Release = ALWAYS
    until: Release = NEVER

    def is_in(self, release: Release) -> bool:
        """Whether that release has it."""
        return self.since <= release < self.until


ATTRIBUTES: dict[tuple[str, str], Offer] = {
    (STORAGE, "Keyspaces"): Offer(),
    (STORAGE, "HostIdMap"): Offer(until=(5, 0)),
    (STORAGE, "EndpointToHostId"): Offer(),
    (STORAGE, "LocalHostId"): Offer(),
    (STORAGE, "OperationMode"): Offer(),
    (STORAGE, "JoiningNodes"): Offer(),
    (STORAGE, "LeavingNodes"): Offer(),
    (STORAGE, "LiveNodes"): Offer(),
    (STORAGE, "UnreachableNodes"): Offer(),
    (COMPACTIONS, "Compactions"): Offer(),
    (STREAMS, "CurrentStreams"): Offer(),
}
OPERATIONS: dict[str, dict[Signature, Offer]] = {
    "describeRingJMX": {(TEXT,): Offer()},
    "decommission": {(): Offer(until=(4, 0)), (FLAG,): Offer(since=(4, 0))},
    "removeNode": {(TEXT,): Offer()},
    "rebuild": {
        (TEXT,): Offer(),
        (TEXT, TEXT, TEXT, TEXT): Offer(),
        (TEXT, TEXT, TEXT, TEXT, FLAG): Offer(since=(4, 1)),
    },
    "forceKeyspaceCleanup": {(NUMBER, TEXT, TEXTS): Offer(), (TEXT, TEXTS): Offer()},
    "upgradeSSTables": {
        (TEXT, FLAG, TEXTS): Offer(),
        (TEXT, FLAG, NUMBER, TEXTS): Offer(),
        (TEXT, FLAG, LONG, NUMBER, TEXTS): Offer(since=(4, 1)),
    },
}
MBEANS = frozenset({STORAGE, COMPACTIONS, STREAMS})


def has_attribute(release: Release, mbean: str, attribute: str) -> bool:
    """Whether a release has the attribute."""
    offer = ATTRIBUTES.get((mbean, attribute))
    return offer is not None and offer.is_in(release)


def signatures(release: Release, mbean: str, operation: str) -> list[Signature]:
    """The forms in which a release has the operation."""
    known = OPERATIONS.get(operation, {}) if mbean == STORAGE else {}
    return [signature for signature, offer in known.items() if offer.is_in(release)]


def release_of(image: str, default: Release) -> Release:
    """The release that an image's tag names."""
    found = TAG.search(image)
    return (int(found[1]), int(found[2])) if found else default


def parse(text: str) -> Release:
    """Read `4.1`; ValueError for anything else."""
    major, minor = (int(part) for part in text.split("."))
    return major, minor
