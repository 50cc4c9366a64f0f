"""Faults one after another between an informer and its API servers, by a seed: which there are, and which do what."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Final

from multicasskop.world.kinds import CONFIGMAPS
from multicasskop.world.proxy.actions import Action, BlackHole, Delay, Drip, Refuse, Reset, Status
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.line_actions import EndStream, ErrorLine, HoldLines, InsertLine, RepeatLines
from multicasskop.world.proxy.rules import Match, Rule

Draw = Callable[[Random], Action]
FaultMix = Mapping[str, tuple[str, Draw]]
"""Faults by name: which requests they are about (a verb, or all with `*`), and how one is drawn."""

FEW: Final = 4

CUTS: FaultMix = {
    "reset in a line": ("watch", lambda random: Reset("lines", after=random.randint(0, FEW))),
    "cut in a line": ("watch", lambda random: EndStream(after=random.randint(0, FEW), cut=True)),
    "ended": ("watch", lambda random: EndStream(after=random.randint(1, FEW))),
    "told again": ("watch", lambda random: RepeatLines(late=random.randint(0, FEW))),
    "held": ("watch", lambda _: HoldLines(seconds=0.5)),
    "slow": ("watch", lambda _: Delay(0.02, "lines")),
    "too many": ("watch", lambda _: Status(429, retry_after="1")),
    "reset before": ("watch", lambda _: Reset("request")),
}
"""None of these costs a list: the stream goes on where it was."""

GONE: FaultMix = {
    "expired": ("watch", lambda random: ErrorLine(after=random.randint(0, FEW))),
    "expired at once": ("watch", lambda _: Status(410, reason="Expired")),
}
"""After these there is no going on: all is listed anew."""

MEMBER: FaultMix = {
    "black hole": ("*", lambda _: BlackHole()),
    "refused": ("*", lambda _: Refuse()),
}
"""Half-open connections, and a server that is away."""

ERRORS: FaultMix = {
    "no list": ("list", lambda random: Status(random.choice((500, 503, 504)))),
    "no watch": ("watch", lambda random: Status(random.choice((500, 502, 503)), form="html")),
    "half a list": ("list", lambda _: Reset("answer")),
    "a list in drops": ("list", lambda _: Drip(4000, 0.01)),
    "no JSON": ("watch", lambda random: InsertLine(after=random.randint(0, FEW))),
}
ALL: FaultMix = {**CUTS, **GONE, **MEMBER, **ERRORS}


def inject(faults: Faults, members: Sequence[str], mix: FaultMix, seed: int, seconds: float) -> int:
    """Let one fault follow another over each of the members, for so long; return how many there were."""
    with ThreadPoolExecutor(len(members)) as pool:
        return sum(pool.map(lambda each: _into(faults, each, mix, Random(f"{seed} {each}"), seconds), members))


def _into(faults: Faults, member: str, mix: FaultMix, random: Random, seconds: float) -> int:
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        verb, draw = mix[random.choice(sorted(mix))]
        about = Match(member=member) if verb == "*" else Match(member=member, verb=verb, plural=CONFIGMAPS.plural)
        names = faults.arm(Rule(about, draw(random), f"{member} {count}"))
        time.sleep(random.uniform(0.2, 8.0 if verb == "*" else 2.0))
        faults.clear(*names)
        time.sleep(random.uniform(0.1, 1.0))
        count += 1
    return count
