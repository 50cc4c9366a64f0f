"""What a spec refers to and does not hold: ConfigMaps, Secrets, a service account, storage classes.

Kubernetes says of most that is missing only in the events of a pod, if it makes the pod at all. So it is looked for
before, and said with the place in the spec. Nothing is said of what may not be looked at.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from multicasskop.crds.cassandracluster import CassandraCluster, CassandraClusterSpec
from multicasskop.crds.problem import path_of
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.refusals import plans

Json = dict[str, Any]
Path = tuple[str | int, ...]
LOGIN: Final = frozenset({"username", "password"})
_NO_KEYS: Final[frozenset[str]] = frozenset()


class Thing(NamedTuple):
    """An object by kind and name: in the namespace of the cluster, but for a StorageClass, which is in none."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One place in the spec that names an object, and the keys that must be in it."""

    path: str
    thing: Thing
    keys: frozenset[str] = _NO_KEYS
    datacenter: str = ""
    """The one that it is for; empty for all."""


Found = Mapping[Thing, frozenset[str] | None]
"""What is known of things: their keys, None for one that is not there; of others nobody knows."""


def references(wanted: CassandraCluster) -> tuple[Reference, ...]:
    """All references of a completed cluster that must lead somewhere, in the order of the spec."""
    return (*_references(wanted.spec), *_of_storage(wanted))


def missing(facts: Facts, found: Found) -> tuple[str, ...]:
    """A sentence for each reference that leads nowhere, for `Facts.missing`: where it stands, and what to do.

    A class of volumes only counts while a rack that is to have such volumes lacks one.
    """
    told = (_sentence(each, found) for each in references(facts.wanted) if _matters(facts, each))
    return tuple(dict.fromkeys(filter(None, told)))


def _sentence(reference: Reference, found: Found) -> str:
    thing = reference.thing
    if thing not in found:
        return ""
    keys = found[thing]
    what = f"{reference.path}: {thing.kind} {thing.name}"
    if keys is None:
        return f"{what} is not there; make it, or name another"
    lacking = ", ".join(sorted(reference.keys - keys))
    return f"{what} has no key {lacking}; add it, or name another" if lacking else ""


def _matters(facts: Facts, reference: Reference) -> bool:
    if reference.thing.kind != "StorageClass":
        return True
    return any(_needs_volumes(rack) for rack in facts.racks if reference.datacenter in ("", rack.plan.rack.datacenter))


def _needs_volumes(rack: Rack) -> bool:
    """Whether a claim of the rack has no volume yet, or is not even made."""
    ordinals = {claim.ordinal for claim in rack.claims if claim.bound}
    return not ordinals >= set(range(rack.plan.nodes)) or any(not claim.bound for claim in rack.claims)


def _references(spec: CassandraClusterSpec) -> Iterator[Reference]:
    if spec.config_map_name:
        yield Reference("spec.configMapName", Thing("ConfigMap", spec.config_map_name))
    if spec.image_pull_secret and spec.image_pull_secret.name:
        yield Reference("spec.imagePullSecret.name", Thing("Secret", spec.image_pull_secret.name))
    if spec.image_jolokia_secret and spec.image_jolokia_secret.name:
        yield Reference("spec.imageJolokiaSecret.name", Thing("Secret", spec.image_jolokia_secret.name), LOGIN)
    if spec.service_account_name:
        yield Reference("spec.serviceAccountName", Thing("ServiceAccount", spec.service_account_name))
    yield from _of_containers(spec)


def _of_containers(spec: CassandraClusterSpec) -> Iterator[Reference]:
    own = [each.to_json() for each in spec.env_vars or ()]
    yield from _of_variables(own, ("spec", "envVars"))
    sidecar = spec.back_rest_sidecar
    given = [each.to_json() for each in (sidecar and sidecar.env_vars) or ()]
    yield from _of_variables(given, ("spec", "backRestSidecar", "envVars"))
    for index, container in enumerate(spec.sidecar_configs or ()):
        path = ("spec", "sidecarConfigs", index)
        yield from _of_variables(_entries(container, "env"), (*path, "env"))
        yield from _of_sources(_entries(container, "envFrom"), (*path, "envFrom"))


def _of_variables(variables: Iterable[Json], path: Path) -> Iterator[Reference]:
    for index, variable in enumerate(variables):
        source = variable.get("valueFrom")
        yield from _of_source(source, (*path, index, "valueFrom"), "KeyRef")


def _of_sources(sources: Iterable[Json], path: Path) -> Iterator[Reference]:
    for index, source in enumerate(sources):
        yield from _of_source(source, (*path, index), "Ref")


def _of_source(source: object, path: Path, tail: str) -> Iterator[Reference]:
    """`configMapKeyRef`, `secretRef` and the like, unless it may be missing."""
    for kind in ("ConfigMap", "Secret"):
        field = f"{kind[0].lower()}{kind[1:]}{tail}"
        named = source.get(field) if isinstance(source, dict) else None
        if isinstance(named, dict) and isinstance(named.get("name"), str) and not named.get("optional"):
            keys = frozenset({named["key"]}) if isinstance(named.get("key"), str) else _NO_KEYS
            yield Reference(path_of((*path, field)), Thing(kind, named["name"]), keys)


def _of_storage(wanted: CassandraCluster) -> Iterator[Reference]:
    for index, (name, plan) in enumerate(plans(wanted).items()):
        if plan.capacity and plan.storage_class:
            own = path_of(["spec", "topology", "dc", index, "dataStorageClass"])
            path = own if plan.datacenter.data_storage_class else "spec.dataStorageClass"
            yield Reference(path, Thing("StorageClass", plan.storage_class), datacenter=name)
    for index, storage in enumerate(wanted.spec.storage_configs or ()):
        class_ = (storage.pvc_spec or {}).get("storageClassName")
        if isinstance(class_, str) and class_:
            path = path_of(["spec", "storageConfigs", index, "pvcSpec", "storageClassName"])
            yield Reference(path, Thing("StorageClass", class_))


def _entries(container: Json, field: str) -> list[Json]:
    return [each for each in container.get(field) or () if isinstance(each, dict)]
