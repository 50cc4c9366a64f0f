"""Which seeds answer, as plain values: found by looking from the operator, and judged by `seed_probe`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class SeedProbe(StrEnum):
    """What is done about seeds that do not answer."""

    WARN = "warn"
    REQUIRE = "require"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a look at one seed at a moment (monotonic seconds); `resolved` says whether it has an address."""

    at: float
    ok: bool
    resolved: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """How seeds are looked at, and what was found so far, by name."""

    probe: SeedProbe = SeedProbe.OFF
    answers: Mapping[str, Answer] = field(default_factory=dict)
