"""What a campaign found, for people: each failing plan whole, so that it can be brought about again."""

from collections.abc import Iterable, Sequence

import yaml
from multicasskop.world.proxy.plans import Plan, shortened

HOW = "put a plan into a file and run: pytest e2e/test_plans.py --plan FILE"


def report(judged: Iterable[tuple[Plan, Sequence[str]]]) -> str:
    """Every plan with findings, and how to bring it about; empty when there are none."""
    failed = [(plan, findings) for plan, findings in judged if findings]
    if not failed:
        return ""
    return "\n\n".join([f"{len(failed)} plans failed; {HOW}", *(told(plan, findings) for plan, findings in failed)])


def told(plan: Plan, findings: Sequence[str]) -> str:
    """One plan with what was found."""
    text = yaml.safe_dump(shortened(plan), sort_keys=False)
    return "\n".join([text.rstrip(), *(f"  ! {finding}" for finding in findings)])
