"""What went through the proxies: one entry per request, one per line of a watch. No header, no body, no token."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from multicasskop.informers.clock import Clock, SystemClock
from multicasskop.world.proxy.requests import BESIDE, MUTATING, Request


class Passed(msgspec.Struct, frozen=True, kw_only=True, tag_field="entry", tag="request"):
    """One request: when it was read and how long it took (monotonic, seconds), what it was, and how it ended.

    `code` is what the caller was given, 0 for no answer; `forwarded` how often the server was sent it; `rule` is the
    rule that acted. That of a watch is written when it ends.
    """

    at: float
    took: float
    number: int
    member: str
    verb: str
    group: str
    plural: str
    namespace: str
    name: str
    subresource: str
    manager: str
    dry_run: bool
    code: int
    forwarded: int
    rule: str

    @property
    def is_mutating(self) -> bool:
        """Whether it would change something."""
        return self.verb in MUTATING

    @property
    def is_counted(self) -> bool:
        """Whether it has a number among the crash points."""
        return self.is_mutating and self.plural not in BESIDE

    def describe(self) -> str:
        """As one line for people."""
        where = "/".join(part for part in (self.plural, self.subresource) if part)
        acted = f" by {self.rule}" if self.rule else ""
        return f"{self.at:.3f} {self.member} {self.verb} {where} {self.namespace}/{self.name} → {self.code}{acted}"


class Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="entry", tag="line"):
    """One line of a watch. `stream` is the request's number; a line that is no JSON has type ?.

    It was `given` to the caller, or was taken by a rule when it arrived: what becomes of it is the rule's affair.
    """

    at: float
    stream: int
    member: str
    plural: str
    type: str
    namespace: str
    name: str
    version: str
    rule: str
    given: bool


class _Metadata(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str = ""
    resource_version: str = ""


class _Object(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


class _Event(msgspec.Struct):
    type: str = "?"
    object: _Object = msgspec.field(default_factory=_Object)


_DECODER = msgspec.json.Decoder(_Event)
_NO_EVENT = _Event()


def read_line(line: bytes) -> tuple[str, str, str, str]:
    """Type, namespace, name and version of a watch line; type `?` for one that cannot be read."""
    try:
        event = _DECODER.decode(line)
    except msgspec.DecodeError:
        event = _NO_EVENT
    meta = event.object.metadata
    return event.type, meta.namespace, meta.name, meta.resource_version


class Trace:
    """All entries, in the order in which they were written. Thread-safe."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self._entries: list[Passed | Line] = []
        self._grown = threading.Condition()

    def request(self, request: Request, at: float, code: int, forwarded: int, rule: str) -> None:
        """Write down a request that has ended."""
        about = request.resource
        entry = Passed(
            at=at,
            took=self.clock.monotonic() - at,
            number=request.number,
            member=request.member,
            verb=request.verb,
            group=about.group,
            plural=about.plural,
            namespace=about.namespace,
            name=request.name,
            subresource=about.subresource,
            manager=request.manager,
            dry_run=request.is_dry_run,
            code=code,
            forwarded=forwarded,
            rule=rule,
        )
        self._write([entry])

    def lines(self, request: Request, lines: Sequence[bytes], rule: str, *, given: bool = True) -> None:
        """Write down lines that were given to the caller, or have arrived under a rule."""
        at = self.clock.monotonic()
        self._write([line_of(at, request, line, rule, given=given) for line in lines])

    def requests(self, fits: Callable[[Passed], bool] = lambda entry: True) -> tuple[Passed, ...]:
        """The requests that have ended and fit."""
        return tuple(entry for entry in self._all() if isinstance(entry, Passed) and fits(entry))

    def writes(self) -> tuple[Passed, ...]:
        """The requests that have a number among the crash points, in that order."""
        return tuple(sorted(self.requests(lambda entry: entry.is_counted), key=lambda entry: entry.number))

    def watched(self, fits: Callable[[Line], bool] = lambda entry: entry.given) -> tuple[Line, ...]:
        """The lines that fit: all that were given, if nothing is told."""
        return tuple(entry for entry in self._all() if isinstance(entry, Line) and fits(entry))

    def wait_for(self, fits: Callable[[Passed], bool], seconds: float = 30.0, *, count: int = 1) -> tuple[Passed, ...]:
        """The requests that fit, once there are `count`; raises TimeoutError with the last requests."""
        if not self._wait(lambda: len(self.requests(fits)) >= count, seconds):
            last = "\n".join(entry.describe() for entry in self.requests()[-12:])
            raise TimeoutError(f"not {count} requests that fit within {seconds:g}s; the last were:\n{last}")
        return self.requests(fits)

    def wait_for_lines(
        self, fits: Callable[[Line], bool], seconds: float = 30.0, *, count: int = 1
    ) -> tuple[Line, ...]:
        """The lines that fit, once there are `count`; raises TimeoutError with the last lines."""
        if not self._wait(lambda: len(self.watched(fits)) >= count, seconds):
            last = "\n".join(str(entry) for entry in self.watched(lambda entry: True)[-12:])
            raise TimeoutError(f"not {count} lines that fit within {seconds:g}s; the last were:\n{last}")
        return self.watched(fits)

    def save(self, path: Path) -> None:
        """Write all of it as JSON documents, one per line."""
        path.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in self._all()))

    def _wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        with self._grown:
            return self._grown.wait_for(condition, seconds)

    def _all(self) -> tuple[Passed | Line, ...]:
        with self._grown:
            return tuple(self._entries)

    def _write(self, entries: list[Passed | Line]) -> None:
        with self._grown:
            self._entries.extend(entries)
            self._grown.notify_all()


def line_of(at: float, request: Request, line: bytes, rule: str, *, given: bool) -> Line:
    """A line's entry."""
    kind, namespace, name, version = read_line(line)
    return Line(
        at=at,
        stream=request.number,
        member=request.member,
        plural=request.resource.plural,
        type=kind,
        namespace=namespace,
        name=name,
        version=version,
        rule=rule,
        given=given,
    )
