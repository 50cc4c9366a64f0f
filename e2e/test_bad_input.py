"""What is wrong in an object, or in one member, is named in conditions and events, and nothing is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from multicasskop.crds.generate import load_manifest
from multicasskop.world import oracles
from multicasskop.world.accounts import ACCOUNT
from multicasskop.world.kinds import CASSANDRACLUSTERS, DEFINITIONS, MULTICASSKOPS, ROLES
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, datacenter, event, has_condition, parent, ready, ring, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = [pytest.mark.planes, pytest.mark.usefixtures("operator")]

Json = dict[str, Any]
CassKop = Callable[..., None]
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)


def invalid_child(members: tuple[str, ...]) -> Json:
    """A ring whose second override has a topology that CassKop could never build."""
    found = ring("demo", members)
    found["spec"]["override"][members[1]]["spec"]["topology"]["dc"][0]["name"] = "dc-2"
    return found


def foreign_namespace(members: tuple[str, ...]) -> Json:
    """A ring whose base names a namespace that is not its own."""
    found = ring("demo", members)
    found["spec"]["base"]["metadata"]["namespace"] = "kube-system"
    return found


def foreign_namespace_in_override(members: tuple[str, ...]) -> Json:
    """A ring one of whose overrides names a namespace that is not its own."""
    found = ring("demo", members)
    found["spec"]["override"][members[1]]["metadata"] = {"namespace": "kube-system"}
    return found


def same_names_twice(members: tuple[str, ...]) -> Json:
    """A ring whose members have a datacenter and rack of the same name."""
    found = ring("demo", members)
    found["spec"]["override"][members[1]]["spec"]["topology"] = datacenter(1)
    return found


def long_names(members: tuple[str, ...]) -> Json:
    """A ring whose pods could never be labelled, since the StatefulSets' names are too long."""
    found = ring("demo", members)
    found["spec"]["base"]["metadata"]["name"] = "a" * 45
    return found


def nobody(_: tuple[str, ...]) -> Json:
    """A ring for members that nobody registered."""
    return ring("demo", ["k8s-nowhere", "k8s-elsewhere"])


@pytest.mark.parametrize(
    ("make", "reason", "text"),
    [
        pytest.param(
            invalid_child, "BadChild", "spec.override.k8s-cluster2.spec.topology.dc[0].name", id="invalid child"
        ),
        pytest.param(foreign_namespace, "ForeignNamespace", "spec.base.metadata.namespace", id="foreign namespace"),
        pytest.param(
            foreign_namespace_in_override,
            "ForeignNamespace",
            "spec.override.k8s-cluster2.metadata.namespace",
            id="foreign namespace in an override",
        ),
        pytest.param(same_names_twice, "DuplicateDatacenter", "dc1", id="one name for two pods"),
        pytest.param(long_names, "NameTooLong", "52", id="name too long"),
        pytest.param(nobody, "NoRegisteredMember", "k8s-nowhere", id="no registered member"),
    ],
)
def test_invalid_object_is_refused_as_a_whole(
    world: World,
    namespace: str,
    casskop: CassKop,
    recorder: Recorder,
    make: Callable[[tuple[str, ...]], Json],
    reason: str,
    text: str,
) -> None:
    """An invalid object gives Valid=False with the path, and nothing is written for any member."""
    casskop(INSTANT)
    home = world.admin(world.members[0])
    home.create(MULTICASSKOPS, namespace, make(tuple(world.members)))
    told = recorder.wait_for(has_condition(namespace, "demo", "Valid", "False", reason))
    found = next(c for c in told.object["status"]["conditions"] if c["type"] == "Valid")
    assert text in found["message"]
    assert all(world.admin(member).items(CASSANDRACLUSTERS, namespace) == [] for member in world.members)
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"base": None, "override": None}})
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": ring("demo", world.members)["spec"]})
    recorder.wait_for(ready(namespace, "demo"), after=told.at)


def test_child_of_somebody_else_is_never_touched(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder
) -> None:
    """A child of that name which is not ours is a conflict: it stays as it is, and the cascade does not take it."""
    casskop(INSTANT)
    home, other = map(world.admin, world.members)
    theirs = ring("demo", world.members)["spec"]["base"] | {
        "apiVersion": "db.orange.com/v2",
        "kind": "CassandraCluster",
    }
    theirs["metadata"] = {"name": "demo"}
    theirs["spec"] = theirs["spec"] | {"cassandraImage": "cassandra:theirs", "topology": datacenter(7)}
    other.create(CASSANDRACLUSTERS, namespace, theirs)
    recorder.wait_for(settled(namespace, "demo", other.member))
    before = other.get(CASSANDRACLUSTERS, namespace, "demo")
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(event(namespace, "demo", "ChildConflict", other.member))
    recorder.wait_for(has_condition(namespace, "demo", "Ready", "False", "Conflict"))
    home.delete(MULTICASSKOPS, namespace, "demo")
    recorder.wait_for(parent(namespace, "demo", "DELETED"))
    after = other.get(CASSANDRACLUSTERS, namespace, "demo")
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])
    assert (after["metadata"].get("annotations") or {}).keys() == (before["metadata"].get("annotations") or {}).keys()


@contextmanager
def without_rights(world: World, member: str, namespace: str) -> Iterator[None]:
    """The operator may not create or change children in a member."""
    api = world.admin(member)
    role = api.get(ROLES, namespace, ACCOUNT)
    readable = [rule | {"verbs": ["get", "list", "watch"]} for rule in role["rules"]]
    api.patch(ROLES, namespace, ACCOUNT, {"rules": readable})
    try:
        yield
    finally:
        api.patch(ROLES, namespace, ACCOUNT, {"rules": role["rules"]})


def test_missing_right_is_named_and_heals(world: World, namespace: str, casskop: CassKop, recorder: Recorder) -> None:
    """A missing right is named with verb and resource; given back, the rollout goes on by itself."""
    casskop(INSTANT)
    home, other = world.members
    with without_rights(world, other, namespace):
        world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", world.members))
        told = recorder.wait_for(event(namespace, "demo", "PermissionDenied", other))
        assert "create" in told.object["note"]
        assert "cassandraclusters" in told.object["note"]
        recorder.wait_for(has_condition(namespace, "demo", "Ready", "False", "MemberFailed"))
        assert world.admin(home).find(CASSANDRACLUSTERS, namespace, "demo") is not None
    recorder.wait_for(ready(namespace, "demo"), 60)


@contextmanager
def without_kind(world: World, member: str) -> Iterator[None]:
    """A member does not serve CassandraClusters."""
    api = world.admin(member)
    manifest = load_manifest("cassandraclusters")
    name = manifest["metadata"]["name"]
    api.delete(DEFINITIONS, "", name)
    wait_until_gone(world, member, name)
    try:
        yield
    finally:
        api.create(DEFINITIONS, "", manifest)


def wait_until_gone(world: World, member: str, name: str) -> None:
    """Return when a definition is gone; its objects have to go first."""
    api = world.admin(member)
    with Recorder(world, [DEFINITIONS]) as watching:
        if api.find(DEFINITIONS, "", name) is not None:
            watching.wait_for(lambda e: (e.member, e.type, e.name) == (member, "DELETED", name))


def test_missing_kind_is_named_and_heals(world: World, namespace: str, casskop: CassKop, recorder: Recorder) -> None:
    """A member without the CRD is named with that reason, the first member goes on, and it heals when the CRD comes."""
    home, other = world.members
    casskop(INSTANT, members=[home])
    with without_kind(world, other):
        world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", world.members))
        recorder.wait_for(settled(namespace, "demo", home))
        recorder.wait_for(has_condition(namespace, "demo", "MembersReachable", "False", "KindNotServed"), 60)
    casskop(INSTANT, members=[other])
    recorder.wait_for(ready(namespace, "demo"), 90)
    assert oracles.created_once(oracles.children(recorder.entries(), namespace, "demo")) == ()


def test_two_objects_that_want_the_same_child(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder
) -> None:
    """The one that has the child keeps it, the other one is in conflict and changes nothing."""
    casskop(INSTANT)
    home = world.admin(world.members[0])
    first, second = ring("first", world.members), ring("second", world.members)
    for body, image in ((first, "cassandra:first"), (second, "cassandra:second")):
        body["spec"]["base"]["metadata"]["name"] = "shared"
        body["spec"]["base"]["spec"]["cassandraImage"] = image
    home.create(MULTICASSKOPS, namespace, first)
    recorder.wait_for(ready(namespace, "first"))
    home.create(MULTICASSKOPS, namespace, second)
    recorder.wait_for(has_condition(namespace, "second", "Ready", "False", "Conflict"))
    made = [world.admin(member).get(CASSANDRACLUSTERS, namespace, "shared") for member in world.members]
    assert {found["spec"]["cassandraImage"] for found in made} == {"cassandra:first"}
    home.delete(MULTICASSKOPS, namespace, "second")
    recorder.wait_for(parent(namespace, "second", "DELETED"))
    assert not [e for m in world.members for e in recorder.entries() if child(namespace, "shared", m, "DELETED")(e)]
