"""What every generated schema must be, whatever fields are added."""

import re
from typing import Any

import pytest
from multicasskop.crds.schema import CASSANDRACLUSTER, KINDS, MULTICASSKOP, Kind, definition, object_schema, walk

Json = dict[str, Any]
TYPES = {"object", "array", "string", "integer", "boolean"}
KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)


def nodes(kind: Kind) -> list[tuple[str, Json]]:
    """Spec and status of a kind, node by node."""
    fields = object_schema(kind)["properties"]
    return [found for part in ("spec", "status") for found in walk(fields[part], f".{part}")]


def node(kind: Kind, path: str) -> Json:
    """One node of a schema."""
    return dict(nodes(kind))[path]


@KIND
def test_schema_is_structural(kind: Kind) -> None:
    """Each node has one type, or is a number or text; none has a reference or an alternative."""
    for path, found in nodes(kind):
        either = found.get("x-kubernetes-int-or-string", False)
        assert ("type" in found) != either, path
        assert found.get("type", "string") in TYPES, path
        assert either or not found.keys() & {"anyOf", "oneOf", "allOf", "$ref", "const", "title"}, path


@KIND
def test_everything_is_bounded(kind: Kind) -> None:
    """Every text has a longest, every list and map a largest, so that no object grows without limit."""
    for path, found in nodes(kind):
        match found.get("type", "string"):
            case "string":
                assert found.keys() & {"maxLength", "enum"} or found.get("format") == "date-time", path
            case "array":
                assert "maxItems" in found, path
            case "object" if "additionalProperties" in found:
                assert "maxProperties" in found, path


@KIND
def test_objects_are_closed_unless_free_on_purpose(kind: Kind) -> None:
    """An object declares its fields or the type of its values, or says that it keeps what it does not know."""
    for path, found in nodes(kind):
        if found.get("type") == "object":
            open_on_purpose = found.get("x-kubernetes-preserve-unknown-fields", False)
            assert open_on_purpose or found.keys() & {"properties", "additionalProperties"}, path
            assert not {"properties", "additionalProperties"} <= found.keys(), path


@KIND
def test_every_declared_field_is_described(kind: Kind) -> None:
    """`kubectl explain` has a sentence for each field, except inside base and overrides."""
    for path, found in nodes(kind):
        inside = re.match(r"\.spec\.(base|override)[.{]", path)
        if not inside and not path.endswith(("[]", "{}")):
            assert found.get("description", "").endswith("."), path


def test_free_places_are_few() -> None:
    """Unknown fields are kept in base and overrides, in a child's spec and where Kubernetes' own types stand."""
    free = {
        (kind.kind, re.sub(r"\.(base|override\{\}).*", r".\1", path))
        for kind in KINDS
        for path, found in nodes(kind)
        if found.get("x-kubernetes-preserve-unknown-fields")
    }
    assert free == {
        ("MultiCasskop", ".spec.base"),
        ("MultiCasskop", ".spec.override{}"),
        ("CassandraCluster", ".spec"),
        ("CassandraCluster", ".spec.backRestSidecar.envVars[].valueFrom"),
        ("CassandraCluster", ".spec.backRestSidecar.resources.claims[]"),
        ("CassandraCluster", ".spec.backRestSidecar.volumeMount[]"),
        ("CassandraCluster", ".spec.config"),
        ("CassandraCluster", ".spec.envVars[].valueFrom"),
        ("CassandraCluster", ".spec.pod.tolerations[]"),
        ("CassandraCluster", ".spec.resources.claims[]"),
        ("CassandraCluster", ".spec.sidecarConfigs[]"),
        ("CassandraCluster", ".spec.storageConfigs[].pvcSpec"),
        ("CassandraCluster", ".spec.topology.dc[].config"),
        ("CassandraCluster", ".spec.topology.dc[].rack[].config"),
        ("CassandraCluster", ".spec.topology.dc[].resources.claims[]"),
    }


def test_server_writes_no_other_defaults() -> None:
    """Only an empty member, and what the Go CassKop leaves to its CRD, is written into objects by the server."""
    defaults = {
        (kind.kind, path): found["default"] for kind in KINDS for path, found in nodes(kind) if "default" in found
    }
    assert defaults == {
        ("MultiCasskop", ".spec.override{}"): {},
        ("CassandraCluster", ".spec.runAsUser"): 999,
        ("CassandraCluster", ".spec.fsGroup"): 1,
        ("CassandraCluster", ".spec.serverType"): "cassandra",
    }


def test_nothing_in_a_multicasskop_s_spec_is_required() -> None:
    """A manifest for the Go operator lacks all new fields, and an override is a part of an object."""
    assert [path for path, found in nodes(MULTICASSKOP) if path.startswith(".spec") and "required" in found] == []


def test_rules_stand_where_old_objects_are_forgiven() -> None:
    """No rule stands at the root or on spec: an object stored before it would refuse every write for ever."""
    ruled = {(kind.kind, path) for kind in KINDS for path, found in nodes(kind) if "x-kubernetes-validations" in found}
    assert ruled == {
        ("MultiCasskop", ".spec.override"),
        ("MultiCasskop", ".spec.rollout.progressDeadline"),
        ("MultiCasskop", ".spec.seeds.domain"),
        ("CassandraCluster", ".spec.nodesPerRacks"),
    }
    assert all("x-kubernetes-validations" not in object_schema(kind) for kind in KINDS)


def test_messages_of_rules_fit() -> None:
    """A rule's message is static and at most 200 characters long."""
    for _, found in (each for kind in KINDS for each in nodes(kind)):
        for rule in found.get("x-kubernetes-validations", ()):
            assert rule.keys() == {"rule", "message"}
            assert len(rule["message"]) <= 200


def test_base_and_override_are_declared_alike() -> None:
    """What rules look at is declared in base as in each override."""
    base, member = node(MULTICASSKOP, ".spec.base"), node(MULTICASSKOP, ".spec.override{}")
    assert base["properties"] == member["properties"]


def test_null_is_taken_in_all_of_a_child_s_status() -> None:
    """The Go CassKop writes status as a whole: no optional field may refuse null."""
    for path, found in nodes(CASSANDRACLUSTER):
        if (
            path.startswith(".status.")
            and not path.startswith(".status.conditions[]")
            and not path.endswith(("[]", "{}"))
        ):
            assert found.get("nullable"), path


def names(kind: Kind, path: str) -> set[str]:
    """The fields that one node declares."""
    return set(node(kind, path)["properties"])


@pytest.mark.parametrize(
    ("kind", "path", "fields"),
    [
        (MULTICASSKOP, ".spec", "deleteCassandraCluster base override paused rollout seeds deletion drift restart"),
        (MULTICASSKOP, ".spec.rollout", "order maxConcurrent soak settle progressDeadline approval onDark"),
        (MULTICASSKOP, ".spec.seeds", "mode perDatacenter onChange domain"),
        (MULTICASSKOP, ".spec.deletion", "onDark deadline onOverrideRemoved"),
        (
            MULTICASSKOP,
            ".status",
            "observedGeneration phase ready members nodes waitingFor since message seedlist traceparent clusters"
            " rollout rollouts conditions",
        ),
        (
            MULTICASSKOP,
            ".status.clusters[]",
            "name state child uid desiredHash phase lastClusterAction lastClusterActionStatus restart reachable since"
            " message lastContact nodes racks gate",
        ),
        (MULTICASSKOP, ".status.clusters[].gate", "wants has since usualSeconds deadline"),
        (
            CASSANDRACLUSTER,
            ".spec",
            "nodesPerRacks cassandraImage imagepullpolicy envVars bootstrapImage configBuilderImage runAsUser fsGroup"
            " readOnlyRootFilesystem resources hardAntiAffinity pod service deletePVC debug autoPilot"
            " noCheckStsAreEqual autoUpdateSeedList maxPodUnavailable restartCountBeforePodDeletion"
            " unlockNextOperation dataCapacity dataStorageClass storageConfigs sidecarConfigs configMapName"
            " serverVersion serverType config imagePullSecret imageJolokiaSecret keyspaceCleanupThreads topology"
            " livenessInitialDelaySeconds livenessHealthCheckTimeout livenessHealthCheckPeriod"
            " livenessFailureThreshold livenessSuccessThreshold readinessInitialDelaySeconds"
            " readinessHealthCheckTimeout readinessHealthCheckPeriod readinessFailureThreshold"
            " readinessSuccessThreshold shareProcessNamespace backRestSidecar serviceAccountName jmxConfiguration",
        ),
        (
            CASSANDRACLUSTER,
            ".spec.topology.dc[]",
            "name labels config nodesPerRacks dataCapacity dataStorageClass resources rack",
        ),
        (CASSANDRACLUSTER, ".spec.topology.dc[].rack[]", "name labels config rollingRestart rollingPartition"),
        (CASSANDRACLUSTER, ".spec.storageConfigs[]", "mountPath name pvcSpec"),
        (
            CASSANDRACLUSTER,
            ".spec.backRestSidecar",
            "enabled image imagePullPolicy envVars resources volumeMount",
        ),
        (
            CASSANDRACLUSTER,
            ".spec.jmxConfiguration",
            "jmxRemoteEnable jmxRemotePort jmxRemoteRmiPort jmxRemoteSSL jmxRemoteAuthenticate",
        ),
        (
            CASSANDRACLUSTER,
            ".status",
            "phase initializingSubPhase lastClusterAction lastClusterActionStatus seedlist cassandraNodeStatus"
            " cassandraRackStatus observedGeneration nodes owner conditions",
        ),
        (CASSANDRACLUSTER, ".status.cassandraNodeStatus{}", "hostId nodeIp"),
        (
            CASSANDRACLUSTER,
            ".status.cassandraRackStatus{}",
            "phase initializingSubPhase cassandraLastAction podLastOperation statefulSetSnapshotBeforeStorageResize",
        ),
        (
            CASSANDRACLUSTER,
            ".status.cassandraRackStatus{}.podLastOperation",
            "name status startTime endTime pods podsOK podsKO operatorName",
        ),
        (
            CASSANDRACLUSTER,
            ".status.cassandraRackStatus{}.cassandraLastAction",
            "name status startTime endTime updatedNodes",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Kind) else value if value.startswith(".") else "",
)
def test_fields_have_their_names_on_the_wire(kind: Kind, path: str, fields: str) -> None:
    """Every published field is there under its name, and no other."""
    assert names(kind, path) == set(fields.split())


@KIND
def test_columns_show_fields_that_exist(kind: Kind) -> None:
    """Each printer column reads a declared field, or one of metadata."""
    known = {path for path, _ in nodes(kind)}
    for column in kind.columns:
        path = re.sub(r"\[\?\(.*\)\]", "[]", column.path)
        assert path in known or path.startswith(".metadata."), column


@KIND
def test_versions_share_one_schema(kind: Kind) -> None:
    """v2 is stored; the other two are served, warn, and have the same schema, so that nothing needs a conversion."""
    spec = definition(kind)["spec"]
    versions = spec["versions"]
    assert [(version["name"], version["storage"], version["served"]) for version in versions] == [
        ("v2", True, True),
        ("v1", False, True),
        ("v1alpha1", False, True),
    ]
    assert all(version["schema"] == versions[0]["schema"] for version in versions)
    assert [version.get("deprecated", False) for version in versions] == [False, True, True]
    assert (
        versions[2]["deprecationWarning"] == f"db.orange.com/v1alpha1 {kind.kind} is deprecated; use db.orange.com/v2"
    )
    assert spec["conversion"] == {"strategy": "None"}


@pytest.mark.parametrize(
    ("kind", "with_status"),
    [(MULTICASSKOP, ["v2", "v1", "v1alpha1"]), (CASSANDRACLUSTER, ["v2", "v1"])],
    ids=lambda value: value.kind if isinstance(value, Kind) else "",
)
def test_status_is_a_subresource(kind: Kind, with_status: list[str]) -> None:
    """Status is written apart in all versions but one: a child made through v1alpha1 is stored with its seed list."""
    versions = definition(kind)["spec"]["versions"]
    assert [version["name"] for version in versions if "subresources" in version] == with_status
