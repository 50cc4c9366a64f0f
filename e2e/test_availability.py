"""Two replicas by the chart: whatever happens to the leader, one leads at a time and the rollout goes on."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from multicasskop.world import oracles
from multicasskop.world.audit import entries
from multicasskop.world.installed import Installed
from multicasskop.world.kind import nodes
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import LEASES, MULTICASSKOPS, NAMESPACES, PODS
from multicasskop.world.namespaces import take_away
from multicasskop.world.recorder import KINDS, Entry, Recorder
from multicasskop.world.scenario import child, ready, ring
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions

pytestmark = [pytest.mark.kind, pytest.mark.usefixtures("loaded")]

Json = dict[str, Any]
RecordProperty = Callable[[str, object], None]
# pods of the first member take longer (25 s) than a new leader, those of the other one no time
SLOW = SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.05, pod=500.0)
QUICK = SimulatorOptions(Mode.INSTANT)
POD_NAME = "authentication.kubernetes.io/pod-name"
WRITES = {"create", "update", "patch", "delete"}


@dataclass(frozen=True, slots=True)
class Failure:
    """What is done to the leader's pod, and how it is undone once another one leads."""

    begin: Callable[[Installed, Json], object]
    end: Callable[[Installed, Json], object] = lambda installed, pod: None


def delete_pod(installed: Installed, pod: Json) -> None:
    """Ask the pod to go, as a node's drain does."""
    installed.world.admin(installed.home).delete(PODS, installed.namespace, pod["metadata"]["name"])


FAILURES = {
    "killed": Failure(lambda installed, pod: installed.kill(pod)),
    "node paused": Failure(
        lambda installed, pod: nodes.pause(pod["spec"]["nodeName"]),
        lambda installed, pod: nodes.wake(pod["spec"]["nodeName"]),
    ),
    "cut off": Failure(
        lambda installed, pod: nodes.cut_pod(pod["spec"]["nodeName"], pod["status"]["podIP"]),
        lambda installed, pod: nodes.mend_pod(pod["spec"]["nodeName"], pod["status"]["podIP"]),
    ),
    "stopped as planned": Failure(delete_pod),
}


@pytest.fixture
def watched(world: KindWorld) -> Iterator[Recorder]:
    """A recorder that sees leases, too."""
    with Recorder(world, [*KINDS, LEASES]) as found:
        yield found


@pytest.fixture(scope="module")
def installed(world: KindWorld, helm: str) -> Iterator[Installed]:
    """Two replicas on two nodes, and CassKop simulated in pods, in a namespace of their own."""
    found = Installed(world, f"availability-{os.urandom(3).hex()}", helm)
    for member in world.members:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": found.namespace}}
        world.admin(member).create(NAMESPACES, "", body)
    found.import_members()
    found.install({"replicaCount": 2}, "--wait", "--timeout=5m")
    for member, options in zip(world.members, (SLOW, QUICK), strict=True):
        world.simulate(member, replace(options, namespace=found.namespace))
    yield found
    found.release.uninstall()
    for member in world.members:
        take_away(world.admin(member), found.namespace)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_another_leads_and_the_rollout_goes_on(
    world: KindWorld, installed: Installed, watched: Recorder, failure: Failure, record_property: RecordProperty
) -> None:
    """The leader fails in mid-rollout: the standby takes over, the old one writes nothing more, the ring gets Ready."""
    home, namespace, name = installed.home, installed.namespace, f"ring-{os.urandom(3).hex()}"
    installed.wait_ready(2)
    assert len({pod["spec"]["nodeName"] for pod in installed.pods()}) == 2
    leader = installed.leader()
    world.admin(home).create(MULTICASSKOPS, namespace, ring(name, world.members))
    began = watched.wait_for(child(namespace, name, home, "ADDED"))
    failure.begin(installed, leader)
    try:
        taken = watched.wait_for(lambda e: holder(e, namespace) not in ("", name_of(leader)), 60, after=began.at)
    finally:
        failure.end(installed, leader)
    record_property("takeover_seconds", taken.at - began.at)
    watched.wait_for(ready(namespace, name), 90)
    history = oracles.children(watched.entries(), namespace, name)
    assert oracles.created_in_order(history, world.members) == oracles.created_once(history) == ()
    assert seized_too_early(watched, namespace) == []
    others_node = installed.leader()["spec"]["nodeName"] != leader["spec"]["nodeName"]
    told_apart = world.members if others_node else (home,)
    assert written_after(installed, leader, taken.object["spec"]["acquireTime"], told_apart) == []


def name_of(pod: Json) -> str:
    """The pod's name."""
    name: str = pod["metadata"]["name"]
    return name


def holder(entry: Entry, namespace: str) -> str:
    """The pod that holds the lease by this entry; empty for none, and for another entry."""
    if entry.plural != LEASES.plural or entry.namespace != namespace:
        return ""
    return (entry.object["spec"].get("holderIdentity") or "").partition("_")[0]


def seized_too_early(recorder: Recorder, namespace: str) -> list[str]:
    """Where the lease changed hands before it had run out or was given back."""
    versions = [entry.object["spec"] for entry in recorder.history(LEASES.plural, namespace)]
    return [
        f"{before} was followed by {after}"
        for before, after in pairwise(versions)
        if before.get("holderIdentity")
        and after.get("holderIdentity") not in (None, "", before["holderIdentity"])
        and moment(after["acquireTime"]) - moment(before["renewTime"])
        < timedelta(seconds=before["leaseDurationSeconds"])
    ]


def written_after(installed: Installed, pod: Json, since: str, members: Sequence[str]) -> list[str]:
    """What the members' audit logs have of a pod's writes after a moment.

    Home knows the pod; another member only its node, so it can be asked only while no other leader is on that node.
    """
    return [
        f"{member}: {entry['verb']} {entry['requestURI']}"
        for member in members
        for entry in entries(installed.world.audit_log(member))
        if moment(entry["requestReceivedTimestamp"]) > moment(since)
        and is_write(entry)
        and is_from(entry, pod, remote=member != installed.home)
    ]


def is_write(entry: Json) -> bool:
    """Whether a request would change something that anybody acts on.

    A renewal of the lease that was refused is no write: a leader without network has sent it, and it comes too late. An
    event is news of what was done while it led: a process that stood still in the middle of telling it goes on to.
    """
    resource = (entry.get("objectRef") or {}).get("resource")
    late = (resource, entry["responseStatus"]["code"]) == (LEASES.plural, 409)
    return entry["verb"] in WRITES and resource != "events" and not late


def is_from(entry: Json, pod: Json, *, remote: bool) -> bool:
    """Whether a request came from a pod; a remote member sees but the address of its node."""
    if remote:
        ours = str(entry["user"].get("username")).startswith("system:serviceaccount:")
        return ours and pod["status"]["hostIP"] in entry["sourceIPs"]
    return name_of(pod) in (entry["user"].get("extra") or {}).get(POD_NAME, [])


def moment(text: str) -> datetime:
    """A time of the API."""
    return datetime.fromisoformat(text)


def test_audit_logs_tell_the_leaders_writes(installed: Installed) -> None:
    """The check above sees something: the leader's own writes of before are found in both members' logs."""
    written = written_after(installed, installed.leader(), "2000-01-01T00:00:00Z", installed.world.members)
    assert {line.partition(":")[0] for line in written} == set(installed.world.members)
