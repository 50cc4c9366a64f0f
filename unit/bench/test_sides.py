"""What becomes of the reports of both sides."""

from typing import Any

import pytest

from bench import cached, decode, latency, sync
from bench.consumer import ConsumerError
from bench.measure import Comparison, Figure

MEGABYTE = 2**20
STREAMED, PAGED = "watch=true&sendInitialEvents=true", "limit=500&resourceVersion=0"


def facts(seconds: float, growth: int, *, before: int = 20, objects: int = 3, query: str = STREAMED) -> dict[str, Any]:
    """A report of a first sync, memory in megabytes."""
    memory = {"rss_before": before, "rss_calm": before + 2 * growth, "rss_collected": before + growth}
    sizes = {name: value * MEGABYTE for name, value in memory.items()}
    return {"seconds": seconds, "objects": objects, "queued": objects, "requests": [query], **sizes}


FOUND = {
    sync.OURS: [facts(1.0, 10, before=50), facts(2.0, 30, before=50), facts(1.5, 20, before=50)],
    sync.THEIRS: [facts(3.0, 100), facts(3.0, 90), facts(4.0, 80)],
    sync.THEIRS_PAGED: [facts(5.0, 70), facts(6.0, 70), facts(7.0, 70)],
    sync.STRIPPED: [facts(3.0, 40), facts(3.0, 50), facts(2.0, 60)],
    **{side: [facts(1.0, 10, before=50)] * 3 for side in sync.OTHER_WAYS},
    cached.OFFICIAL: [facts(9.0, 150), facts(9.0, 200), facts(9.0, 250)],
}


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "met"),
    [
        ("sync10k_time_vs_client_go", 1.5, 3.0, True),
        ("sync10k_rss_vs_client_go", 20.0, 90.0, True),
        ("sync10k_rss_as_left", 40.0, 180.0, None),
        ("sync10k_rss_total", 70.0, 110.0, None),
        ("sync10k_time_vs_client_go_paged", 1.5, 6.0, None),
        ("sync10k_rss_vs_client_go_paged", 20.0, 70.0, None),
        ("sync10k_time_vs_stripped", 1.5, 3.0, None),
        ("sync10k_rss_vs_stripped", 20.0, 50.0, None),
    ],
)
def test_first_syncs_are_compared(name: str, ours: float, theirs: float, met: bool | None) -> None:
    """Memory counts from before the first list, totals stand beside it, and a careful peer is there for information."""
    results = [*sync.judged(FOUND, "", "sync10k"), *sync.beside(FOUND, "sync10k")]
    (found,) = [result for result in results if result.name == name]
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
        decode.KOPF: [{"events": 101, "seconds": 4.0}],
    }
    rate, official, kopf, cost, client_go = decode.compared(found, "")
    assert isinstance(official, Comparison)
    assert isinstance(kopf, Comparison)
    assert isinstance(rate, Figure)
    assert (rate.samples, rate.met) == ((100.0,), False)
    assert (official.ours.p50, official.theirs.p50, official.ratio, official.met) == (100.0, 20.0, 5.0, True)
    assert (kopf.ratio, kopf.met) == (4.0, False)
    assert (cost.ratio, cost.unit, cost.met) == (0.25, "us/event", None)
    assert (client_go.ratio, client_go.met) == (2.0, None)


def test_a_stream_that_is_not_complete_is_refused() -> None:
    """Events that were left out would be the fastest of all."""
    with pytest.raises(ConsumerError, match="ours had 99 of 100"):
        decode.refuse_partial({"ours": [{"events": 100}, {"events": 99}]}, 100)


@pytest.mark.parametrize(("name", "met"), [("1k", None), ("5k", False), ("20k", None)])
def test_a_cached_object_is_what_memory_grew_by_for_each(name: str, met: bool | None) -> None:
    """The growth is divided by the objects, and only one size is judged."""
    figure, go, official = cached.each(FOUND, name, "")
    assert isinstance(figure, Figure)
    assert isinstance(official, Comparison)
    assert figure.samples == (10 * MEGABYTE / 3, 30 * MEGABYTE / 3, 20 * MEGABYTE / 3)
    assert (figure.met, official.theirs.p50, go.met) == (met, 200 * MEGABYTE / 3, None)


def test_memory_beside_the_official_client_is_judged() -> None:
    """Its informer's growth is what ours is divided by."""
    memory, time = cached.beside_official(FOUND)
    assert (memory.ours.p50, memory.theirs.p50, memory.met) == (20.0, 200.0, True)
    assert (time.theirs.p50, time.met) == (9.0, None)


SENT = {"1": 1_000_000, "2": 5_000_000}


def test_latency_is_what_a_side_was_later_than_the_witness() -> None:
    """Versions from before the writes, which a side has seen too, do not count."""
    assert latency.delays({"0": 1, "1": 3_000_000, "2": 5_500_000}, SENT, 2) == [2.0, 0.5]


@pytest.mark.parametrize(
    ("handled", "events", "said"),
    [({"1": 2}, 2, "1 of 2 events were not handled"), (SENT, 3, "the witness saw 2 of 3")],
    ids=["a side missed one", "the witness missed one"],
)
def test_latency_of_a_part_is_none(handled: dict[str, int], events: int, said: str) -> None:
    """Events that never came would be left out of the tail."""
    with pytest.raises(ConsumerError, match=said):
        latency.delays(handled, SENT, events)


def test_tails_are_compared_run_by_run() -> None:
    """The figure is the p99 of all runs together, and the peers' p99 of each run stands beside ours."""
    runs = {latency.OFFICIAL: 20.0, latency.CLIENT_GO: 1.0, latency.KOPF: 50.0}
    found = {latency.OURS: [[1.0, 2.0], [1.0, 4.0]], **{name: [[tail]] for name, tail in runs.items()}}
    figure, official, client_go, kopf = latency.results(found)
    assert isinstance(figure, Figure)
    assert (figure.p99, figure.met) == (4.0, True)
    assert [each.ratio for each in (official, client_go, kopf)] == [0.1, 2.0, 0.04]
