"""Ten thousand CassandraClusters, first synced by us and by client-go in turns: how long it takes, what it leaves."""

from collections.abc import Callable, Mapping, Sequence

from bench.consumer import ConsumerError, Facts, in_turns, python
from bench.crowd import Crowd
from bench.measure import Comparison, Goal, Result, Side, at_most
from bench.peers.go_program import client_go

OURS, STREAMED = "multicasskop", "multicasskop, list streamed"
THEIRS, STRIPPED = "client-go", "client-go without managedFields"
MEGABYTE = 2**20
TIME_GOAL, MEMORY_GOAL = at_most(1.0), at_most(0.33)

Found = Mapping[str, Sequence[Facts]]


def measure(crowd: Crowd) -> list[Result]:
    """Time until every key is in the queue, and the memory that is held then.

    Memory is what a process has gained since before its first list, after both runtimes have collected their garbage
    and given back what they can: what the objects cost for as long as they are kept.
    """
    peer = [str(client_go()), f"-kubeconfig={crowd.kubeconfig}"]
    found = in_turns(
        {
            OURS: python("bench.ours", f"--kubeconfig={crowd.kubeconfig}"),
            STREAMED: python("bench.ours", f"--kubeconfig={crowd.kubeconfig}", "--streamed"),
            THEIRS: peer,
            STRIPPED: [*peer, "-strip-managed-fields"],
        }
    )
    refuse_partial(found, crowd.objects)
    return compared(found, f"{crowd.objects:,} objects of {crowd.size:,.0f} bytes; {asked(found[THEIRS])}")


def compared(found: Found, remark: str) -> list[Result]:
    """The two figures with goals, then what stands beside them for information."""

    def comparison(name: str, unit: str, field: str, theirs: str = THEIRS, goal: Goal | None = None) -> Comparison:
        sides = [Side(side, tuple(VALUES[field](facts) for facts in found[side])) for side in (OURS, theirs)]
        return Comparison(name, unit, sides[0], Side(theirs, sides[1].samples, remark), goal)

    return [
        comparison("sync10k_time_vs_client_go", "s", "seconds", goal=TIME_GOAL),
        comparison("sync10k_rss_vs_client_go", "MB", "growth", goal=MEMORY_GOAL),
        comparison("sync10k_rss_as_left", "MB", "growth as left"),
        comparison("sync10k_rss_total", "MB", "total"),
        comparison("sync10k_time_vs_stripped", "s", "seconds", STRIPPED),
        comparison("sync10k_rss_vs_stripped", "MB", "growth", STRIPPED),
        comparison("sync10k_time_vs_streamed", "s", "seconds", STREAMED),
        comparison("sync10k_rss_vs_streamed", "MB", "growth", STREAMED),
    ]


VALUES: dict[str, Callable[[Facts], float]] = {
    "seconds": lambda facts: float(facts["seconds"]),
    "growth": lambda facts: (facts["rss_collected"] - facts["rss_before"]) / MEGABYTE,
    "growth as left": lambda facts: (facts["rss_calm"] - facts["rss_before"]) / MEGABYTE,
    "total": lambda facts: facts["rss_collected"] / MEGABYTE,
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
