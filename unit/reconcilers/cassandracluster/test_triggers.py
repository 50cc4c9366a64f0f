"""When what a person asked for once is set back."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.cassandra import dc, topology
from fakes.patches import PatchRefusedError, apply_json_patch
from fakes.rack_scene import NOW, RUNS, node
from fakes.spec_change import after_write, changed_spec
from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.rack_status import NEW, due
from multicasskop.reconcilers.cassandracluster.ring import Ring
from multicasskop.reconcilers.cassandracluster.sets import StatefulSet
from multicasskop.reconcilers.cassandracluster.statefulset import statefulset
from multicasskop.reconcilers.cassandracluster.triggers import triggers
from multicasskop.reconcilers.cassandracluster.words import Action, Status

Json = dict[str, Any]
NOBODY = Ring({})
SEEDS = ("demo-dc1-rack1-0.demo.cassandra",)
SAID = due(RUNS, Action.ROLLING_RESTART, NOW)


def seen(spec: Json, *statuses: RackStatus) -> Facts:
    """Racks of which everything is as it is wanted, with these statuses."""
    facts = replace(changed_spec(spec, spec), seeds=SEEDS)
    racks = []
    for rack, status in zip(facts.racks, statuses, strict=True):
        live = statefulset(facts.wanted, rack.plan, replicas=1, seeds=SEEDS)
        live["status"] = {"replicas": 1, "readyReplicas": 1}
        found = StatefulSet.of(live)
        racks.append(replace(rack, status=status, statefulset=found, pods=(node(rack.id, 0),)))
    return replace(facts, racks=tuple(racks))


def restarting(*flags: bool | None) -> Json:
    """A datacenter before one with racks of which these are to restart."""
    names = [{"name": f"rack{number}"} for number in range(1, len(flags) + 1)]
    racks = [
        rack if flag is None else {**rack, "rollingRestart": flag} for rack, flag in zip(names, flags, strict=True)
    ]
    return topology(dc("dc0"), {"name": "dc1", "rack": racks})


def test_restart_is_set_back_when_it_is_said() -> None:
    """The trigger of a rack goes when its status says that it is to be restarted; those of others stay."""
    facts = seen(restarting(True, True), RUNS, SAID, RUNS)
    spec = after_write(facts, triggers(facts, NOBODY))["spec"]
    assert spec == restarting(False, True)


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(RUNS, id="not said yet"),
        pytest.param(due(RUNS, Action.ROLLING_RESTART, NOW, Status.ONGOING), id="asked for again during a restart"),
        pytest.param(due(RUNS, Action.ROLLING_RESTART, NOW, Status.DONE), id="asked for again after a restart"),
        pytest.param(due(RUNS, Action.SCALE_UP, NOW), id="another action comes first"),
    ],
)
def test_restart_that_is_still_to_come_stays(status: RackStatus) -> None:
    """As long as the restart that is asked for is not said its trigger stays."""
    assert triggers(seen(restarting(True), RUNS, status), NOBODY) is None


@pytest.mark.parametrize("flag", [None, False])
def test_nothing_to_set_back(flag: bool | None) -> None:
    """Where no trigger is set nothing is written, whatever is done."""
    assert triggers(seen(restarting(flag), RUNS, SAID), NOBODY) is None


def test_topology_that_has_changed_is_left() -> None:
    """A rack that stands at another place now is not taken for the one that was looked at."""
    facts = seen(restarting(True, None), RUNS, SAID, RUNS)
    edit = triggers(facts, NOBODY)
    assert edit is not None
    moved = restarting(None, True)
    with pytest.raises(PatchRefusedError):
        apply_json_patch({"metadata": {"uid": "u1"}, "spec": moved}, edit.guarded)


UNLOCKED = {"unlockNextOperation": True}


def test_unlocked_until_nothing_is_due() -> None:
    """With all racks at rest there is nothing left to be let pass: it is set back."""
    facts = seen(UNLOCKED, RUNS)
    assert after_write(facts, triggers(facts, NOBODY))["spec"] == {"unlockNextOperation": False}
    assert triggers(seen({"unlockNextOperation": False}, RUNS), NOBODY) is None


@pytest.mark.parametrize(
    ("spec", "status", "fields"),
    [
        pytest.param({}, due(RUNS, Action.SCALE_DOWN, NOW), {}, id="an action is said"),
        pytest.param({}, due(RUNS, Action.SCALE_DOWN, NOW, Status.ONGOING), {}, id="an action is under way"),
        pytest.param({"nodesPerRacks": 2}, RUNS, {}, id="an action is due"),
        pytest.param({}, NEW, {}, id="a rack is new"),
        pytest.param({}, RUNS, {"statefulset": None}, id="a StatefulSet is to be made"),
    ],
)
def test_unlocked_while_something_is_to_be_done(spec: Json, status: RackStatus, fields: Json) -> None:
    """The operation that it was set for is not over yet."""
    facts = seen({**UNLOCKED, **spec}, status)
    assert triggers(replace(facts, racks=(replace(facts.racks[0], **fields),)), NOBODY) is None
