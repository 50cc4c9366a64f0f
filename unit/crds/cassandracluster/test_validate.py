"""The check of a child before it is sent."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.cassandracluster import Problem, validate_child
from multicasskop.crds.codes import Code

Json = dict[str, Any]
SAMPLES = Path(__file__).resolve().parents[3] / "e2e" / "samples"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def child(**spec: object) -> Json:
    """A CassandraCluster with these fields of spec."""
    return {
        "apiVersion": "db.orange.com/v2",
        "kind": "CassandraCluster",
        "metadata": {"name": "demo", "namespace": "cassandra"},
        "spec": spec,
    }


def datacenter(name: str, *racks: str) -> Json:
    """A datacenter with these racks."""
    return {"name": name, "rack": [{"name": rack} for rack in racks]}


def topology(*datacenters: Json) -> Json:
    """A child with these datacenters."""
    return child(topology={"dc": list(datacenters)})


def told(obj: Json, *, warnings: bool = False) -> list[str]:
    """What is told about an object, failures or warnings."""
    return [str(problem) for problem in validate_child(obj) if problem.warning is warnings]


def merged(name: str) -> list[Json]:
    """The children of a sample: base with each override laid over its spec."""
    spec = yaml.safe_load((SAMPLES / name).read_text(encoding="utf-8"))["spec"]
    return [{**spec["base"], "spec": {**spec["base"]["spec"], **part["spec"]}} for part in spec["override"].values()]


@pytest.mark.parametrize("name", ["article.yaml", "go-v2.yaml"])
def test_children_of_the_samples_are_good(name: str) -> None:
    """Nothing is wrong with manifests that people apply today, and nothing is warned of."""
    assert [validate_child(obj) for obj in merged(name)] == [[], []]


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"topology": {}},
        {"topology": {"dc": []}},
        {"topology": {"dc": [{"name": "dc1"}]}},
        {"nodesPerRacks": 3, "imagepullpolicy": "IfNotPresent", "deletePVC": True},
        {"resources": {"limits": {"cpu": 1, "memory": "1Gi"}, "requests": {"cpu": 0.5}}},
        {"imagepullpolicy": ""},
        {"config": {"cassandra-yaml": {"a": [1, {"b": None}]}}},
        {"sidecarConfigs": [{"name": "x", "image": "y", "anything": [1]}]},
        {"envVars": [{"name": "A", "value": "b"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s"}}}]},
        {"storageConfigs": [{"mountPath": "/x", "name": "x", "pvcSpec": {"accessModes": ["ReadWriteOnce"]}}]},
        {"jmxConfiguration": {"jmxRemoteSSL": False}},
    ],
    ids=str,
)
def test_good_child_has_no_problem(spec: Json) -> None:
    """Whatever CassKop takes is taken."""
    assert validate_child(child(**spec)) == []


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"runAsUser": 0}, "spec.runAsUser: 0; 1 or more"),
        ({"runAsUser": "999"}, 'spec.runAsUser: "999"; a whole number'),
        ({"nodesPerRacks": -1}, "spec.nodesPerRacks: -1; 0 or more"),
        ({"nodesPerRacks": True}, "spec.nodesPerRacks: true; a whole number"),
        ({"nodesPerRacks": 2**31}, "spec.nodesPerRacks: 2147483648; 2147483647 or less"),
        ({"hardAntiAffinity": "true"}, 'spec.hardAntiAffinity: "true"; true or false'),
        ({"cassandraImage": 4}, "spec.cassandraImage: 4; text"),
        ({"imagepullpolicy": "always"}, 'spec.imagepullpolicy: "always"; Always, IfNotPresent or Never'),
        ({"serverType": "scylla"}, "spec.serverType: \"scylla\"; 'cassandra' or 'dse'"),
        (
            {"dataCapacity": "10GB"},
            'spec.dataCapacity: "10GB"; a quantity such as 10Gi, or no such field',
        ),
        ({"dataCapacity": ""}, 'spec.dataCapacity: ""; a quantity such as 10Gi, or no such field'),
        (
            {"resources": {"limits": {"memory": "1Gx"}}},
            'spec.resources.limits.memory: "1Gx"; a quantity such as 500m, 2 or 4Gi',
        ),
        ({"topology": []}, "spec.topology: a list of 0; an object"),
        ({"topology": {"dc": {"name": "dc1"}}}, "spec.topology.dc: an object; a list"),
        ({"topology": {"dc": [{}]}}, "spec.topology.dc[0].name: missing; it is needed"),
        ({"topology": {"dc": [{"name": "dc-1"}]}}, 'spec.topology.dc[0].name: "dc-1"; text that matches ^[^-]+$'),
        ({"topology": {"dc": [{"name": ""}]}}, 'spec.topology.dc[0].name: ""; at least 1 characters'),
        (
            {"topology": {"dc": [{"name": "dc1", "rack": [{"name": "r1", "rollingPartition": "1"}]}]}},
            'spec.topology.dc[0].rack[0].rollingPartition: "1"; a whole number',
        ),
        ({"topology": {"dc": [datacenter("dc1")] * 65}}, "spec.topology.dc: a list of 65; at most 64 entries"),
        (
            {"service": {"annotations": {"external-dns.alpha.kubernetes.io/hostname": 5}}},
            'spec.service.annotations["external-dns.alpha.kubernetes.io/hostname"]: 5; text',
        ),
        ({"pod": {"tolerations": ["x"]}}, 'spec.pod.tolerations[0]: "x"; an object'),
        ({"sidecarConfigs": [{"image": "x"}]}, "spec.sidecarConfigs[0]: an object; an object with a name"),
        ({"envVars": [{"value": "x"}]}, "spec.envVars[0].name: missing; it is needed"),
        ({"config": "x"}, "spec.config: text; an object"),
    ],
)
def test_bad_value_is_told_with_its_path(spec: Json, problem: str) -> None:
    """A value that the server or CassKop would refuse is told with path, finding and what is allowed."""
    assert told(child(**spec)) == [problem]


@pytest.mark.parametrize(
    ("obj", "problem"),
    [
        (topology(datacenter("DC1")), 'spec.topology.dc[0].name: "DC1"; a-z and 0-9, beginning with a letter'),
        (topology(datacenter("1dc")), 'spec.topology.dc[0].name: "1dc"; a-z and 0-9, beginning with a letter'),
        (topology(datacenter("dc1", "Rack")), 'spec.topology.dc[0].rack[0].name: "Rack"; a-z and 0-9'),
        (topology(datacenter("dc1", "r_1")), 'spec.topology.dc[0].rack[0].name: "r_1"; a-z and 0-9'),
        (
            topology(datacenter("dc1"), datacenter("dc1")),
            'spec.topology.dc[1].name: "dc1" for the second time; names that differ',
        ),
        (
            topology(datacenter("dc1", "r1", "r2", "r1")),
            'spec.topology.dc[0].rack[2].name: "r1" for the second time; names that differ',
        ),
    ],
)
def test_names_that_casskop_cannot_use(obj: Json, problem: str) -> None:
    """Names of datacenters and racks must make names of StatefulSets, and differ."""
    assert told(obj) == [problem]


@pytest.mark.parametrize(
    ("name", "datacenters", "length"),
    [
        ("c" * 40, [datacenter("dc1", "rack123")], 52),
        ("c" * 40, [datacenter("dc1", "rack1234")], 53),
        ("c" * 40, [datacenter("dc1", "r1"), datacenter("dc1234", "r1", "rack12")], 54),
        # CassKop's own: dc1, rack1
        ("c" * 42, [], 52),
        ("c" * 43, [], 53),
        ("c" * 43, [{"name": "dc1"}], 53),
    ],
)
def test_length_of_statefulset_names(name: str, datacenters: list[Json], length: int) -> None:
    """From 53 characters on the pods' revision label would not fit, and no pod would ever be made."""
    obj = {**topology(*datacenters), "metadata": {"name": name}}
    problems = validate_child(obj)
    if length <= 52:
        assert problems == []
    else:
        (problem,) = problems
        assert (problem.path, problem.code) == ("metadata.name", Code.NAME_TOO_LONG)
        assert f"makes a StatefulSet name of {length} characters with dc" in problem.found


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "Pod"}, 'kind: "Pod"; CassandraCluster'),
        ({"apiVersion": "v1"}, 'apiVersion: "v1"; db.orange.com/v2'),
        ({"metadata": None}, "metadata: null; an object with a name"),
        ({"metadata": {"name": "Demo"}}, 'metadata.name: "Demo"; '),
        ({"metadata": {"name": "1demo"}}, 'metadata.name: "1demo"; '),
        ({"metadata": {"name": "a.b"}}, 'metadata.name: "a.b"; '),
        ({"metadata": {}}, "metadata.name: null; "),
        ({"metadata": {"name": "demo", "namespace": "../x"}}, 'metadata.namespace: "../x"; '),
        ({"metadata": {"name": "demo", "labels": {"a": True}}}, "metadata.labels.a: true; text: put it in quotes"),
        ({"metadata": {"name": "demo", "labels": {"a": "x" * 64}}}, "metadata.labels.a: 64 characters; "),
        ({"metadata": {"name": "demo", "annotations": ["a"]}}, "metadata.annotations: a list of 1; an object"),
        ({"spec": "x"}, 'spec: "x"; an object'),
        ({"status": {"seedlist": "a"}}, 'status.seedlist: "a"; a list of host names or addresses'),
        ({"status": {"seedlist": ["a", "b c"]}}, 'status.seedlist[1]: "b c"; a host name or an address'),
        ({"status": {"seedlist": ["a,b"]}}, 'status.seedlist[0]: "a,b"; a host name or an address'),
        ({"status": {"seedlist": [""]}}, 'status.seedlist[0]: ""; a host name or an address'),
    ],
)
def test_rest_of_the_object_is_checked(change: Json, problem: str) -> None:
    """Kind, version, names, labels, annotations and seeds are checked too."""
    (found,) = told({**child(), **change})
    assert found.startswith(problem)


@pytest.mark.parametrize("seed", ["a.example", "a.example.", "10.0.0.1", "fd00::1", "A-1.example"])
def test_seeds_are_names_or_addresses(seed: str) -> None:
    """Host names, with or without their last dot, and addresses of both families are seeds."""
    assert validate_child({**child(), "status": {"seedlist": [seed]}}) == []


@pytest.mark.parametrize(
    ("obj", "problem"),
    [
        (child(baseImage="x"), "spec.baseImage: an unknown field; CassKop drops it"),
        (child(nodePerRacks=3), "spec.nodePerRacks: an unknown field; CassKop drops it"),
        (child(imagePullPolicy="Always"), "spec.imagePullPolicy: an unknown field; CassKop drops it"),
        (child(image_pull_policy="Always"), "spec.image_pull_policy: an unknown field; CassKop drops it"),
        (child(pod={"labels": {}}), "spec.pod.labels: an unknown field; CassKop drops it"),
        (
            topology({"name": "dc1", "racks": []}),
            "spec.topology.dc[0].racks: an unknown field; CassKop drops it",
        ),
        (child(nodesPerRacks=0), "spec.nodesPerRacks: 0; CassKop puts 1 or the old number there"),
        ({**child(), "data": 1}, "data: an unknown field; it is left out"),
    ],
)
def test_old_manifests_apply_with_a_warning(obj: Json, problem: str) -> None:
    """What has no effect is a warning and no failure."""
    assert told(obj, warnings=True) == [problem]
    assert told(obj) == []


def test_failures_come_first_and_all_are_told() -> None:
    """Several problems are listed together, failures before warnings."""
    problems = validate_child(child(baseImage="x", runAsUser=0, dataCapacity="x"))
    assert [(problem.path, problem.warning) for problem in problems] == [
        ("spec.runAsUser", False),
        ("spec.dataCapacity", False),
        ("spec.baseImage", True),
    ]


def test_number_of_problems_is_bounded() -> None:
    """An object full of mistakes gives a list that can still be read."""
    assert len(validate_child({**child(), "status": {"seedlist": [""] * 1000}})) == 64


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (child(baseImage="x"), Code.UNKNOWN_FIELD),
        (child(runAsUser=0), Code.BAD_VALUE),
        (child(envVars=[{}]), Code.MISSING_FIELD),
        (topology(datacenter("DC")), Code.BAD_NAME),
        (topology(datacenter("dc"), datacenter("dc")), Code.DUPLICATE_NAME),
    ],
)
def test_problems_carry_codes(problem: Json, code: Code) -> None:
    """Each problem has the code under which it is explained."""
    assert [found.code for found in validate_child(problem)] == [code]


@pytest.mark.parametrize(
    "spec",
    [
        {"envVars": [{"name": "P", "value": 271828}]},
        {"envVars": ["271828"]},
        {"config": ["271828"]},
        {"config": 271828},
        {"sidecarConfigs": [271828]},
        {"backRestSidecar": {"envVars": [{"name": "P", "value": [271828]}]}},
    ],
    ids=str,
)
def test_secrets_are_not_shown(spec: Json) -> None:
    """Values that may be passwords are told by their kind only."""
    (problem,) = told(child(**spec))
    assert "271828" not in problem


@given(JSON_VALUES, JSON_VALUES, JSON_VALUES)
def test_no_object_breaks_the_check(metadata: object, spec: object, status: object) -> None:
    """Whatever stands in the object, problems are returned and nothing is raised or changed."""
    obj = {"metadata": metadata, "spec": spec, "status": status}
    before = deepcopy(obj)
    assert all(isinstance(problem, Problem) for problem in validate_child(obj))
    assert obj == before


@given(st.sampled_from(["spec", "metadata", "status"]), st.lists(st.text(max_size=12), max_size=4), JSON_VALUES)
def test_no_field_breaks_the_check(top: str, path: list[str], value: object) -> None:
    """The same for one odd value deep inside a good object."""
    for part in reversed([top, *path]):
        value = {part: value}
    assert isinstance(value, dict)
    assert isinstance(validate_child({**child(), **value}), list)


def test_deep_objects_are_checked() -> None:
    """Free-form fields may be nested deeper than Python's recursion goes."""
    deep: Json = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert validate_child(child(config=deep)) == []
