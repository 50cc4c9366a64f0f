"""A plan foretells what the operator writes: the bodies that the API servers' audit logs have are those of the plan."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from multicasskop.reconcilers.patch import merged
from multicasskop.world.accounts import ACCOUNT, RBAC, put
from multicasskop.world.audit import account_of, entries
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, ROLE_BINDINGS, ROLES, Kind
from multicasskop.world.operators import Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import Predicate, datacenter, has_condition, ready, ring
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.verbs import run
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

Json = dict[str, Any]
CassKop = Callable[..., None]
StartOperator = Callable[..., Operator]
OWN = SimulatorOptions(Mode.INSTANT, Contract.OWN)
QUOTAS = Kind("", "v1", "resourcequotas")
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
    return [
        spelled(entry["requestObject"])
        for entry in entries(world.audit_log(member), account_of(namespace, ACCOUNT))
        if entry.get("objectRef", {}).get("resource") == CASSANDRACLUSTERS.plural
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


CHANGES: dict[str, Json] = {
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


@pytest.mark.usefixtures("operator")
def test_changes_are_foretold(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, tmp_path: Path
) -> None:
    """The plan of a changed file has the very patches that follow when it is applied, versions included."""
    casskop(OWN)
    home, obj = world.admin(world.members[0]), ring("demo", world.members)
    home.create(MULTICASSKOPS, namespace, obj)
    last = recorder.wait_for(ready(namespace, "demo"), 60)
    for generation, (name, patch) in enumerate(CHANGES.items(), 2):
        obj = merged(obj, patch)
        found = plan(world, namespace, "-f", file(tmp_path, obj))
        before = counts(world, namespace)
        assert home.patch(MULTICASSKOPS, namespace, "demo", patch)["metadata"]["generation"] == generation
        last = recorder.wait_for(rests_at(namespace, generation), 60, after=last.at)
        difference = told(world, namespace, found, before)
        assert wait_until(lambda: agrees(world, namespace, found, before), 5), f"{name}: {difference}"  # noqa: B023
    assert run(world, namespace, "plan", "demo", "--live").code == 0


def rests_at(namespace: str, generation: int) -> Predicate:
    """The object is Ready for this generation."""
    is_ready = ready(namespace, "demo")
    return lambda e: is_ready(e) and e.object["status"]["observedGeneration"] == generation


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


@pytest.mark.usefixtures("operator")
def test_servers_are_asked_and_store_nothing(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, tmp_path: Path
) -> None:
    """A server dry run of a change is taken by both servers, and no object of any member is another afterwards."""
    casskop(OWN)
    world.admin(world.members[0]).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    before = stored(world, namespace)
    obj = merged(ring("demo", world.members), CHANGES["image"])
    said = run(world, namespace, "plan", "-f", file(tmp_path, obj), "--server-dry-run", "-o", "json")
    assert said.code == 1, said.errors + said.out
    answers = json.loads(said.out)["answers"]
    assert [(each["member"], each["answer"]) for each in answers] == [
        (world.members[0], "taken"),
        *((member, "taken") for member in world.members),
    ]
    assert stored(world, namespace) == before


def test_creates_are_rehearsed(world: World, namespace: str, tmp_path: Path) -> None:
    """Before anything is there, the creates are tried with their seeds, defaults and a quota are told by member."""
    first, last = world.members
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"count/cassandraclusters.db.orange.com": "0"}}}
    api = world.admin(last)
    api.create(QUOTAS, namespace, {"apiVersion": "v1", "kind": "ResourceQuota"} | quota)
    assert wait_until(lambda: "hard" in (api.get(QUOTAS, namespace, "none").get("status") or {}), 30)
    flags = ["--members", f"{first},{last}", "--server-dry-run", "-o", "json"]
    said = run(world, namespace, "plan", "-f", file(tmp_path, ring("demo", world.members)), *flags)
    api.delete(QUOTAS, namespace, "none")
    assert said.code == 6, said.errors + said.out
    answers = {(each["member"], each["object"].split()[0]): each for each in json.loads(said.out)["answers"]}
    assert answers[first, "multicasskops"]["answer"] == answers[first, "cassandraclusters"]["answer"] == "taken"
    made = {each["path"].removeprefix("spec.") for each in answers[first, "cassandraclusters"]["sets"]}
    assert made == SERVER_DEFAULTS
    assert answers[last, "cassandraclusters"]["answer"] == "refused"
    assert f"quota of namespace {namespace}" in answers[last, "cassandraclusters"]["message"]
    assert set(stored(world, namespace).values()) == {()}


def stored(world: World, namespace: str) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Names and versions of everything of ours in all members."""
    kinds = (MULTICASSKOPS, CASSANDRACLUSTERS)
    return {
        (member, kind.plural): tuple(
            (item["metadata"]["name"], item["metadata"]["resourceVersion"])
            for item in world.admin(member).items(kind, namespace)
        )
        for member in world.members
        for kind in kinds
    }
