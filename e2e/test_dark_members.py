"""One of three members is dark: the others go on, it is named, and nothing is decided from an old view of it."""

from collections.abc import Callable

import pytest
from multicasskop.world import oracles
from multicasskop.world.campaign.workloads import IMAGE
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import Operator
from multicasskop.world.proxy.actions import BlackHole
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.rules import Match, Rule
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import Predicate, child, condition, parent, ready, ring, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes3

FIRST, DARK, LAST = "k8s-cluster1", "k8s-cluster2", "k8s-cluster3"
QUICK = ("--no-leader-elect", "--probe-interval=300ms", "--dark-after=1s")
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)


def has_image(namespace: str, member: str, image: str = "cassandra:4.1.5") -> Predicate:
    """The child in a member is Running and Done, and has that image."""
    is_settled = settled(namespace, "demo", member)
    return lambda entry: is_settled(entry) and entry.object["spec"]["cassandraImage"] == image


def names_the_dark(namespace: str) -> Predicate:
    """A condition says which member cannot be reached."""
    is_parent = parent(namespace, "demo")

    def fits(entry: Entry) -> bool:
        found = condition(entry.object, "MembersReachable") if is_parent(entry) else {}
        return found.get("status") == "False" and DARK in found.get("message", "")

    return fits


def reaches(faults: Faults, since: int, *verbs: str) -> list[str]:
    """The requests with these verbs that have reached the dark member's server, after so many entries of the trace."""
    return [
        entry.describe()
        for entry in faults.trace.requests()[since:]
        if entry.member == DARK and entry.forwarded and entry.verb in verbs
    ]


@pytest.mark.parametrize("passed_over", [True, False], ids=["passed over", "waited for"])
def test_dark_before_the_start_and_again_in_a_rollout(
    world: World,
    namespace: str,
    casskop: Callable[..., None],
    recorder: Recorder,
    faults: Faults,
    start_operator: Callable[..., Operator],
    passed_over: bool,
) -> None:
    """Members before the dark one go on, those behind it as the policy says; back again, it catches up by itself."""
    casskop(INSTANT)
    faults.proxy(DARK).refuse()
    operator = start_operator(*QUICK, through=faults)
    home = world.admin(FIRST)
    policy = {"rollout": {"onDark": "Skip" if passed_over else "Wait"}}
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members, **policy))
    recorder.wait_for(settled(namespace, "demo", FIRST))
    if passed_over:
        recorder.wait_for(settled(namespace, "demo", LAST))
    recorder.wait_for(names_the_dark(namespace))
    assert operator.is_ready()
    behind = world.admin(LAST).find(CASSANDRACLUSTERS, namespace, "demo")
    assert (behind is not None) is passed_over
    faults.proxy(DARK).accept()
    made = recorder.wait_for(ready(namespace, "demo"), 60)

    (dark,) = faults.arm(Rule(Match(member=DARK), BlackHole()))
    faults.cut()
    seen = len(faults.trace.requests())
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": IMAGE})
    recorder.wait_for(has_image(namespace, FIRST), after=made.at)
    recorder.wait_for(names_the_dark(namespace), after=made.at)
    if passed_over:
        recorder.wait_for(has_image(namespace, LAST), after=made.at)
    assert reaches(faults, seen, "create", "patch", "delete") == []
    faults.clear(dark)
    recorder.wait_for(ready(namespace, "demo"), 60, after=made.at)
    assert world.admin(DARK).get(CASSANDRACLUSTERS, namespace, "demo")["spec"]["cassandraImage"] == "cassandra:4.1.5"
    history = oracles.children(recorder.entries(), namespace, "demo")
    assert oracles.created_once(history) == ()
    assert not [entry for entry in history if entry.type == "DELETED"]


def test_nothing_is_let_go_on_an_old_view(
    world: World,
    namespace: str,
    casskop: Callable[..., None],
    recorder: Recorder,
    faults: Faults,
    start_operator: Callable[..., Operator],
) -> None:
    """A child that vanishes while its member is dark is not made again, and a deletion waits until it can be seen."""
    casskop(INSTANT)
    start_operator(*QUICK, through=faults)
    home = world.admin(FIRST)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    made = recorder.wait_for(ready(namespace, "demo"), 60)
    faults.arm(Rule(Match(member=DARK), BlackHole()))
    faults.cut()
    seen = len(faults.trace.requests())
    recorder.wait_for(names_the_dark(namespace), after=made.at)
    world.admin(DARK).delete(CASSANDRACLUSTERS, namespace, "demo")
    recorder.wait_for(child(namespace, "demo", DARK, "DELETED"))
    home.delete(MULTICASSKOPS, namespace, "demo")
    for member in (FIRST, LAST):
        recorder.wait_for(child(namespace, "demo", member, "DELETED"))
    waiting = recorder.wait_for(lambda entry: is_waiting(entry, namespace), after=made.at)
    assert waiting.object["metadata"]["finalizers"]
    assert reaches(faults, seen, "create", "patch", "delete") == []
    assert home.find(MULTICASSKOPS, namespace, "demo") is not None
    faults.clear()
    recorder.wait_for(parent(namespace, "demo", "DELETED"), 60)
    assert oracles.created_once(oracles.children(recorder.entries(), namespace, "demo")) == ()


def is_waiting(entry: Entry, namespace: str) -> bool:
    """Whether the MultiCasskop under deletion says that it waits for the dark member."""
    if not parent(namespace, "demo")(entry) or "deletionTimestamp" not in entry.object["metadata"]:
        return False
    told = {item["name"]: item for item in (entry.object.get("status") or {}).get("clusters") or ()}
    return "dark" in told.get(DARK, {}).get("message", "")
