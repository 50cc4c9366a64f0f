"""`python -m bench`: measure, print the tables, note the figures in results.json. `make bench ONLY=gate` picks one.

With a share or with other runs, which are for work on the benchmarks, nothing is noted.
"""

import argparse
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from rich.console import Console

from bench import (
    cached,
    casskop,
    dark,
    decode,
    engaging,
    failover,
    fifty,
    gate,
    latency,
    members,
    queueing,
    register,
    relist,
    rest,
    submit,
    sync,
    trace_overhead,
)
from bench.crowd import OBJECTS, Crowd, crowded
from bench.measure import Result
from bench.report import print_table, write_results
from bench.scale import RUNS, Scale
from bench.stage import Stage, staged

# in this order, so that nothing of one is still under way in the next: events of a rush are written at a steady pace
ON_STAGE: dict[str, Callable[[Stage], Sequence[Result]]] = {
    "rest": rest.measure,
    "submit": submit.measure,
    "gate": gate.measure,
}
# each brings a world of its own, and nothing else runs beside it
APART: dict[str, Callable[[Console], Sequence[Result]]] = {
    "trace_overhead": trace_overhead.measure,
    "failover": failover.measure,
    "fifty": fifty.measure,
    "register": register.measure,
    "dark": dark.measure,
    "casskop": casskop.measure,
}
# all of them look at the same ten thousand objects, and no operator runs
ON_CROWD: dict[str, Callable[[Crowd, Scale], Sequence[Result]]] = {
    "sync": sync.measure,
    "relist": relist.measure,
    "decode": decode.measure,
}
# about the informer layer, too, each with objects of its own
INFORMERS: dict[str, Callable[[Console, Scale], Sequence[Result]]] = {
    "queue": queueing.measure,
    "latency": latency.measure,
    "cached": cached.measure,
    "engage": engaging.measure,
    "members": members.measure,
    "sync1k": sync.thousand,
    "sync50k": sync.fifty_thousand,
}
NAMES = (*ON_STAGE, *APART, *ON_CROWD, *INFORMERS)


def main() -> int:
    """Measure what was asked for; the exit code is 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=NAMES, action="append", help="measure this one (may be repeated)")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the informer layer's groups, a share of all counts"
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="of the informer layer's groups, so many runs of a side")
    given = parser.parse_args()
    only, scale = given.only or NAMES, Scale(given.share, given.runs)
    console = Console(width=140)
    results = list[Result]()
    try:
        for found in measured(only, console, scale):
            results += found
    finally:
        # what was measured before something failed is not lost with it
        print_table(results, console)
        if scale.whole:
            write_results(results)
    return 0 if all(result.met is not False for result in results) else 1


def measured(only: Collection[str], console: Console, scale: Scale) -> Iterator[Sequence[Result]]:
    """The results of one group after the other."""
    yield from on_stage([name for name in ON_STAGE if name in only], console)
    yield from apart([name for name in APART if name in only], console)
    yield from on_crowd([name for name in ON_CROWD if name in only], console, scale)
    for name in told([name for name in INFORMERS if name in only], console):
        yield INFORMERS[name](console, scale)


def on_stage(names: Sequence[str], console: Console) -> Iterator[Sequence[Result]]:
    """Measure one after the other what is about a running operator, all on the same stage."""
    if names:
        with staged(console) as stage:
            yield from (ON_STAGE[name](stage) for name in told(names, console))


def apart(names: Sequence[str], console: Console) -> Iterator[Sequence[Result]]:
    """Measure one after the other what stands for itself."""
    yield from (APART[name](console) for name in told(names, console))


def on_crowd(names: Sequence[str], console: Console, scale: Scale) -> Iterator[Sequence[Result]]:
    """Measure one after the other what is about many objects, all on the same ones."""
    if names:
        with crowded(console, scale.of(OBJECTS)) as crowd:
            yield from (ON_CROWD[name](crowd, scale) for name in told(names, console))


def told(names: Sequence[str], console: Console) -> Iterable[str]:
    """The names, each printed when its turn comes."""
    for name in names:
        console.print(f"measuring {name}", style="dim")
        yield name


if __name__ == "__main__":
    sys.exit(main())
