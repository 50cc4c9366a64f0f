"""How the work is to be done: the fields of the spec beside base and override, with their defaults and in seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from multicasskop.crds.multicasskop import (
    Approval,
    Drift,
    MultiCasskopSpec,
    OverrideRemoved,
    RolloutOnDark,
    SeedChange,
    SeedMode,
)
from multicasskop.crds.quantity import parse_duration


@dataclass(frozen=True, slots=True)
class Policy:
    """The switches of one MultiCasskop; durations in seconds. The defaults are those of an object without them."""

    cascade: bool = False
    paused: bool = False
    order: tuple[str, ...] = ()
    concurrent: int = 1
    soak: float = 0.0
    settle: float = 30.0
    progress_deadline: float = 1800.0
    approval: bool = False
    skip_dark: bool = False
    seed_mode: SeedMode | None = None
    seeds_per_datacenter: int = 3
    roll_seeds: bool = False
    domains: Mapping[str, str] = field(default_factory=dict)
    report_drift: bool = False
    drain: bool = False
    restart: str = ""

    @classmethod
    def of(cls, spec: MultiCasskopSpec) -> "Policy":
        """Read the switches of a spec. Raises DurationError for a duration that the schema would not have let in."""
        rollout, seeds = spec.rollout, spec.seeds
        return cls(
            cascade=bool(spec.delete_cassandra_cluster),
            paused=spec.paused,
            order=rollout.order,
            concurrent=rollout.max_concurrent,
            soak=parse_duration(rollout.soak),
            settle=parse_duration(rollout.settle),
            progress_deadline=parse_duration(rollout.progress_deadline),
            approval=rollout.approval is Approval.MANUAL,
            skip_dark=rollout.on_dark is RolloutOnDark.SKIP,
            seed_mode=seeds.mode,
            seeds_per_datacenter=seeds.per_datacenter,
            roll_seeds=seeds.on_change is SeedChange.ROLL,
            domains=seeds.domain,
            report_drift=spec.drift is Drift.REPORT,
            drain=spec.deletion.on_override_removed is OverrideRemoved.DRAIN,
            restart=spec.restart,
        )


def rollout_order(listed: Sequence[str], registered: Sequence[str], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """The members that have an override, in the order in which they are changed.

    First those that the spec lists, then the others as registered (home, the flags in their order, live ones by
    name), then those that nobody knows.
    """
    everyone = (*listed, *registered, *sorted(wanted))
    return tuple(dict.fromkeys(name for name in everyone if name in wanted))
