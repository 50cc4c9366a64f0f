"""Bad weather between a witness and its API servers, by seed; and the busy hands that change what it looks at."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Final

from multicasskop.world.api import Api
from multicasskop.world.kinds import CONFIGMAPS
from multicasskop.world.proxy.actions import Action, BlackHole, Delay, Drip, Refuse, Reset, Status
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.line_actions import EndStream, ErrorLine, HoldLines, InsertLine, RepeatLines
from multicasskop.world.proxy.rules import Match, Rule

Draw = Callable[[Random], Action]
Weather = Mapping[str, tuple[str, Draw]]
"""Faults by name: which requests they are about (a verb, or all with `*`), and how one is drawn."""

NAMES: Final = 40
FEW: Final = 4

CUTS: Weather = {
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

GONE: Weather = {
    "expired": ("watch", lambda random: ErrorLine(after=random.randint(0, FEW))),
    "expired at once": ("watch", lambda _: Status(410, reason="Expired")),
}
"""After these there is no going on: all is listed anew."""

MEMBER: Weather = {
    "black hole": ("*", lambda _: BlackHole()),
    "refused": ("*", lambda _: Refuse()),
}
"""Half-open connections, and a server that is away."""

ERRORS: Weather = {
    "no list": ("list", lambda random: Status(random.choice((500, 503, 504)))),
    "no watch": ("watch", lambda random: Status(random.choice((500, 502, 503)), form="html")),
    "half a list": ("list", lambda _: Reset("answer")),
    "a list in drops": ("list", lambda _: Drip(4000, 0.01)),
    "no JSON": ("watch", lambda random: InsertLine(after=random.randint(0, FEW))),
}
ALL: Weather = {**CUTS, **GONE, **MEMBER, **ERRORS}


def blow(faults: Faults, members: Sequence[str], weather: Weather, seed: int, seconds: float) -> int:
    """Let one fault follow another over each of the members, for so long; return how many there were."""
    with ThreadPoolExecutor(len(members)) as pool:
        return sum(pool.map(lambda each: _over(faults, each, weather, Random(f"{seed} {each}"), seconds), members))


def _over(faults: Faults, member: str, weather: Weather, random: Random, seconds: float) -> int:
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        verb, draw = weather[random.choice(sorted(weather))]
        about = Match(member=member) if verb == "*" else Match(member=member, verb=verb, plural=CONFIGMAPS.plural)
        names = faults.arm(Rule(about, draw(random), f"{member} {count}"))
        time.sleep(random.uniform(0.2, 8.0 if verb == "*" else 2.0))
        faults.clear(*names)
        time.sleep(random.uniform(0.1, 1.0))
        count += 1
    return count


class Hands:
    """Somebody who makes, changes and deletes ConfigMaps of one member, without an end; a `with` block is their day."""

    def __init__(self, api: Api, namespace: str, seed: int, pause: float = 0.02) -> None:
        self._api, self._namespace, self._pause = api, namespace, pause
        self._random, self._there = Random(f"{seed} {api.member}"), set[str]()
        self._over, self._thread = threading.Event(), threading.Thread(target=self._run, name=f"hands/{api.member}")

    def __enter__(self) -> "Hands":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._over.wait(self._pause):
            number += 1
            self._change(f"thing-{self._random.randrange(NAMES)}", {"number": str(number)})

    def _change(self, name: str, data: dict[str, str]) -> None:
        if name not in self._there:
            self._there.add(name)
            self._api.create(CONFIGMAPS, self._namespace, {"metadata": {"name": name}, "data": data})
        elif self._random.random() < 0.3:
            self._there.remove(name)
            self._api.delete(CONFIGMAPS, self._namespace, name)
        else:
            self._api.patch(CONFIGMAPS, self._namespace, name, {"data": data})
