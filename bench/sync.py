"""Many CassandraClusters, first synced by us and by client-go in turns: how long it takes, what it leaves.

Lists come in pages or as streams; each side does by default what it does by default, and the other way beside it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rich.console import Console

from bench.consumer import ConsumerError, Facts, in_turns, python
from bench.crowd import Crowd, crowded
from bench.measure import Comparison, Goal, Result, Side, at_most
from bench.ours import LISTED, WAYS
from bench.peers.go_program import client_go
from bench.scale import Scale

OURS, THEIRS, STRIPPED = "multicasskop", "client-go", "client-go without managedFields"
THEIRS_PAGED = "client-go in pages"
PAGED = ["env", "KUBE_FEATURE_WatchListClient=false"]
MEGABYTE = 2**20
TIME_GOAL, MEMORY_GOAL = at_most(0.9), at_most(0.25)
OTHER_WAYS = {f"{OURS} by {way}": way for way in WAYS if way != LISTED}

Found = Mapping[str, Sequence[Facts]]


def measure(crowd: Crowd, scale: Scale, name: str = "sync10k") -> list[Comparison]:
    """Time until every key is in the queue, and the memory that is held then.

    Memory is what a process has gained since before its first list, after both runtimes have collected their garbage
    and given back what they can: what the objects cost for as long as they are kept.
    """
    where = f"--kubeconfig={crowd.kubeconfig}"
    peer, ours = [str(client_go()), where], python("bench.ours", "sync", where)
    found = in_turns(
        {
            OURS: ours,
            **{side: [*ours, f"--way={way}"] for side, way in OTHER_WAYS.items()},
            THEIRS: peer,
            THEIRS_PAGED: [*PAGED, *peer],
            STRIPPED: [*peer, "-strip-managed-fields"],
        },
        scale.runs,
    )
    refuse_partial(found, crowd.objects)
    remark = f"{crowd.objects:,} objects of {crowd.size:,.0f} bytes; {asked(found[THEIRS])}"
    return [*judged(found, remark, name), *beside(found, name)]


def of(objects: int, name: str, console: Console, scale: Scale) -> list[Result]:
    """The same with another number of objects, for information."""
    with crowded(console, scale.of(objects)) as crowd:
        return [result.unjudged() for result in measure(crowd, scale, name)]


thousand = partial(of, 1_000, "sync1k")
fifty_thousand = partial(of, 50_000, "sync50k")


def judged(found: Found, remark: str, name: str) -> list[Comparison]:
    """The two figures with goals."""
    return [
        compared(found, f"{name}_time_vs_client_go", "seconds", THEIRS, goal=TIME_GOAL, remark=remark),
        compared(found, f"{name}_rss_vs_client_go", "growth", THEIRS, goal=MEMORY_GOAL, remark=remark),
    ]


def beside(found: Found, name: str) -> list[Comparison]:
    """What stands beside them for information: other ways to look at memory, to list, and to keep objects."""
    return [
        compared(found, f"{name}_rss_as_left", "growth as left", THEIRS),
        compared(found, f"{name}_rss_total", "total", THEIRS),
        compared(found, f"{name}_time_vs_client_go_paged", "seconds", THEIRS_PAGED),
        compared(found, f"{name}_rss_vs_client_go_paged", "growth", THEIRS_PAGED),
        compared(found, f"{name}_time_vs_stripped", "seconds", STRIPPED),
        compared(found, f"{name}_rss_vs_stripped", "growth", STRIPPED),
        *(
            compared(found, f"{name}_{way}_{what}_vs_client_go", field, THEIRS, ours=side)
            for side, way in OTHER_WAYS.items()
            for what, field in (("time", "seconds"), ("rss", "growth"))
        ),
    ]


def compared(
    found: Found, name: str, field: str, theirs: str, *, ours: str = OURS, goal: Goal | None = None, remark: str = ""
) -> Comparison:
    """One field of the reports of two sides."""
    unit, value = VALUES[field]
    sides = [Side(side, tuple(value(facts) for facts in found[side])) for side in (ours, theirs)]
    return Comparison(name, unit, sides[0], Side(theirs, sides[1].samples, remark), goal)


VALUES: dict[str, tuple[str, Callable[[Facts], float]]] = {
    "seconds": ("s", lambda facts: float(facts["seconds"])),
    "growth": ("MB", lambda facts: (facts["rss_collected"] - facts["rss_before"]) / MEGABYTE),
    "growth as left": ("MB", lambda facts: (facts["rss_calm"] - facts["rss_before"]) / MEGABYTE),
    "total": ("MB", lambda facts: facts["rss_collected"] / MEGABYTE),
    "each": ("bytes", lambda facts: (facts["rss_collected"] - facts["rss_before"]) / facts["objects"]),
}


def refuse_partial(found: Found, objects: int) -> None:
    """Raise ConsumerError when a side has not all objects in its store and all keys in its queue."""
    for side, runs in found.items():
        for facts in runs:
            if not facts["objects"] == facts["queued"] == objects:
                raise ConsumerError(f"{side} synced {facts['objects']} and queued {facts['queued']} of {objects}")


def asked(runs: Sequence[Facts]) -> str:
    """How client-go asked for the objects: its version and the server's decide that."""
    queries = [query for facts in runs for query in facts["requests"]]
    streamed = any("sendInitialEvents=true" in query for query in queries)
    return f"client-go {'streamed its list (WatchList)' if streamed else 'listed ' + queries[0]}"
