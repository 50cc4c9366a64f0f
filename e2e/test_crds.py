"""The definitions on a real API server: what it takes, what it refuses and with which words."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from multicasskop.crds.cassandracluster import validate_child
from multicasskop.crds.names import GROUP
from multicasskop.world.api import Api
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, Kind
from multicasskop.world.manifests import Json, cassandracluster, many, multicasskop, override, topology

pytestmark = pytest.mark.planes


SAMPLES = Path(__file__).resolve().parent / "samples"


def sample(name: str) -> Json:
    """A sample's object without its namespace."""
    found: Json = yaml.safe_load((SAMPLES / name).read_text(encoding="utf-8"))
    found["metadata"].pop("namespace", None)
    return found


ACCEPTED = {
    "nothing but base and override": multicasskop(),
    "no base": {**multicasskop(), "spec": {"override": {"k8s-cluster1": {}}}},
    "member with dots": multicasskop(override={"eu.west.example.com": {}}),
    "member of 63 characters": multicasskop(override={"a" * 63: {}}),
    "member without a difference": multicasskop(override={"k8s-cluster1": None}),
    "64 members": multicasskop(override={f"m{number}": {} for number in range(64)}),
    "cascade is null": multicasskop(deleteCassandraCluster=None),
    "null takes a name out": override(metadata={"name": None}, spec={"topology": None}, status={"seedlist": None}),
    "StatefulSet name of 52": override(metadata={"name": "c" * 40}, spec=topology("dc1", rack="rack123")),
    "name alone of 48": override(metadata={"name": "c" * 48}),
    "long names without a child's name": override(spec=topology("d" * 60, rack="r" * 60)),
    "16 datacenters of 64 racks": override(
        metadata={"name": "c"}, spec={"topology": {"dc": [{"name": f"d{n}", "rack": many(64)} for n in range(16)]}}
    ),
    "fields that nobody knows in base": multicasskop(base={"spec": {"x": {"y": [1, None]}}, "z": 1}),
    "base of another version": multicasskop(base={"apiVersion": f"{GROUP}/v1alpha1", "kind": "CassandraCluster"}),
    "every new field": multicasskop(
        paused=True,
        drift="Report",
        restart="2026-11-23",
        rollout={
            "order": ["a", "b"],
            "maxConcurrent": 2,
            "soak": "1h30m",
            "settle": "0s",
            "progressDeadline": "1.5h",
            "approval": "Manual",
            "onDark": "Skip",
        },
        seeds={"mode": "Auto", "perDatacenter": 1, "onChange": "Roll", "domain": {"a": "zone.example."}},
        deletion={"onDark": "Orphan", "deadline": "0", "onOverrideRemoved": "Drain"},
    ),
}


REFUSED = {
    "no override left": (multicasskop(override={}), "spec.override"),
    "member with upper case": (multicasskop(override={"K8s": {}}), "a member's name is at most 63"),
    "member of 64 characters": (multicasskop(override={"a" * 64: {}}), "a member's name is at most 63"),
    "member that is a path": (multicasskop(override={"../x": {}}), "a member's name is at most 63"),
    "member without a name": (multicasskop(override={"": {}}), "a member's name is at most 63"),
    "65 members": (multicasskop(override={f"m{number}": {} for number in range(65)}), "must have at most 64 items"),
    "StatefulSet name of 53": (override(metadata={"name": "c" * 40}, spec=topology("dc1", rack="rack1234")), "52"),
    "StatefulSet name of 53 in the second datacenter": (
        override(metadata={"name": "c" * 40}, spec=topology("dc1", "dc12345", rack="rack1")),
        "52 characters",
    ),
    "name alone of 49": (override(metadata={"name": "c" * 49}), "48 characters"),
    "datacenter twice": (override(spec=topology("dc1", "dc2", "dc1")), "two datacenters of one override"),
    "17 datacenters": (override(spec=topology(*(f"d{n}" for n in range(17)))), "must have at most 16 items"),
    "65 racks": (override(spec={"topology": {"dc": [{"name": "d", "rack": many(65)}]}}), "must have at most 64 items"),
    "100000 seeds": (multicasskop(base={"status": {"seedlist": ["s"] * 100000}}), "must have at most 1024 items"),
    "base of another kind": (multicasskop(base={"kind": "Pod"}), 'supported values: "CassandraCluster"'),
    "override of another kind": (override(kind="Pod"), 'supported values: "CassandraCluster"'),
    "base is no object": (multicasskop(base="x"), "spec.base"),
    "cascade is text": (multicasskop(deleteCassandraCluster="true"), "spec.deleteCassandraCluster"),
    "order names a member twice": (multicasskop(rollout={"order": ["a", "b", "a"]}), "Duplicate value"),
    "order of 65": (multicasskop(rollout={"order": [f"m{n}" for n in range(65)]}), "must have at most 64 items"),
    "days": (multicasskop(rollout={"soak": "2d"}), "spec.rollout.soak"),
    "negative": (multicasskop(rollout={"settle": "-5s"}), "spec.rollout.settle"),
    "ISO 8601": (multicasskop(deletion={"deadline": "PT5M"}), "spec.deletion.deadline"),
    "number without a unit": (multicasskop(deletion={"deadline": "5"}), "spec.deletion.deadline"),
    "no time at all": (multicasskop(rollout={"progressDeadline": "0s"}), "more than 0s is needed"),
    "longer than Go can count": (multicasskop(rollout={"progressDeadline": "9999999h"}), "progressDeadline"),
    "nobody at a time": (multicasskop(rollout={"maxConcurrent": 0}), "greater than or equal to 1"),
    "65 at a time": (multicasskop(rollout={"maxConcurrent": 65}), "less than or equal to 64"),
    "approval of another sort": (
        multicasskop(rollout={"approval": "Maybe"}),
        'supported values: "Automatic", "Manual"',
    ),
    "four seeds": (multicasskop(seeds={"perDatacenter": 4}), "less than or equal to 3"),
    "no seeds": (multicasskop(seeds={"perDatacenter": 0}), "greater than or equal to 1"),
    "zone with a space": (multicasskop(seeds={"domain": {"a": "my zone"}}), "spec.seeds.domain"),
    "zone of no member": (multicasskop(seeds={"domain": {"A": "zone"}}), "a member's name is at most 63"),
    "removed by deletion": (multicasskop(deletion={"onOverrideRemoved": "Delete"}), '"Retain", "Drain"'),
    "unknown drift": (multicasskop(drift="Ignore"), 'supported values: "Correct", "Report"'),
}


CHILD_ACCEPTED = {
    "fields that nobody knows": {"spec": {"baseImage": "x", "numTokens": 256}},
    "numbers as quantities": {"spec": {"resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}},
    "what CassKop writes into datacenters": {"spec": {"topology": {"dc": [{"name": "dc1", "resources": {}}]}}},
    "sidecars as they are": {"spec": {"sidecarConfigs": [{"name": "x", "image": "y", "securityContext": {"z": 1}}]}},
    "pull policy in lower case": {"spec": {"imagepullpolicy": "IfNotPresent"}},
}


CHILD_REFUSED = {
    "datacenter with a dash": ({"spec": {"topology": {"dc": [{"name": "dc-1"}]}}}, "spec.topology.dc[0].name"),
    "rack with a dash": (
        {"spec": {"topology": {"dc": [{"name": "dc1", "rack": [{"name": "r-1"}]}]}}},
        "spec.topology.dc[0].rack[0].name",
    ),
    "root as user": ({"spec": {"runAsUser": 0}}, "spec.runAsUser"),
    "another product": ({"spec": {"serverType": "scylla"}}, "spec.serverType"),
    "capacity is no quantity": ({"spec": {"dataCapacity": "much"}}, "spec.dataCapacity"),
    "memory is no quantity": ({"spec": {"resources": {"limits": {"memory": "much"}}}}, "spec.resources.limits.memory"),
}


def refusal(api: Api, kind: Kind, namespace: str, body: Json) -> str:
    """The text with which an object is refused as invalid."""
    with pytest.raises(ApiError) as refused:
        api.create(kind, namespace, body)
    assert refused.value.status == 422, str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in ACCEPTED.items()])
def test_multicasskop_is_accepted(api: Api, namespace: str, body: Json) -> None:
    """The server takes it and stores the spec as it was written, but for a null member, which becomes empty."""
    stored = api.create(MULTICASSKOPS, namespace, body)["spec"]
    wanted = deepcopy(body["spec"])
    wanted["override"] = {member: {} if part is None else part for member, part in wanted["override"].items()}
    assert stored == wanted


@pytest.mark.parametrize(("body", "text"), [pytest.param(*row, id=name) for name, row in REFUSED.items()])
def test_multicasskop_is_refused(api: Api, namespace: str, body: Json, text: str) -> None:
    """The server refuses it and says why."""
    assert text in refusal(api, MULTICASSKOPS, namespace, body)


@pytest.mark.parametrize("fields", [pytest.param(body, id=name) for name, body in CHILD_ACCEPTED.items()])
def test_cassandracluster_is_accepted(api: Api, namespace: str, fields: Json) -> None:
    """The server takes it and loses nothing of its spec, and our own check lets it pass too."""
    stored = api.create(CASSANDRACLUSTERS, namespace, cassandracluster(**fields))
    assert {key: stored["spec"][key] for key in fields["spec"]} == fields["spec"]
    assert [problem for problem in validate_child({**stored, "status": None}) if not problem.warning] == []


@pytest.mark.parametrize(("fields", "text"), [pytest.param(*row, id=name) for name, row in CHILD_REFUSED.items()])
def test_cassandracluster_is_refused(api: Api, namespace: str, fields: Json, text: str) -> None:
    """The server refuses it and names the field, and our own check would have named it before."""
    assert text in refusal(api, CASSANDRACLUSTERS, namespace, cassandracluster(**fields))
    problems = validate_child({**cassandracluster(**fields), "metadata": {"name": "demo"}})
    assert text in [problem.path for problem in problems if not problem.warning]


def test_342_no_node_at_all_is_never_stored(api: Api, namespace: str) -> None:
    """Later edits to none are refused; an object stored with 0 can be edited; a datacenter may be emptied."""
    name = api.create(CASSANDRACLUSTERS, namespace, cassandracluster(spec={"nodesPerRacks": 2}))["metadata"]["name"]
    with pytest.raises(ApiError, match="a cluster without nodes cannot be") as refused:
        api.patch(CASSANDRACLUSTERS, namespace, name, {"spec": {"nodesPerRacks": 0}})
    assert refused.value.status == 422
    empty = {"dc": [{"name": "dc1", "nodesPerRacks": 0, "rack": [{"name": "rack1"}]}]}
    api.patch(CASSANDRACLUSTERS, namespace, name, {"spec": {"nodesPerRacks": 1, "topology": empty}})
    api.delete(CASSANDRACLUSTERS, namespace, name)
    name = api.create(CASSANDRACLUSTERS, namespace, cassandracluster(spec={"nodesPerRacks": 0}))["metadata"]["name"]
    stored = api.patch(CASSANDRACLUSTERS, namespace, name, {"spec": {"cassandraImage": "cassandra:4.1.11"}})
    assert stored["spec"]["nodesPerRacks"] == 0


def test_server_gives_the_defaults_that_casskop_relies_on(api: Api, namespace: str) -> None:
    """A CassandraCluster gets the three defaults that the Go CassKop leaves to its CRD, and no other field."""
    stored = api.create(CASSANDRACLUSTERS, namespace, cassandracluster())
    assert stored["spec"] == {"nodesPerRacks": 1, "runAsUser": 999, "fsGroup": 1, "serverType": "cassandra"}


@pytest.mark.parametrize("name", ["article.yaml", "go-v2.yaml"])
def test_sample_is_stored_as_it_is(api: Api, namespace: str, name: str) -> None:
    """A manifest for the Go operator is taken in its own version, unchanged, and read back as v2."""
    body = sample(name)
    version = body["apiVersion"].partition("/")[2]
    api.create(Kind(GROUP, version, "multicasskops"), namespace, body)
    stored = api.get(MULTICASSKOPS, namespace, body["metadata"]["name"])
    assert (stored["apiVersion"], stored["spec"]) == (f"{GROUP}/v2", body["spec"])


STATUS = {"seedlist": ["a.example", "b.example"]}


def test_whole_version_stores_status_at_creation(api: Api, namespace: str) -> None:
    """A create through v1alpha1 carries the seed list, is read as v2 with it, and writes through v2 leave it alone."""
    name = api.create(
        Kind(GROUP, "v1alpha1", "cassandraclusters"), namespace, cassandracluster("v1alpha1", status=STATUS)
    )["metadata"]["name"]
    assert api.get(CASSANDRACLUSTERS, namespace, name)["status"] == STATUS
    patched = api.patch(CASSANDRACLUSTERS, namespace, name, {"spec": {"nodesPerRacks": 2}, "status": {"seedlist": []}})
    assert (patched["spec"]["nodesPerRacks"], patched["status"]) == (2, STATUS)


@pytest.mark.parametrize("version", ["v2", "v1"])
def test_other_versions_drop_status_at_creation(api: Api, namespace: str, version: str) -> None:
    """A create through any other version stores no status."""
    body = cassandracluster(version, status=STATUS)
    assert "status" not in api.create(Kind(GROUP, version, "cassandraclusters"), namespace, body)


def test_status_subresource_keeps_spec_and_generation(api: Api, namespace: str) -> None:
    """Status is written through its sub-resource, which changes neither spec nor generation; unknown fields go."""
    made = api.create(MULTICASSKOPS, namespace, multicasskop())
    part = {"status": {"phase": "Ready", "ready": "1/1", "bogus": 1}, "spec": {"paused": True}}
    written = api.patch(MULTICASSKOPS, namespace, made["metadata"]["name"], part, subresource="status")
    assert (written["status"], written["spec"]) == ({"phase": "Ready", "ready": "1/1"}, made["spec"])
    assert written["metadata"]["generation"] == made["metadata"]["generation"]


GO_STATUS = {
    "phase": "Running",
    "lastClusterAction": "Initializing",
    "lastClusterActionStatus": "Done",
    "seedlist": None,
    "cassandraNodeStatus": {"demo-dc1-rack1-0": {"hostId": "", "nodeIp": "10.0.0.1"}},
    "cassandraRackStatus": {
        "dc1-rack1": {
            "phase": "Running",
            "cassandraLastAction": {"name": "Initializing", "status": "Done", "startTime": "2026-11-23T14:03:12Z"},
            "podLastOperation": {"endTime": None, "podsOK": ["x"], "podsKO": None, "operatorName": "o"},
        }
    },
}


def test_status_of_the_go_casskop_is_taken(api: Api, namespace: str) -> None:
    """What the Go CassKop writes into status is stored, nulls included."""
    name = api.create(CASSANDRACLUSTERS, namespace, cassandracluster())["metadata"]["name"]
    written = api.patch(CASSANDRACLUSTERS, namespace, name, {"status": GO_STATUS}, subresource="status")
    rack = written["status"]["cassandraRackStatus"]["dc1-rack1"]
    assert (written["status"]["phase"], rack["podLastOperation"]["podsOK"]) == ("Running", ["x"])
