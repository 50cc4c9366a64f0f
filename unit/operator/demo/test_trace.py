"""What the spans of a run prove, and what speaks against it: traces in which one thing is wrong at a time."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from fakes.demo import CAST, OTHER_TRACE, TRACE, good_run, good_spans, span
from multicasskop.operator.demo.history import History
from multicasskop.operator.demo.proof import Claim
from multicasskop.operator.demo.trace import one_trace
from multicasskop.world.services.jaeger import Span

ROOT, STEP_1, ACTION_1, RACK_1, STEP_2, ACTION_2 = range(6)
Change = Callable[[list[Span]], list[Span]]


def claimed(spans: Sequence[Span], seen: int | None = None) -> Claim:
    """What is claimed of these spans, after so much was recorded."""
    return one_trace(History(CAST, good_run()[:seen]), spans, "at {}".format)


def without(*positions: int) -> Change:
    """The spans less some."""
    return lambda spans: [span for number, span in enumerate(spans) if number not in positions]


def altered(position: int, **fields: object) -> Change:
    """The spans with one of them changed."""
    return lambda spans: [
        replace(span, **fields) if number == position else span  # type: ignore[arg-type]
        for number, span in enumerate(spans)
    ]


def test_one_trace_is_told_with_its_figures() -> None:
    """The claim counts the spans of the rollout alone, names who sent them, and says where the trace is."""
    claim = claimed(good_spans())
    assert claim.holds, claim.against
    assert claim.text == f"one trace over both clusters: 6 spans from home and from CassKop in c1, c2 (at {TRACE})"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(without(ROOT), f"trace {TRACE} has no root", id="no-root"),
        pytest.param(altered(ROOT, name="deletion"), "roots are deletion of multicasskop in c1, not", id="other-root"),
        pytest.param(
            altered(ROOT, resource={"k8s.cluster.name": "c2"}),
            "roots are rollout of multicasskop in c2, not rollout of multicasskop in c1",
            id="root-elsewhere",
        ),
        pytest.param(lambda spans: [*spans, replace(spans[0], id="x")], "roots are rollout of", id="two-roots"),
        pytest.param(without(ACTION_2), "c2: no span of its CassKop in a step", id="no-casskop"),
        pytest.param(altered(ACTION_2, parent="1"), "c2: no span of its CassKop in a step", id="casskop-beside-step"),
        pytest.param(
            altered(ACTION_2, resource={"k8s.cluster.name": "c1"}), "c2: no span of its CassKop", id="casskop-elsewhere"
        ),
        pytest.param(altered(ACTION_2, parent="2"), "c2: no span of its CassKop", id="casskop-in-another's-step"),
        pytest.param(altered(ACTION_2, service="multicasskop"), "c2: no span of its CassKop", id="own-span-is-none"),
        pytest.param(without(STEP_2), "c2: no step of the operator", id="no-step"),
        pytest.param(altered(RACK_1, parent="lost"), "span casskop rack hangs below one that is missing", id="gap"),
        pytest.param(
            altered(ACTION_2, trace=OTHER_TRACE),
            f"there are spans of a rollout in trace {OTHER_TRACE}, too",
            id="second-trace-of-casskop",
        ),
        pytest.param(
            lambda spans: [*spans, replace(spans[STEP_1], trace=OTHER_TRACE)],
            f"there are spans of a rollout in trace {OTHER_TRACE}, too",
            id="second-trace-of-ours",
        ),
        pytest.param(lambda spans: [], "has no root", id="nothing"),
    ],
)
def test_what_is_wrong_is_found_and_named(change: Change, says: str) -> None:
    """One thing that is wrong makes the claim fail, with words that name it."""
    claim = claimed(change(good_spans()))
    assert any(says in reason for reason in claim.against), claim.against


def test_a_status_without_a_trace_proves_nothing() -> None:
    """Where the status names no trace, that is what speaks against it, and no place is told."""
    claim = claimed(good_spans(), seen=5)
    assert claim.against[0] == "status.traceparent names no trace"
    assert claim.text.endswith("c1, c2")


def test_each_other_trace_is_named_once() -> None:
    """Many spans of a second trace are one thing that speaks against the claim."""
    stray = [replace(span("step", "multicasskop", "c1", str(n), "1"), trace=OTHER_TRACE) for n in range(20, 23)]
    assert claimed([*good_spans(), *stray]).against == (f"there are spans of a rollout in trace {OTHER_TRACE}, too",)
