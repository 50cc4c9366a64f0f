"""What a tenant may try who can write MultiCasskops in one namespace, row by row of the security programme (S1-S20)."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, THIRD, Stage, datacenter, ring
from multicasskop.crds.names import OWNER
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.validate import judge

Json = dict[str, Any]
FOREIGN = "kube-system"


def ready(stage: Stage, name: str = "demo") -> Stage:
    """Let a ring come up."""
    for _ in stage.members:
        stage.all_running(name)
        stage.wait(1)
    assert stage.condition("Ready", name)["status"] == "True", stage.status(name)
    return stage


def running(*members: str, spec: Json | None = None) -> Stage:
    """A ring that is Ready."""
    stage = Stage(*members)
    stage.apply(ring(*members, **(spec or {})))
    return ready(stage)


def spec_with(*, base: Json | None = None, other: Json | None = None) -> Json:
    """The spec of a ring with something more in base, or in the override of the second member."""
    spec: Json = ring()["spec"]
    spec["base"] |= base or {}
    spec["override"][OTHER] |= other or {}
    return spec


def touched(stage: Stage) -> set[str]:
    """All namespaces that any call so far was about."""
    return {call.key.namespace for _, call in stage.calls if call.plural in {CHILDREN, PARENTS}}


def theirs(stage: Stage, member: str, name: str = "demo", namespace: str = NAMESPACE, **metadata: Any) -> Json:  # noqa: ANN401
    """A CassandraCluster that somebody else made."""
    head = {"name": name, "namespace": namespace} | metadata
    spec = {"cassandraImage": "cassandra:theirs", "topology": datacenter(7)}
    return stage.members[member].server.put(CHILDREN, {"metadata": head, "spec": spec})


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


def test_seeds_are_not_given_to_a_child_that_was_replaced() -> None:
    """A child that somebody replaced by one of their own, just before its seeds are set, keeps the seeds it has."""
    stage = running()
    server = stage.members[OTHER].server

    def replaced(call: Any) -> None:  # noqa: ANN401  a call
        if call.subresource == "status":
            server.before = lambda call: None
            del server.objects[CHILDREN, Key(NAMESPACE, "demo")]
            theirs(stage, OTHER)

    server.before = replaced
    stage.edit_child(OTHER, {"status": {"seedlist": ["evil.example"]}}, status=True)
    assert (stage.child(OTHER) or {})["spec"]["cassandraImage"] == "cassandra:theirs"
    assert (stage.child(OTHER) or {})["status"] == {}


LOUD = "\x1b[31mred\x1b[0m\r\nlevel=error msg=forged\u2028\x00" + "x" * 100_000


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(spec_with(base={"metadata": {"name": LOUD}}), id="child name"),
        pytest.param(spec_with(base={"metadata": {"namespace": LOUD}}), id="namespace"),
        pytest.param(spec_with(other={"spec": {"topology": {"dc": [{"name": LOUD}]}}}), id="datacenter"),
        pytest.param(spec_with(base={"spec": {LOUD: 1}}), id="a field that nobody knows"),
        pytest.param(spec_with(base={"metadata": {"labels": {LOUD: 7}}}), id="label"),
        pytest.param(
            spec_with(base={"metadata": {"annotations": {"app": LOUD, "k8s.io/" + LOUD: "x"}}}), id="annotation"
        ),
        pytest.param(spec_with(base={"status": {"seedlist": [LOUD]}}), id="seed"),
        pytest.param(spec_with() | {"rollout": {"order": [LOUD], "soak": LOUD}}, id="rollout"),
        pytest.param(spec_with() | {"seeds": {"domain": {LOUD: LOUD}}}, id="domain"),
        pytest.param(spec_with(base={"spec": {"resources": {"requests": {"cpu": LOUD, LOUD: "1"}}}}), id="quantity"),
        pytest.param(spec_with(base={"kind": LOUD, "apiVersion": LOUD}), id="kind"),
    ],
)
def test_20_loud_names(spec: Json) -> None:
    """Names with newlines, escapes and 100 kB are shown in the status on one line, and cut."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring() | {"spec": spec})
    stage.wait(10, steps=2)
    status = stage.status()
    assert len(json.dumps(status)) < 16_000
    for condition in status["conditions"]:
        assert condition["message"].isprintable()
        assert len(condition["message"].encode()) <= 1024
    assert status.get("message", "").isprintable()


GARBAGE: list[Any] = [
    pytest.param({"finalizers": 7, "generation": "x", "creationTimestamp": []}, id="wrong types"),
    pytest.param({"annotations": {OWNER: 7, "a": None}}, id="annotations that are no text"),
    pytest.param({"managedFields": 7}, id="managed fields"),
    pytest.param({"managedFields": [7, {"manager": [], "time": 7, "fieldsV1": 7}]}, id="entries of managed fields"),
    pytest.param(
        {"managedFields": [{"manager": "multicasskop", "time": "2030-01-01", "fieldsV1": {"f:spec": 7}}]}, id="times"
    ),
]


@pytest.mark.parametrize("metadata", GARBAGE)
@pytest.mark.parametrize("restart", [False, True], ids=["known", "after a restart"])
def test_37_member_that_answers_garbage(metadata: Json, restart: bool) -> None:
    """S37: what a member's admin answers in place of metadata breaks no run: the other members are served."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD))
    ready(stage)
    if restart:
        stage.restart()
    server = stage.members[THIRD].server
    server.answers = lambda obj: obj | {"metadata": obj["metadata"] | metadata, "status": [7], "spec": "x"}
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:next"}}}})
    for member in (HOME, OTHER, THIRD):
        stage.own_casskop(member, action="UpdateDockerImage")
        stage.wait(60, steps=3)
    assert stage.failures == []
    for member in (HOME, OTHER):
        assert (stage.child(member) or {})["spec"]["cassandraImage"] == "cassandra:next"


def test_31_own_namespace_can_be_closed() -> None:
    """With the setting, nothing is accepted in the operator's own namespace, and what is there already may go."""
    stage = Stage(own_namespace=NAMESPACE, refuse_own_namespace=True)
    stage.apply(ring())
    stage.wait(60, steps=6)
    told = stage.condition("Valid")
    assert (told["status"], told["reason"]) == ("False", "OperatorNamespace")
    assert "MCK109" in told["message"]
    assert stage.writes(CHILDREN) == []
    stage.delete()
    assert not stage.has_parent()


def test_31_other_namespaces_stay_open() -> None:
    """The setting closes no other namespace."""
    stage = Stage(own_namespace="operators", refuse_own_namespace=True)
    stage.apply(ring())
    ready(stage)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"metadata": {"annotations": {"a": "x" * 200_000}}}, id="annotations"),
        pytest.param({"spec": {"unknown": {f"name{n}": 1 for n in range(10_000)}}}, id="names of fields"),
    ],
)
def test_22_annotations_near_the_limit(more: Json) -> None:
    """A child whose annotations a server would not take is refused before anything is written for any member."""
    stage = Stage()
    stage.apply(ring() | {"spec": spec_with(other=more)})
    stage.wait(10, steps=2)
    assert "MCK315 spec.override.c2: gives a child of" in stage.condition("Valid")["message"]
    assert stage.writes(CHILDREN) == []


def test_23_many_values_in_many_members() -> None:
    """S23: an object that becomes large only by being merged for each member is refused before it is, at no cost."""
    unknown = {f"k{n}": 1 for n in range(100_000)}
    wanted = ring() | {"spec": spec_with(base={"spec": {"unknown": unknown}})}
    wanted["spec"]["override"] |= {f"m{n}": {} for n in range(60)}
    began = time.process_time()
    verdict = judge(Key(NAMESPACE, "demo"), wanted["spec"], [HOME, OTHER])
    assert time.process_time() - began < 5, "a guard against merging it, which takes minutes"
    assert verdict.message.startswith("MCK315 spec: 6200")


def test_22_no_copy_of_the_spec() -> None:
    """What we write into annotations grows with the names of fields, and not with what is in them."""
    sizes = []
    for length in (1, 100_000):
        stage = Stage()
        secret = {"spec": {"envVars": [{"name": "A", "value": "s" * length}], "config": {"a": "t" * length}}}
        stage.apply(ring() | {"spec": spec_with(base={"spec": ring()["spec"]["base"]["spec"] | secret["spec"]})})
        child = stage.child(HOME)
        assert child is not None
        sizes.append(len(json.dumps(child["metadata"]["annotations"])))
    assert sizes[0] == sizes[1]
