"""A plan foretells what the operator writes: the bodies that the API servers' audit logs have are those of the plan."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from multicasskop.reconcilers.patch import merged
from multicasskop.world.accounts import RBAC, put
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, ROLE_BINDINGS, ROLES
from multicasskop.world.operators import ACCOUNT, Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import datacenter, has_condition, ready, ring
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.verbs import run
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

Json = dict[str, Any]
CassKop = Callable[..., None]
StartOperator = Callable[..., Operator]
OWN = SimulatorOptions(Mode.INSTANT, Contract.OWN)
SERVER_DEFAULTS = {"runAsUser", "fsGroup", "serverType"}
LIVE = ("--live", "-o", "json")


def plan(world: World, namespace: str, *words: str) -> Json:
    """The plan as a document, which says that something would change."""
    said = run(world, namespace, "plan", *words, *LIVE)
    assert said.code == 1, said.errors
    found: Json = json.loads(said.out)
    assert set(found["comparedWith"].values()) == {"live"}
    return found


def foretold(found: Json, member: str) -> list[bytes]:
    """The bodies that a plan has for one member."""
    steps = [step for step in found["steps"] if step["member"] == member]
    return [spelled(request["body"]) for step in steps for request in step["requests"]]


def sent(world: World, member: str, namespace: str) -> list[bytes]:
    """The bodies that the operator has sent to a member, by the API server's own record."""
    user = f"system:serviceaccount:{namespace}:{ACCOUNT}"
    entries = map(json.loads, world.audit_log(member).read_text().splitlines())
    return [
        spelled(entry["requestObject"])
        for entry in entries
        if entry["user"].get("username") == user
        and entry.get("objectRef", {}).get("resource") == CASSANDRACLUSTERS.plural
        and entry["verb"] in {"create", "patch"}
        and entry["responseStatus"]["code"] < 300
    ]


def spelled(body: Json) -> bytes:
    """A body in one spelling: the server writes a create down with its keys sorted, and its own defaults added."""
    made = body.get("kind")
    spec = {name: value for name, value in (body.get("spec") or {}).items() if not made or name not in SERVER_DEFAULTS}
    return msgspec.json.encode({**body, "spec": spec} if made else body, order="sorted")


def let_read_identity(world: World, namespace: str) -> None:
    """Let the operator read home's identity, which it writes into its marks, as the how-to has it."""
    name, api = f"identity-{namespace}", world.admin(world.members[0])
    head = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": name}}
    rule = {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]}
    put(api, ROLES, "kube-system", {**head, "kind": "Role", "rules": [rule]})
    role = {"apiGroup": RBAC, "kind": "Role", "name": name}
    account = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}
    put(api, ROLE_BINDINGS, "kube-system", {**head, "kind": "RoleBinding", "roleRef": role, "subjects": [account]})


def file(tmp_path: Path, obj: Json) -> str:
    """Write a manifest."""
    path = tmp_path / "demo.yaml"
    path.write_text(yaml.safe_dump(obj))
    return str(path)


def agrees(world: World, namespace: str, found: Json, before: dict[str, int]) -> bool:
    """Whether each member was sent exactly what the plan has for it."""
    return all(
        sent(world, member, namespace)[before.get(member, 0) :] == foretold(found, member) for member in world.members
    )


def counts(world: World, namespace: str) -> dict[str, int]:
    """How many bodies each member was sent so far."""
    return {member: len(sent(world, member, namespace)) for member in world.members}


def told(world: World, namespace: str, found: Json, before: dict[str, int]) -> str:
    """Both sides, for a failure's message."""
    return "\n".join(
        f"{member}\n  foretold {foretold(found, member)}\n  sent     {sent(world, member, namespace)[before[member] :]}"
        for member in world.members
    )


def test_creation_is_foretold(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """A paused object's plan has the very bodies with which its children are then made, seeds and marks included."""
    casskop(OWN)
    let_read_identity(world, namespace)
    home = world.admin(world.members[0])
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members, paused=True))
    found = plan(world, namespace, "demo")
    assert found["held"] == ["spec.paused is true: nothing is written until it is taken away"]
    start_operator()
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"paused": None}})
    recorder.wait_for(ready(namespace, "demo"), 60)
    before = dict.fromkeys(world.members, 0)
    assert wait_until(lambda: agrees(world, namespace, found, before), 5), told(world, namespace, found, before)


CHANGES = {
    "image": {"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}},
    "config map": {"spec": {"base": {"spec": {"configMapName": "cassandra-config"}}}},
    "removed field": {"spec": {"base": {"spec": {"resources": {"limits": None}}}}},
    "seeds": {"spec": {"base": {"status": {"seedlist": ["a.ring.example", "b.ring.example"]}}}},
    "one member": {"spec": {"override": {"k8s-cluster2": {"spec": {"cassandraImage": "cassandra:5"}}}}},
    "quantities": {"spec": {"base": {"spec": {"resources": {"limits": {"cpu": 2, "memory": "2048Mi"}}}}}},
    "another datacenter": {
        "spec": {
            "override": {"k8s-cluster2": {"spec": {"topology": {"dc": [*datacenter(2)["dc"], *datacenter(3)["dc"]]}}}}
        }
    },
}


@pytest.mark.parametrize("patch", CHANGES.values(), ids=CHANGES)
@pytest.mark.usefixtures("operator")
def test_change_is_foretold(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, tmp_path: Path, patch: Json
) -> None:
    """The plan of a changed file has the very patches that follow when it is applied, versions included."""
    casskop(OWN)
    home, obj = world.admin(world.members[0]), ring("demo", world.members)
    home.create(MULTICASSKOPS, namespace, obj)
    first = recorder.wait_for(ready(namespace, "demo"), 60)
    found = plan(world, namespace, "-f", file(tmp_path, merged(obj, patch)))
    before = counts(world, namespace)
    assert home.patch(MULTICASSKOPS, namespace, "demo", patch)["metadata"]["generation"] == 2
    recorder.wait_for(
        lambda e: ready(namespace, "demo")(e) and e.object["status"]["observedGeneration"] == 2, 60, after=first.at
    )
    assert wait_until(lambda: agrees(world, namespace, found, before), 5), told(world, namespace, found, before)
    assert run(world, namespace, "plan", "demo", "--live").code == 0


@pytest.mark.usefixtures("operator")
def test_drift_is_foretold(world: World, namespace: str, casskop: CassKop, recorder: Recorder) -> None:
    """The plan of a child that was edited by hand is the correction that follows once the operator may."""
    casskop(OWN)
    home, other = map(world.admin, world.members)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    paused = home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"paused": True}})
    recorder.wait_for(has_condition(namespace, "demo", "Paused", "True"))
    edited = other.patch(CASSANDRACLUSTERS, namespace, "demo", {"spec": {"cassandraImage": "cassandra:by-hand"}})
    recorder.wait_for(
        lambda e: (
            e.member == other.member
            and e.name == "demo"
            and (e.object.get("status") or {}).get("observedGeneration") == edited["metadata"]["generation"]
        )
    )
    found = plan(world, namespace, "demo")
    assert [step["member"] for step in found["steps"]] == [other.member]
    before = counts(world, namespace)
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"paused": None}})
    generation = paused["metadata"]["generation"] + 1
    recorder.wait_for(lambda e: ready(namespace, "demo")(e) and e.object["metadata"]["generation"] == generation, 60)
    assert wait_until(lambda: agrees(world, namespace, found, before), 5), told(world, namespace, found, before)


@pytest.mark.usefixtures("operator")
def test_dark_member(world: World, namespace: str, casskop: CassKop, recorder: Recorder, tmp_path: Path) -> None:
    """A member behind a black hole is named, home's knowledge stands in for it, and the time limit holds."""
    casskop(OWN)
    obj, other = ring("demo", world.members), world.members[1]
    world.admin(world.members[0]).create(MULTICASSKOPS, namespace, obj)
    recorder.wait_for(ready(namespace, "demo"), 60)
    changed = file(tmp_path, merged(obj, CHANGES["image"]))
    world.black_hole(other)
    try:
        said = run(world, namespace, "plan", "-f", changed, "--live", "--timeout", "4s")
    finally:
        world.restore(other)
    assert said.code == 5
    assert f"last written: {other} (" in said.out.splitlines()[1]
    assert said.out.count("cassandra:4.1.4 -> cassandra:4.1.5") == 2
