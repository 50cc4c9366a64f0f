"""What bad luck, clumsy hands and hostile tenants do to one member or one object costs the others nothing."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.crds.names import OWNER
from multicasskop.world import accounts
from multicasskop.world.accounts import ACCOUNT
from multicasskop.world.audit import account_of, entries
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CASSANDRACLUSTERS, EVENTS, MULTICASSKOPS, NAMESPACES, Kind
from multicasskop.world.namespaces import take_away
from multicasskop.world.operators import CHILD_RULES, HOME_RULES, Operator
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, datacenter, event, has_condition, parent, ready, ring, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes3

Json = dict[str, Any]
CassKop = Callable[..., None]
Start = Callable[..., Operator]
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)
QUOTAS = Kind("", "v1", "resourcequotas")
CONFIG_MAPS = Kind("", "v1", "configmaps")


@pytest.fixture
def running(
    world: World, namespace: str, casskop: CassKop, start_operator: Start, recorder: Recorder
) -> Callable[..., Json]:
    """Brings a ring over all members up, and returns it."""

    def run(**spec: Any) -> Json:  # noqa: ANN401  any field of the spec
        casskop(INSTANT)
        start_operator()
        world.admin(world.members[0]).create(MULTICASSKOPS, namespace, ring("demo", world.members, **spec))
        return recorder.wait_for(ready(namespace, "demo")).object

    return run


def children(world: World, namespace: str, name: str = "demo") -> dict[str, Json | None]:
    """The children in all members."""
    return {member: world.admin(member).find(CASSANDRACLUSTERS, namespace, name) for member in world.members}


def asked(world: World, namespace: str) -> list[Json]:
    """What the operator of a namespace has asked any member for, as the members' audit logs have it."""
    user = account_of(namespace, ACCOUNT)
    told = (entry for member in world.members for entry in entries(world.audit_log(member), user))
    return [entry.get("objectRef") or {} for entry in told]


def full(world: World, member: str, namespace: str) -> Callable[[], None]:
    """A quota that takes no CassandraCluster; returns what lifts it."""
    api = world.admin(member)
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"count/cassandraclusters.db.orange.com": "0"}}}
    api.create(QUOTAS, namespace, {"apiVersion": "v1", "kind": "ResourceQuota"} | quota)
    until(lambda: "hard" in (api.get(QUOTAS, namespace, "none").get("status") or {}))
    return lambda: api.delete(QUOTAS, namespace, "none")


def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something that nobody tells."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.05)


def test_quota_is_named_and_heals(
    world: World, namespace: str, casskop: CassKop, start_operator: Start, recorder: Recorder
) -> None:
    """A quota that is used up is no missing right: it is named as such, and the ring goes on when it is lifted."""
    *others, last = world.members
    lift = full(world, last, namespace)
    casskop(INSTANT)
    start_operator()
    world.admin(world.members[0]).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    told = recorder.wait_for(event(namespace, "demo", "MemberFailed", last))
    assert "MCK313" in told.object["note"]
    recorder.wait_for(has_condition(namespace, "demo", "Ready", "False", "MemberFailed"))
    assert all(recorder.wait_for(settled(namespace, "demo", member)) for member in others)
    lift()
    recorder.wait_for(ready(namespace, "demo"), 60)


@pytest.fixture
def second(world: World, namespace: str) -> Iterator[str]:
    """Another namespace, which the last member has not, with the operator's rights in all members."""
    name = f"{namespace[:50]}-2"
    for member in world.members[:-1]:
        world.admin(member).create(NAMESPACES, "", namespace_called(name))
    for number, member in enumerate(world.members):
        rules = CHILD_RULES if number else (*HOME_RULES, *CHILD_RULES)
        accounts.grant(world.admin(member), namespace, ACCOUNT, rules, cluster_wide=True)
    yield name
    for member in world.members:
        take_away(world.admin(member), name)


def namespace_called(name: str) -> Json:
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def dying(world: World, member: str, name: str) -> Callable[[], None]:
    """A namespace that is being deleted and cannot go; returns what lets it go."""
    api, held = world.admin(member), {"name": "held", "finalizers": ["example.com/held"]}
    api.create(NAMESPACES, "", namespace_called(name))
    api.create(CONFIG_MAPS, name, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": held})
    api.delete(NAMESPACES, "", name)
    until(lambda: api.get(NAMESPACES, "", name)["status"]["phase"] == "Terminating")

    def let_go() -> None:
        api.patch(CONFIG_MAPS, name, "held", {"metadata": {"finalizers": None}})

    return let_go


@pytest.mark.parametrize("is_dying", [False, True], ids=["missing", "terminating"])
def test_namespace_that_is_not_there_is_named_and_heals(
    world: World, namespace: str, second: str, start_operator: Start, recorder: Recorder, is_dying: bool
) -> None:
    """A member without the namespace is named with that reason; the namespace is never made, and waited for."""
    home, last = world.admin(world.members[0]), world.admin(world.members[-1])
    let_go = dying(world, last.member, second) if is_dying else lambda: None
    start_operator(WATCH_NAMESPACE=second)
    home.create(MULTICASSKOPS, second, ring("demo", [home.member, last.member]))
    for member in (home.member, last.member):
        if member == last.member:
            told = recorder.wait_for(event(second, "demo", "MemberFailed", member))
            assert ("is being deleted" if is_dying else "does not exist") in told.object["note"]
            assert is_dying or last.find(NAMESPACES, "", second) is None
            let_go()
            until(lambda: last.find(NAMESPACES, "", second) is None)
            last.create(NAMESPACES, "", namespace_called(second))
        recorder.wait_for(child(second, "demo", member), 60)
        status: Json = {"phase": "Running", "lastClusterAction": "Initializing", "lastClusterActionStatus": "Done"}
        status["observedGeneration"] = 1
        world.admin(member).patch(CASSANDRACLUSTERS, second, "demo", {"status": status}, subresource="status")
    recorder.wait_for(ready(second, "demo"), 60)


def test_child_that_somebody_deleted_is_made_again(
    world: World, namespace: str, running: Callable[..., Json], recorder: Recorder
) -> None:
    """A child that is deleted by hand is made again, with a warning: its data may be gone."""
    running()
    victim = world.members[1]
    before = children(world, namespace)
    world.admin(victim).delete(CASSANDRACLUSTERS, namespace, "demo")
    gone = recorder.wait_for(child(namespace, "demo", victim, "DELETED"))
    told = recorder.wait_for(event(namespace, "demo", "ChildVanished", victim))
    assert told.object["type"] == "Warning"
    recorder.wait_for(ready(namespace, "demo"), after=gone.at)
    after = children(world, namespace)
    same = {member: uid_of(before[member]) == uid_of(after[member]) for member in world.members}
    assert same == {member: member != victim for member in world.members}


def uid_of(obj: Json | None) -> str:
    """An object's UID."""
    return str(obj["metadata"]["uid"]) if obj else ""


def test_rename_is_refused_while_children_of_the_old_name_exist(
    world: World, namespace: str, running: Callable[..., Json], recorder: Recorder
) -> None:
    """Another name for the children would be another ring: it is refused, and taken back nothing has happened."""
    running()
    before = children(world, namespace)
    home = world.admin(world.members[0])
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"base": {"metadata": {"name": "other"}}}})
    told = recorder.wait_for(has_condition(namespace, "demo", "Valid", "False", "RenameRefused"))
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"base": {"metadata": {"name": "demo"}}}})
    recorder.wait_for(ready(namespace, "demo"), after=told.at)
    assert children(world, namespace) == before
    assert not any(children(world, namespace, "other").values())


@pytest.mark.parametrize("where", ["base", "override"])
def test_02_namespace_of_others_is_never_asked_for(
    world: World, namespace: str, running: Callable[..., Json], recorder: Recorder, where: str
) -> None:
    """S1, S2: another namespace by a later edit: no request ever names it, children stay, the cascade takes them."""
    running()
    before = children(world, namespace)
    home, other = world.admin(world.members[0]), world.members[1]
    part: Json = {"metadata": {"namespace": "kube-system"}}
    home.patch(
        MULTICASSKOPS, namespace, "demo", {"spec": {"base": part} if where == "base" else {"override": {other: part}}}
    )
    recorder.wait_for(has_condition(namespace, "demo", "Valid", "False", "ForeignNamespace"))
    assert children(world, namespace) == before
    home.delete(MULTICASSKOPS, namespace, "demo")
    recorder.wait_for(parent(namespace, "demo", "DELETED"))
    assert not any(children(world, namespace).values())
    until(lambda: any(ref.get("resource") == "multicasskops" for ref in asked(world, namespace)))
    # who home is, is told by the namespace kube-system itself
    named = {ref.get("namespace") for ref in asked(world, namespace) if ref.get("resource") != "namespaces"}
    assert named == {namespace, None}


def test_09_10_forged_marks_and_status(
    world: World, namespace: str, running: Callable[..., Json], recorder: Recorder
) -> None:
    """S9, S10: a copied mark makes no child, a forged status is put right, and neither has anything written."""
    status = running()["status"]
    home, other = world.admin(world.members[0]), world.admin(world.members[1])
    before = children(world, namespace)
    mark = json.loads((before[other.member] or {})["metadata"]["annotations"][OWNER])
    theirs = ring("theirs", [other.member])["spec"]["base"] | {"apiVersion": "db.orange.com/v2"}
    theirs |= {"kind": "CassandraCluster", "metadata": {"name": "theirs", "annotations": {}}}
    theirs["metadata"]["annotations"][OWNER] = json.dumps(mark | {"name": "theirs"})
    theirs["spec"] = theirs["spec"] | {"topology": datacenter(7)}
    made = other.create(CASSANDRACLUSTERS, namespace, theirs)
    forged = {
        "phase": "Halted",
        "ready": "9/9",
        "waitingFor": "me: nothing",
        "clusters": [],
        "seedlist": ["evil.example"],
    }
    home.patch(MULTICASSKOPS, namespace, "demo", {"status": forged}, subresource="status")
    stored = recorder.wait_for(
        lambda e: parent(namespace, "demo")(e) and (e.object.get("status") or {}).get("ready") == "9/9"
    )
    righted = recorder.wait_for(ready(namespace, "demo"), after=stored.at).object["status"]
    assert without_contact(righted) == without_contact(status)
    assert children(world, namespace) == before
    home.delete(MULTICASSKOPS, namespace, "demo")
    recorder.wait_for(parent(namespace, "demo", "DELETED"))
    left = other.get(CASSANDRACLUSTERS, namespace, "theirs")
    assert (left["metadata"]["uid"], left["metadata"]["annotations"]) == (
        made["metadata"]["uid"],
        left["metadata"]["annotations"] | made["metadata"]["annotations"],
    )


def without_contact(status: Json) -> Json:
    """A status without the times at which members were last heard of."""
    clusters = [{key: value for key, value in item.items() if key != "lastContact"} for item in status["clusters"]]
    return status | {"clusters": clusters}


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"override": {f"m{n}": {} for n in range(50_000)}}, id="50,000 members"),
        pytest.param(
            {"override": {"c1": {"spec": {"topology": {"dc": [{"name": "a", "rack": [{"name": "r"}] * 10_000}]}}}}},
            id="10,000 racks",
        ),
        pytest.param(
            {"override": {"c1": {"spec": {"topology": {"dc": [{"name": "a"}] * 1_000}}}}}, id="1,000 datacenters"
        ),
        pytest.param(
            {"base": {"status": {"seedlist": ["a.example"] * 100_000}}, "override": {"c1": {}}}, id="100,000 seeds"
        ),
        pytest.param(
            {"rollout": {"order": [f"m{n}" for n in range(10_000)]}, "override": {"c1": {}}}, id="an order of 10,000"
        ),
        pytest.param(
            {"seeds": {"domain": {f"m{n}": "a" for n in range(10_000)}}, "override": {"c1": {}}}, id="10,000 zones"
        ),
        pytest.param({"restart": "x" * 100_000, "override": {"c1": {}}}, id="a long word"),
        pytest.param({"rollout": {"soak": "1s" * 50_000}, "override": {"c1": {}}}, id="a long duration"),
        pytest.param({"base": {"metadata": {"name": "a" * 100_000}}, "override": {"c1": {}}}, id="a long name"),
        *(
            pytest.param({"override": {key: {}}}, id=id_)
            for key, id_ in (
                ("", "S7 an empty member"),
                ("../x", "S7 a path"),
                ("c1\r\nX: y", "S7 a line break"),
                ("x" * 10_000, "S7 a long member"),
                ("\u0441lone", "S7 a letter that looks like another"),
            )
        ),
    ],
)
def test_23_schema_has_bounds(world: World, namespace: str, spec: Json) -> None:
    """S23, S7: what is too much, or no member's name, is refused by the server itself, in words of bounded length."""
    body = ring("bounds", world.members) | {"spec": spec}
    path = MULTICASSKOPS.path(namespace) + "?dryRun=All"
    with pytest.raises(ApiError) as failure:
        # a busy server looks at fifty thousand members for more than half a minute
        world.admin(world.members[0]).request("POST", path, body, timeout=240)
    assert failure.value.status in {413, 422}


def resident(pid: int) -> int:
    """The resident memory of a process in bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def test_22_large_objects(world: World, namespace: str, start_operator: Start, recorder: Recorder) -> None:
    """S22: objects near the limit of the server cost the operator no more than twice their size."""
    operator = start_operator()
    home, before, count, size = world.admin(world.members[0]), resident(operator.pid), 10, 1_300_000
    filler = {"spec": {"config": {f"key{n}": "x" * 1000 for n in range(size // 1000)}}}
    for number in range(count):
        body = ring(f"large-{number}", world.members, paused=True)
        body["spec"]["base"]["spec"] |= filler["spec"]
        home.create(MULTICASSKOPS, namespace, body)
    for number in range(count):
        recorder.wait_for(has_condition(namespace, f"large-{number}", "Paused", "True"), 60)
    assert resident(operator.pid) - before < 2 * count * size + 64 * 2**20
    for entry in recorder.history(MULTICASSKOPS.plural, namespace):
        assert len(json.dumps(entry.object.get("status") or {})) < 16_000


LOUD = "\x1b[31mred\r\nlevel=error msg=forged\u2028" + "x" * 100_000
URL = "https://me:canary-url@example.com"


def canary_ring(members: tuple[str, ...]) -> Json:
    """A ring with a secret wherever one may stand, and with loud names wherever the server lets them."""
    body = ring("demo", members)
    secrets = {
        "envVars": [{"name": "PASSWORD", "value": "canary-env"}],
        "config": {"cassandra-yaml": {"p": "canary-config"}},
    }
    body["spec"]["base"]["spec"] |= secrets
    body["spec"]["base"]["metadata"] = {"annotations": {"loud": LOUD, "app": LOUD, "url": URL}}
    return body


def test_18_20_canaries(
    world: World, namespace: str, casskop: CassKop, start_operator: Start, recorder: Recorder
) -> None:
    """S18, S20: at debug level no secret leaves by log, event, status or metrics, and loud names are one short line."""
    casskop(INSTANT)
    operator = start_operator("--log-level=debug")
    home, last = world.admin(world.members[0]), world.admin(world.members[-1])
    home.create(MULTICASSKOPS, namespace, canary_ring(tuple(world.members)))
    first = recorder.wait_for(ready(namespace, "demo"))
    # refused by the server, in words that quote what was sent
    part = {"metadata": {"labels": {"team": URL}}, "spec": {"cassandraImage": f"x {LOUD[:200]}"}}
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"base": part}})
    home.create(MULTICASSKOPS, namespace, ring("lost", ["k8s-nowhere"]))
    recorder.wait_for(event(namespace, "lost", "Invalid"))
    recorder.wait_for(lambda e: ready(namespace, "demo")(e) and e.object["metadata"]["generation"] == 2, after=first.at)
    last.delete(CASSANDRACLUSTERS, namespace, "demo")
    recorder.wait_for(event(namespace, "demo", "MemberFailed", "rejected"))
    page = operator.metrics()
    operator.stop()
    tokens = [user["user"]["token"] for user in yaml.safe_load(operator.kubeconfig.read_text())["users"]]
    statuses = [json.dumps(e.object.get("status") or {}) for e in recorder.history(MULTICASSKOPS.plural, namespace)]
    events = [json.dumps(e.object) for e in recorder.history(EVENTS.plural, namespace)]
    written = "\n".join((page, *operator.lines(), *statuses, *events))
    for canary in ("canary-", *tokens, *(token.rpartition(".")[2] for token in tokens)):
        assert canary not in written
    assert all(json.loads(line)["level"] for line in operator.lines())
    assert max(map(len, operator.lines())) < 16_000
    for entry in recorder.history(EVENTS.plural, namespace):
        assert len(entry.object["note"].encode()) <= 1024
        assert entry.object["note"].isprintable()
