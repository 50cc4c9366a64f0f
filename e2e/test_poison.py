"""Objects that are nested deeper than decoders can follow cost the others of their kind nothing (S21)."""

import json
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from multicasskop.crds.names import FINALIZER
from multicasskop.world import oracles
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CASSANDRACLUSTERS, EVENTS, MULTICASSKOPS
from multicasskop.world.operators import Operator
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import child, event, ring, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes3

Json = dict[str, Any]
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)
LEVELS = {"bad-900": 900, "bad-2000": 2000, "worse-3000": 3000}


def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something that nobody tells."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.05)


def nested(levels: int, world: World, name: str) -> bytes:
    """A MultiCasskop with a field in base that is nested so deep."""
    body = ring(name, world.members)
    body["spec"]["base"]["spec"]["config"] = "HERE"
    return json.dumps(body).encode().replace(b'"HERE"', b'{"a":' * levels + b"1" + b"}" * levels)


def text_of(world: World, namespace: str, name: str) -> str:
    """A MultiCasskop as text, since nothing here could decode it; empty when it is gone."""
    try:
        return world.admin(world.members[0]).request("GET", MULTICASSKOPS.path(namespace, name)).body.decode()
    except ApiError as failure:
        if not failure.is_not_found:
            raise
        return ""


def until_says(text: str, world: World, namespace: str, name: str) -> None:
    """Wait until a MultiCasskop holds a text."""
    until(lambda: text in text_of(world, namespace, name))


def until_gone(world: World, namespace: str, name: str) -> None:
    """Wait until a MultiCasskop is gone."""
    until(lambda: not text_of(world, namespace, name))


def runs(entry: Entry, namespace: str, member: str, image: str) -> bool:
    """Whether an entry shows the good ring's child at rest with this image."""
    is_child = child(namespace, "good", member)(entry) and entry.type != "DELETED"
    return is_child and oracles.is_settled(entry.object) and entry.object["spec"]["cassandraImage"] == image


def deep_faults(operator: Operator) -> int:
    """How many objects were counted as too deep."""
    found = re.search(r'informer_faults_total\{fault="deep",kind="MultiCasskop",[^}]*\} ([0-9.]+)', operator.metrics())
    return int(float(found[1])) if found else 0


@pytest.mark.parametrize("first", [True, False], ids=["there before the operator", "made while it runs"])
def test_21_poison(
    world: World, namespace: str, casskop: Callable[..., None], start_operator: Callable[..., Operator], first: bool
) -> None:
    """What no decoder reads is named and counted, all others of the kind go on, and it can be deleted."""
    casskop(INSTANT)
    home = world.admin(world.members[0])
    operators = [] if first else [start_operator()]
    for name, levels in LEVELS.items():
        home.request("POST", MULTICASSKOPS.path(namespace), nested(levels, world, name))
    operator = operators[0] if operators else start_operator()
    with Recorder(world, [EVENTS, CASSANDRACLUSTERS]) as recorder:
        home.create(MULTICASSKOPS, namespace, ring("good", world.members))
        for member in world.members:
            recorder.wait_for(settled(namespace, "good", member), 120)
        for name in LEVELS:
            told = recorder.wait_for(event(namespace, name, "Invalid"))
            assert "64 levels" in told.object["note"]
            until_says("MCK102 spec: objects inside each other", world, namespace, name)
        assert deep_faults(operator) >= 2
        for name in LEVELS:
            until_says(FINALIZER, world, namespace, name)
            home.request("DELETE", MULTICASSKOPS.path(namespace, name))
            until_gone(world, namespace, name)
        home.patch(MULTICASSKOPS, namespace, "good", {"spec": {"base": {"spec": {"cassandraImage": "cassandra:next"}}}})
        for member in world.members:
            recorder.wait_for(partial(runs, namespace=namespace, member=member, image="cassandra:next"))
    assert not [line for line in operator.lines() if '"level":"error"' in line]
