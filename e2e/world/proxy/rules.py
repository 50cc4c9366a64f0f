"""Which request meets which fault: the first rule that fits and is due."""

import random
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from multicasskop.world.proxy.actions import Action
from multicasskop.world.proxy.requests import MUTATING, Request

Names = str | tuple[str, ...]
ANY: tuple[str, ...] = ()
ABSENT = object()


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a request must be like; what is not told may be anything.

    `verb` is as RBAC calls it. `writes` means a mutating request that is neither lease nor event. `continued` is a
    list's page after the first. `body` maps JSON pointers to what must be there; None means that nothing is. `nth`
    counts from 1 over all requests that fit: the rule acts from that one on, and unless `times` says more, on it alone.
    """

    member: Names = ANY
    verb: Names = ANY
    group: Names = ANY
    plural: Names = ANY
    namespace: Names = ANY
    name: Names = ANY
    subresource: Names = ANY
    manager: Names = ANY
    phase: Names = ANY
    dry_run: bool | None = None
    continued: bool | None = None
    writes: bool = False
    body: dict[str, Any] = {}
    nth: int = 0

    @property
    def verbs(self) -> tuple[str, ...]:
        """The verbs that fit, `*` for any."""
        found = (self.verb,) if isinstance(self.verb, str) else self.verb
        return found or (tuple(MUTATING) if self.writes else ("*",))

    def fits(self, request: Request, phase: str) -> bool:
        """Whether the request is like that, whichever occurrence it is."""
        about = request.resource
        pairs = (
            (self.member, request.member),
            (self.verb, request.verb),
            (self.group, about.group),
            (self.plural, about.plural),
            (self.namespace, about.namespace),
            (self.name, request.name),
            (self.subresource, about.subresource),
            (self.manager, request.manager),
            (self.phase, phase),
        )
        return (
            all(names == ANY or value in ([names] if isinstance(names, str) else names) for names, value in pairs)
            and self.dry_run in (None, request.is_dry_run)
            and self.continued in (None, "continue" in request.query)
            and (request.is_counted or not self.writes)
            and all(holds(request.body, pointer, wanted) for pointer, wanted in self.body.items())
        )


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault and where it strikes.

    `times` bounds how often: 0 is without end, but once where `match.nth` is told. `chance` below 1 strikes by the
    plan's seed. A rule on a watch stays in force on that stream until it is cleared.
    """

    match: Match
    action: Action
    name: str = ""
    times: int = 0
    chance: float = 1.0

    def is_due(self, seen: int) -> bool:
        """Whether it acts on the request that is the `seen`-th to fit."""
        first = max(self.match.nth, 1)
        times = self.times or (1 if self.match.nth else 0)
        return seen >= first and (not times or seen < first + times)


class Rules:
    """The armed rules, in order, over all members. Thread-safe."""

    def __init__(self, seed: int = 0) -> None:
        self.revision = 0
        self.phase = ""
        self._changed = threading.Condition()
        self._armed: dict[str, Rule] = {}
        self._seen: Counter[str] = Counter()
        self._hits: Counter[str] = Counter()
        self._random = random.Random(seed)

    def arm(self, *rules: Rule) -> tuple[str, ...]:
        """Add rules behind those that are armed, and return their names; ValueError for a name that is taken."""
        with self._changed:
            named = [
                rule if rule.name else msgspec.structs.replace(rule, name=self._free_name(offset))
                for offset, rule in enumerate(rules)
            ]
            for rule in named:
                if rule.name in self._armed:
                    raise ValueError(f"a rule {rule.name} is armed already")
                self._armed[rule.name] = rule
                self._seen[rule.name] = self._hits[rule.name] = 0
            self._moved()
        return tuple(rule.name for rule in named)

    def clear(self, names: Iterable[str] = ()) -> None:
        """Take these rules away, or all; streams that they hold go on, requests that they hold are let go."""
        with self._changed:
            for name in tuple(names) or tuple(self._armed):
                self._armed.pop(name, None)
            self._moved()

    def take(self, request: Request) -> Rule | None:
        """The rule for a request that has just come. Every rule that fits counts it."""
        with self._changed:
            due = [rule for rule in self._armed.values() if self._counts(rule, request)]
            if due:
                self._hit(due[0])
            return due[0] if due else None

    def standing(self, request: Request, current: Rule | None) -> Rule | None:
        """The rule for a stream that is open: the one it has while that is armed, else the first without a number."""
        with self._changed:
            if current is not None and current.name in self._armed:
                return current
            endless = (rule for rule in self._armed.values() if not rule.match.nth and not rule.times)
            return next((rule for rule in endless if rule.match.fits(request, self.phase)), None)

    def joined(self, rule: Rule) -> None:
        """Count that the rule has taken a stream that was open."""
        with self._changed:
            self._hit(rule)

    def is_armed(self, name: str) -> bool:
        """Whether the rule was not cleared yet."""
        with self._changed:
            return name in self._armed

    def hits(self, name: str) -> int:
        """How many requests the rule has acted on."""
        with self._changed:
            return self._hits[name]

    def wait_hit(self, name: str, seconds: float = 30.0, count: int = 1) -> None:
        """Return when the rule has acted that often; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._hits[name] >= count, seconds):
                raise TimeoutError(f"rule {name} acted {self._hits[name]} times within {seconds:g}s, not {count}")

    def wait_any_hit(self, names: Iterable[str], seconds: float) -> bool:
        """Wait until one of the rules has acted; whether one has."""
        wanted = tuple(names)
        with self._changed:
            return self._changed.wait_for(lambda: any(self._hits[name] for name in wanted), seconds)

    def wait_cleared(self, name: str, seconds: float | None) -> bool:
        """Wait until the rule is cleared, for so many seconds at most if told; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: name not in self._armed, seconds)

    def _counts(self, rule: Rule, request: Request) -> bool:
        if not rule.match.fits(request, self.phase):
            return False
        self._seen[rule.name] += 1
        return rule.is_due(self._seen[rule.name]) and (rule.chance >= 1 or self._random.random() < rule.chance)

    def _hit(self, rule: Rule) -> None:
        self._hits[rule.name] += 1
        self._changed.notify_all()

    def _free_name(self, offset: int) -> str:
        return f"rule-{self.revision + 1}-{offset + 1}"

    def _moved(self) -> None:
        self.revision += 1
        self._changed.notify_all()


def holds(document: Any, pointer: str, wanted: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether a document has that value at a JSON pointer; None: whether it has nothing, or null, there."""
    found = at(document, pointer)
    return found in (ABSENT, None) if wanted is None else bool(found == wanted)


def at(document: Any, pointer: str) -> Any:  # noqa: ANN401 - any JSON
    """What a JSON pointer (RFC 6901) leads to, or ABSENT."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(key, ABSENT)
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return ABSENT
    return document
