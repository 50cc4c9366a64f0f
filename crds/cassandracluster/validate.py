"""The check of one CassandraCluster before it is sent: what the API server or CassKop would refuse, with its path.

Rules come from CassKop's own and from those of Kubernetes. Fields that CassKop does not know are warnings, so that old
manifests apply unchanged.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster.naming import check_names, is_service_name
from multicasskop.crds.cassandracluster.spec import CassandraClusterSpec
from multicasskop.crds.codes import Code
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, GROUP
from multicasskop.crds.problem import Problem, kind_of, path_of, shown
from multicasskop.crds.quantity import is_dns_label
from pydantic import ValidationError
from pydantic_core import ErrorDetails

__all__ = ["Problem", "path_of", "validate_child"]

PROBLEMS_MAX: Final = 64
# host names with or without their last dot, and addresses of both families
_SEED: Final = re.compile(r"[-A-Za-z0-9._:]{1,254}", re.ASCII)
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
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "too_long": "at most {max_length} entries",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "string_pattern_mismatch": "text that matches {pattern}",
    "enum": "{expected}",
}


def validate_child(obj: Json) -> list[Problem]:
    """The problems of `obj`, a whole CassandraCluster after the merge: failures first, then warnings, 64 at most.

    Nothing is changed, nothing is defaulted, and values that may be secret are not shown.
    """
    found = [*_head(obj), *_metadata(obj.get("metadata")), *_spec(obj.get("spec")), *_seeds(obj.get("status"))]
    if not any(_hides_names(problem) for problem in found):
        found.extend(_names(obj))
    return sorted(found, key=lambda problem: problem.warning)[:PROBLEMS_MAX]


def _head(obj: Json) -> Iterator[Problem]:
    kind, version = obj.get("kind"), obj.get("apiVersion")
    if kind is not None and kind != CASSANDRACLUSTER_KIND:
        yield Problem("kind", shown(kind), CASSANDRACLUSTER_KIND)
    if version is not None and not str(version).startswith(f"{GROUP}/"):
        yield Problem("apiVersion", shown(version), f"{GROUP}/v2")
    for key in sorted(obj.keys() - _TOP):
        yield _unknown(path_of([key]), "it is left out")


def _metadata(metadata: object) -> Iterator[Problem]:
    if not isinstance(metadata, Mapping):
        yield Problem("metadata", shown(metadata), "an object with a name")
        return
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not isinstance(name, str) or not is_service_name(name):
        allowed = "a-z, 0-9 and dashes, beginning with a letter, at most 63 characters"
        yield Problem("metadata.name", shown(name), allowed, code=Code.BAD_NAME)
    if namespace is not None and not (isinstance(namespace, str) and is_dns_label(namespace)):
        allowed = "a-z, 0-9 and inner dashes, at most 63 characters"
        yield Problem("metadata.namespace", shown(namespace), allowed, code=Code.BAD_NAME)
    for field in ("labels", "annotations"):
        yield from _texts(field, metadata.get(field))


def _texts(field: str, texts: object) -> Iterator[Problem]:
    if texts is None:
        return
    if not isinstance(texts, Mapping):
        yield Problem(path_of(["metadata", field]), shown(texts), "an object")
        return
    for key, value in texts.items():
        if not isinstance(value, str):
            yield Problem(path_of(["metadata", field, key]), shown(value), "text: put it in quotes")
        elif field == "labels" and len(value) > 63:
            yield Problem(path_of(["metadata", field, key]), f"{len(value)} characters", "at most 63 characters")


def _spec(spec: object) -> Iterator[Problem]:
    try:
        CassandraClusterSpec.model_validate({} if spec is None else spec, extra="forbid", by_name=False)
    except ValidationError as error:
        yield from (_problem(detail) for detail in error.errors(include_url=False))


def _problem(detail: ErrorDetails) -> Problem:
    path = path_of(["spec", *detail["loc"]])
    match detail["type"]:
        case "extra_forbidden":
            return _unknown(path, "CassKop drops it")
        case "missing":
            return Problem(path, "missing", "it is needed", code=Code.MISSING_FIELD)
        case kind:
            template = _ALLOWED.get(kind)
            allowed = template.format(**detail.get("ctx", {})) if template else detail["msg"]
    hidden = not _SECRET.isdisjoint(detail["loc"])
    return Problem(path, kind_of(detail["input"]) if hidden else shown(detail["input"]), allowed)


def _unknown(path: str, consequence: str) -> Problem:
    return Problem(path, "an unknown field", consequence, warning=True, code=Code.UNKNOWN_FIELD)


def _seeds(status: object) -> Iterator[Problem]:
    seeds = status.get("seedlist") if isinstance(status, Mapping) else None
    if seeds is None:
        return
    if not isinstance(seeds, list | tuple):
        yield Problem("status.seedlist", shown(seeds), "a list of host names or addresses")
        return
    for index, seed in enumerate(seeds):
        if not isinstance(seed, str) or not _SEED.fullmatch(seed):
            yield Problem(path_of(["status", "seedlist", index]), shown(seed), "a host name or an address")


def _hides_names(problem: Problem) -> bool:
    hiding = problem.path in ("spec", "metadata") or problem.path.startswith(("spec.topology", "metadata.name"))
    return hiding and not problem.warning


def _names(obj: Json) -> Iterator[Problem]:
    spec = obj.get("spec") or {}
    if spec.get("nodesPerRacks") == 0:
        yield Problem("spec.nodesPerRacks", "0", "CassKop puts 1 or the old number there", warning=True)
    yield from check_names(obj["metadata"]["name"], spec.get("topology") or {})
