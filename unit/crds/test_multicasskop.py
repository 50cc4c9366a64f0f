"""The MultiCasskop as programs read and write it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.crds.multicasskop import (
    Approval,
    DeletionOnDark,
    Drift,
    MemberState,
    MemberStatus,
    MultiCasskop,
    MultiCasskopSpec,
    MultiCasskopStatus,
    OverrideRemoved,
    Phase,
    RolloutOnDark,
    SeedChange,
    SeedMode,
)
from pydantic import ValidationError

Json = dict[str, Any]
SAMPLES = Path(__file__).resolve().parents[2] / "e2e" / "samples"


def sample(name: str) -> Json:
    """The object of a sample file."""
    found: Json = yaml.safe_load((SAMPLES / name).read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", ["article.yaml", "go-v2.yaml"])
def test_manifests_of_the_go_operator_are_read(name: str) -> None:
    """Base and overrides come out exactly as they were written, and all else has its default."""
    body = sample(name)
    found = MultiCasskop.model_validate(body)
    assert (found.spec.base, found.spec.override) == (body["spec"]["base"], body["spec"]["override"])
    assert found.to_json() == body


def test_defaults_are_those_of_the_specification() -> None:
    """A spec without the new fields means what the Go operator does."""
    spec = MultiCasskopSpec()
    assert (spec.paused, spec.drift, spec.restart, spec.base, spec.override) == (False, Drift.CORRECT, "", {}, {})
    rollout = spec.rollout
    assert (rollout.order, rollout.max_concurrent, rollout.approval) == ((), 1, Approval.AUTOMATIC)
    assert (rollout.soak, rollout.settle, rollout.progress_deadline) == ("0s", "30s", "30m")
    assert rollout.on_dark is RolloutOnDark.WAIT
    seeds = spec.seeds
    assert (seeds.mode, seeds.per_datacenter, seeds.on_change, dict(seeds.domain)) == (None, 3, SeedChange.KEEP, {})
    deletion = spec.deletion
    assert (deletion.on_dark, deletion.deadline) == (DeletionOnDark.WAIT, "1h")
    assert deletion.on_override_removed is OverrideRemoved.RETAIN


@pytest.mark.parametrize(("body", "value"), [({}, None), ({"deleteCassandraCluster": None}, None)])
def test_missing_cascade_can_be_told_from_false(body: Json, value: bool | None) -> None:
    """A missing deleteCassandraCluster is false to whoever asks, and still known to be missing."""
    found = MultiCasskopSpec.model_validate(body).delete_cassandra_cluster
    assert found is value
    assert not found


def test_member_without_a_difference_is_empty() -> None:
    """A member written with nothing behind it is one without a difference, as on the server."""
    assert MultiCasskopSpec.model_validate({"override": {"a": None, "b": {}}}).override == {"a": {}, "b": {}}


def test_new_fields_are_read() -> None:
    """Every new field reaches its attribute."""
    spec = MultiCasskopSpec.model_validate(
        {
            "paused": True,
            "rollout": {"order": ["b", "a"], "maxConcurrent": 2, "progressDeadline": "5m", "approval": "Manual"},
            "seeds": {"mode": "Auto", "perDatacenter": 2, "onChange": "Roll", "domain": {"a": "zone.example."}},
            "deletion": {"onDark": "Orphan", "deadline": "10m", "onOverrideRemoved": "Drain"},
            "drift": "Report",
            "restart": "now",
        }
    )
    assert (spec.rollout.order, spec.rollout.max_concurrent, spec.rollout.approval) == (("b", "a"), 2, Approval.MANUAL)
    assert (spec.seeds.mode, dict(spec.seeds.domain)) == (SeedMode.AUTO, {"a": "zone.example."})
    assert (spec.deletion.on_dark, spec.deletion.deadline) == (DeletionOnDark.ORPHAN, "10m")
    assert (spec.paused, spec.drift, spec.restart) == (True, Drift.REPORT, "now")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"paused": "yes"}, ("paused",)),
        ({"rollout": {"soak": "2d"}}, ("rollout", "soak")),
        ({"rollout": {"maxConcurrent": 0}}, ("rollout", "maxConcurrent")),
        ({"rollout": {"approval": "Maybe"}}, ("rollout", "approval")),
        ({"seeds": {"perDatacenter": 4}}, ("seeds", "perDatacenter")),
        ({"seeds": {"domain": {"a": "my zone"}}}, ("seeds", "domain", "a")),
        ({"deletion": {"deadline": "-1s"}}, ("deletion", "deadline")),
        ({"override": {"a": "x"}}, ("override", "a")),
        ({"override": []}, ("override",)),
        ({"base": None}, ("base",)),
    ],
)
def test_bad_spec_is_refused_with_its_place(body: Json, where: tuple[str, ...]) -> None:
    """What an old server let in is found when it is read, by the name it has on the wire."""
    with pytest.raises(ValidationError) as refused:
        MultiCasskopSpec.model_validate(body)
    assert [error["loc"] for error in refused.value.errors()] == [where]


def test_another_kind_is_refused() -> None:
    """A MultiCasskop is not read from an object of another kind."""
    with pytest.raises(ValidationError):
        MultiCasskop.model_validate({"kind": "Pod", "metadata": {"name": "demo"}})


def test_status_goes_out_as_published() -> None:
    """Status is written with the names people read in kubectl."""
    member = MemberStatus(name="a", state=MemberState.READY, child="ns/demo", last_cluster_action_status="Done")
    status = MultiCasskopStatus(
        observed_generation=4, phase=Phase.PROGRESSING, ready="1/2", waiting_for="b: phase=Pending", clusters=(member,)
    )
    assert status.to_json() == {
        "observedGeneration": 4,
        "phase": "Progressing",
        "ready": "1/2",
        "waitingFor": "b: phase=Pending",
        "clusters": [{"name": "a", "state": "Ready", "child": "ns/demo", "lastClusterActionStatus": "Done"}],
    }


def test_states_and_phases_are_published() -> None:
    """States of members and phases are API."""
    assert " ".join(Phase) == "Pending Progressing Ready Degraded Halted Paused Deleting"
    states = "Absent Applying Progressing Soaking Ready Dark Refused Failed Conflict Unknown Retained Draining"
    assert " ".join(MemberState) == states
