"""What else is traced: halts, soaks, deletions and drift, traces of users, and when nothing is traced."""

import pytest
from fakes.film import USERS, annotation, created, seconds, stage_of
from fakes.server import forbidden
from fakes.spans import Film, about, context_of, parent_of
from fakes.stage import HOME, OTHER, THIRD, Stage, ring
from multicasskop.crds.names import TRACEPARENT


def test_halt_is_told_and_may_go_on(film: Film) -> None:
    """A rollout that halts sends the halt and the wait that failed; let go on, it ends in the same trace."""
    stage = stage_of(film)
    stage.apply(ring(rollout={"progressDeadline": "60s"}))
    stage.wait(90, steps=3)
    assert about(film.one("rollout halted"), "member") == HOME
    assert about(film.one("gate"), "result") == "timeout"
    assert film.one("gate").status.status_code.name == "ERROR"
    stage.annotate(resume="1")
    for member in (HOME, OTHER):
        stage.own_casskop(member)
    assert about(film.one("rollout"), "result") == "success"
    assert [about(span, "result") for span in film.named("gate")] == ["timeout", "success", "success"]


def test_soak_belongs_to_the_step(film: Film) -> None:
    """The gate ends when the child is Running and Done, the step when it has been so for long enough."""
    stage = stage_of(film)
    stage.apply(ring(rollout={"soak": "30s"}))
    stage.wait(10)
    stage.own_casskop(HOME)
    stage.wait(40, steps=4)
    assert seconds(film.named("gate")[0]) == 10.0
    assert seconds(film.named("step")[0]) == 40.0


def test_deletion_is_a_trace_of_its_own(film: Film) -> None:
    """A deletion is one trace with a span per child, linked to the last rollout; the children's deletes are in it."""
    stage = created(film)
    rollout = context_of(film.one("rollout"))
    film.forget()
    stage.delete()
    assert not stage.has_parent()
    root = film.one("deletion")
    assert root.parent is None
    assert [f"{link.context.trace_id:032x}" for link in root.links] == [rollout.trace_id]
    children = {about(span, "member"): span for span in film.named("delete child")}
    assert sorted(map(str, children)) == [HOME, OTHER]
    assert {parent_of(span) for span in children.values()} == {context_of(root).span_id}
    deletes = {about(span, "member"): parent_of(span) for span in film.named("DELETE cassandraclusters")}
    assert deletes == {member: context_of(span).span_id for member, span in children.items()}
    assert {context_of(span).trace_id for span in film.spans} == {context_of(root).trace_id}


def test_deletion_ends_a_rollout(film: Film) -> None:
    """A rollout that a deletion cuts short is sent as cancelled, with its step."""
    stage = stage_of(film)
    stage.apply(ring())
    stage.casskop_says(HOME, "Initializing", "Initializing", "Ongoing")
    stage.delete()
    assert about(film.one("rollout"), "result") == "cancellation"
    assert about(film.one("step"), "result") == "cancellation"


def test_failed_write_is_told_by_its_run(film: Film) -> None:
    """A create that is refused is an error under its run, with status and type; no step has begun."""
    stage = stage_of(film)
    stage.home.server.fail("create", forbidden, times=1)
    stage.apply(ring())
    post = film.named("POST cassandraclusters")[0]
    assert (about(post, "error.type"), about(post, "http.response.status_code")) == ("403", 403)
    assert post.status.status_code.name == "ERROR"
    assert parent_of(post) in {context_of(span).span_id for span in film.named("reconcile")}


def test_drift_is_a_step_of_its_own(film: Film) -> None:
    """A correction after the end is one more step of the generation's trace, and no second rollout."""
    stage = created(film)
    film.forget()
    stage.wait(60)
    stage.edit_child(HOME, {"spec": {"nodesPerRacks": 3}})
    stage.own_casskop(HOME, action="ScaleDown")
    assert context_of(film.one("step")) == annotation(stage, HOME)
    assert film.named("rollout") == []


def test_user_s_trace_is_linked(film: Film) -> None:
    """The trace context that a person set on the object is linked from the root."""
    stage = stage_of(film)
    obj = ring()
    obj["metadata"]["annotations"] = {TRACEPARENT: USERS}
    stage.apply(obj)
    for member in (HOME, OTHER):
        stage.own_casskop(member)
    assert [f"{link.context.trace_id:032x}" for link in film.one("rollout").links] == [USERS.split("-")[1]]


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", USERS + "x", USERS.upper(), USERS[:3] + "0" * 32 + USERS[35:], "00-" * 50_000, "\u202e" * 55],
    ids=["empty", "word", "longer", "capitals", "zero", "huge", "bidi"],
)
def test_user_s_nonsense_is_ignored(film: Film, text: str) -> None:
    """Anything else than a trace context there changes nothing."""
    stage = stage_of(film)
    obj = ring()
    obj["metadata"]["annotations"] = {TRACEPARENT: text}
    stage.apply(obj)
    for member in (HOME, OTHER):
        stage.own_casskop(member)
    assert list(film.one("rollout").links) == []


def test_nothing_is_traced_without_an_endpoint() -> None:
    """Without a tracer neither status nor children carry a trace."""
    stage = Stage()
    stage.apply(ring())
    child = stage.child(HOME)
    assert child is not None
    assert TRACEPARENT not in child["metadata"]["annotations"]
    assert "traceparent" not in stage.status()


def test_traces_that_are_not_sampled_are_only_named() -> None:
    """With a ratio of 0 nothing is sent, and the children say so to their CassKops."""
    film = Film(ratio=0.0)
    stage = created(film)
    assert film.names == []
    assert not annotation(stage, HOME).sampled


def test_members_side_by_side(film: Film) -> None:
    """Steps that overlap are spans of their own, each with its member's writes."""
    stage = stage_of(film, HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD, rollout={"maxConcurrent": 2}))
    for member in (HOME, OTHER, THIRD):
        stage.own_casskop(member)
    steps = {about(span, "member"): context_of(span) for span in film.named("step")}
    assert steps == {member: annotation(stage, member) for member in (HOME, OTHER, THIRD)}
