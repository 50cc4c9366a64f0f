"""What a tenant may try who can write MultiCasskops in one namespace, row by row of the security programme (S1-S20)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fakes.hostile import FOREIGN, Json, ready, running, spec_with, theirs, touched
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, Stage, datacenter, ring
from multicasskop.crds.names import OWNER
from multicasskop.informers.key import Key

FOREIGN_SPECS = [
    pytest.param(spec_with(base={"metadata": {"namespace": FOREIGN}}), id="S1 in base"),
    pytest.param(spec_with(other={"metadata": {"namespace": FOREIGN}}), id="S2 in an override"),
]


@pytest.mark.parametrize("spec", FOREIGN_SPECS)
@pytest.mark.parametrize("there", [False, True], ids=["nothing there", "a child of that name there"])
def test_01_foreign_namespace(spec: Json, there: bool) -> None:
    """Another namespace in the object is refused, and no call ever names it: not at first, and not when deleting."""
    stage = Stage()
    if there:
        theirs(stage, OTHER, namespace=FOREIGN)
    stage.apply(ring() | {"spec": spec})
    stage.wait(60, steps=6)
    assert stage.condition("Valid")["reason"] == "ForeignNamespace"
    stage.delete()
    stage.wait(60, steps=6)
    assert not stage.has_parent()
    assert touched(stage) == {NAMESPACE}


@pytest.mark.parametrize("spec", FOREIGN_SPECS)
def test_02_foreign_namespace_by_a_later_edit(spec: Json) -> None:
    """Added by an edit, running children stay as they are; the cascade takes exactly them."""
    stage = running()
    theirs(stage, OTHER, namespace=FOREIGN)
    before = [stage.child(member) for member in stage.members]
    stage.change({"spec": spec})
    stage.wait(60, steps=6)
    assert stage.condition("Valid")["status"] == "False"
    assert [stage.child(member) for member in stage.members] == before
    stage.delete()
    stage.wait(60, steps=6)
    assert not stage.has_parent()
    assert [stage.child(member) for member in stage.members] == [None, None]
    assert stage.members[OTHER].server.find(CHILDREN, FOREIGN, "demo") is not None
    assert touched(stage) == {NAMESPACE}


def test_01_foreign_namespace_claims_nothing() -> None:
    """An older MultiCasskop that names our namespace from another one does not stand in our way."""
    stage = Stage()
    intruder = ring()
    intruder["metadata"]["namespace"] = "a-tenant"
    intruder["spec"]["base"]["metadata"] = {"namespace": NAMESPACE}
    stage.apply(intruder)
    stage.wait(5)
    stage.apply(ring())
    ready(stage)


def test_03_name_of_somebody_elses_child() -> None:
    """A child that belongs to another MultiCasskop is not written, whoever names it."""
    stage = running()
    before = stage.child(OTHER)
    intruder = ring(name="intruder")
    intruder["spec"]["override"][OTHER]["metadata"] = {"name": "demo"}
    intruder["spec"]["base"]["spec"]["cassandraImage"] = "cassandra:evil"
    stage.apply(intruder)
    stage.own_casskop(HOME, name="intruder")
    stage.wait(60, steps=6)
    assert stage.entry(OTHER, "intruder")["state"] == "Conflict"
    stage.delete("intruder")
    stage.wait(60, steps=6)
    assert stage.child(OTHER) == before


METADATA: Json = {
    "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}],
    "finalizers": ["example.com/forever"],
    "uid": "forged",
    "resourceVersion": "1",
    "generation": 99,
    "deletionTimestamp": "2020-01-01T00:00:00Z",
    "deletionGracePeriodSeconds": 0,
    "creationTimestamp": "2020-01-01T00:00:00Z",
    "generateName": "x-",
    "managedFields": [{"manager": "multicasskop"}],
    "selfLink": "/api/v1/secrets",
}


@pytest.mark.parametrize("field", METADATA)
@pytest.mark.parametrize("where", ["base", "other"])
def test_04_metadata_of_a_child_is_not_the_users(field: str, where: str) -> None:
    """Of base's and override's metadata only name, labels and annotations reach a child; the rest is named."""
    stage = Stage()
    stage.apply(ring() | {"spec": spec_with(**{where: {"metadata": {field: METADATA[field]}}})})
    ready(stage)
    bodies = [call.body for _, call in stage.calls if call.plural == CHILDREN and call.verb == "create"]
    assert len(bodies) == 2
    for body in bodies:
        assert body["metadata"].keys() == {"name", "namespace", "labels", "annotations"}
    assert f"metadata.{field}" in stage.condition("Valid")["message"]


RESERVED = ("kubernetes.io/x", "k8s.io/x", OWNER, "banzaicloud.com/last-applied", "app", "cassandracluster", "dc-rack")


@pytest.mark.parametrize("key", RESERVED)
@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_05_reserved_keys(field: str, key: str) -> None:
    """Labels and annotations with reserved names are left out, and named in the condition."""
    stage = Stage()
    stage.apply(ring() | {"spec": spec_with(base={"metadata": {field: {key: "forged", "team": "mine"}}})})
    ready(stage)
    child = stage.child(OTHER)
    assert child is not None
    assert child["metadata"][field].get(key) != "forged"
    assert child["metadata"][field]["team"] == "mine"
    told = stage.condition("Valid")["message"]
    assert told.startswith("spec.base.metadata")
    assert "reserved; it is left out" in told


def test_06_forged_status_in_base() -> None:
    """A Running and Done in base opens no gate: it does not even reach the child."""
    status = {"phase": "Running", "lastClusterAction": "Initializing", "lastClusterActionStatus": "Done"}
    stage = Stage()
    stage.apply(ring() | {"spec": spec_with(base={"status": status | {"observedGeneration": 1}})})
    stage.wait(600, steps=6)
    assert stage.child(OTHER) is None
    assert "phase" not in (stage.child(HOME) or {})["status"]


@pytest.mark.parametrize("name", ["../x", "c1\r\nX-Evil: 1", "\u0441\u0031", "x" * 10_000, "c1 ", "\x1b[2J"])
def test_07_strange_members(name: str) -> None:
    """Override keys are only ever looked up: a strange one is unknown, told once, and the others go on."""
    stage = Stage()
    wanted = ring()
    wanted["spec"]["override"][name] = {"spec": {"topology": datacenter(9)}}
    stage.apply(wanted)
    for _ in range(3):
        stage.all_running()
        stage.wait(1)
    assert stage.child(HOME)
    assert stage.child(OTHER)
    assert stage.tape.reasons.count("UnknownMember") == 1
    assert set(stage.entry(name)) == {"name", "state", "child", "desiredHash", "reachable", "since", "message"}
    assert stage.entry(name)["state"] == "Unknown"


FORGERIES: list[Any] = [
    pytest.param(lambda mark: mark | {"name": "other"}, NAMESPACE, id="S9 another name"),
    pytest.param(lambda mark: mark | {"uid": "uid-of-nobody"}, NAMESPACE, id="S9 another UID"),
    pytest.param(lambda mark: mark, FOREIGN, id="S9 in another namespace"),
    pytest.param(lambda mark: mark | {"namespace": FOREIGN}, FOREIGN, id="S9 both namespaces changed"),
]


@pytest.mark.parametrize(("forge", "namespace"), FORGERIES)
def test_09_copied_mark(forge: Callable[[Json], Json], namespace: str) -> None:
    """A mark that was copied onto somebody's own CassandraCluster makes it no child: nothing is written or deleted."""
    stage = running()
    mark = json.loads((stage.child(OTHER) or {})["metadata"]["annotations"][OWNER])
    theirs(stage, OTHER, "theirs", namespace, annotations={OWNER: json.dumps(forge(mark))})
    stage.annotate(poke="x")
    stage.wait(60, steps=6)
    assert stage.condition("Ready")["status"] == "True"
    stage.delete()
    stage.wait(60, steps=6)
    assert not stage.has_parent()
    assert stage.child(OTHER) is None
    assert stage.members[OTHER].server.find(CHILDREN, namespace, "theirs") is not None
    assert all(call.key.name == "demo" for _, call in stage.calls if call.plural == CHILDREN)


def forged_entry(stage: Stage, member: str, **fields: Any) -> Json:  # noqa: ANN401
    """An entry of `status.clusters` as a tenant would like it."""
    child = stage.child(member) or {"metadata": {"uid": "none"}}
    return {"name": member, "state": "Ready", "uid": child["metadata"]["uid"], "reachable": True} | fields


FORGED_STATUS: list[Any] = [
    pytest.param({"phase": "Ready", "ready": "2/2", "observedGeneration": 99}, id="all ready, a future generation"),
    pytest.param({"phase": "Halted", "waitingFor": "c1: x"}, id="halted"),
    pytest.param({"phase": "Deleting"}, id="deleting"),
    pytest.param({"clusters": []}, id="no members"),
    pytest.param({"clusters": [{"name": "nowhere", "uid": "u", "child": "a/b"}]}, id="members that never were"),
    pytest.param({"rollout": {"generation": 1, "step": 9, "steps": 1}, "traceparent": "x"}, id="rollout"),
    pytest.param({"seedlist": ["evil.example"]}, id="seeds"),
    pytest.param({"clusters": 7, "conditions": "x", "rollout": [], "rollouts": {}}, id="wrong types"),
]


@pytest.mark.parametrize("status", FORGED_STATUS)
@pytest.mark.parametrize("restart", [False, True], ids=["of our own", "of an operator before"])
def test_10_forged_status_is_overwritten(status: Json, restart: bool) -> None:
    """What a tenant writes into the status is put right at once, and nothing else is done or said because of it."""
    stage = running()
    if restart:
        stage.restart()
        stage.run()
    before = stage.status()
    stage.forget_calls()
    stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"status": status}, by="tenant", status=True)
    stage.run()
    assert stage.status() == before
    assert stage.writes(CHILDREN) == []
    assert stage.tape.events == []


@pytest.mark.parametrize("restart", [False, True], ids=["known", "after a restart"])
def test_10_forged_status_opens_no_gate(restart: bool) -> None:
    """A status that calls a member Ready lets nobody write the next one while its CassKop is still at work."""
    stage = Stage()
    stage.apply(ring())
    entry = stage.entry(HOME)
    forged = {"clusters": [forged_entry(stage, HOME, desiredHash=entry["desiredHash"]), forged_entry(stage, OTHER)]}
    stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"status": forged | {"phase": "Ready"}}, status=True)
    if restart:
        stage.restart()
    stage.casskop_says(HOME, "Initializing", "Initializing", "Ongoing")
    stage.wait(600, steps=10)
    assert stage.child(OTHER) is None
    assert stage.entry(HOME)["state"] == "Progressing"


def test_10_forged_status_deletes_nothing() -> None:
    """A status that remembers children which are somebody else's leads to no delete, now or with the object."""
    stage = running()
    other = theirs(stage, OTHER, "theirs")
    forged = [forged_entry(stage, OTHER, uid=other["metadata"]["uid"], child=f"{NAMESPACE}/theirs")]
    stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"status": {"clusters": forged}}, status=True)
    stage.restart()
    stage.run()
    stage.delete()
    stage.wait(60, steps=6)
    assert not stage.has_parent()
    assert stage.members[OTHER].server.find(CHILDREN, NAMESPACE, "theirs") is not None
    assert Key(NAMESPACE, "theirs") not in {call.key for _, call in stage.calls}
