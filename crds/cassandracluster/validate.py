"""The check of one CassandraCluster before it is sent: what the API server or CassKop would refuse, with its path.

Rules come from CassKop's own (names of datacenters and racks, its defaults) and from Kubernetes' (names of Services and
StatefulSets). Fields that CassKop does not know are warnings, so that old manifests apply unchanged.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster.spec import CassandraClusterSpec
from multicasskop.crds.codes import Code
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, GROUP, STATEFULSET_NAME_MAX
from multicasskop.crds.quantity import is_dns_label
from pydantic import ValidationError
from pydantic_core import ErrorDetails

PROBLEMS_MAX: Final = 64
_SHOWN_MAX: Final = 60
# RFC 1035: CassKop names a Service after the cluster
_SERVICE_NAME: Final = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?", re.ASCII)
_DATACENTER: Final = re.compile(r"[a-z][a-z0-9]*", re.ASCII)
_RACK: Final = re.compile(r"[a-z0-9]+", re.ASCII)
# host names with or without their last dot, and addresses of both families
_SEED: Final = re.compile(r"[-A-Za-z0-9._:]{1,254}", re.ASCII)
_NAME_RULE: Final = "a-z, 0-9 and dashes, beginning with a letter, at most 63 characters"
_LENGTH_RULE: Final = f"{STATEFULSET_NAME_MAX} is the most that leaves room for the revision label of its pods"
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# what stands there may be a password
_SECRET: Final = frozenset({"envVars", "config", "sidecarConfigs"})
_TOP: Final = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})
_ALLOWED: Final = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "an object",
    "mapping_type": "an object",
    "model_type": "an object",
    "tuple_type": "a list",
    "quantity": "a quantity such as 500m, 2 or 4Gi",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "too_long": "at most {max_length} entries",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "string_pattern_mismatch": "text that matches {pattern}",
    "enum": "{expected}",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in an object: where, what was found and what is allowed.

    With `warning`, the object may be sent all the same.
    """

    path: str
    found: str
    allowed: str
    warning: bool = False
    code: Code = Code.BAD_VALUE

    def __str__(self) -> str:
        """`path: found; allowed`, as conditions and events show it."""
        return f"{self.path}: {self.found}; {self.allowed}"


def validate_child(obj: Json) -> list[Problem]:
    """The problems of `obj`, a whole CassandraCluster after the merge: failures first, then warnings, 64 at most.

    Nothing is changed, nothing is defaulted, and values that may be secret are not shown.
    """
    found = [*_head(obj), *_metadata(obj.get("metadata")), *_spec(obj.get("spec")), *_seeds(obj.get("status"))]
    if not any(problem.path.startswith(("spec.topology", "metadata.name")) for problem in found if not problem.warning):
        found.extend(_names(obj))
    return sorted(found, key=lambda problem: problem.warning)[:PROBLEMS_MAX]


def path_of(parts: Iterable[str | int]) -> str:
    """A path as Kubernetes writes it: `spec.topology.dc[0].name`, odd keys in brackets and quotes."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            path += f".{part}" if path else part
        else:
            path += f"[{json.dumps(part[:_SHOWN_MAX])}]"
    return path


def _head(obj: Json) -> Iterator[Problem]:
    kind, version = obj.get("kind"), obj.get("apiVersion")
    if kind is not None and kind != CASSANDRACLUSTER_KIND:
        yield Problem("kind", _show(kind), CASSANDRACLUSTER_KIND)
    if version is not None and not str(version).startswith(f"{GROUP}/"):
        yield Problem("apiVersion", _show(version), f"{GROUP}/v2")
    for key in sorted(obj.keys() - _TOP):
        yield Problem(path_of([key]), "an unknown field", "it is left out", warning=True, code=Code.UNKNOWN_FIELD)


def _metadata(metadata: object) -> Iterator[Problem]:
    if not isinstance(metadata, Mapping):
        yield Problem("metadata", _show(metadata), "an object with a name")
        return
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not isinstance(name, str) or len(name) > 63 or not _SERVICE_NAME.fullmatch(name):
        yield Problem(
            "metadata.name", _show(name), "a-z, 0-9 and dashes, beginning with a letter, at most 63 characters"
        )
    if namespace is not None and not (isinstance(namespace, str) and is_dns_label(namespace)):
        yield Problem("metadata.namespace", _show(namespace), "a-z, 0-9 and inner dashes, at most 63 characters")
    for field in ("labels", "annotations"):
        yield from _texts(field, metadata.get(field))


def _texts(field: str, texts: object) -> Iterator[Problem]:
    if texts is None:
        return
    if not isinstance(texts, Mapping):
        yield Problem(f"metadata.{field}", _show(texts), "an object")
        return
    for key, value in texts.items():
        if not isinstance(value, str):
            yield Problem(path_of(["metadata", field, key]), _show(value), "text: put it in quotes")
        elif field == "labels" and len(value) > 63:
            yield Problem(path_of(["metadata", field, key]), f"{len(value)} characters", "at most 63 characters")


def _spec(spec: object) -> Iterator[Problem]:
    try:
        CassandraClusterSpec.model_validate({} if spec is None else spec, extra="forbid", by_name=False)
    except ValidationError as error:
        details = error.errors(include_url=False)
        yield from (_problem(detail) for detail in details)


def _problem(detail: ErrorDetails) -> Problem:
    path = path_of(["spec", *detail["loc"]])
    kind = detail["type"]
    if kind == "extra_forbidden":
        return Problem(path, "an unknown field", "CassKop drops it", warning=True, code=Code.UNKNOWN_FIELD)
    if kind == "missing":
        return Problem(path, "missing", "it is needed", code=Code.MISSING_FIELD)
    allowed = _ALLOWED[kind].format(**detail.get("ctx", {})) if kind in _ALLOWED else detail["msg"]
    hidden = not _SECRET.isdisjoint(detail["loc"])
    return Problem(path, _kind(detail["input"]) if hidden else _show(detail["input"]), allowed)


def _seeds(status: object) -> Iterator[Problem]:
    seeds = status.get("seedlist") if isinstance(status, Mapping) else None
    if seeds is None:
        return
    if not isinstance(seeds, list | tuple):
        yield Problem("status.seedlist", _show(seeds), "a list of host names or addresses")
        return
    for index, seed in enumerate(seeds):
        if not isinstance(seed, str) or not _SEED.fullmatch(seed):
            yield Problem(path_of(["status", "seedlist", index]), _show(seed), "a host name or an address")


def _names(obj: Json) -> Iterator[Problem]:
    spec = obj.get("spec") or {}
    if spec.get("nodesPerRacks") == 0:
        yield Problem("spec.nodesPerRacks", "0", "CassKop puts 1 or the old number there", warning=True)
    # without one, CassKop takes this topology
    datacenters = (spec.get("topology") or {}).get("dc") or [{"name": "dc1"}]
    where = ("spec", "topology", "dc")
    yield from _alike(datacenters, where)
    for index, datacenter in enumerate(datacenters):
        if not _DATACENTER.fullmatch(datacenter["name"]):
            yield _bad_name((*where, index), datacenter, "a-z and 0-9, beginning with a letter")
        racks = datacenter.get("rack") or []
        yield from _alike(racks, (*where, index, "rack"))
        for number, rack in enumerate(racks):
            if not _RACK.fullmatch(rack["name"]):
                yield _bad_name((*where, index, "rack", number), rack, "a-z and 0-9")
    yield from _length(obj["metadata"]["name"], datacenters)


def _bad_name(where: tuple[str | int, ...], named: Json, allowed: str) -> Problem:
    return Problem(path_of([*where, "name"]), _show(named["name"]), allowed, code=Code.BAD_NAME)


def _alike(named: Iterable[Json], where: tuple[str | int, ...]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, item in enumerate(named):
        name = item["name"]
        if name in seen:
            path = path_of([*where, index, "name"])
            yield Problem(
                path, f"{_show(name)} for the second time", "names that differ", code=Code.DUPLICATE_DATACENTER
            )
        seen.add(name)


def _length(child: str, datacenters: Iterable[Json]) -> Iterator[Problem]:
    pairs = ((dc["name"], rack["name"]) for dc in datacenters for rack in dc.get("rack") or [{"name": "rack1"}])
    datacenter, rack = max(pairs, key=lambda pair: len("".join(pair)))
    length = len(f"{child}-{datacenter}-{rack}")
    if length > STATEFULSET_NAME_MAX:
        name = f'a StatefulSet name of {length} characters with dc "{datacenter}" and rack "{rack}"'
        yield Problem("metadata.name", f"{_show(child)} makes {name}", _LENGTH_RULE, code=Code.NAME_TOO_LONG)


def _show(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value if len(value) <= _SHOWN_MAX else value[:_SHOWN_MAX] + "...", ensure_ascii=True)
    return json.dumps(value) if value is None or isinstance(value, bool | int | float) else _kind(value)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list() | tuple():
            return f"a list of {len(value)}"
        case _:
            return "an object"
