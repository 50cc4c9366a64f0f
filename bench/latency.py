"""A thousand writes in a second on a real API server: how long until each one's event is in a handler.

The clock of an event starts when a witness, a process that does nothing but read a watch of its own, has its bytes:
what the server needs for a write is the same for all sides. Sides run in turns, each beside the witness and the writer.
"""

import time
from collections.abc import Mapping, Sequence

from rich.console import Console

from bench.consumer import CALM, Command, ConsumerError, python, run, watching
from bench.kinds import TEMPLATES
from bench.measure import Comparison, Figure, Result, Side, at_most, percentile, thinned
from bench.peers.go_program import client_go
from bench.scale import Scale
from bench.templates import NAMESPACE, Ground, standing

OURS, OFFICIAL, CLIENT_GO, KOPF = "multicasskop", "official Watch", "client-go", "kopf"
OBJECTS, SIZE = 50, 1_000
RATE, EVENTS = 1_000, 5_000
GOAL = at_most(5.0)

Found = dict[str, list[list[float]]]


def measure(console: Console, scale: Scale) -> list[Result]:
    """Our p99 over all runs, and the p99 of each run beside those of the others."""
    with standing(console) as ground:
        ground.fill(OBJECTS, SIZE)
        sides = consumers(ground)
        found: Found = {name: [] for name in sides}
        rates = list[float]()
        for number in range(scale.runs):
            for name in (list(sides), list(sides)[::-1])[number % 2]:
                times, rate = latencies(ground, sides[name], scale.of(EVENTS))
                found[name].append(times)
                rates.append(rate)
    return [*results(found), Figure("event_to_handler_writes", "writes/s", tuple(rates))]


def consumers(ground: Ground) -> dict[str, Command]:
    """The sides, by name."""
    where, kind, count = f"--kubeconfig={ground.reader}", f"--kind={TEMPLATES.plural}", f"--count={OBJECTS}"
    return {
        OURS: python("bench.ours", "latency", where, kind, count),
        OFFICIAL: python("bench.peers.official", "latency", where, kind, count),
        CLIENT_GO: [str(client_go()), where, f"-kind={TEMPLATES.api_version}/{TEMPLATES.plural}", f"-count={OBJECTS}"],
        KOPF: python("bench.peers.kopf_operator", "latency", where, kind, count),
    }


def latencies(ground: Ground, consumer: Command, events: int) -> tuple[list[float], float]:
    """The milliseconds of each event in one run of a side, and how many writes there were in a second."""
    where = f"--kubeconfig={ground.administrator}"
    witness = python("bench.witness", "watch", where)
    with watching(consumer) as side, watching(witness) as reader:
        written = run(writer(where, events))
        # the last ones are still on their way when their writer has ended
        time.sleep(CALM)
        return delays(side.end(), reader.end(), events), events / written["seconds"]


def writer(where: str, events: int) -> Command:
    """Who writes; in Go, as it is to leave the processors to the others."""
    path = TEMPLATES.path(NAMESPACE, "template-%05d")
    return [str(client_go()), where, f"-write={path}", f"-objects={OBJECTS}", f"-count={events}", f"-rate={RATE}"]


def delays(handled: Mapping[str, int], sent: Mapping[str, int], events: int) -> list[float]:
    """How much later than the witness a side had each version; ConsumerError when one of them did not have them all."""
    if len(sent) != events:
        raise ConsumerError(f"the witness saw {len(sent)} of {events} events")
    if missing := sent.keys() - handled.keys():
        raise ConsumerError(f"{len(missing)} of {events} events were not handled")
    return [(handled[version] - at) / 1e6 for version, at in sent.items()]


def results(found: Found) -> list[Result]:
    """The figure, and the comparisons for information."""
    tails = {name: tuple(percentile(each, 0.99) for each in runs) for name, runs in found.items()}
    pool = [each for one in found[OURS] for each in one]
    return [Figure("event_to_handler", "ms", thinned(pool), GOAL), *beside(tails)]


def beside(tails: Mapping[str, Sequence[float]]) -> list[Comparison]:
    """Our p99 of each run beside the others'."""
    ours = Side(OURS, tuple(tails[OURS]))
    names = {OFFICIAL: "official_watch", CLIENT_GO: "client_go", KOPF: "kopf"}
    return [
        Comparison(f"event_to_handler_p99_vs_{name}", "ms", ours, Side(side, tuple(tails[side])))
        for side, name in names.items()
    ]
