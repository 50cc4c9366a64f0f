"""Lists and trees: what a MultiCasskop's own status says, drawn line by line."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.operator.output.marks import in_ascii
from multicasskop.operator.output.report import document_of, report_of
from multicasskop.operator.output.tree import list_lines, tree_lines

NOW = datetime(2026, 11, 23, 14, 5, 32, tzinfo=UTC)
Json = dict[str, Any]


def member(name: str, state: str, **more: Any) -> Json:  # noqa: ANN401
    """One entry of status.clusters."""
    return {"name": name, "state": state, "reachable": True, **more}


def mck(status: Json, generation: int = 14) -> Json:
    """A MultiCasskop with two members and this status."""
    dc = {
        name: {"spec": {"topology": {"dc": [{"name": f"dc{n}"}]}}} for n, name in enumerate(("eu-west", "eu-north"), 1)
    }
    return {
        "metadata": {"namespace": "cassandra", "name": "demo", "generation": generation},
        "spec": {"base": {}, "override": dc},
        "status": status,
    }


WORKING: Json = {
    "observedGeneration": 14,
    "phase": "Progressing",
    "ready": "1/2",
    "nodes": "11/12",
    "waitingFor": "eu-north: phase=Pending action=UpdateDockerImage status=Ongoing",
    "since": "2026-11-23T14:03:12Z",
    "rollout": {"generation": 14, "step": 2, "steps": 2, "startedAt": "2026-11-23T13:59:27Z", "manager": "kubectl"},
    "seedlist": ["a", "b"],
    "clusters": [
        member(
            "eu-west",
            "Ready",
            phase="Running",
            lastClusterAction="UpdateDockerImage",
            lastClusterActionStatus="Done",
            nodes={"ready": 6, "wanted": 6},
            since="2026-11-23T14:03:12Z",
        ),
        member(
            "eu-north",
            "Progressing",
            phase="Pending",
            lastClusterAction="UpdateDockerImage",
            lastClusterActionStatus="Ongoing",
            nodes={"ready": 5, "wanted": 6},
            since="2026-11-23T14:03:12Z",
            racks=[{"name": "dc2-rack2", "ready": 1, "wanted": 2, "message": "pod 1 is not ready"}],
            gate={"wants": "Running + Done", "has": "Pending + Ongoing"},
        ),
    ],
}


def test_tree_of_a_rollout() -> None:
    """A rollout shows its step, each member in its turn, the gate, and racks that are unlike the rest."""
    assert tree_lines(report_of(mck(WORKING)), "eu-west", NOW) == [
        "demo   namespace cassandra   generation 14, seen   rollout began 6m05s ago, spec set by kubectl",
        "◐ Progressing   step 2 of 2: eu-north: phase=Pending action=UpdateDockerImage status=Ongoing (2m20s)",
        "",
        "├─ 1 ✔ eu-west   home  Ready 2m20s        dc1  6/6  Running  UpdateDockerImage Done",
        "└─ 2 ◐ eu-north        Progressing 2m20s  dc2  5/6  Pending  UpdateDockerImage Ongoing",
        "      dc2-rack2  1/2  pod 1 is not ready",
        "      gate   wants Running + Done; has Pending + Ongoing",
        "",
        "Seeds     2",
    ]


def test_list_of_a_rollout() -> None:
    """A list has one line per object under its header, columns at least two spaces apart."""
    other = {**mck({"phase": "Ready", "observedGeneration": 1, "ready": "2/2"}, 1)}
    other["metadata"] = {"namespace": "billing", "name": "core", "generation": 1}
    working = mck({**WORKING, "waitingFor": "eu-north: phase=Pending"})
    assert list_lines([report_of(working), report_of(other)], NOW) == [
        "NAMESPACE  NAME  PHASE          READY  NODES  WAITING FOR              SINCE  NEXT",
        "cassandra  demo  ◐ Progressing  1/2    11/12  eu-north: phase=Pending  2m20s  -",
        "billing    core  ✔ Ready        2/2    -      -                        -      -",
    ]


@pytest.mark.parametrize(
    ("status", "line"),
    [
        pytest.param({}, "○ Pending", id="not-looked-at"),
        pytest.param({"phase": "Halted", "message": "see events"}, "✖ Halted      see events", id="halted"),
        pytest.param({"phase": "Surprised"}, "? Surprised", id="phase-of-a-newer-operator"),
        pytest.param({"phase": "Degraded"}, "! Degraded", id="degraded"),
    ],
)
def test_second_line_says_the_phase(status: Json, line: str) -> None:
    """The second line begins with mark and phase, whatever the status holds."""
    assert tree_lines(report_of(mck(status)), "", NOW)[1] == line


def test_generation_that_was_not_seen_is_said() -> None:
    """A generation that the operator has not looked at is told so."""
    assert "generation 15, not seen yet" in tree_lines(report_of(mck(WORKING, 15)), "", NOW)[0]


def test_a_dark_member_is_no_healthy_one() -> None:
    """A member that cannot be reached is shown as such, with its message."""
    status = {
        "clusters": [member("eu-west", "Dark", reachable=False, message="connect timeout; last contact 14:02:11Z")]
    }
    lines = tree_lines(report_of(mck(status)), "eu-west", NOW)
    assert lines[3:5] == ["└─ 1 ? eu-west  home  Dark, dark -  dc1", "      connect timeout; last contact 14:02:11Z"]


def test_troubles_stand_at_the_end() -> None:
    """Conditions that tell of trouble are written out, the others are not."""
    conditions = [
        {"type": "Ready", "status": "False", "reason": "Invalid", "message": "no"},
        {"type": "Valid", "status": "False", "reason": "BadOverride", "message": "spec.override.x: bad"},
        {"type": "Degraded", "status": "False", "reason": "AsExpected", "message": ""},
        {"type": "Stalled", "status": "True", "reason": "Invalid", "message": "needs you"},
    ]
    lines = tree_lines(report_of(mck({"conditions": conditions})), "", NOW)
    assert lines[-2:] == ["BadOverride: spec.override.x: bad", "Invalid: needs you"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "phase",
    "clusters",
    "conditions",
    "rollout",
    "seedlist",
    "since",
    "nodes",
    "waitingFor",
    "observedGeneration",
)


@given(
    st.dictionaries(
        st.sampled_from(FIELDS),
        JUNK | st.lists(st.dictionaries(st.sampled_from(("name", "gate", "racks", "since", "nodes")), JUNK)),
    )
)
def test_any_status_can_be_drawn(status: Json) -> None:
    """Whatever somebody wrote into the status, it can be drawn, listed and written as a document."""
    report = report_of(mck(status))
    assert tree_lines(report, "eu-west", NOW)
    assert len(list_lines([report], NOW, wide=True)) == 2
    assert document_of(report, NOW)["name"] == "demo"


def test_ascii() -> None:
    """In ASCII every sign of ours has its stand-in, and nothing else gets through."""
    drawn = "\n".join(tree_lines(report_of(mck(WORKING)), "eu-west", NOW))
    assert in_ascii(drawn).isascii()
    assert "|- 1 + eu-west" in in_ascii(drawn)
    assert in_ascii("é") == "\\xe9"
