"""Numbers of a benchmark: percentiles of samples, and what a figure says beside its peer and its goal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

MINIMUM_SAMPLES = 50
AT_LEAST = "at least"


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` (0 to 1) of all samples do not exceed (nearest rank, no interpolation).

    Raises ValueError for no samples: a figure without a measurement must not be printed.
    """
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def median(samples: Sequence[float]) -> float:
    """The middle one, of an even number the lower of the two."""
    return percentile(samples, 0.5)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure has to keep to: an upper bound, or a lower one where more is better. The limit itself is good."""

    limit: float
    bound: str = "at most"

    def is_met(self, value: float) -> bool:
        """Whether the value keeps to it."""
        return value >= self.limit if self.bound == AT_LEAST else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.bound == AT_LEAST else '<='} {self.limit:g}"


def at_most(limit: float) -> Goal:
    """The goal of times, sizes and counts, and of their ratios."""
    return Goal(limit)


def at_least(limit: float) -> Goal:
    """The goal of rates and their ratios."""
    return Goal(limit, AT_LEAST)


@dataclass(frozen=True, slots=True)
class Peer:
    """What the same thing cost elsewhere: `p99` in the figure's unit, and where that number comes from."""

    name: str
    p99: float
    source: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One published number: median and p99 of its samples, a goal, and a peer that was not run along.

    The goal is that of the slow side: p99, or the smallest sample where the bound is a lower one, as for rates. Without
    a goal it is there for information.
    """

    name: str
    unit: str
    samples: tuple[float, ...]
    goal: Goal | None = None
    peer: Peer | None = None

    @property
    def p50(self) -> float:
        """Median of the samples."""
        return median(self.samples)

    @property
    def p99(self) -> float:
        """The slow side."""
        return percentile(self.samples, 0.99)

    @property
    def ratio(self) -> float | None:
        """Ours divided by the peer's, at p99; below 1 is better than the peer. None without a peer to divide by."""
        return self.p99 / self.peer.p99 if self.peer and self.peer.p99 else None

    @property
    def met(self) -> bool | None:
        """Whether the slow side keeps to the goal; None without one."""
        if self.goal is None:
            return None
        return self.goal.is_met(min(self.samples) if self.goal.bound == AT_LEAST else self.p99)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two things that were measured in turns in the same run: its name, one sample per run, what to know of it.

    Of few samples the median counts, and the extremes are shown beside it.
    """

    name: str
    samples: tuple[float, ...]
    remark: str = ""

    @property
    def p50(self) -> float:
        """Median of the samples."""
        return median(self.samples)

    @property
    def spread(self) -> float:
        """How far the samples lie apart, as a share of their median."""
        return (max(self.samples) - min(self.samples)) / self.p50 if self.p50 else 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides, both in `unit`, and the goal of the ratio of their medians; without a goal for information."""

    name: str
    unit: str
    ours: Side
    theirs: Side
    goal: Goal | None = None

    @property
    def ratio(self) -> float:
        """Our median divided by theirs; ZeroDivisionError when theirs is nothing, which is no measurement."""
        return self.ours.p50 / self.theirs.p50

    @property
    def met(self) -> bool | None:
        """Whether the ratio keeps to the goal; None without one."""
        return self.goal.is_met(self.ratio) if self.goal else None

    def unjudged(self) -> Self:
        """The same, for information."""
        return replace(self, goal=None)


Result = Figure | Comparison


def thinned(samples: Sequence[float], count: int = 1000) -> tuple[float, ...]:
    """At most so many of the samples, evenly spread over all of them by size: with the same percentiles, nearly."""
    if len(samples) <= count:
        return tuple(samples)
    ordered = sorted(samples)
    return tuple(ordered[math.ceil(len(ordered) * (number + 1) / count) - 1] for number in range(count))
