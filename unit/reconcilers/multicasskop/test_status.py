"""The report: what it holds, and when it is written."""

from typing import Any

import pytest
from fakes.cases import NOW, RUNNING, case, child, parent
from fakes.clock import EPOCH
from fakes.patches import apply_merge_patch
from fakes.stage import HOME, OTHER, PARENTS, Stage, ring
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.multicasskop import MemberState
from multicasskop.reconcilers.conditions import same_status
from multicasskop.reconcilers.multicasskop.entries import Nodes, Shown, entry, nodes_of
from multicasskop.reconcilers.multicasskop.facts import Child, MemberFacts, Reach
from multicasskop.reconcilers.multicasskop.members import (
    Absent,
    Applying,
    Conflict,
    Dark,
    Failed,
    Progressing,
    Ready,
    Refused,
    Soaking,
    Starting,
    State,
    Unknown,
)
from multicasskop.reconcilers.multicasskop.ownership import Origin
from multicasskop.reconcilers.multicasskop.status import status_patch
from multicasskop.reconcilers.multicasskop.telling import message_of, name_of, waiting_of
from multicasskop.reconcilers.multicasskop.writes import Due

Json = dict[str, Any]
VALUES = st.recursive(
    st.booleans() | st.integers(0, 3) | st.text("ab", min_size=1, max_size=2),
    lambda inner: st.lists(inner, min_size=1, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, min_size=1),
    max_leaves=4,
)
STATUSES = st.dictionaries(st.sampled_from(["phase", "ready", "clusters", "since"]), VALUES)


@given(STATUSES, STATUSES)
def test_patch_leads_from_one_status_to_the_other(old: Json, new: Json) -> None:
    """The patch makes the old status say what the new one says; there is none when only times differ."""
    patch = status_patch(old, new)
    if patch is None:
        assert same_status(old, new)
    else:
        assert same_status(apply_merge_patch(old, patch["status"]), new)


@given(STATUSES)
def test_same_status_is_not_written(status: Json) -> None:
    """A status that says the same is not written, whatever its times are."""
    assert status_patch(status, status | {"since": "later"}) is None


@pytest.mark.parametrize(
    ("state", "name", "message"),
    [
        pytest.param(Unknown(), "Unknown", "MCK104 is not registered", id="unknown"),
        pytest.param(Dark("ConnectTimeout", ""), "Dark", "MCK301 is dark (ConnectTimeout)", id="dark"),
        pytest.param(Dark("x", "no route"), "Dark", "MCK301 is dark (no route)", id="dark, with its error"),
        pytest.param(Starting("not known"), "Unknown", "not known", id="starting"),
        pytest.param(Failed("Forbidden", "MCK311 may not"), "Failed", "MCK311 may not", id="failed"),
        pytest.param(Conflict("x belongs to y"), "Conflict", "MCK401 x belongs to y; untouched", id="conflict"),
        pytest.param(
            Refused(("spec.a",)),
            "Refused",
            "MCK402 spec.a was put back; not written again until something else is wanted",
            id="refused",
        ),
        pytest.param(Absent(), "Absent", "", id="absent"),
        pytest.param(Absent("uid"), "Absent", "its child was deleted by somebody else", id="vanished"),
        pytest.param(
            Applying(Due(paths=("spec.a", "spec.b"))), "Applying", "2 changes to come: spec.a, spec.b", id="applying"
        ),
        pytest.param(Applying(Due(origin=Origin.AGREED)), "Applying", "is to be taken over as it is", id="taken over"),
        pytest.param(Progressing("phase=x"), "Progressing", "wants Running + Done, has phase=x", id="progressing"),
        pytest.param(Soaking(1.0), "Soaking", "Running and Done, but not for long enough yet", id="soaking"),
        pytest.param(Ready(), "Ready", "", id="ready"),
        pytest.param(Ready(silent=True), "Ready", "no action seen after the last write", id="ready in silence"),
        pytest.param(
            Ready(drifted=("spec.a",)), "Ready", "spec.a was edited by hand; drift policy is Report", id="drifted"
        ),
        pytest.param(
            Ready(held=True),
            "Applying",
            "its spec waits until the seeds that leave are gone from all lists",
            id="held back",
        ),
        pytest.param(
            Ready(contested=5.0),
            "Ready",
            "MCK233 its seed list is changed by something else; set right again later",
            id="contested",
        ),
        pytest.param(
            Refused(tuple("abcdefg")),
            "Refused",
            "MCK402 a, b, c, d, e and 2 more was put back; not written again until something else is wanted",
            id="many paths",
        ),
    ],
)
def test_state_in_words(state: State, name: str, message: str) -> None:
    """Each state has its word, and says in one clause what a person should know."""
    assert name_of(state) == MemberState(name)
    assert message_of(state) == message


def test_waiting_is_told_in_the_words_of_casskop() -> None:
    """What a rollout waits for is phase, action and status, without a time that ticks."""
    assert waiting_of(Progressing("phase=a action=b status=c")) == "phase=a action=b status=c"
    assert waiting_of(Conflict("x")) == "MCK401 x; untouched"


def racks(**phases: str) -> Json:
    """A status that is Initializing or Pending, with racks in these phases."""
    found = {name.replace("_", "-"): {"phase": phase} for name, phase in phases.items()}
    return {"phase": "Initializing", "cassandraRackStatus": found}


@pytest.mark.parametrize(
    ("status", "nodes"),
    [
        pytest.param(RUNNING, Nodes(4, 4), id="Running: all"),
        pytest.param({"nodes": "3/4", "phase": "Pending"}, Nodes(3, 4), id="as CassKop tells"),
        pytest.param({}, Nodes(0, 4), id="not begun: none"),
        pytest.param(racks(dc1_a="Running", dc1_b="Initializing"), Nodes(2, 4), id="rack by rack"),
        pytest.param(racks(dc1_a="Running", dc1_b="Pending"), Nodes(2, 4, exact=False), id="Pending: nobody knows"),
        pytest.param({"nodes": "many", "phase": "Running"}, Nodes(4, 4), id="what cannot be read is not told"),
        pytest.param({"cassandraRackStatus": 7}, Nodes(0, 4), id="racks of a strange type"),
    ],
)
def test_nodes(status: Json, nodes: Nodes) -> None:
    """Nodes that are ready are counted as far as CassKop tells, and what it does not tell is marked."""
    shown = two_racks(status)
    assert nodes_of(shown) == nodes


def two_racks(status: Json, **facts: Any) -> Shown:  # noqa: ANN401  any fact
    """A member with two racks of two nodes."""
    spec = ring("c1")["spec"]
    spec["base"]["spec"]["nodesPerRacks"] = 2
    spec["override"]["c1"] = {"spec": {"topology": {"dc": [{"name": "dc1", "rack": [{"name": "a"}, {"name": "b"}]}]}}}
    found = parent(spec)
    seen: Child = child(found, "c1", status=status)
    moment = case(found, c1=seen)
    member = MemberFacts("c1", seen.key, child=seen, **facts)
    return Shown(member, moment.wish.children["c1"], Ready())


def test_nodes_of_a_dark_member_are_not_exact() -> None:
    """What is known of a dark member is from the past."""
    assert nodes_of(two_racks(RUNNING, reach=Reach(ok=False))) == Nodes(4, 4, exact=False)


def test_entry_keeps_its_time_while_its_state_stays() -> None:
    """`since` of an entry moves with its state only."""
    stage = Stage()
    stage.apply(ring())
    stage.own_casskop(HOME)
    since = stage.entry(HOME)["since"]
    stage.clock.advance(100)
    stage.own_casskop(OTHER)
    assert stage.entry(HOME)["since"] == since
    assert stage.entry(OTHER)["since"] > since
    stage.casskop_says(HOME, "Pending", "Initializing", "Done")
    assert stage.entry(HOME)["since"] > since


def test_gate_stands_while_a_step_lasts() -> None:
    """The entry of a member in change says what it wants, what it has, since when, and when the rollout gives up."""
    stage = Stage()
    stage.apply(ring())
    gate = stage.entry(HOME)["gate"]
    assert (gate["wants"], gate["since"]) == ("Running + Done", "2030-01-01T00:00:00Z")
    assert gate["deadline"] == "2030-01-01T00:30:00Z"
    assert stage.status()["message"] == "gate gives up at 2030-01-01T00:30:00Z"
    stage.own_casskop(HOME)
    assert "gate" not in stage.entry(HOME)
    stage.clock.advance(3600)
    stage.casskop_says(HOME, "Pending", "Initializing", "Done")
    assert "gate" not in stage.entry(HOME), "an outage later is no step"


def test_rollout_is_counted() -> None:
    """The rollout says which generation it brings, since when, and at which step it is."""
    stage = Stage()
    stage.apply(ring())
    assert stage.status()["rollout"] == {
        "generation": 1,
        "startedAt": "2030-01-01T00:00:00Z",
        "step": 1,
        "steps": 2,
    }
    stage.own_casskop(HOME)
    assert stage.status()["rollout"]["step"] == 2
    stage.own_casskop(OTHER)
    stage.clock.advance(60)
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    assert stage.status()["rollout"]["generation"] == 2
    assert stage.status()["rollout"]["startedAt"] == "2030-01-01T00:01:00Z"


def test_invalid_object_keeps_what_was_known() -> None:
    """An object that becomes invalid says why, and still shows what runs."""
    stage = Stage()
    stage.apply(ring())
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.change({"spec": {"base": {"spec": {"nodesPerRacks": "three"}}}})
    status = stage.status()
    assert status["phase"] == "Degraded"
    assert [found["state"] for found in status["clusters"]] == ["Ready", "Ready"]
    assert status["message"].startswith("MCK")
    assert stage.condition("Valid")["status"] == "False"
    assert stage.condition("Ready")["reason"] == "Invalid"
    assert stage.tape.reasons.count("Invalid") == 1
    stage.annotate(poke="1")
    assert stage.tape.reasons.count("Invalid") == 1
    stage.change({"spec": {"base": {"spec": {"nodesPerRacks": 1}}}})
    assert stage.status()["phase"] == "Ready"


def test_object_that_is_invalid_from_the_start() -> None:
    """An object that was never valid is Pending, and nothing is written for any member."""
    stage = Stage()
    stage.apply(ring(base={"spec": {"nodesPerRacks": "three"}}))
    assert stage.status()["phase"] == "Pending"
    assert stage.condition("Valid")["reason"] == "BadChild"
    assert stage.child(HOME) is None


def test_statuses_wait_in_a_rush() -> None:
    """In a rush statuses are written a little later, one after the other; children are made at once."""
    stage = Stage(reports_at_once=2)
    for number in range(6):
        stage.apply(ring(name=f"demo-{number}"))
    assert all(stage.child(HOME, f"demo-{number}") for number in range(6))
    assert sum(bool(stage.status(f"demo-{number}")) for number in range(6)) == 2
    stage.wait(2, steps=20)
    assert all(stage.status(f"demo-{number}") for number in range(6))
    assert stage.tape.reasons.count("StepStarted") == 6


def test_status_that_waits_is_not_told_twice() -> None:
    """What has been told while the status waited to be written is not told again."""
    stage = Stage(reports_at_once=1)
    stage.apply(ring(name="first"))
    stage.apply(ring())
    stage.own_casskop(HOME)
    stage.annotate(poke="1")
    stage.wait(2, steps=8)
    assert stage.tape.reasons.count("GatePassed") == 1
    assert stage.status()["clusters"][0]["state"] == "Ready"


def test_status_that_waited_takes_back_what_the_cache_never_showed() -> None:
    """What was written before and is not seen yet is taken back by a status that had to wait, as by any other."""
    stage = Stage(reports_at_once=1)
    parents = stage.home.informer_of(PARENTS)
    parents.lagging = True
    stage.home.server.put(PARENTS, ring())
    for _ in range(2):  # the object itself, then its finalizer: what is written of its status stays unseen
        parents.deliver()
        stage.run()
    assert stage.status()["waitingFor"]
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.wait(2, steps=2)
    assert stage.status()["phase"] == "Ready"
    assert not stage.status().keys() & {"waitingFor", "message"}


def test_entry_of_a_member_that_cannot_be_seen_keeps_its_child() -> None:
    """The UID of a child that cannot be seen now stays known, so that a deletion does not forget it."""
    moment = case(parent(status={"clusters": [{"name": "c1", "uid": "u-1", "state": "Ready"}]}), c1=None, c2=None)
    dark = MemberFacts("c1", reach=Reach(ok=False), told=moment.facts.members["c1"].told)
    found = entry(Shown(dark, moment.wish.children["c1"], Dark("x", "y")), EPOCH, NOW)
    assert (found["uid"], found["reachable"]) == ("u-1", False)


def test_operator_s_own_namespace_is_warned_about_once() -> None:
    """An object in the operator's own namespace is allowed, with one warning."""
    stage = Stage(own_namespace="cassandra")
    stage.apply(ring())
    stage.own_casskop(HOME)
    assert stage.tape.reasons.count("OperatorNamespace") == 1
