"""A home that is lost: another one takes over its children on a person's word, and writes nothing but their marks."""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest
from multicasskop.crds.names import FIELD_MANAGER, OWN_PREFIX, OWNER
from multicasskop.operator import main
from multicasskop.world.accounts import ACCOUNT, rule
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, NAMESPACES, ROLE_BINDINGS, ROLES
from multicasskop.world.operators import Operator
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import ready, ring, seeds
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = [pytest.mark.planes3, pytest.mark.usefixtures("logging_as_it_was")]

OWN = SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.03)
Json = dict[str, Any]


def move_home(world: World, namespace: str, *words: str, code: int = 0) -> tuple[str, str]:
    """Run the command against the second member, which is to be home."""
    out, err = io.StringIO(), io.StringIO()
    where = ["-n", namespace, f"--context={world.members[1]}", f"--kubeconfig={world.kubeconfig}"]
    with redirect_stdout(out), redirect_stderr(err):
        found = main.run(["move-home", *where, *words])
    assert found == code, out.getvalue() + err.getvalue()
    return out.getvalue(), err.getvalue()


def children(world: World, members: Sequence[str], namespace: str) -> dict[str, Json]:
    """The child of each member."""
    return {member: world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo") for member in members}


def said_by_us(found: dict[str, Json]) -> dict[str, Json]:
    """What no other program writes: CassKop has a status and an annotation of its own, and takes its time for them."""
    marks = {
        member: {key: value for key, value in each["metadata"]["annotations"].items() if key.startswith(OWN_PREFIX)}
        for member, each in found.items()
    }
    return {
        member: {"spec": each["spec"], "uid": each["metadata"]["uid"], "marks": marks[member]}
        for member, each in found.items()
    }


def owner(child: Json) -> Json:
    """The mark of a child."""
    found: Json = json.loads(child["metadata"]["annotations"][OWNER])
    return found


def may_know_home(world: World, namespace: str) -> str:
    """Let the first member's operator read by what its cluster is known, as the chart does; return that."""
    home, kube_system = world.admin(world.members[0]), "kube-system"
    rules = [rule("get", "namespaces", names=[kube_system])]
    account = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": namespace}
    home.create(ROLES, kube_system, {"metadata": {"name": namespace}, "rules": rules})
    body = {"metadata": {"name": namespace}, "roleRef": reference, "subjects": [account]}
    home.create(ROLE_BINDINGS, kube_system, body)
    return str(home.get(NAMESPACES, "", kube_system)["metadata"]["uid"])


def written(child: Json) -> Json:
    """The object, its spec, and when the operator of whichever home last wrote to it: the server keeps the books."""
    metadata = child["metadata"]
    writes = [
        (each.get("subresource", ""), each["operation"], each["time"])
        for each in metadata["managedFields"]
        if each["manager"] == FIELD_MANAGER
    ]
    return {"uid": metadata["uid"], "generation": metadata["generation"], "spec": child["spec"], "writes": writes}


def test_new_home_takes_over(
    world: World,
    namespace: str,
    casskop: Callable[..., None],
    start_operator: Callable[..., Operator],
    recorder: Recorder,
) -> None:
    """After home's loss its children belong to the new home: their marks are rewritten, and no spec is touched."""
    first, second, third = world.members
    home_id = may_know_home(world, namespace)
    casskop(OWN)
    old = start_operator()
    whole = ring("demo", world.members)
    world.admin(first).create(MULTICASSKOPS, namespace, whole)
    recorder.wait_for(ready(namespace, "demo"), 60)
    old.kill()
    before = children(world, [second, third], namespace)
    lives = f"--old-context={first}"

    # while it lives nobody takes anything from it
    again = world.admin(second).create(MULTICASSKOPS, namespace, whole)
    out, err = move_home(world, namespace, code=6)
    assert f"belongs to {namespace}/demo of home {home_id}; it may live   MCK331" in out
    assert f"Next: --lost {home_id}, if that home is gone for good" in err
    _, err = move_home(world, namespace, f"--lost={home_id}", "--yes", code=6)
    assert f"{first} answers, and {namespace}/demo lives there" in err
    move_home(world, namespace, "--lost=another", "--yes", code=6)
    assert said_by_us(children(world, [second, third], namespace)) == said_by_us(before)

    world.stop(first)
    try:
        out, _ = move_home(world, namespace, f"--lost={home_id}", lives, "--dry-run", code=5)
        assert "the lost home does not answer" in out
        assert out.count("it is what is wanted, and nothing is written to it") == 2
        assert said_by_us(children(world, [second, third], namespace)) == said_by_us(before)
        out, _ = move_home(world, namespace, f"--lost={home_id}", lives, "--yes", code=5)
        assert out.count(f"belongs to {namespace}/demo here now") == 2
        start_operator(members=[second, third])
        recorder.wait_for(lambda entry: entry.member == second and has_ready(entry, [second, third]), 60)
        after = children(world, [second, third], namespace)
        assert list(map(written, after.values())) == list(map(written, before.values()))
        assert {owner(child)["uid"] for child in after.values()} == {again["metadata"]["uid"]}
        assert {owner(child)["origin"] for child in after.values()} == {"created"}
        assert [child["status"]["seedlist"] for child in after.values()] == [seeds("demo", world.members)] * 2
        _, err = move_home(world, namespace, f"--lost={home_id}", code=5)
        assert "There is nothing to take over" in err
    finally:
        world.restore(first)


def has_ready(entry: Entry, members: Sequence[str]) -> bool:
    """Whether a MultiCasskop says that these members are ready."""
    told = (entry.object.get("status") or {}).get("clusters") or ()
    states = {each["name"]: each["state"] for each in told}
    return entry.plural == MULTICASSKOPS.plural and all(states.get(member) == "Ready" for member in members)


def without(whole: Json, member: str) -> Json:
    """The MultiCasskop without one member."""
    override = {name: each for name, each in whole["spec"]["override"].items() if name != member}
    return {**whole, "spec": {**whole["spec"], "override": override}}
