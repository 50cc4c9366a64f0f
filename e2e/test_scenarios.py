"""Scenarios of the reliability programme that have a name there: what a member's failure costs, and whom it spares."""

import json
from collections.abc import Callable
from time import monotonic

import pytest
from multicasskop.world import accounts, oracles
from multicasskop.world.accounts import ACCOUNT, Rules, rule
from multicasskop.world.campaign.verdicts import HELD_UP
from multicasskop.world.campaign.workloads import IMAGE
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import CHILD_RULES, Operator
from multicasskop.world.proxy.actions import BlackHole
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.rules import Match, Rule
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import event, has_condition, parent, ready, ring, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

HOME, OTHER = "k8s-cluster1", "k8s-cluster2"
QUICK = ("--no-leader-elect", "--probe-interval=300ms", "--dark-after=1s")
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)
NO_CHANGES: Rules = (
    rule("get list watch create delete", "cassandraclusters", groups=["db.orange.com"]),
    rule("patch", "cassandraclusters/status", groups=["db.orange.com"]),
)
"""What is left of the operator's rights in a member when it may change no child there."""


def test_fs3_member_that_is_dark_from_the_start(
    world: World,
    namespace: str,
    casskop: Callable[..., None],
    recorder: Recorder,
    faults: Faults,
    start_operator: Callable[..., Operator],
) -> None:
    """FS3: the first member is completed, the dark one named, the process ready; back again it is made, no restart."""
    casskop(INSTANT)
    (dark,) = faults.arm(Rule(Match(member=OTHER), BlackHole()))
    operator = start_operator(*QUICK, through=faults)
    process = operator.pid
    home = world.admin(HOME)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(settled(namespace, "demo", HOME))
    told = recorder.wait_for(has_condition(namespace, "demo", "MembersReachable", "False"))
    assert OTHER in json.dumps(told.object["status"]["conditions"])
    assert operator.is_ready()
    assert world.admin(OTHER).find(CASSANDRACLUSTERS, namespace, "demo") is None
    faults.clear(dark)
    recorder.wait_for(ready(namespace, "demo"), 60)
    assert (operator.pid, operator.is_alive()) == (process, True)
    history = oracles.children(recorder.entries(), namespace, "demo")
    assert oracles.created_in_order(history, world.members) + oracles.created_once(history) == ()


def test_fs14_right_to_change_is_revoked_in_a_rollout(
    world: World,
    namespace: str,
    casskop: Callable[..., None],
    recorder: Recorder,
    faults: Faults,
    start_operator: Callable[..., Operator],
) -> None:
    """FS14: verb and kind are named, rings elsewhere go on as fast as before, and it heals by itself, no restart."""
    casskop(INSTANT)
    operator = start_operator(*QUICK, through=faults)
    process, home, other = operator.pid, world.admin(HOME), world.admin(OTHER)
    for name, members in (("demo", world.members), ("calm", world.members[:1])):
        home.create(MULTICASSKOPS, namespace, ring(name, members))
        recorder.wait_for(ready(namespace, name), 60)
    undisturbed = changed(world, namespace, recorder, "cassandra:4.1.7")

    accounts.grant(other, namespace, ACCOUNT, NO_CHANGES)
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": IMAGE})
    denied = recorder.wait_for(event(namespace, "demo", "PermissionDenied", OTHER))
    assert "MCK311 the operator may not patch cassandraclusters" in denied.object["note"]
    failed = recorder.wait_for(has_condition(namespace, "demo", "Degraded", "True", "MemberFailed"))
    assert "may not patch cassandraclusters" in json.dumps(failed.object["status"]["conditions"])
    assert changed(world, namespace, recorder, "cassandra:4.1.8") < undisturbed + HELD_UP
    assert home.get(CASSANDRACLUSTERS, namespace, "demo")["spec"]["cassandraImage"] == "cassandra:4.1.5"
    refused = faults.trace.requests(lambda entry: entry.member == OTHER and entry.code == 403)
    assert len(refused) <= 6, "it is not hammered"

    accounts.grant(other, namespace, ACCOUNT, CHILD_RULES)
    recorder.wait_for(ready(namespace, "demo"), 60, after=failed.at)
    assert other.get(CASSANDRACLUSTERS, namespace, "demo")["spec"]["cassandraImage"] == "cassandra:4.1.5"
    assert (operator.pid, operator.is_alive()) == (process, True)


def changed(world: World, namespace: str, recorder: Recorder, image: str) -> float:
    """Change the ring that only home has, and return after how many seconds it was Ready with that."""
    began, home, is_calm = monotonic(), world.admin(HOME), parent(namespace, "calm")
    made = home.patch(MULTICASSKOPS, namespace, "calm", {"spec": {"base": {"spec": {"cassandraImage": image}}}})
    generation = made["metadata"]["generation"]
    is_ready = ready(namespace, "calm")
    recorder.wait_for(
        lambda e: is_calm(e) and is_ready(e) and e.object["status"]["observedGeneration"] == generation, 60
    )
    return monotonic() - began
