"""Faults between the operator and its members: what is lost, repeated or refused on the way changes no end."""

import json
from collections.abc import Callable

import pytest
from multicasskop.crds.names import FINALIZER, OWNER
from multicasskop.world import oracles
from multicasskop.world.campaign.workloads import IMAGE
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import SOON, Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.proxy.actions import Action, BlackHole, DeliverTwice, LoseAnswer, Status
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.rules import Match, Rule
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import Predicate, child, parent, ready, ring
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

CassKop = Callable[..., None]
StartOperator = Callable[..., Operator]
HOME, OTHER = "k8s-cluster1", "k8s-cluster2"
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)


@pytest.mark.parametrize(
    ("action", "codes"), [(LoseAnswer(), [0]), (DeliverTwice(), [409])], ids=["answer lost", "delivered twice"]
)
def test_create_of_which_the_caller_cannot_know(
    world: World,
    namespace: str,
    casskop: Callable[..., None],
    recorder: Recorder,
    faults: Faults,
    start_operator: Callable[..., Operator],
    action: Action,
    codes: list[int],
) -> None:
    """A create whose answer is lost, or that reaches the server twice, leaves one child, which is taken for ours."""
    casskop()
    start_operator(through=faults)
    faults.arm(Rule(Match(member=OTHER, verb="create", plural=CASSANDRACLUSTERS.plural, nth=1), action))
    world.admin(HOME).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    history = oracles.children(recorder.entries(), namespace, "demo")
    assert oracles.created_in_order(history, world.members) == oracles.created_once(history) == ()
    creates = [entry for entry in faults.trace.writes() if entry.verb == "create" and entry.member == OTHER]
    assert [entry.code for entry in creates] == codes


def started(start_operator: StartOperator, faults: Faults) -> Operator:
    """An operator behind the proxies; without a lease, so that one that was killed need not be waited for."""
    return start_operator("--no-leader-elect", through=faults)


def say(world: World, member: str, namespace: str, phase: str, status: str, generation: int) -> None:
    """Be the CassKop of a member: write its status by hand."""
    told = {"phase": phase, "lastClusterAction": "UpdateDockerImage", "lastClusterActionStatus": status}
    body = {"status": {**told, "observedGeneration": generation}}
    world.admin(member).patch(CASSANDRACLUSTERS, namespace, "demo", body, subresource="status")


def waits_for(namespace: str, text: str) -> Predicate:
    """The MultiCasskop says that it waits for something with this text in it."""
    is_parent = parent(namespace, "demo")
    return lambda entry: is_parent(entry) and text in (entry.object.get("status") or {}).get("waitingFor", "")


def test_gate_is_not_moved_by_what_is_old_or_unsteady(
    world: World, namespace: str, recorder: Recorder, faults: Faults, start_operator: StartOperator
) -> None:
    """The second child stays as it is while the first shows the old Running, pends or flaps; then it is written."""
    started(start_operator, faults)
    world.admin(HOME).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    for member in world.members:
        recorder.wait_for(child(namespace, "demo", member, "ADDED"))
        say(world, member, namespace, "Running", "Done", 1)
    made = recorder.wait_for(ready(namespace, "demo"), 60)
    world.admin(HOME).patch(MULTICASSKOPS, namespace, "demo", {"spec": IMAGE})
    recorder.wait_for(waits_for(namespace, HOME), after=made.at)  # it shows Running and Done, of before
    for phase, status, generation in (("Pending", "Ongoing", 1), ("Pending", "Ongoing", 2), ("Running", "Ongoing", 2)):
        say(world, HOME, namespace, phase, status, generation)
        recorder.wait_for(
            waits_for(namespace, f"phase={phase} action=UpdateDockerImage status={status}"), after=made.at
        )
    assert specs_written(faults, OTHER) == ["create"]
    say(world, HOME, namespace, "Running", "Done", 2)
    recorder.wait_for(waits_for(namespace, OTHER), after=made.at)
    say(world, OTHER, namespace, "Running", "Done", 2)
    recorder.wait_for(ready(namespace, "demo"), after=made.at)
    assert specs_written(faults, OTHER) == ["create", "patch"]


def specs_written(faults: Faults, member: str) -> list[str]:
    """The writes to a member's child itself, in order."""
    return [
        entry.verb
        for entry in faults.trace.writes()
        if (entry.member, entry.plural, entry.subresource) == (member, CASSANDRACLUSTERS.plural, "")
    ]


def test_lost_answer_to_a_delete_and_a_crash(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, faults: Faults, start_operator: StartOperator
) -> None:
    """The finalizer goes only after the child was seen to be gone, by whichever process."""
    casskop(INSTANT)
    operator = started(start_operator, faults)
    world.admin(HOME).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    # a finalizer of somebody else, so that "deleted" is not yet "gone"
    hold = {"metadata": {"finalizers": ["example.org/hold"]}}
    world.admin(OTHER).patch(CASSANDRACLUSTERS, namespace, "demo", hold)
    deletes = Match(member=OTHER, verb="delete", nth=1)
    (lost,) = faults.arm(Rule(deletes, LoseAnswer()))
    world.admin(HOME).delete(MULTICASSKOPS, namespace, "demo")
    faults.rules.wait_hit(lost)
    operator.kill()
    operator.start()
    recorder.wait_for(child(namespace, "demo", HOME, "DELETED"))
    assert world.admin(HOME).get(MULTICASSKOPS, namespace, "demo")["metadata"]["finalizers"] == [FINALIZER]
    world.admin(OTHER).patch(CASSANDRACLUSTERS, namespace, "demo", {"metadata": {"finalizers": None}})
    recorder.wait_for(parent(namespace, "demo", "DELETED"))
    # by the proxies' own numbers: nothing that the last write did not wait for; its answer may still be on its way
    assert wait_until(lambda: last_write(faults) == (HOME, MULTICASSKOPS.plural, "patch"), 30), last_write(faults)


def last_write(faults: Faults) -> tuple[str, str, str]:
    """Where what was written last, and how."""
    last = faults.trace.writes()[-1]
    return last.member, last.plural, last.verb


REFUSALS = {
    "a right is missing": (Status(403), "MCK311", 6),
    "the namespace ends": (Status(403, cause="NamespaceTerminating"), "MCK314", 1),
}


@pytest.mark.parametrize(
    ("verb", "action", "reason", "most"),
    [
        pytest.param("delete", *REFUSALS["a right is missing"], id="delete forbidden"),
        pytest.param("create", *REFUSALS["the namespace ends"], id="namespace terminating"),
    ],
)
def test_refusal_is_named_and_not_hammered(
    world: World,
    namespace: str,
    casskop: CassKop,
    recorder: Recorder,
    faults: Faults,
    start_operator: StartOperator,
    verb: str,
    action: Action,
    reason: str,
    most: int,
) -> None:
    """What a member refuses is told with its reason, tried again with patience, and done when it is allowed."""
    casskop(INSTANT)
    started(start_operator, faults)
    (refused,) = faults.arm(Rule(Match(member=OTHER, verb=verb, plural=CASSANDRACLUSTERS.plural), action))
    home = world.admin(HOME)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    if verb == "delete":
        recorder.wait_for(ready(namespace, "demo"), 60)
        home.delete(MULTICASSKOPS, namespace, "demo")
        recorder.wait_for(child(namespace, "demo", HOME, "DELETED"))
    is_parent = parent(namespace, "demo")
    recorder.wait_for(lambda entry: is_parent(entry) and reason in json.dumps(entry.object.get("status")))
    faults.rules.wait_cleared(refused, 4)
    assert 1 <= faults.rules.hits(refused) <= most
    assert home.get(MULTICASSKOPS, namespace, "demo")["metadata"]["finalizers"] == [FINALIZER]
    faults.clear(refused)
    recorder.wait_for(parent(namespace, "demo", "DELETED") if verb == "delete" else ready(namespace, "demo"), 60)


def test_child_taken_away_in_a_rollout(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, faults: Faults, start_operator: StartOperator
) -> None:
    """A child that somebody deletes while it is made is made once more, and the next one waits for it."""
    started(start_operator, faults)
    home = world.admin(HOME)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    first = recorder.wait_for(child(namespace, "demo", HOME, "ADDED"))
    home.delete(CASSANDRACLUSTERS, namespace, "demo")
    again = recorder.wait_for(child(namespace, "demo", HOME, "ADDED"), after=first.at)
    assert again.object["metadata"]["uid"] != first.object["metadata"]["uid"]
    assert specs_written(faults, OTHER) == []
    casskop(INSTANT)
    recorder.wait_for(ready(namespace, "demo"), 60)
    assert specs_written(faults, HOME) == ["create", "create"]
    assert specs_written(faults, OTHER) == ["create"]


def test_marks_taken_off_come_back(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, faults: Faults, start_operator: StartOperator
) -> None:
    """Our finalizer and our owner mark, taken off by somebody, are put on again; no child is made a second time."""
    casskop(INSTANT)
    started(start_operator, faults)
    home, other = world.admin(HOME), world.admin(OTHER)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    made = recorder.wait_for(ready(namespace, "demo"), 60)
    home.patch(MULTICASSKOPS, namespace, "demo", {"metadata": {"finalizers": None}})
    is_parent = parent(namespace, "demo")
    bare = recorder.wait_for(lambda e: is_parent(e) and not e.object["metadata"].get("finalizers"), after=made.at)
    recorder.wait_for(lambda e: is_parent(e) and e.object["metadata"].get("finalizers") == [FINALIZER], after=bare.at)
    other.patch(CASSANDRACLUSTERS, namespace, "demo", {"metadata": {"annotations": {OWNER: None}}})
    is_child = child(namespace, "demo", OTHER)
    bare = recorder.wait_for(lambda e: is_child(e) and OWNER not in annotations(e), after=bare.at)
    recorder.wait_for(lambda e: is_child(e) and OWNER in annotations(e), after=bare.at)
    history = oracles.children(recorder.entries(), namespace, "demo")
    assert oracles.created_once(history) == ()
    assert not [entry for entry in history if entry.type == "DELETED"]


def annotations(entry: Entry) -> dict[str, str]:
    """The annotations of an object as it was seen."""
    return entry.object["metadata"].get("annotations") or {}


@pytest.mark.parametrize("code", [0, 403, 409], ids=["no answer", "forbidden", "conflict"])
def test_nothing_is_written_without_the_lease(
    world: World,
    namespace: str,
    casskop: CassKop,
    recorder: Recorder,
    faults: Faults,
    start_operator: StartOperator,
    code: int,
) -> None:
    """A leader that cannot renew writes nothing after its deadline, and ends; the next one goes on."""
    casskop(INSTANT)
    operator = start_operator(*SOON, through=faults)
    faults.trace.wait_for(lambda entry: entry.plural == "leases" and entry.is_mutating and entry.code < 300)
    faults.arm(Rule(Match(plural="leases"), Status(code) if code else BlackHole()))
    assert wait_until(lambda: not operator.is_alive(), 60)
    world.admin(HOME).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    faults.clear()
    operator.start()
    recorder.wait_for(ready(namespace, "demo"), 60)
    assert oracles.fenced(faults.trace.requests(), 6.0) == ()
