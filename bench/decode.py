"""A recorded watch, replayed over loopback at full speed: how many events per second reach the queue as keys."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from multicasskop.world import kubeconfig

from bench.consumer import ROOT, ConsumerError, Facts, in_turns, python
from bench.crowd import Crowd
from bench.measure import Comparison, Figure, Result, Side, at_least
from bench.peers.go_program import client_go
from bench.scale import Scale

OURS, OFFICIAL, CLIENT_GO, KOPF = "multicasskop", "official Watch", "client-go", "kopf"
RATE_GOAL, OFFICIAL_GOAL, KOPF_GOAL = at_least(50_000.0), at_least(4.0), at_least(5.0)

Found = Mapping[str, Sequence[Facts]]


def measure(crowd: Crowd, scale: Scale) -> list[Result]:
    """Events per second, from the first key in the queue to the last; the crowd's API server is ended."""
    crowd.end()
    with replayed(crowd) as config:
        where, last = f"--kubeconfig={config}", f"--last={crowd.last}"
        sides = {
            OURS: python("bench.ours", "events", where, last),
            OFFICIAL: python("bench.peers.official", "events", where, last),
            CLIENT_GO: [str(client_go()), where, last],
            KOPF: python("bench.peers.kopf_operator", "events", where, f"--count={crowd.events}"),
        }
        found = in_turns(sides, scale.runs)
    refuse_partial(found, crowd.events)
    return compared(found, f"{crowd.events:,} events, {crowd.stream.stat().st_size / crowd.events:,.0f} bytes each")


@contextmanager
def replayed(crowd: Crowd) -> Iterator[Path]:
    """A process that replays the crowd's recording, and a kubeconfig that leads to it."""
    command = python("bench.replay", str(crowd.stream), crowd.version)
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdin is None or server.stdout is None:
            raise ConsumerError("the replaying process has no pipes")
        with server.stdin:
            port = server.stdout.readline().strip()
            if not port:
                raise ConsumerError("the replaying process ended before it served")
            entry = kubeconfig.Entry("replay", f"http://127.0.0.1:{port}", "", token="none")  # noqa: S106  nobody asks
            yield kubeconfig.write(crowd.stream.with_name("replay.kubeconfig"), [entry])


def compared(found: Found, remark: str) -> list[Result]:
    """The figures with goals; for information processor time, which a busy machine disturbs less, and client-go."""

    def rate(name: str, said: str = "") -> Side:
        return Side(name, tuple((facts["events"] - 1) / facts["seconds"] for facts in found[name]), said)

    def cost(name: str) -> Side:
        return Side(name, tuple(facts["cpu"] / (facts["events"] - 1) * 1e6 for facts in found[name]))

    return [
        Figure("decode_events_per_second", "events/s", rate(OURS).samples, RATE_GOAL),
        Comparison("decode_vs_official_watch", "events/s", rate(OURS), rate(OFFICIAL, remark), OFFICIAL_GOAL),
        Comparison("decode_vs_kopf", "events/s", rate(OURS), rate(KOPF), KOPF_GOAL),
        Comparison("decode_cpu_vs_official_watch", "us/event", cost(OURS), cost(OFFICIAL)),
        Comparison("decode_vs_client_go", "events/s", rate(OURS), rate(CLIENT_GO)),
    ]


def refuse_partial(found: Found, events: int) -> None:
    """Raise ConsumerError when a side has not had every event."""
    for side, runs in found.items():
        for facts in runs:
            if facts["events"] != events:
                raise ConsumerError(f"{side} had {facts['events']} of {events} events")
