"""Objects that were stored before a rule existed stay writable under it."""

from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest
from multicasskop.crds.generate import load_manifest
from multicasskop.crds.names import PLURALS
from multicasskop.world.api import Api
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import DEFINITIONS, Kind
from multicasskop.world.manifests import Json, many, topology
from multicasskop.world.processes import wait_until

pytestmark = pytest.mark.planes


FINALIZER = "kubernetes.io/multi-casskop"


KIND_OF = {plural: kind for kind, plural in PLURALS.items()}


LONG = "cassandra-production-europe-customer-orders"


StoreUnchecked = Callable[[str], Kind]


def answer(api: Api, kind: Kind, namespace: str, spec: Json) -> int:
    """The status with which the server would answer the creation of an object, which is not stored."""
    body = {"apiVersion": kind.api_version, "kind": KIND_OF[kind.plural], "metadata": {"name": "probe"}, "spec": spec}
    try:
        api.request("POST", kind.path(namespace) + "?dryRun=All", body)
    except ApiError as failure:
        return failure.status
    return 201


@pytest.fixture
def old_kind(api: Api, namespace: str) -> Iterator[StoreUnchecked]:
    """Makes a kind under a group of its own whose definition checks nothing, as that of the Go operator."""
    made = []

    def make(plural: str) -> Kind:
        definition = deepcopy(load_manifest(plural))
        group = definition["spec"]["group"] = f"{namespace}.example.com"
        definition["metadata"]["name"] = f"{plural}.{group}"
        # else kubectl warns that short names are ambiguous
        definition["spec"]["names"] |= {"shortNames": [], "categories": []}
        free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        for version in definition["spec"]["versions"]:
            version.pop("subresources", None)
            version["schema"]["openAPIV3Schema"] = {"type": "object", "properties": {"spec": free, "status": free}}
        api.create(DEFINITIONS, "", definition)
        made.append(Kind(group, "v2", plural))
        assert wait_until(lambda: answer(api, made[-1], namespace, {}) == 201, 30)
        return made[-1]

    yield make
    for kind in made:
        for left in api.items(kind, namespace):
            api.patch(kind, namespace, left["metadata"]["name"], {"metadata": {"finalizers": None}})
        api.delete(DEFINITIONS, "", f"{kind.plural}.{kind.group}")


def bring_our_schema(api: Api, kind: Kind, namespace: str, refused: Json) -> None:
    """Put the definition of this release under `kind`, and wait until the server goes by it.

    Nothing is asked of `/status` before: kube-apiserver 1.36 panics there while it changes over, and hangs up.
    """
    definition = api.get(DEFINITIONS, "", f"{kind.plural}.{kind.group}")
    definition["spec"]["versions"] = load_manifest(kind.plural)["spec"]["versions"]
    api.replace(DEFINITIONS, "", definition)
    assert wait_until(lambda: answer(api, kind, namespace, refused) == 422, 30)


PARENTS_STORED_BEFORE = {
    "no base": {"override": {"k8s-cluster1": {}}},
    "no override": {"base": {}},
    "empty override": {"base": {}, "override": {}},
    "empty": {},
    "base is null": {"base": None, "override": None},
    "cascade is text": {"deleteCassandraCluster": "yes", "base": {}, "override": {"a": {}}},
    "bad member": {"base": {}, "override": {"K8S_One": {}}},
    "long names": {"base": {}, "override": {"a": {"metadata": {"name": LONG}, "spec": topology("frankfurt")}}},
    "datacenter twice": {"base": {}, "override": {"a": {"spec": topology("dc1", "dc1")}}},
    "another kind": {"base": {"kind": "Pod"}, "override": {"a": {}}},
    "many datacenters": {"base": {"spec": topology(*(f"d{n}" for n in range(40)))}, "override": {"a": {}}},
    "many members": {"base": {}, "override": {f"m{number}": {} for number in range(100)}},
}


CHILDREN_STORED_BEFORE = {
    "empty": {},
    "old fields": {"baseImage": "x", "version": "3.11"},
    # not nodesPerRacks: no CassKop ever read one that is text, and the rule on its changes needs a number
    "number as text": {"runAsUser": "999"},
    "no nodes": {"nodesPerRacks": 0},
    "null": {"topology": None, "pod": None},
    "datacenter with a dash": topology("dc-1"),
    "datacenter without a name": {"topology": {"dc": [{"rack": []}]}},
    "many racks": {"topology": {"dc": [{"name": "dc1", "rack": many(300)}]}},
    "sidecar without a name": {"sidecarConfigs": [{"image": "x"}]},
    "root as user": {"runAsUser": 0},
}


@pytest.mark.parametrize(
    ("plural", "stored", "field"),
    [("multicasskops", PARENTS_STORED_BEFORE, "paused"), ("cassandraclusters", CHILDREN_STORED_BEFORE, "debug")],
    ids=["multicasskops", "cassandraclusters"],
)
def test_objects_stored_before_stay_writable(
    api: Api, namespace: str, old_kind: StoreUnchecked, plural: str, stored: dict[str, Json], field: str
) -> None:
    """Whatever an older definition let in takes annotations, status, another field, and loses its finalizer."""
    kind = old_kind(plural)
    for number, spec in enumerate(stored.values()):
        body = {"apiVersion": kind.api_version, "kind": KIND_OF[plural], "spec": spec}
        body["metadata"] = {"name": f"old-{number}", "finalizers": [FINALIZER]}
        api.create(kind, namespace, body)
    bring_our_schema(api, kind, namespace, {field: "yes"})
    refused = {}
    for number, case in enumerate(stored):
        name = f"old-{number}"
        try:
            api.patch(kind, namespace, name, {"metadata": {"annotations": {"a": "b"}}})
            api.patch(kind, namespace, name, {"status": {"phase": "Pending"}}, subresource="status")
            api.patch(kind, namespace, name, {"spec": {field: True}})
            api.delete(kind, namespace, name)
            api.patch(kind, namespace, name, {"metadata": {"finalizers": None}})
        except ApiError as failure:
            refused[case] = str(failure)
    assert refused == {}
    assert api.items(kind, namespace) == []
