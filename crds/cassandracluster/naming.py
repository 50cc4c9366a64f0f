"""The rules for the names of a CassandraCluster, its datacenters and racks, which become those of StatefulSets."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.names import STATEFULSET_NAME_MAX
from multicasskop.crds.problem import Problem, path_of, repeated, shown

# RFC 1035: CassKop names a Service after the cluster
_SERVICE: Final = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?", re.ASCII)
# CassKop joins both by a dash, splits them again, and wants a letter first
_DATACENTER: Final = re.compile(r"[a-z][a-z0-9]*", re.ASCII)
_RACK: Final = re.compile(r"[a-z0-9]+", re.ASCII)
# what CassKop makes of a topology without datacenters, and of a datacenter without racks
_DEFAULT_DATACENTERS: Final[Sequence[Json]] = ({"name": "dc1"},)
_DEFAULT_RACKS: Final[Sequence[Json]] = ({"name": "rack1"},)
_WHERE: Final = ("spec", "topology", "dc")
_LENGTH_RULE: Final = f"{STATEFULSET_NAME_MAX} is the most that leaves room for the revision label of its pods"


def is_service_name(name: str) -> bool:
    """Whether a Service may have this name."""
    return len(name) <= 63 and _SERVICE.fullmatch(name) is not None


def check_names(child: str, topology: Json) -> Iterator[Problem]:
    """The problems of the names in a topology, and of the StatefulSets they make together with the child's name.

    The topology has the right types.
    """
    datacenters = topology.get("dc") or _DEFAULT_DATACENTERS
    for index, name in repeated(datacenter["name"] for datacenter in datacenters):
        yield _twice(path_of([*_WHERE, index, "name"]), name)
    for index, datacenter in enumerate(datacenters):
        if not _DATACENTER.fullmatch(datacenter["name"]):
            path = path_of([*_WHERE, index, "name"])
            yield _bad_name(path, datacenter["name"], "a-z and 0-9, beginning with a letter")
        yield from _check_racks(index, datacenter.get("rack") or ())
    yield from _check_length(child, datacenters)


def _check_racks(index: int, racks: Sequence[Json]) -> Iterator[Problem]:
    for number, name in repeated(rack["name"] for rack in racks):
        yield _twice(path_of([*_WHERE, index, "rack", number, "name"]), name)
    for number, rack in enumerate(racks):
        if not _RACK.fullmatch(rack["name"]):
            yield _bad_name(path_of([*_WHERE, index, "rack", number, "name"]), rack["name"], "a-z and 0-9")


def _check_length(child: str, datacenters: Sequence[Json]) -> Iterator[Problem]:
    pairs = ((dc["name"], rack["name"]) for dc in datacenters for rack in dc.get("rack") or _DEFAULT_RACKS)
    datacenter, rack = max(pairs, key=lambda pair: len("".join(pair)))
    length = len(f"{child}-{datacenter}-{rack}")
    if length > STATEFULSET_NAME_MAX:
        with_names = f'with dc "{datacenter}" and rack "{rack}"'
        found = f"{shown(child)} makes a StatefulSet name of {length} characters {with_names}"
        yield Problem("metadata.name", found, _LENGTH_RULE, code=Code.NAME_TOO_LONG)


def _bad_name(path: str, name: str, allowed: str) -> Problem:
    return Problem(path, shown(name), allowed, code=Code.BAD_NAME)


def _twice(path: str, name: str) -> Problem:
    return Problem(path, f"{shown(name)} for the second time", "names that differ", code=Code.DUPLICATE_NAME)
