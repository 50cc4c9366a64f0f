"""Logs of the operator: one line per message, text on a terminal and JSON otherwise.

Guaranteed: nothing that could be a secret is written; the same warning about the same thing comes at most once a
minute, with `repeated=` saying how often it was held back; a stack stands only at level error. Assumed: message texts
are constant and variables stand in fields. Loggers of other libraries pass through the same steps.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog
from multicasskop.informers.clock import Clock
from multicasskop.operator.redaction import plain, scrub
from structlog.typing import Processor

Event = MutableMapping[str, Any]
LEVELS = {"debug": 10, "info": 20, "warn": 30, "error": 40}
REPEAT_SECONDS = 60.0
DEBUG_SECONDS = 600.0
REMEMBERED = 1000
WHO = ("event", "mck", "member", "child", "code")
PAD = 20
SECONDS_FIELDS = frozenset({"took", "waited", "retry_in", "start", "after"})


class Level:
    """The level that counts now; may change while the operator runs."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self._clock = clock
        self._debug_until = 0.0

    def toggle_debug(self) -> None:
        """Let debug messages through for ten minutes, or end that; may be called by a signal handler."""
        now = self._clock.monotonic()
        self._debug_until = 0.0 if now < self._debug_until else now + DEBUG_SECONDS

    def __call__(self, logger: Any, method: str, event: Event) -> Event:  # noqa: ANN401 - structlog's own signature
        """Drop what is below the level, and note the level's name."""
        name = _level_name(method)
        wanted = "debug" if self._debug_until and self._clock.monotonic() < self._debug_until else self.name
        if LEVELS[name] < LEVELS[wanted]:
            raise structlog.DropEvent
        event["level"] = name
        return event


class Sink:
    """The stream that lines go to, one at a time."""

    def __init__(self, stream: TextIO, name: str = "", lock: "threading.Lock | None" = None) -> None:
        self.name = name
        self._stream = stream
        self._lock = lock or threading.Lock()

    def named(self, *names: str) -> "Sink":
        """The same stream for a logger of this name."""
        return Sink(self._stream, names[0].removeprefix("multicasskop.") if names else "", self._lock)

    def msg(self, line: str) -> None:
        """Write one line; the methods below are the levels that structlog calls."""
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = warn = error = critical = exception = log = msg


class Repeats:
    """Holds back the same warning about the same thing for a minute, and says afterwards how often it came."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, ...], tuple[float, int]] = {}

    def __call__(self, logger: Any, method: str, event: Event) -> Event:  # noqa: ANN401 - structlog's own signature
        """Pass the event on, or drop it; other levels than warn always pass."""
        if event["level"] != "warn":
            return event
        with self._lock:
            held = self._hold_locked(_who(event))
        if held is None:
            raise structlog.DropEvent
        return {**event, "repeated": held} if held else event

    def _hold_locked(self, who: tuple[str, ...]) -> int | None:
        """How often it was held back until now when it may be written, nothing when it is held back once more."""
        now = self._clock.monotonic()
        last, held = self._seen.pop(who, (now - REPEAT_SECONDS, 0))
        wait = now - last < REPEAT_SECONDS
        self._seen[who] = (last, held + 1) if wait else (now, 0)
        while len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return None if wait else held


class Foreign(logging.Handler):
    """Hands records of other libraries' loggers to the same pipeline."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one event, with its own logger's name."""
        level = "debug" if record.levelno < 20 else "info" if record.levelno < 30 else "warning"
        log = structlog.get_logger(record.name)
        getattr(log, "error" if record.levelno >= 40 else level)(record.getMessage(), exc_info=record.exc_info)


def _who(event: Event) -> tuple[str, ...]:
    """What makes two warnings the same: what they are about, and where they are about nothing the error itself."""
    who = tuple(str(event.get(field, "")) for field in WHO)
    return who if any(who[1:]) else (*who, str(event.get("error", "")))


def configure_logs(
    level: str,
    form: str,
    clock: Clock,
    *,
    stream: TextIO | None = None,
    counted: Callable[[str], None] | None = None,
) -> Level:
    """Set up logging for the process; once, before threads exist. Returns the level, which may be changed."""
    target = stream or sys.stderr
    as_text = form == "text" or (form == "auto" and target.isatty())
    threshold = Level(level, clock)
    steps: Sequence[Processor] = (
        threshold,
        structlog.contextvars.merge_contextvars,
        _Stamp(clock),
        _named,
        _stack,
        _harmless,
        Repeats(clock),
        _Counted(counted or (lambda _: None)),
        render_text if as_text else render_json,
    )
    factory = Sink(target)
    structlog.configure(
        processors=steps,
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory=factory.named,
        cache_logger_on_first_use=False,
    )
    _adopt_foreign()
    return threshold


def _adopt_foreign() -> None:
    logging.captureWarnings(True)
    logging.root.handlers[:] = [Foreign()]
    logging.root.setLevel(logging.WARNING)


def _level_name(method: str) -> str:
    match method:
        case "warning" | "warn":
            return "warn"
        case "exception" | "critical" | "fatal" | "error":
            return "error"
        case _:
            return method if method in LEVELS else "info"


class _Stamp:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, logger: Any, method: str, event: Event) -> Event:  # noqa: ANN401 - structlog's own signature
        return {"ts": self._clock.now().astimezone(UTC), **event}


class _Counted:
    def __init__(self, counted: Callable[[str], None]) -> None:
        self._counted = counted

    def __call__(self, logger: Any, method: str, event: Event) -> Event:  # noqa: ANN401 - structlog's own signature
        self._counted(event["level"])
        return event


def _named(logger: Any, method: str, event: Event) -> Event:  # noqa: ANN401 - structlog's own signature
    event.setdefault("logger", getattr(logger, "name", ""))
    return event


def _stack(logger: Any, method: str, event: Event) -> Event:  # noqa: ANN401 - structlog's own signature
    """A stack at level error only; below that the error's own words have to do."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event.setdefault("error", error)
        event.setdefault("error_type", type(error).__name__)
        if event["level"] == "error":
            event["stack"] = "".join(traceback.format_exception(error))
    return event


def _harmless(logger: Any, method: str, event: Event) -> Event:  # noqa: ANN401 - structlog's own signature
    return {name: value if name == "ts" else plain(value, name) for name, value in event.items()}


def render_json(logger: Any, method: str, event: Event) -> str:  # noqa: ANN401 - structlog's own signature
    """The event as one line of JSON: `ts`, `level`, `msg`, `logger`, then its fields."""
    import msgspec

    fields = dict(event)
    head = {"ts": _rfc3339(fields.pop("ts")), "level": fields.pop("level"), "msg": fields.pop("event")}
    return msgspec.json.encode({**head, "logger": fields.pop("logger"), **fields}).decode()


def render_text(logger: Any, method: str, event: Event) -> str:  # noqa: ANN401 - structlog's own signature
    """The event as a line for people: `HH:MM:SS.mmm LEVEL message field=value …`; a stack stands below it."""
    fields = {name: value for name, value in event.items() if name not in {"ts", "level", "event", "logger", "stack"}}
    if "steps" in fields and "step" in fields:
        fields["step"] = f"{fields['step']}/{fields.pop('steps')}"
    head = f"{_clock_time(event['ts'])} {event['level'].upper():<5} {_one_line(event['event']):<{PAD}}"
    line = " ".join((head, *(f"{name}={_field(name, value)}" for name, value in fields.items()))).rstrip()
    return line + ("\n" + event["stack"].rstrip() if "stack" in event else "")


def _field(name: str, value: Any) -> str:  # noqa: ANN401 - any plain value
    if name in SECONDS_FIELDS and isinstance(value, int | float):
        return f"{value:.3g}s" if value < 100 else f"{value:.0f}s"
    if isinstance(value, list):
        return _quoted(",".join(str(item) for item in value))
    if isinstance(value, float):
        return f"{value:g}"
    return _quoted(str(value).lower() if isinstance(value, bool) else str(value))


def _quoted(value: str) -> str:
    safe = _one_line(value)
    needs = not safe or any(sign in safe for sign in ' "=')
    return '"' + safe.replace('"', '\\"') + '"' if needs else safe


def _one_line(value: str) -> str:
    """Control characters (terminal escapes too) as their escapes, so that nobody's text becomes a line of its own."""
    if value.isprintable():
        return value
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in scrub(value))


def _rfc3339(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def _clock_time(instant: datetime) -> str:
    return instant.strftime("%H:%M:%S.") + f"{instant.microsecond // 1000:03d}"
