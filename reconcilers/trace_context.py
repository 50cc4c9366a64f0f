"""Names of traces and spans: W3C trace contexts, drawn from what a trace is about.

The ids are hashes of lasting things (the UID of an object, its generation, a member, the time in the status), so that
whichever process leads finds the same ones: a trace goes on after the process that began it has died, and a span that
outlives a process can be sent by the next one. A UID is random, hence so are the ids.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Final, Self

_VERSION_0: Final = "00"
_SHAPE: Final = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})"
    r"-(?!0{32})(?P<trace>[0-9a-f]{32})"
    r"-(?!0{16})(?P<span>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})"
)
_LENGTH: Final = 55
_SAMPLED: Final = 0x01
_LOW_64: Final = 1 << 64


@dataclass(frozen=True, slots=True)
class TraceContext:
    """One span of one trace; `sampled` says whether spans of this trace are sent at all."""

    trace_id: str
    span_id: str
    sampled: bool = True

    @classmethod
    def parse(cls, text: object) -> Self | None:
        """Read a `traceparent`; None for anything that is none, whatever it is made of."""
        if not isinstance(text, str):
            return None
        found = _SHAPE.fullmatch(text[:_LENGTH])
        # later versions may append something
        if found is None or (len(text) > _LENGTH and (found["version"] == _VERSION_0 or text[_LENGTH] != "-")):
            return None
        return cls(found["trace"], found["span"], bool(int(found["flags"], 16) & _SAMPLED))

    def __str__(self) -> str:
        return f"{_VERSION_0}-{self.trace_id}-{self.span_id}-{self.sampled:02x}"

    def child(self, *about: object) -> Self:
        """The span of the same trace that is about this."""
        return replace(self, span_id=_digest(self.trace_id, self.span_id, *about)[:16])


def root_of(ratio: float, *about: object) -> TraceContext:
    """The root span of the trace about this; of all traces, `ratio` (0 to 1) are sampled."""
    digest = _digest(*about)
    trace_id = digest[:32]
    return TraceContext(trace_id, digest[32:48], is_sampled(trace_id, ratio))


def is_sampled(trace_id: str, ratio: float) -> bool:
    """Whether a trace is among the sampled ones; the rule is that of OpenTelemetry's TraceIdRatioBased."""
    return int(trace_id[16:], 16) < round(ratio * _LOW_64)


def _digest(*about: object) -> str:
    return hashlib.sha256("\0".join(map(str, about)).encode()).hexdigest()
