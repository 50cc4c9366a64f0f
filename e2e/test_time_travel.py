"""A new operator is shown a past that was true: nothing of the present is destroyed on that ground."""

from collections.abc import Callable

import pytest
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, Kind
from multicasskop.world.operators import Operator
from multicasskop.world.proxy.actions import Travel
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.line_actions import HoldLines
from multicasskop.world.proxy.rules import Match, Rule
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import child, parent, ready, ring
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

HOME, OTHER = "k8s-cluster1", "k8s-cluster2"
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)


def version(entry: Entry) -> str:
    """The version at which something was seen."""
    found: str = entry.object["metadata"]["resourceVersion"]
    return found


def is_marked(namespace: str, entry: Entry) -> bool:
    """Whether it is the MultiCasskop with its deletion mark."""
    return parent(namespace, "demo", "MODIFIED")(entry) and "deletionTimestamp" in entry.object["metadata"]


@pytest.mark.parametrize(
    ("kind", "member"),
    [(MULTICASSKOPS, HOME), (CASSANDRACLUSTERS, HOME), (CASSANDRACLUSTERS, OTHER)],
    ids=["the old object, on its way out", "the old child in the first member", "the old child in the second member"],
)
def test_namesake_of_a_deleted_object_keeps_its_children(
    world: World,
    namespace: str,
    casskop: Callable[..., None],
    recorder: Recorder,
    faults: Faults,
    start_operator: Callable[..., Operator],
    kind: Kind,
    member: str,
) -> None:
    """Deleted and made again under its name; whoever then sees the old one deletes no child of the new one."""
    casskop(INSTANT)
    operator = start_operator("--no-leader-elect", through=faults)
    home = world.admin(HOME)
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    home.delete(MULTICASSKOPS, namespace, "demo")
    marked = recorder.wait_for(lambda entry: is_marked(namespace, entry))
    gone = recorder.wait_for(parent(namespace, "demo", "DELETED"))
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    made = recorder.wait_for(ready(namespace, "demo"), 60, after=gone.at)
    operator.kill()
    old = [entry for entry in recorder.history(kind.plural, namespace, "demo", member=member) if entry.at < gone.at]
    then = version(marked) if kind is MULTICASSKOPS else version([e for e in old if e.type != "DELETED"][-1])
    (listed, held) = faults.arm(
        Rule(Match(member=member, verb="list", plural=kind.plural), Travel(then), times=1),
        Rule(Match(member=member, verb="watch", plural=kind.plural), HoldLines()),
    )
    operator.start()
    faults.rules.wait_hit(listed)
    faults.trace.wait_for_lines(lambda line: line.rule == held)  # what has happened since waits at the proxy
    faults.rules.wait_cleared(held, 3)
    faults.clear()
    home.patch(MULTICASSKOPS, namespace, "demo", {"spec": {"base": {"metadata": {"labels": {"later": "yes"}}}}})
    recorder.wait_for(ready(namespace, "demo"), 60, after=made.at)
    for where in world.members:
        is_child = child(namespace, "demo", where)
        since = [entry for entry in recorder.entries() if is_child(entry) and entry.at > made.at]
        assert not [entry for entry in since if entry.type != "MODIFIED"]
    deletes = [entry for entry in faults.trace.writes() if entry.verb == "delete"]
    assert len(deletes) == len(world.members)
