"""How much is measured: all of it, or a share of it while a benchmark is being worked on."""

from dataclasses import dataclass

RUNS = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """`share` of all counts of objects and events, and so many runs of each side of a comparison."""

    share: float = 1.0
    runs: int = RUNS

    @property
    def whole(self) -> bool:
        """Whether all of it is measured: of less, no figure is published."""
        return self == WHOLE

    def of(self, count: int) -> int:
        """That many, or their share, of which there is one at least."""
        return max(1, round(count * self.share))


WHOLE = Scale()
