"""Numbers of a benchmark: percentiles of samples, and what a figure says beside its peer and its goal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MINIMUM_SAMPLES = 50


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` (0 to 1) of all samples do not exceed (nearest rank, no interpolation).

    Raises ValueError for no samples: a figure without a measurement must not be printed.
    """
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


@dataclass(frozen=True, slots=True)
class Peer:
    """What the same thing cost elsewhere: `p99` in the figure's unit, and where that number comes from."""

    name: str
    p99: float
    source: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One published number: median and p99 of its samples, its goal (p99 must not exceed it), its peer."""

    name: str
    unit: str
    samples: tuple[float, ...]
    goal: float
    peer: Peer | None = None

    @property
    def p50(self) -> float:
        """Median of the samples."""
        return percentile(self.samples, 0.5)

    @property
    def p99(self) -> float:
        """The slow side."""
        return percentile(self.samples, 0.99)

    @property
    def ratio(self) -> float | None:
        """Ours divided by the peer's, at p99; below 1 is better than the peer. None without a peer to divide by."""
        return self.p99 / self.peer.p99 if self.peer and self.peer.p99 else None

    @property
    def met(self) -> bool:
        """Whether p99 is within the goal."""
        return self.p99 <= self.goal
