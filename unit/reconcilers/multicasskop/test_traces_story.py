"""One trace per generation: what is sent, when, and that it goes on with the next process."""

from datetime import datetime

import pytest
from fakes.film import annotation, created, seconds, stage_of
from fakes.spans import Film, about, context_of, parent_of
from fakes.stage import CHILDREN, HOME, OTHER, Stage, ring
from multicasskop.crds.names import TRACEPARENT
from multicasskop.informers.errors import ApiError
from multicasskop.reconcilers.spans import SPANS
from multicasskop.reconcilers.trace_context import TraceContext


def test_rollout_is_one_trace(film: Film) -> None:
    """Everything from the first write to the last Ready is one trace, the one that the status names."""
    stage = created(film)
    root = TraceContext.parse(stage.status()["traceparent"])
    assert root is not None
    assert {context_of(span).trace_id for span in film.spans} == {root.trace_id}
    assert sorted(set(film.names)) == [
        "PATCH multicasskops",
        "PATCH multicasskops/status",
        "POST cassandraclusters",
        "gate",
        "reconcile",
        "rollout",
        "rollout accepted",
        "step",
    ]
    assert context_of(film.one("rollout")) == root
    assert film.one("rollout").parent is None


def test_steps_and_gates_hang_together(film: Film) -> None:
    """Each member has a step under the rollout and a gate under the step, which lasted until its CassKop was done."""
    stage = created(film)
    root = context_of(film.one("rollout"))
    steps = {about(span, "member"): span for span in film.named("step")}
    assert list(steps) == [HOME, OTHER]
    for member, step in steps.items():
        gate = next(span for span in film.named("gate") if about(span, "member") == member)
        assert parent_of(step) == root.span_id
        assert parent_of(gate) == context_of(step).span_id
        assert (seconds(step), seconds(gate)) == (10.0, 10.0)
        assert [about(span, "result") for span in (step, gate)] == ["success", "success"]
        assert context_of(step) == annotation(stage, str(member))


def test_every_span_is_in_the_table(film: Film) -> None:
    """No span, and no attribute, is sent that the table does not have."""
    stage = created(film)
    stage.annotate(resume="1")
    stage.delete()
    rules = {rule.name: rule for rule in SPANS}
    common = {"multicasskop.namespace", "multicasskop.name", "multicasskop.generation"}
    for span in film.spans:
        assert set(span.attributes or {}) - common <= set(rules[span.name].attributes), span.name


def test_writes_stand_under_their_steps(film: Film) -> None:
    """A create is a client span under the step that it begins, with the member; the status is written by the run."""
    created(film)
    posts = film.named("POST cassandraclusters")
    steps = {context_of(span).span_id: about(span, "member") for span in film.named("step")}
    assert [steps[parent_of(span)] for span in posts] == [about(span, "member") for span in posts] == [HOME, OTHER]
    assert {span.kind.name for span in posts} == {"CLIENT"}
    runs = {context_of(span).span_id for span in film.named("reconcile")}
    assert {parent_of(span) for span in film.named("PATCH multicasskops/status")} <= runs


def test_something_is_sent_at_once(film: Film) -> None:
    """With the first write a moment is sent under the root that is still open, whose start is the object's own."""
    stage = stage_of(film)
    stage.apply(ring())
    accepted = film.one("rollout accepted")
    assert parent_of(accepted) == str(stage.status()["traceparent"]).split("-")[2]
    assert (about(accepted, "members"), about(accepted, "changes")) == (2, 2)
    assert film.named("rollout") == []
    stage.wait(5)
    for member in (HOME, OTHER):
        stage.own_casskop(member)
    start = film.one("rollout").start_time
    assert start is not None
    assert start / 1e9 == datetime.fromisoformat(stage.parent()["metadata"]["creationTimestamp"]).timestamp()


def test_ends_of_rollouts_are_written_down(film: Film) -> None:
    """The status tells of the rollout that ended, with the times of its span."""
    stage = created(film)
    record, *others = stage.status()["rollouts"]
    assert (record["generation"], record["result"], others) == (1, "Succeeded", [])
    end = film.one("rollout").end_time
    assert end is not None
    assert datetime.fromisoformat(record["end"]).timestamp() == end / 1e9


def test_last_five_rollouts_are_kept() -> None:
    """The status tells of the last five that ended, the last one first, also while nothing is traced."""
    stage = Stage()
    stage.apply(ring())
    for number in range(6):
        for member in (HOME, OTHER):
            stage.own_casskop(member)
        stage.change({"spec": {"base": {"spec": {"cassandraImage": f"cassandra:4.1.{number + 5}"}}}})
    assert [record["generation"] for record in stage.status()["rollouts"]] == [6, 5, 4, 3, 2]


def test_gate_tells_how_it_came_along(film: Film) -> None:
    """What CassKop did meanwhile stands in the gate as events."""
    stage = stage_of(film)
    stage.apply(ring())
    stage.casskop_says(HOME, "Initializing", "Initializing", "Ongoing")
    stage.own_casskop(HOME)
    marks = [(mark.name, (mark.attributes or {})["multicasskop.has"]) for mark in film.one("gate").events]
    assert marks == [
        ("gate.progress", "phase=- action=- status=-"),
        ("gate.progress", "phase=Initializing action=Initializing status=Ongoing"),
    ]


def test_nothing_is_kept_of_a_step_that_ended(film: Film) -> None:
    """How a gate came along is remembered until its step has ended, and no longer."""
    stage = stage_of(film)
    stage.apply(ring(rollout={"soak": "1m"}))
    marks = stage.reconciler._reporter._outbox._marks
    kept = []
    for member in (HOME, OTHER):
        kept.append(len(marks))
        stage.own_casskop(member)
        stage.wait(60)
    assert (kept, dict(marks)) == ([1, 1], {})


def test_gate_that_took_too_long_tells_all_of_it_in_the_end(film: Film) -> None:
    """What was told when time was over is told again with what came after it."""
    stage = stage_of(film)
    stage.apply(ring(rollout={"progressDeadline": "60s"}))
    stage.casskop_says(HOME, "Initializing", "Initializing", "Ongoing")
    stage.wait(61)
    stage.own_casskop(HOME)
    late, done = film.named("gate")
    assert [about(span, "result") for span in (late, done)] == ["timeout", "success"]
    assert [mark.name for mark in done.events][:2] == [mark.name for mark in late.events] == ["gate.progress"] * 2


def test_nothing_is_sent_at_rest(film: Film) -> None:
    """Looks that change nothing, also by a new process, send nothing and write nothing."""
    stage = created(film)
    film.forget()
    stage.forget_calls()
    stage.restart()
    stage.wait(3600, steps=4)
    assert (film.names, stage.writes()) == ([], [])


@pytest.mark.parametrize("after", ["first write", "first gate", "second write"])
def test_next_process_goes_on(film: Film, after: str) -> None:
    """A process that takes over in the middle ends what another began: the same trace, and each span once."""
    stage = stage_of(film)
    stage.apply(ring())
    if after == "first write":
        stage.restart()
        stage.run()
    stage.casskop_says(HOME, "Initializing", "Initializing", "Ongoing")
    if after == "first gate":
        stage.restart()
        stage.run()
    stage.own_casskop(HOME)
    if after == "second write":
        stage.restart()
        stage.run()
    stage.own_casskop(OTHER)
    ids = [context_of(span) for span in film.spans]
    assert len(set(ids)) == len(ids)
    assert len({context.trace_id for context in ids}) == 1
    assert [about(span, "member") for span in film.named("step")] == [HOME, OTHER]
    assert about(film.one("rollout"), "result") == "success"


def test_spans_of_a_report_wait_for_it(film: Film) -> None:
    """A status that could not be written has its spans sent when it is, once; a process that dies before sends none."""
    stage = stage_of(film)
    stage.apply(ring())
    fault = stage.home.server.fail("patch", lambda call: ApiError(HOME, 500, "Error", "no"), subresource="status")
    stage.own_casskop(HOME)
    assert film.named("gate") == []
    fault.times = 0
    stage.restart()
    stage.run()
    assert [about(span, "member") for span in film.named("gate")] == [HOME]


def test_first_report_may_fail(film: Film) -> None:
    """When the status after the very first write cannot be written, the rollout begins with the next one."""
    stage = stage_of(film)
    stage.home.server.fail("patch", lambda call: ApiError(HOME, 500, "Error", "no"), times=1, subresource="status")
    stage.apply(ring())
    assert stage.child(HOME) is not None
    stage.wait(1)
    for member in (HOME, OTHER):
        stage.own_casskop(member)
    assert context_of(film.one("rollout")).trace_id == annotation(stage, HOME).trace_id


def test_delayed_reports_keep_their_spans(film: Film) -> None:
    """In a rush a status is written a little later, and its spans with it."""
    stage = stage_of(film, reports_at_once=1)
    stage.apply(ring())
    stage.apply(ring(name="other"))
    assert len(film.named("rollout accepted")) == 1
    stage.wait(2, steps=8)
    assert len(film.named("rollout accepted")) == 2
    for name in ("demo", "other"):
        for member in (HOME, OTHER):
            stage.own_casskop(member, name=name)
            stage.wait(2, steps=8)
    assert len({context_of(span).trace_id for span in film.spans}) == 2


def test_each_generation_has_its_own_trace(film: Film) -> None:
    """A change is a new trace, on the children too; one that overtakes ends the former rollout as superseded."""
    stage = stage_of(film)
    stage.apply(ring())
    first = annotation(stage, HOME)
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    second = annotation(stage, HOME)
    assert first.trace_id != second.trace_id
    assert stage.status()["traceparent"].split("-")[1] == second.trace_id
    old, step, gate = film.one("rollout"), film.one("step"), film.one("gate")
    assert {context_of(span).trace_id for span in (old, step, gate)} == {first.trace_id}
    assert {about(span, "result") for span in (old, step, gate)} == {"superseded"}
    assert [record["result"] for record in stage.status()["rollouts"]] == ["Superseded"]
    for member in (HOME, OTHER):
        stage.own_casskop(member)
    assert [about(span, "generation") for span in film.named("rollout")] == [1, 2]


def test_change_without_writes_begins_no_trace(film: Film) -> None:
    """A new generation that needs no write leaves the status' trace as it was, and sends no rollout."""
    stage = created(film)
    before = stage.status()["traceparent"]
    film.forget()
    stage.change({"spec": {"rollout": {"soak": "1s"}}})
    assert stage.status()["traceparent"] == before
    assert [name for name in film.names if name.startswith("rollout")] == []


def test_annotation_is_no_drift(film: Film) -> None:
    """One that was taken off a child by hand, or changed, is left so until there is something else to write."""
    stage = created(film)
    stage.forget_calls()
    stage.edit_child(HOME, {"metadata": {"annotations": {TRACEPARENT: None}}})
    stage.edit_child(OTHER, {"metadata": {"annotations": {TRACEPARENT: "nonsense"}}})
    assert stage.writes(CHILDREN) == []


def test_taking_over_sends_no_trace_along() -> None:
    """A child that is taken over as it is gets its mark and no trace; a second taking over writes nothing."""
    film = Film()
    stage = Stage()
    stage.apply(ring())
    for member in (HOME, OTHER):
        stage.own_casskop(member)
    traced = stage_of(film)
    for member in (HOME, OTHER):
        child = stage.child(member)
        assert child is not None
        child["metadata"]["annotations"].pop("multicasskop.db.orange.com/owner")
        traced.members[member].server.put(CHILDREN, child)
    traced.apply(ring())
    for member in (HOME, OTHER):
        found = traced.child(member)
        assert found is not None
        assert TRACEPARENT not in found["metadata"]["annotations"]
    traced.forget_calls()
    traced.restart()
    traced.run()
    assert traced.writes() == []
