"""What counts against a disturbed run, and what does not."""

import json
from dataclasses import replace
from typing import Any

import pytest
from multicasskop.world.campaign.crash_points import crash_plans, stop_plans
from multicasskop.world.campaign.end_state import differences, flat
from multicasskop.world.campaign.report import report
from multicasskop.world.campaign.runs import Ran
from multicasskop.world.campaign.verdicts import HELD_UP, judge
from multicasskop.world.proxy.actions import LoseAnswer
from multicasskop.world.proxy.plans import Plan
from multicasskop.world.proxy.rules import Match, Rule
from multicasskop.world.proxy.trace import Passed
from multicasskop.world.recorder import Entry

ONE, TWO = "c1", "c2"
CHILDREN = "cassandraclusters"
PLAN = Plan("create", (Rule(Match(writes=True, nth=1), LoseAnswer(), "lost"),))


def passed(number: int, member: str, verb: str = "create", **facts: Any) -> Passed:  # noqa: ANN401 - any field
    """A request; the later the higher its number."""
    told: dict[str, Any] = {
        "at": 10.0 * number,
        "took": 0.01,
        "number": number,
        "member": member,
        "verb": verb,
        "group": "db.orange.com",
        "plural": CHILDREN,
        "namespace": "team",
        "name": "demo",
        "subresource": "",
        "manager": "multicasskop",
        "dry_run": False,
        "code": 201,
        "forwarded": 1,
        "rule": "",
    }
    return Passed(**{**told, **facts})


def entry(at: float, member: str, kind: str = "ADDED", *, settled: bool = True, **metadata: object) -> Entry:
    """What was seen of a child."""
    status = {"phase": "Running" if settled else "Pending", "lastClusterActionStatus": "Done"}
    meta = {"name": "demo", "namespace": "team", "uid": f"uid-{member}", "generation": 1, **metadata}
    return Entry(at, member, CHILDREN, kind, {"metadata": meta, "status": status})


WRITES = (passed(1, ONE), passed(2, TWO))
HISTORY = (entry(10.1, ONE), entry(20.1, TWO))
CALM = Ran(Plan("create"), (ONE, TWO), WRITES, WRITES, HISTORY, {"c1 x": 1}, (), 0, 1.0)
FAULTY = replace(CALM, plan=PLAN, hits=1)


def log(level: str, times: int = 1) -> tuple[str, ...]:
    """Lines of an operator's log."""
    return (json.dumps({"level": level, "msg": "m"}),) * times


def test_same_run_is_no_finding() -> None:
    """A run that was disturbed and did the same is all right."""
    assert judge(CALM, FAULTY) == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"hits": 0}, "no rule of the plan has ever acted"),
        ({"state": {"c1 x": 2}}, "c1 x: 2, undisturbed 1"),
        ({"state": {}}, "c1 x: 'nothing', undisturbed 1"),
        ({"history": (*HISTORY, entry(30, TWO))}, "c2 cassandraclusters ADDED: 2 times, undisturbed 1"),
        ({"history": (*HISTORY, entry(30, TWO, "MODIFIED", generation=2))}, "spec: 2 times, undisturbed 1"),
        ({"history": (*HISTORY, entry(30, TWO, deletionTimestamp="now"))}, "demo got a deletion mark"),
        ({"writes": (passed(1, TWO), passed(2, ONE))}, "specs were written in c2, c1, undisturbed c1, c2"),
        (
            {"history": (entry(10.1, ONE, settled=False), entry(20.1, TWO))},
            "c2: create at 20.000 while c1 was in change",
        ),
        ({"writes": (*WRITES, *[passed(n, ONE, subresource="status") for n in range(3, 10)])}, "9 writes, at most 8"),
        ({"writes": (*WRITES, *[passed(n, ONE, plural="multicasskops") for n in (3, 4, 5)])}, "5 writes, at most 4"),
        ({"requests": (*WRITES, *[passed(3, ONE, "get")] * 65)}, "67 requests, undisturbed 2"),
        ({"log": log("error", 3)}, "3 errors for 1 faults"),
        ({"log": ("Traceback (most recent call last):",)}, "Traceback"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_counts_against_a_run(change: dict[str, Any], says: str) -> None:
    """Each difference is told as a sentence, and then what both runs wrote."""
    *findings, last = judge(CALM, replace(FAULTY, **change))
    assert any(says in finding for finding in findings), findings
    assert last.startswith("it wrote c")


@pytest.mark.parametrize(
    "change",
    [
        {"writes": (*WRITES, passed(3, ONE, subresource="status"), passed(4, ONE, subresource="status"))},
        {"log": log("error", 2) + log("warning", 9)},
        {"history": (entry(10.1, ONE), entry(19.9, TWO))},
    ],
    ids=["two writes more for a fault", "an error for each fault and one", "watches that tell a little late"],
)
def test_what_a_fault_may_cost(change: dict[str, Any]) -> None:
    """Some things may be as a consequence of a fault."""
    assert judge(CALM, replace(FAULTY, **change)) == ()


def test_write_that_a_run_did_not_make_cannot_be_disturbed() -> None:
    """Reports may be written together: a plan for the third write says nothing about a run of two."""
    late = Plan("create", (Rule(Match(writes=True, nth=3), LoseAnswer(), "late"),))
    assert judge(CALM, replace(CALM, plan=late)) == ()


def test_workload_that_deletes_may_destroy() -> None:
    """Deletion marks are a finding only where nobody asked for them."""
    gone = (*HISTORY, entry(30, TWO, "DELETED"))
    calm = replace(CALM, plan=Plan("delete"), history=gone)
    assert judge(calm, replace(calm, plan=replace_workload(PLAN, "delete"), hits=1)) == ()


def test_deletions_have_no_order() -> None:
    """A deletion need not wait for that of another member; only specs are written one after the other."""
    deletes = tuple(passed(number, member, "delete") for number, member in enumerate((TWO, ONE), 1))
    calm = replace(CALM, plan=Plan("delete"), writes=deletes)
    assert judge(calm, replace(calm, writes=deletes[::-1])) == ()


def replace_workload(plan: Plan, workload: str) -> Plan:
    """The same plan under another workload."""
    return Plan(workload, plan.rules)


def test_three_crashes_for_each_write() -> None:
    """Each write of the undisturbed run is a crash point before, after and behind it, and the plan says which."""
    plans = list(crash_plans(CALM))
    assert [plan.rules[0].match.nth for plan in plans] == [1, 1, 1, 2, 2, 2]
    assert plans[4].why == "killed after write 2 of 2: create cassandraclusters in c2"
    assert len({plan.rules[0].name for plan in plans}) == 6


STOPPED = json.dumps({"level": "info", "msg": "stopped", "reason": "signal SIGTERM"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"log": (STOPPED,)}, ""),
        ({"log": ()}, "it was asked to stop, and its log has no such end"),
        ({"log": (STOPPED,), "ends": ("it has ended, and pod-1 still held the lease",)}, "pod-1 still held the lease"),
    ],
    ids=["in good order", "no end told", "with its lease"],
)
def test_how_a_stop_is_judged(change: dict[str, Any], says: str) -> None:
    """Who is asked to stop says that it did, in time and without its lease; each failing of it is a finding."""
    plan = next(stop_plans(CALM))
    findings = judge(CALM, replace(CALM, plan=plan, hits=1, **change))
    assert any(says in finding for finding in findings) if says else findings == ()


def test_three_stops_for_each_write() -> None:
    """Stops are planned at the same points as crashes, under names of their own."""
    stops, crashes = list(stop_plans(CALM)), list(crash_plans(CALM))
    assert [plan.rules[0].match for plan in stops] == [plan.rules[0].match for plan in crashes]
    assert stops[0].why == "stopped before write 1 of 2: create cassandraclusters in c1"
    assert not {plan.rules[0].name for plan in stops} & {plan.rules[0].name for plan in crashes}


SLOW = Plan("create", (Rule(Match(member=TWO, writes=True, nth=1), LoseAnswer(), "lost"),))


@pytest.mark.parametrize(
    ("plan", "at", "found"),
    [(SLOW, 10.5, 0), (SLOW, 20.0 + HELD_UP, 1), (PLAN, 20.0 + HELD_UP, 0)],
    ids=["as fast as ever", "held up", "disturbed itself"],
)
def test_members_ahead_of_the_fault_are_spared(plan: Plan, at: float, found: int) -> None:
    """A member whose turn is before that of the disturbed one does not wait for that one; others may."""
    calm = replace(CALM, began=8.0)
    slow = replace(calm, plan=plan, hits=1, history=(entry(at, ONE), entry(20.1, TWO)))
    assert sum("not disturbed, and done after" in finding for finding in judge(calm, slow)) == found


@pytest.mark.parametrize(
    ("change", "says"),
    [({"recovery": 61.0}, "61.0s from the healing"), ({"stores": ("c1: the store holds 1",)}, "the store holds 1")],
    ids=["late", "stores apart"],
)
def test_what_is_left_after_a_fault(change: dict[str, Any], says: str) -> None:
    """A late recovery and stores that do not agree with their servers count against a run."""
    assert any(says in finding for finding in judge(CALM, replace(FAULTY, **change)))


def test_report_has_each_failing_plan_whole() -> None:
    """A plan that failed can be copied from the report; those that did not fail are not in it."""
    text = report([(PLAN, ("c1 x: 2, undisturbed 1",)), (Plan("delete"), ())])
    assert "do: lose_answer" in text
    assert "! c1 x: 2" in text
    assert "delete" not in text
    assert report([(PLAN, ())]) == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"metadata": {"name": "demo-1"}}, {"metadata": {"name": "demo-2"}}, True),
        ({"metadata": {"uid": "a", "resourceVersion": "1"}}, {"metadata": {"uid": "b", "resourceVersion": "2"}}, True),
        ({"status": {"since": "2026-01-02T03:04:05Z"}}, {"status": {"since": "2027-01-02T03:04:05.123Z"}}, True),
        ({"metadata": {"generation": 1}}, {"metadata": {"generation": 2}}, False),
        ({"spec": {"a": []}}, {"spec": {"a": {}}}, False),
        ({"spec": {"a": [1, 2]}}, {"spec": {"a": [2, 1]}}, False),
        ({"status": {"waitingFor": "c1"}}, {"status": {}}, False),
    ],
)
def test_what_must_differ_is_not_compared(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    """Names of runs, UIDs, versions and times are masked; generations, order and left-overs are not."""
    found = differences(dict(flat(one, "demo-1")), dict(flat(other, "demo-2")))
    assert (found == ()) is same
