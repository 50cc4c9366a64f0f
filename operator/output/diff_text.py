"""A plan as unified YAML: each member's child as it is and as it will be."""

from collections.abc import Iterator
from difflib import unified_diff
from typing import Any, Final

from multicasskop.crds.names import FIELDS, LAST_APPLIED, SEEDLIST
from multicasskop.operator.output.document import as_yaml
from multicasskop.operator.planning.redacted import without_secrets
from multicasskop.operator.planning.report import PlanReport
from multicasskop.operator.planning.sight import Source
from multicasskop.reconcilers.multicasskop.facts import Child

_BEFORE: Final = {Source.LIVE: "live", Source.LAST_WRITTEN: "last written"}
# they repeat what the spec and the seeds below say
_BOOKS: Final = frozenset({FIELDS, SEEDLIST, LAST_APPLIED})


def diff_lines(report: PlanReport) -> Iterator[str]:
    """The differences of all members, in the order in which they are written."""
    first, last = _ends(report)
    for name, after in last.items():
        before = first[name]
        known = _BEFORE.get(report.sources[name], "absent") if before is not None else "absent"
        texts = (_text(before), _text(after))
        yield from unified_diff(*texts, f"{name} {known}", f"{name} planned", lineterm="")


def _ends(report: PlanReport) -> tuple[dict[str, Child | None], dict[str, Child | None]]:
    """Each member's child before the first of its steps and after the last."""
    first: dict[str, Child | None] = {}
    last: dict[str, Child | None] = {}
    for row in report.steps:
        if row.planned is not None:
            first.setdefault(row.member, row.planned.before)
            last[row.member] = row.planned.after
    return first, last


def _text(child: Child | None) -> list[str]:
    if child is None:
        return []
    notes = child.meta.annotations
    found: dict[str, Any] = {
        "metadata": {
            "name": child.key.name,
            "namespace": child.key.namespace,
            "annotations": {name: text for name, text in sorted(notes.items()) if name not in _BOOKS},
        },
        "spec": child.spec,
        "status": {"seedlist": list(child.seeds)},
    }
    return as_yaml(without_secrets(found)).splitlines()
