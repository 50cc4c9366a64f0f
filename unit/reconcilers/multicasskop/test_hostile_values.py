"""Values that are loud, huge, garbage or stand where they should not: told in small, and harmless."""

import json
import time
from typing import Any

import pytest
from fakes.hostile import Json, ready, running, spec_with, theirs
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, ring
from multicasskop.crds.names import OWNER
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.validate import judge


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
