"""The world itself: what every other test stands on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from multicasskop.crds.names import LAST_APPLIED
from multicasskop.world import kubeconfig, oracles
from multicasskop.world.accounts import rule
from multicasskop.world.api import Api, Json
from multicasskop.world.audit import account_of, entries
from multicasskop.world.errors import ApiError, WorldError
from multicasskop.world.kinds import CASSANDRACLUSTERS, NAMESPACES, PODS, STATEFULSETS
from multicasskop.world.processes import is_alive, wait_until
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.state import FILE, Ledger
from multicasskop.world.world import World, sweep

pytestmark = pytest.mark.planes
BOTH = pytest.mark.tiers("planes", "kind")

ROOT = Path(__file__).resolve().parent.parent
StartCassKop = Callable[..., None]


def child(name: str = "demo", **spec: object) -> Json:
    """A CassandraCluster."""
    return {
        "apiVersion": "db.orange.com/v2",
        "kind": "CassandraCluster",
        "metadata": {"name": name},
        "spec": {"nodesPerRacks": 1, "cassandraImage": "cassandra:4.1.5", "maxPodUnavailable": 1, **spec},
    }


def through_relay(world: World, member: str) -> Api:
    """A client as a user has it."""
    return Api.of(kubeconfig.read(world.kubeconfig, member))


def settled_in(member: str, namespace: str) -> Callable[[Entry], bool]:
    """Entries of a settled child of that member."""
    where = (member, namespace)
    return lambda entry: (entry.member, entry.namespace) == where and oracles.is_settled(entry.object)


@BOTH
def test_each_member_is_a_cluster_of_its_own(world: World, namespace: str) -> None:
    """What is created in one member is not seen in the other."""
    here, there = (world.admin(member) for member in world.members)
    here.create(CASSANDRACLUSTERS, namespace, child())
    assert there.items(CASSANDRACLUSTERS, namespace) == []


@BOTH
def test_kubeconfig_has_a_context_per_member(world: World) -> None:
    """The kubeconfig's contexts are named like the members and reach them with verified certificates."""
    for member in world.members:
        assert through_relay(world, member).get(NAMESPACES, "", "default")["metadata"]["name"] == "default"


@BOTH
def test_account_may_do_only_what_it_was_given(world: World, namespace: str) -> None:
    """A service account's token works for its rules and for nothing else, and a change of rules counts at once."""
    member = world.members[0]
    api = Api.of(world.service_account(member, namespace, "reader", [rule("list", "pods")]))
    assert api.items(PODS, namespace) == []
    with pytest.raises(ApiError) as refused:
        api.items(CASSANDRACLUSTERS, namespace)
    assert refused.value.status == 403
    world.service_account(member, namespace, "reader", [])
    assert wait_until(lambda: status_of(api, namespace) == 403, 5)


def status_of(api: Api, namespace: str) -> int:
    """The answer's code when pods are listed."""
    try:
        api.items(PODS, namespace)
    except ApiError as failure:
        return failure.status
    return 200


@BOTH
@pytest.mark.parametrize("verb", ["stop", "pause", "black_hole"])
def test_member_fails_alone_and_comes_back(world: World, verb: str) -> None:
    """A member that was stopped, paused or cut off answers nobody, the other one does, and restore undoes it."""
    failed, other = world.members
    api = through_relay(world, failed)
    getattr(world, verb)(failed)
    try:
        with pytest.raises(ApiError):
            api.request("GET", "/livez", timeout=0.5)
        assert through_relay(world, other).request("GET", "/livez").body == b"ok"
    finally:
        world.restore(failed)
    assert api.request("GET", "/livez").body == b"ok"
    assert set(world.status()[failed].values()) == {"running"}


def test_what_a_black_hole_swallowed_never_arrives(world: World, namespace: str) -> None:
    """A write that was sent into the hole is lost, also after the network is back."""
    member = world.members[0]
    api = through_relay(world, member)
    api.request("GET", "/livez")
    world.black_hole(member)
    try:
        with pytest.raises(ApiError):
            api.request("POST", CASSANDRACLUSTERS.path(namespace), child(), timeout=0.3)
    finally:
        world.restore(member)
    assert through_relay(world, member).items(CASSANDRACLUSTERS, namespace) == []


@pytest.mark.planes
@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_snapshot_brings_the_past_back(world: World, namespace: str, times: int) -> None:
    """After a restore the member has what it had at the snapshot and no more, and its versions have gone back."""
    member = world.members[1]
    api = world.admin(member)
    api.create(CASSANDRACLUSTERS, namespace, child("before"))
    world.snapshot(member)
    for number in range(times):
        api.create(CASSANDRACLUSTERS, namespace, child(f"after-{number}"))
        spend_versions(api, namespace)
        then = int(api.list(CASSANDRACLUSTERS, namespace)["metadata"]["resourceVersion"])
        world.restore_snapshot(member)
        assert wait_until(partial(is_served, api, namespace), 30)
        found = api.list(CASSANDRACLUSTERS, namespace)
        assert [item["metadata"]["name"] for item in found["items"]] == ["before"]
        assert int(found["metadata"]["resourceVersion"]) < then


def is_served(api: Api, namespace: str) -> bool:
    """Whether the kind is served: a server that has just started refuses its first lists for a moment."""
    try:
        api.list(CASSANDRACLUSTERS, namespace)
    except ApiError as error:
        if error.status != 429:
            raise
        return False
    return True


def spend_versions(api: Api, namespace: str, count: int = 300) -> None:
    """Let the versions go on by more than the writes with which an API server starts."""
    for number in range(count):
        api.patch(CASSANDRACLUSTERS, namespace, "before", {"metadata": {"annotations": {"count": str(number)}}})


def test_no_snapshot_to_restore(world: World) -> None:
    """A member without a snapshot is left as it is."""
    with pytest.raises(WorldError, match="there is no snapshot"):
        world.restore_snapshot(world.members[0])


def test_audit_log_tells_who_asked_what(world: World, namespace: str) -> None:
    """Requests can be counted by user and path after the fact."""
    member = world.members[0]
    api = Api.of(world.service_account(member, namespace, "auditee", [rule("list", "pods")]))
    api.items(PODS, namespace)
    told = entries(world.audit_log(member), account_of(namespace, "auditee"))
    asked = [entry["requestURI"] for entry in told]
    assert asked == [PODS.path(namespace)]


def test_dependents_go_with_their_owner_from_the_start(world: World, namespace: str) -> None:
    """The garbage collector knows our kinds as soon as the world is there."""
    api = world.admin(world.members[0])
    owner = api.create(CASSANDRACLUSTERS, namespace, child())
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": "demo",
        "uid": owner["metadata"]["uid"],
    }
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"serviceName": "s", "replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    metadata = {"name": "s", "ownerReferences": [reference]}
    body = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec}
    api.create(STATEFULSETS, namespace, body)
    assert wait_until(lambda: len(api.items(PODS, namespace)) == 1, 10)
    api.delete(CASSANDRACLUSTERS, namespace, "demo")
    assert wait_until(lambda: api.items(PODS, namespace) == [], 10)


def test_recorder_tells_what_happened_in_order(
    world: World, namespace: str, casskop: StartCassKop, recorder: Recorder
) -> None:
    """A child goes from nothing to Running and Done, and the oracles find the two members' order right."""
    casskop()
    for member in world.members:
        world.admin(member).create(CASSANDRACLUSTERS, namespace, child())
        recorder.wait_for(settled_in(member, namespace))
    history = oracles.children(recorder.entries(), namespace, "demo")
    assert oracles.created_in_order(history, world.members) == ()
    assert oracles.created_once(history) == ()
    assert oracles.one_in_change(history) == ()


def told(history: tuple[Entry, ...]) -> list[str]:
    """What CassKop told, without repetitions."""
    words: list[str] = []
    for entry in history:
        status = entry.object.get("status") or {}
        fields = ("phase", "lastClusterAction", "lastClusterActionStatus")
        line = " ".join(status[field] for field in fields if field in status)
        if line and line != "".join(words[-1:]):
            words.append(line)
    return words


def test_simulated_casskop_drives_real_statefulsets(
    world: World, namespace: str, casskop: StartCassKop, recorder: Recorder
) -> None:
    """Beside real controllers it tells the sequence of the Go CassKop, with real pods and the window of old status."""
    member = world.members[0]
    api = world.admin(member)
    casskop(SimulatorOptions(scale=0.05), members=[member])
    api.create(CASSANDRACLUSTERS, namespace, child(nodesPerRacks=2))
    created = recorder.wait_for(settled_in(member, namespace))
    pods = api.items(PODS, namespace)
    assert [pod["metadata"]["name"] for pod in pods] == ["demo-dc1-rack1-0", "demo-dc1-rack1-1"]
    api.patch(CASSANDRACLUSTERS, namespace, "demo", {"spec": {"cassandraImage": "cassandra:4.1.6"}})
    done = recorder.wait_for(
        lambda entry: told((entry,)) == ["Running UpdateDockerImage Done"] and entry.namespace == namespace
    )
    history = recorder.history(CASSANDRACLUSTERS.plural, namespace)
    words = told(history)
    assert words[:2] == ["Initializing Initializing Ongoing", "Running Initializing Done"]
    assert words[-1] == "Running UpdateDockerImage Done"
    assert set(words[2:-1]) <= {"Running UpdateDockerImage Ongoing", "Pending UpdateDockerImage Ongoing"}
    assert done.at - created.at >= 20 * 0.05
    assert any(is_window(entry) for entry in history)
    assert {image(pod) for pod in api.items(PODS, namespace)} == {"cassandra:4.1.6"}


def is_window(entry: Entry) -> bool:
    """Whether the annotation is about the newest spec while the status is still the one before."""
    applied = json.loads(entry.object["metadata"].get("annotations", {}).get(LAST_APPLIED, "{}"))
    fresh = applied.get("spec", {}).get("cassandraImage") == "cassandra:4.1.6"
    return fresh and told((entry,)) == ["Running Initializing Done"]


def image(pod: Json) -> str:
    """The image of a pod."""
    name: str = pod["spec"]["containers"][0]["image"]
    return name


def test_simulated_casskop_runs_as_a_process_and_changes_its_ways(
    world: World, namespace: str, recorder: Recorder
) -> None:
    """As a process it follows its mode file, and it comes back after its member was stopped."""
    member = world.members[1]
    api = world.admin(member)
    world.simulate(member, SimulatorOptions(Mode.INSTANT, namespace=namespace))
    api.create(CASSANDRACLUSTERS, namespace, child())
    recorder.wait_for(settled_in(member, namespace))
    world.behave(member, Mode.INSTANT)
    world.stop(member)
    world.restore(member)
    world.behave(member, Mode.STUCK)
    api.patch(CASSANDRACLUSTERS, namespace, "demo", {"spec": {"nodesPerRacks": 2}})
    api.create(CASSANDRACLUSTERS, namespace, child("second"))
    recorder.wait_for(lambda entry: entry.name == "second" and told((entry,)) == ["Initializing Initializing Ongoing"])
    world.behave(member, Mode.INSTANT)
    recorder.wait_for(lambda entry: entry.name == "second" and oracles.is_settled(entry.object))


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Iterator[Path]:
    """A folder for a world of the test's own (the programs are there, else this test is skipped)."""
    found = tmp_path / "worlds" / "own"
    yield found
    World(found).down()


def command(verb: str, folder: Path, *more: str) -> list[str]:
    """The command line of a user."""
    return [sys.executable, "-m", "e2e.world", verb, "--dir", str(folder), *more]


def test_commands_bring_a_world_up_and_take_it_down(folder: Path) -> None:
    """up, up again after a process died, status and down, as a user types them."""
    members = ("--members", "solo", "--output", "json")
    up = subprocess.run(command("up", folder, *members), cwd=ROOT, capture_output=True, check=True)
    report = json.loads(up.stdout)
    assert b"control planes solo" in up.stderr
    assert report["members"][0]["processes"] == dict.fromkeys(("etcd", "apiserver", "relay", "controllers"), "running")
    world = World.attach(folder)
    assert through_relay(world, "solo").request("GET", "/livez").body == b"ok"
    world.stop("solo")
    subprocess.run(command("up", folder, *members), cwd=ROOT, capture_output=True, check=True)
    assert through_relay(world, "solo").request("GET", "/livez").body == b"ok"
    processes = Ledger(folder).read().processes.values()
    subprocess.run(command("down", folder), cwd=ROOT, check=True)
    assert not any(map(is_alive, processes))
    assert not folder.exists()


def test_start_that_was_killed_is_cleaned_by_the_next(folder: Path) -> None:
    """A command that was killed halfway leaves nothing that the next one does not find."""
    killed = subprocess.Popen(command("up", folder, "--members", "solo"), cwd=ROOT, start_new_session=True)
    assert wait_until(lambda: (folder / FILE).exists() and len(Ledger(folder).read().processes) >= 2, 30)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    leftovers = Ledger(folder).read().processes.values()
    assert any(map(is_alive, leftovers))
    World.up(folder, ["solo"])
    assert not any(map(is_alive, leftovers))


def test_world_of_a_killed_test_run_is_swept(folder: Path) -> None:
    """Control planes don't outlive the test run that owned them by more than one run."""
    program = "import os, pathlib, sys; from multicasskop.world.world import World;"
    up = "World.up(pathlib.Path(sys.argv[1]), ['solo'], owned=True); os.kill(os.getpid(), 9)"
    ended = subprocess.run([sys.executable, "-c", program + up, str(folder)], check=False, env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL
    leftovers = Ledger(folder).read().processes.values()
    assert all(map(is_alive, leftovers))
    sweep(folder.parent)
    assert not any(map(is_alive, leftovers))
    assert not folder.exists()
