"""From the Go operator: its children come over with no write to their specs, and no pod restarts."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from multicasskop.crds.names import FINALIZER, GO_FIELD_MANAGER, GROUP, OWNER
from multicasskop.world import kubeconfig
from multicasskop.world.api import Api
from multicasskop.world.kinds import CASSANDRACLUSTERS, DEPLOYMENTS, MULTICASSKOPS, STATEFULSETS, Kind
from multicasskop.world.operators import Operator
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, ready, ring, seeds, settled
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.verbs import run
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

Json = dict[str, Any]
CassKop = Callable[..., None]
StartOperator = Callable[..., Operator]
GO = SimulatorOptions(Mode.NORMAL, scale=0.02)
WHOLE = Kind(GROUP, "v1alpha1", CASSANDRACLUSTERS.plural)
# it has just written here, which a user waits out
FLAGS = ("--idle", "1ms", "--timeout", "60s")


def as_go(world: World, member: str) -> Api:
    """A client whose writes the server records as the Go operator's."""
    return Api.of(kubeconfig.read(world.kubeconfig, member), agent=GO_FIELD_MANAGER)


def go_child(obj: Json, member: str) -> Json:
    """What the Go operator creates for a member: base and override, with the defaults that it sets in memory."""
    base, override = obj["spec"]["base"], obj["spec"]["override"][member]
    defaults = {
        # of a base that has lost it since
        "hardAntiAffinity": True,
        "imagepullpolicy": "Always",
        "bootstrapImage": "ghcr.io/cscetbon/casskop-bootstrap:0.1.21",
        "configBuilderImage": "datastax/cass-config-builder:1.0.4",
        "readOnlyRootFilesystem": True,
        "serviceAccountName": "cassandra-cluster-node",
        "livenessInitialDelaySeconds": 120,
        "readinessInitialDelaySeconds": 60,
        "backRestSidecar": {"enabled": True, "image": "gcr.io/cassandra-operator/instaclustr-icarus:1.1.0"},
    }
    metadata = {"name": obj["metadata"]["name"], "labels": base["metadata"]["labels"]}
    spec = {**defaults, **base["spec"], **override["spec"]}
    whole = {"apiVersion": WHOLE.api_version, "kind": "CassandraCluster", "metadata": metadata, "spec": spec}
    # as long as its definition had no status sub-resource, the seeds went along with the create
    return whole | ({"status": base["status"]} if "status" in base else {})


def seeded(world: World) -> Json:
    """A ring whose seeds are given, as every ring of the Go operator over several clusters needs them."""
    obj = ring("demo", world.members)
    obj["spec"]["base"]["status"] = {"seedlist": seeds("demo", world.members)}
    return obj


def made_by_go(world: World, namespace: str, recorder: Recorder, obj: Json) -> None:
    """Let the Go operator do its work: its finalizer, then one child after the other as each becomes Running."""
    home = world.members[0]
    stored = world.admin(home).create(MULTICASSKOPS, namespace, obj)
    stored["metadata"]["finalizers"] = [FINALIZER]
    as_go(world, home).replace(MULTICASSKOPS, namespace, stored)
    for member in world.members:
        as_go(world, member).create(WHOLE, namespace, go_child(obj, member))
        recorder.wait_for(settled(namespace, obj["metadata"]["name"], member), 120)


def go_deployment(world: World, namespace: str, replicas: int) -> Json:
    """The Deployment that its chart makes, with the arguments that name its members."""
    home, *others = world.members
    container = {
        "name": "multi-casskop",
        "image": "ghcr.io/cscetbon/multi-casskop:2.2.1",
        "args": [f"-l{home}", *(f"-r{name}" for name in others)],
    }
    template = {"metadata": {"labels": {"app": "multi-casskop"}}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "multi-casskop"}}, "template": template}
    metadata = {"name": "multi-casskop", "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def generations(world: World, namespace: str, name: str = "demo") -> dict[str, list[int]]:
    """The generations of each member's child and of its StatefulSets."""
    found = {}
    for member in world.members:
        api = world.admin(member)
        objects = [api.get(CASSANDRACLUSTERS, namespace, name), *api.items(STATEFULSETS, namespace)]
        found[member] = [obj["metadata"]["generation"] for obj in objects]
    return found


def spec_writers(world: World, namespace: str, name: str = "demo") -> dict[str, set[str]]:
    """Who has ever written to the spec of each child, by the server's own record."""
    found = {}
    for member in world.members:
        fields = world.admin(member).get(CASSANDRACLUSTERS, namespace, name)["metadata"]["managedFields"]
        found[member] = {entry["manager"] for entry in fields if "f:spec" in entry["fieldsV1"]}
    return found


def test_children_come_over_untouched(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """Seen, refused while Go runs, taken over, then run: no generation moves, we wrote no spec, all is Ready."""
    casskop(GO)
    home = world.admin(world.members[0])
    obj = seeded(world)
    made_by_go(world, namespace, recorder, obj)
    before = generations(world, namespace)
    home.create(DEPLOYMENTS, namespace, go_deployment(world, namespace, 1))
    said = run(world, namespace, "migrate", "--yes", *FLAGS)
    assert (said.code, "MCK505" in said.errors) == (6, True), said
    home.patch(DEPLOYMENTS, namespace, "multi-casskop", {"spec": {"replicas": 0}})
    said = run(world, namespace, "migrate", "--dry-run", *FLAGS)
    assert (said.code, "comes over without a change" in said.out) == (0, True), said
    assert OWNER not in home.get(CASSANDRACLUSTERS, namespace, "demo")["metadata"].get("annotations", {})
    said = run(world, namespace, "migrate", "--yes", *FLAGS)
    assert (said.code, said.out.count("marked as ours")) == (0, len(world.members)), said
    assert run(world, namespace, "plan", "demo", "--live").code == 0
    start_operator()
    recorder.wait_for(ready(namespace, "demo"), 60)
    assert generations(world, namespace) == before
    assert all("multicasskop" not in writers for writers in spec_writers(world, namespace).values())
    for member in world.members:
        mark = world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo")["metadata"]["annotations"][OWNER]
        assert json.loads(mark)["origin"] == "migrated"


def test_migrated_children_go_with_the_cascade(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """What came over is changed like any other, fields that only Go set are taken out, and the cascade takes it."""
    casskop(GO)
    home = world.admin(world.members[0])
    obj = seeded(world)
    made_by_go(world, namespace, recorder, obj)
    members = ("--members", ",".join(world.members))
    assert run(world, namespace, "migrate", "--yes", *members, *FLAGS).code == 0
    start_operator()
    first = recorder.wait_for(ready(namespace, "demo"), 60)
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    recorder.wait_for(
        lambda e: ready(namespace, "demo")(e) and e.object["metadata"]["generation"] == 2, 90, after=first.at
    )
    for member in world.members:
        spec = world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo")["spec"]
        assert spec["cassandraImage"] == "cassandra:4.1.5"
        assert "hardAntiAffinity" not in spec
    home.delete(MULTICASSKOPS, namespace, "demo")
    for member in world.members:
        recorder.wait_for(child(namespace, "demo", member, "DELETED"))


def test_what_would_restart_pods_stays(world: World, namespace: str, casskop: CassKop, recorder: Recorder) -> None:
    """A zero in an override that Go ignored is told with its effect, and those children are not marked."""
    casskop(GO)
    obj = seeded(world)
    made_by_go(world, namespace, recorder, obj)
    other = world.members[1]
    override = {other: {"spec": {"backRestSidecar": {"enabled": False}}}}
    change = {"spec": {"base": {"spec": {"backRestSidecar": {"enabled": True}}}, "override": override}}
    world.admin(world.members[0]).patch(MULTICASSKOPS, namespace, "demo", change)
    said = run(world, namespace, "migrate", "--yes", "--members", ",".join(world.members), *FLAGS)
    assert said.code == 1, said
    assert f"MCK501 spec.override.{other}.spec.backRestSidecar.enabled" in said.out
    assert "~ spec.backRestSidecar.enabled       true -> false" in said.out
    for member in world.members:
        notes = world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo")["metadata"].get("annotations") or {}
        assert OWNER not in notes


def test_seeds_of_their_own_are_kept(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """Children that have the seeds of their own CassKops keep them, and no pod restarts; who wants others is warned."""
    casskop(GO)
    made_by_go(world, namespace, recorder, ring("demo", world.members))
    before = {member: own_seeds(world, member, namespace) for member in world.members}
    old, members = generations(world, namespace), ("--members", ",".join(world.members))
    home = world.admin(world.members[0])
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"seeds": {"onChange": "Roll"}}})
    said = run(world, namespace, "migrate", "--dry-run", *members, *FLAGS)
    assert (said.code, "would be delivered to" in said.out) == (1, True), said
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"seeds": None}})
    said = run(world, namespace, "migrate", "--yes", *members, *FLAGS)
    assert (said.code, "with the seeds of their own CassKops; they stay" in said.out) == (0, True), said
    start_operator()
    recorder.wait_for(ready(namespace, "demo"), 60)
    assert {member: own_seeds(world, member, namespace) for member in world.members} == before
    assert generations(world, namespace) == old


def own_seeds(world: World, member: str, namespace: str) -> list[str]:
    """The seeds that a child has."""
    found: list[str] = world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo")["status"]["seedlist"]
    return found
