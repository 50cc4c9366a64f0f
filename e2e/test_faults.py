"""Faults between the operator and its members: what is lost, repeated or refused on the way changes no end."""

from collections.abc import Callable

import pytest
from multicasskop.world import oracles
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import Operator
from multicasskop.world.proxy.actions import Action, DeliverTwice, LoseAnswer
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.rules import Match, Rule
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import ready, ring
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

HOME, OTHER = "k8s-cluster1", "k8s-cluster2"


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
