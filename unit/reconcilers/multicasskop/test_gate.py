"""When a child is Running and Done for the very spec that is wanted."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.cases import NOW, RUNNING, child, parent
from multicasskop.reconcilers.multicasskop.facts import Child, Trace
from multicasskop.reconcilers.multicasskop.gate import Ask, Gate, Open, Shut, describe, gate

SETTLE = 30.0


def go(**more: Any) -> Child:  # noqa: ANN401  as `child` takes them
    """A child beside the Go CassKop."""
    return child(parent(), "c1", **more)


def own(observed: int, generation: int = 2, **more: str) -> Child:
    """A child beside a CassKop that tells which generation it has observed."""
    return child(parent(), "c1", generation=generation, status=RUNNING | {"observedGeneration": observed} | more)


def wrote(seconds: float, **more: Any) -> Trace:  # noqa: ANN401  any field
    """A trace of a write so many seconds ago, before which the child had been initialised."""
    return replace(Trace(written_at=NOW - seconds, hash="h", before="Initializing"), **more)


@pytest.mark.parametrize(
    ("found", "trace", "verdict"),
    [
        pytest.param(go(status={}), Trace(), Shut, id="CassKop has not looked yet"),
        pytest.param(go(status=RUNNING | {"phase": "Pending"}), Trace(), Shut, id="not Running"),
        pytest.param(go(status=RUNNING | {"lastClusterActionStatus": "Ongoing"}), Trace(), Shut, id="not Done"),
        pytest.param(own(1), Trace(), Shut, id="ours: an older generation"),
        pytest.param(own(2), Trace(), Open, id="ours: this generation"),
        pytest.param(own(3), Trace(), Open, id="ours: a later one"),
        pytest.param(own(2), wrote(1), Open, id="ours: no action needs to be seen"),
        pytest.param(own(2), wrote(1, seeds=True), Shut, id="ours: new seeds move no generation"),
        pytest.param(own(2), wrote(1, seeds=True, acted=frozenset({"UpdateSeedList"})), Open, id="ours: seeds taken"),
        pytest.param(go(generation=3, processed=2), wrote(99), Shut, id="Go: its last pass was over an older one"),
        pytest.param(go(generation=2, processed=3), wrote(99), Shut, id="Go: over one that does not exist"),
        pytest.param(go(), Trace(), Ask, id="Go: nothing is remembered"),
        pytest.param(go(), wrote(1), Shut, id="Go: the old Running and Done behind a new annotation"),
        pytest.param(go(), wrote(1, acted=frozenset({"UpdateDockerImage"})), Open, id="Go: an action was seen"),
        pytest.param(go(), wrote(1, before=""), Open, id="Go: a new child was initialised"),
        pytest.param(go(), wrote(1, before="ScaleUp"), Open, id="Go: the last action is another one than before"),
        pytest.param(go(), wrote(1, acted=frozenset({"CorrectCRDConfig"})), Shut, id="Go: a correction is no action"),
        pytest.param(go(), wrote(30), Open, id="Go: none was seen for long enough"),
        pytest.param(go(), wrote(29.9), Shut, id="Go: not quite long enough"),
        pytest.param(
            go(), wrote(1, seeds=True, acted=frozenset({"ScaleUp"})), Shut, id="Go: seeds need their own action"
        ),
    ],
)
def test_gate(found: Child, trace: Trace, verdict: type[Gate]) -> None:
    """The gate opens for Running and Done of this generation, beside the Go CassKop with a sign of our write."""
    assert isinstance(gate(found, trace, SETTLE, NOW, told_ready=False), verdict)


def test_last_report_opens_unverified() -> None:
    """When nothing is remembered the last report is enough to say Ready, not enough to build upon."""
    assert gate(go(), Trace(), SETTLE, NOW, told_ready=True) == Open(verified=False)


def test_time_that_opens_is_named() -> None:
    """A gate that time alone may open says when."""
    found = gate(go(), wrote(10), SETTLE, NOW, told_ready=False)
    assert found == Shut("phase=Running action=Initializing status=Done, no action seen yet", NOW + 20)


def test_silent_opening_is_told() -> None:
    """That no action was ever seen after our write is said; of a child that we never wrote it is not."""
    assert gate(go(), wrote(31), SETTLE, NOW, told_ready=False) == Open(silent=True)
    assert gate(go(), Trace(written_at=float("-inf"), before="Initializing"), SETTLE, NOW, told_ready=False) == Open()


def test_generation_that_is_missing_is_named() -> None:
    """A gate that waits for a generation says which one CassKop is at."""
    found = gate(go(generation=3, processed=2), Trace(), SETTLE, NOW, told_ready=False)
    assert isinstance(found, Shut)
    assert found.has.endswith("generation 3 not processed (CassKop is at 2)")


@pytest.mark.parametrize("annotation", ["", "{}", "nonsense", '{"metadata":3}', "[" * 5000], ids=str.__len__)
def test_unreadable_annotation_is_none(annotation: str) -> None:
    """An annotation that cannot be read opens nothing, and breaks nothing."""
    name = "cassandraclusters.db.orange.com/last-applied-configuration"
    found = go(annotations={name: annotation})
    assert found.processed == 0
    assert isinstance(gate(found, wrote(99), SETTLE, NOW, told_ready=True), Shut)


def test_description_has_a_place_for_each_part() -> None:
    """Parts of the status that are not there yet are shown as dashes."""
    assert describe(go(status={})) == "phase=- action=- status=-"
