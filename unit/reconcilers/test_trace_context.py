"""Trace contexts: read strictly, printed exactly, and the same for whoever derives them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.trace_context import TraceContext, is_sampled, root_of
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
IDS = st.integers(1, 2**128 - 1).map(lambda number: f"{number:032x}")


@pytest.mark.parametrize(
    ("text", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-more", True),
    ],
    ids=["sampled", "not sampled", "more flags", "later version", "later version with more"],
)
def test_contexts_are_read(text: str, sampled: bool) -> None:
    """A trace context of this or a later version is read; of its flags only the first means something."""
    assert TraceContext.parse(text) == TraceContext(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01 ",
        f"00-{TRACE}-{SPAN}-01\n",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[:-1]}\u0661-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0g",
    ],
)
def test_anything_else_is_none(text: object) -> None:
    """What is no trace context to the letter is none."""
    assert TraceContext.parse(text) is None


@given(st.text(max_size=80))
def test_any_text_is_read_or_not(text: str) -> None:
    """No text makes reading fail, and what is read is printed in the same words."""
    found = TraceContext.parse(text)
    assert found is None or text[3:53] == str(found)[3:53]


@given(IDS, st.sampled_from([0.0, 0.1, 0.5, 0.999, 1.0]))
def test_sampling_is_opentelemetry_s(trace_id: str, ratio: float) -> None:
    """The traces that are sampled are those that OpenTelemetry's own sampler takes."""
    theirs = TraceIdRatioBased(ratio).should_sample(None, int(trace_id, 16), "any")
    assert is_sampled(trace_id, ratio) is theirs.decision.is_sampled()  # type: ignore[no-untyped-call]


def test_ids_follow_from_what_they_are_about() -> None:
    """Two processes find the same ids for the same thing, and other ones for anything else."""
    root = root_of(1.0, "rollout", "uid", 3)
    assert root == root_of(1.0, "rollout", "uid", 3)
    others = {root_of(1.0, "rollout", "uid", 4), root_of(1.0, "rollout", "other", 3), root_of(1.0, "deletion", "uid")}
    assert len({other.trace_id for other in others} - {root.trace_id}) == 3
    children = {root.child("step", "c1", "t"), root.child("step", "c2", "t"), root.child("step", "c1", "u")}
    assert len({child.span_id for child in children} - {root.span_id}) == 3
    assert {child.trace_id for child in children} == {root.trace_id}


def test_what_is_derived_can_be_read() -> None:
    """Derived contexts are valid ones."""
    root = root_of(0.0, "rollout", "uid", 3)
    assert TraceContext.parse(str(root.child("gate"))) == root.child("gate")
