"""What a child does not become: found with its path, and told apart by whether it may be tried."""

from typing import Any

import pytest
from multicasskop.reconcilers.multicasskop.refusals import never_written, refusals
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
CLAIM: Json = {"name": "logs", "mountPath": "/logs", "pvcSpec": {"resources": {"requests": {"storage": "1Gi"}}}}
BEFORE: Json = {
    "cassandraImage": "cassandra:4.1.4",
    "nodesPerRacks": 2,
    "dataCapacity": "10Gi",
    "dataStorageClass": "fast",
    "storageConfigs": [CLAIM],
    "topology": {"dc": [{"name": "dc1", "rack": [{"name": "r1"}, {"name": "r2"}]}]},
}
DC: Json = BEFORE["topology"]["dc"][0]


def dcs(*items: Json) -> Json:
    """A topology."""
    return {"dc": list(items)}


def dc(*items: Json) -> Json:
    """A spec with this topology."""
    return {"topology": dcs(*items)}


def racks(*names: str) -> list[Json]:
    """Racks of these names."""
    return [{"name": name} for name in names]


EMPTY: Json = merged(BEFORE, {"dataCapacity": None})
REFUSED = [
    ("shrinks", BEFORE, {"dataCapacity": "5Gi"}, "MCK201", "dataCapacity"),
    ("shrinks in other units", BEFORE, {"dataCapacity": "9000Mi"}, "MCK201", "dataCapacity"),
    ("loses its volumes", BEFORE, {"dataCapacity": None}, "MCK201", "dataCapacity"),
    ("shrinks in a datacenter", BEFORE, dc({**DC, "dataCapacity": "1Gi"}), "MCK201", "topology.dc[0].dataCapacity"),
    ("gets volumes", EMPTY, {"dataCapacity": "5Gi"}, "MCK204", "dataCapacity"),
    ("storage class", BEFORE, {"dataStorageClass": "slow"}, "MCK202", "dataStorageClass"),
    ("rack more", BEFORE, dc({**DC, "rack": racks("r1", "r2", "r3")}), "MCK203", "topology.dc[0].rack"),
    ("rack renamed", BEFORE, dc({**DC, "rack": racks("r1", "rx")}), "MCK203", "topology.dc[0].rack"),
    ("datacenter renamed", BEFORE, dc({**DC, "name": "dcx"}), "MCK203", "topology.dc"),
    ("no nodes at all", BEFORE, {"nodesPerRacks": 0}, "MCK206", "nodesPerRacks"),
    ("no nodes in a datacenter", BEFORE, dc({**DC, "nodesPerRacks": 0}), "MCK206", "topology.dc[0].nodesPerRacks"),
    ("claims", BEFORE, {"storageConfigs": [CLAIM, {"name": "a"}]}, "MCK204", "storageConfigs"),
    ("no claims", BEFORE, {"storageConfigs": None}, "MCK204", "storageConfigs"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "spec", "code", "path"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refused(before: Json, spec: Json, code: str, path: str) -> None:
    """A change that CassKop puts back is found with its path and code, and says what is allowed."""
    (found,) = refusals(before, merged(before, spec))
    assert (found.code, found.path) == (code, f"spec.{path}")
    assert found.allowed


def test_two_datacenters_at_once() -> None:
    """Two empty datacenters do not go at once; one does."""
    three = dcs(DC, {"name": "dc2", "nodesPerRacks": 0}, {"name": "dc3", "nodesPerRacks": 0})
    old = {**BEFORE, "topology": three}
    assert [p.code for p in refusals(old, {**BEFORE, "topology": dcs(DC)})] == ["MCK203"]
    assert list(refusals(old, {**BEFORE, "topology": dcs(*three["dc"][:2])})) == []


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"dataCapacity": "20Gi"}, id="bigger"),
        pytest.param({"dataCapacity": "10240Mi"}, id="the same in other units"),
        pytest.param({"nodesPerRacks": 1}, id="fewer nodes"),
        pytest.param({"topology": dcs(DC, {"name": "dc2"})}, id="another datacenter"),
        pytest.param({"cassandraImage": "x"}, id="image"),
        pytest.param({"storageConfigs": [CLAIM | {"mountPath": "/elsewhere"}]}, id="claim mounted elsewhere"),
    ],
)
def test_not_refused(spec: Json) -> None:
    """What CassKop takes is not called refused."""
    assert list(refusals(BEFORE, merged(BEFORE, spec))) == []


TWO = dcs(DC, {"name": "dc2", "rack": racks("r1")})
NEVER = [
    ("volumes for one without", EMPTY, {"dataCapacity": "5Gi"}, ["spec.dataCapacity"]),
    ("told once for all", merged(EMPTY, {"topology": TWO}), {"dataCapacity": "5Gi"}, ["spec.dataCapacity"]),
    ("in a datacenter", EMPTY, dc({**DC, "dataCapacity": "5Gi"}), ["spec.topology.dc[0].dataCapacity"]),
    ("for a new one alone", EMPTY, dc(DC, {"name": "dc2", "dataCapacity": "5Gi"}), []),
    ("other claims", BEFORE, {"storageConfigs": [{"name": "a"}]}, ["spec.storageConfigs"]),
    ("no nodes at all", BEFORE, {"nodesPerRacks": 0}, ["spec.nodesPerRacks"]),
    ("no nodes in a datacenter", BEFORE, dc({**DC, "nodesPerRacks": 0}), []),
    ("what CassKop puts back", BEFORE, {"dataCapacity": "5Gi", "dataStorageClass": "x"}, []),
    ("what it takes", BEFORE, {"dataCapacity": "50Gi", "cassandraImage": "x"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("before", "spec", "paths"), [case[1:] for case in NEVER], ids=[case[0] for case in NEVER])
def test_never_written(before: Json, spec: Json, paths: list[str]) -> None:
    """What CassKop would not put back, and could not do, is not to be tried; what it puts back is its to say."""
    assert [problem.path for problem in never_written(before, merged(before, spec))] == paths
