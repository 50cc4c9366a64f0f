"""Specs that cannot be done are named in a condition and an event, and a corrected spec goes on without an unlock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from multicasskop.world.cassandra.rules import Rule, Trouble
from multicasskop.world.kinds import CASSANDRACLUSTERS, EVENTS, SECRETS
from multicasskop.world.rings import Ring, cluster
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

Json = dict[str, Any]
TOO_LITTLE: Json = {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}
ENOUGH: Json = {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A spec that cannot be done, what is said of it, and the spec that mends it."""

    spec: Json
    reason: str
    says: str
    event: str
    mended: Json
    action: str
    rules: tuple[Rule, ...] = field(default=())


MISTAKES = {
    "requests above limits": Mistake(
        {"resources": TOO_LITTLE},
        "WriteRefused",
        "must be less than or equal to cpu limit",
        "WriteRefused",
        {"resources": ENOUGH},
        "UpdateResources",
    ),
    "no such Secret": Mistake(
        {"imageJolokiaSecret": {"name": "no-such"}},
        "ReferenceMissing",
        "spec.imageJolokiaSecret.name: Secret no-such is not there",
        "ReferenceMissing",
        {"imageJolokiaSecret": None, "cassandraImage": "cassandra:4.1.11"},
        "UpdateStatefulSet",
    ),
    "Secret without a key": Mistake(
        {"imageJolokiaSecret": {"name": "halved"}},
        "ReferenceMissing",
        "spec.imageJolokiaSecret.name: Secret halved has no key password",
        "ReferenceMissing",
        {"imageJolokiaSecret": None, "cassandraImage": "cassandra:4.1.11"},
        "UpdateStatefulSet",
    ),
    "no room": Mistake(
        {"cassandraImage": "cassandra:large"},
        "Unschedulable",
        "-dc1-rack1-0",
        "NodeStuck",
        {"cassandraImage": "cassandra:4.1.11"},
        "UpdateDockerImage",
        (Rule(pods="*@cassandra:large", trouble=Trouble.UNSCHEDULABLE),),
    ),
}


def has_said(ring: Ring, mistake: Mistake) -> bool:
    """Whether condition and event name what is wrong."""
    status, reason, message = ring.condition("Degraded")
    events = ring.api.items(EVENTS, ring.namespace)
    is_told = any((each["reason"], each["regarding"]["name"]) == (mistake.event, ring.name) for each in events)
    return (status, reason) == ("True", mistake.reason) and mistake.says in message and is_told


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_in_a_running_cluster(ring: Ring, world: World, name: str) -> None:
    """At most the first rack notices it; when the spec is corrected all of it goes on by itself."""
    mistake = MISTAKES[name]
    world.disturb(world.members[0], *mistake.rules)
    halved = {"metadata": {"name": "halved"}, "stringData": {"username": "a"}}
    if ring.api.find(SECRETS, ring.namespace, "halved") is None:
        ring.api.create(SECRETS, ring.namespace, halved)
    ring.submit()
    before = ring.pods()
    ring.patch({"spec": mistake.spec})
    ring.until(lambda: has_said(ring, mistake), mistake.says)
    assert ring.pods()["dc1-rack2-0"] == before["dc1-rack2-0"]
    ring.edit(**mistake.mended)
    assert ring.condition("Degraded")[:2] == ("False", "AsExpected")
    assert set(ring.last_actions().values()) == {(mistake.action, "Done")}


NEW = {
    "requests above limits": MISTAKES["requests above limits"],
    "no such StorageClass": Mistake(
        {"dataStorageClass": "no-such"},
        "ReferenceMissing",
        "spec.dataStorageClass: StorageClass no-such is not there",
        "ReferenceMissing",
        {"dataStorageClass": None},
        "Initializing",
    ),
}


@pytest.mark.parametrize("name", NEW)
def test_mistake_in_a_new_cluster(rings: Callable[[], Ring], name: str) -> None:
    """No pod is made of it; when the spec is corrected the cluster comes to run."""
    ring, mistake = rings(), NEW[name]
    ring.api.create(CASSANDRACLUSTERS, ring.namespace, cluster(ring.name, **mistake.spec))
    ring.until(lambda: has_said(ring, mistake), mistake.says)
    assert ring.pods() == {}
    ring.edit(**mistake.mended)
    assert ring.condition("Degraded")[:2] == ("False", "AsExpected")
    assert set(ring.last_actions().values()) == {("Initializing", "Done")}
