"""What becomes of the reports of both sides."""

from typing import Any

import pytest

from bench import decode, sync
from bench.consumer import ConsumerError
from bench.measure import Comparison

MEGABYTE = 2**20
STREAMED, PAGED = "watch=true&sendInitialEvents=true", "limit=500&resourceVersion=0"


def facts(seconds: float, growth: int, *, before: int = 20, objects: int = 3, query: str = STREAMED) -> dict[str, Any]:
    """A report of a first sync, memory in megabytes."""
    memory = {"rss_before": before, "rss_calm": before + 2 * growth, "rss_collected": before + growth}
    sizes = {name: value * MEGABYTE for name, value in memory.items()}
    return {"seconds": seconds, "objects": objects, "queued": objects, "requests": [query], **sizes}


FOUND = {
    sync.OURS: [facts(1.0, 10, before=50), facts(2.0, 30, before=50), facts(1.5, 20, before=50)],
    sync.STREAMED: [facts(1.0, 25), facts(2.5, 35), facts(2.5, 35)],
    sync.THEIRS: [facts(3.0, 100), facts(3.0, 90), facts(4.0, 80)],
    sync.STRIPPED: [facts(3.0, 40), facts(3.0, 50), facts(2.0, 60)],
}


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "met"),
    [
        ("sync10k_time_vs_client_go", 1.5, 3.0, True),
        ("sync10k_rss_vs_client_go", 20.0, 90.0, True),
        ("sync10k_rss_as_left", 40.0, 180.0, None),
        ("sync10k_rss_total", 70.0, 110.0, None),
        ("sync10k_time_vs_stripped", 1.5, 3.0, None),
        ("sync10k_rss_vs_stripped", 20.0, 50.0, None),
        ("sync10k_time_vs_streamed", 1.5, 2.5, None),
        ("sync10k_rss_vs_streamed", 20.0, 35.0, None),
    ],
)
def test_first_syncs_are_compared(name: str, ours: float, theirs: float, met: bool | None) -> None:
    """Memory counts from before the first list, totals stand beside it, and a careful peer is there for information."""
    (found,) = [result for result in sync.compared(FOUND, "") if result.name == name]
    assert isinstance(found, Comparison)
    assert (found.ours.p50, found.theirs.p50, found.met) == (ours, theirs, met)


@pytest.mark.parametrize("wrong", [{"objects": 2}, {"queued": 2}], ids=["an object is missing", "a key is missing"])
def test_a_sync_that_is_not_complete_is_refused(wrong: dict[str, int]) -> None:
    """A side that saw less would be the faster one."""
    sync.refuse_partial(FOUND, 3)
    with pytest.raises(ConsumerError, match="client-go synced"):
        sync.refuse_partial(FOUND | {sync.THEIRS: [facts(1.0, 1) | wrong]}, 3)


@pytest.mark.parametrize(("query", "said"), [(STREAMED, "streamed its list"), (PAGED, f"listed {PAGED}")])
def test_how_the_peer_asked_is_said(query: str, said: str) -> None:
    """Whether client-go streams its list is for its version and the server's to decide, and for the reader to know."""
    assert said in sync.asked([facts(1.0, 1, query=query)])


def test_rates_are_events_per_second() -> None:
    """The first event starts the clock, so it is not among those that were timed."""
    found = {
        decode.OURS: [{"events": 101, "seconds": 1.0, "cpu": 0.001}],
        decode.OFFICIAL: [{"events": 101, "seconds": 5.0, "cpu": 0.004}],
        decode.CLIENT_GO: [{"events": 101, "seconds": 2.0}],
    }
    official, cost, client_go = decode.compared(found, "")
    assert isinstance(official, Comparison)
    assert (official.ours.p50, official.theirs.p50, official.ratio, official.met) == (100.0, 20.0, 5.0, True)
    assert (cost.ratio, cost.unit, cost.met) == (0.25, "us/event", None)
    assert (client_go.ratio, client_go.met) == (2.0, None)


def test_a_stream_that_is_not_complete_is_refused() -> None:
    """Events that were left out would be the fastest of all."""
    with pytest.raises(ConsumerError, match="ours had 99 of 100"):
        decode.refuse_partial({"ours": [{"events": 100}, {"events": 99}]}, 100)
