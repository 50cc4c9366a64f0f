"""Spans of members: one when all of it is known, one for each time in which it did not answer."""

from fakes.clock import FakeClock
from fakes.cluster import FakeCluster
from fakes.spans import Film, about
from fakes.stage import CHILDREN
from multicasskop.crds.names import GROUP
from multicasskop.informers.freshness import FreshnessState
from multicasskop.informers.resource import Resource
from multicasskop.operator.members.spans import MemberSpans

RESOURCE = Resource(GROUP, "v2", CHILDREN, "CassandraCluster")


def test_story_of_a_member() -> None:
    """A member is engaged once; each time it was dark is a span with its reason, sent when it answers again."""
    clock, film = FakeClock(), Film()
    member, told = FakeCluster("c2", clock), MemberSpans(film.traces(), clock)
    informer = member.informer(RESOURCE)
    informer.state = FreshnessState.NEVER_SYNCED
    told(member)  # type: ignore[arg-type]
    assert film.names == []
    clock.advance(3)
    informer.state = FreshnessState.FRESH
    told(member)  # type: ignore[arg-type]
    told(member)  # type: ignore[arg-type]
    assert film.names == ["member engage"]
    for _ in range(2):
        member.go_dark()
        told(member)  # type: ignore[arg-type]
        clock.advance(5)
        member.come_back()
        told(member)  # type: ignore[arg-type]
    assert film.names == ["member engage", "member dark", "member dark"]
    dark = film.named("member dark")[0]
    assert (about(dark, "member"), bool(about(dark, "reason"))) == ("c2", True)
    assert dark.end_time is not None
    assert dark.start_time is not None
    assert dark.end_time - dark.start_time == 5_000_000_000
