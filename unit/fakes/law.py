"""How long laws are tested: briefly with every run, and as long as `make soak` says."""

import os

from hypothesis import HealthCheck, Phase, settings

FACTOR = "LAW_FACTOR"


def law(examples: int, steps: int = 50) -> settings:
    """The settings of a law: so many examples, of state machines of so many steps, and more of both in a soak."""
    factor = int(os.environ.get(FACTOR, "1"))
    return settings(
        max_examples=examples * factor,
        stateful_step_count=steps * (2 if factor > 1 else 1),
        # explaining traces every line, which takes longer than everything else together
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
