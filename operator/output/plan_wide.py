"""The changes of one member in full: each with its old and new value, what CassKop calls it, and what restarts."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from multicasskop.operator.planning.redacted import without_secrets
from multicasskop.operator.planning.report import Row
from multicasskop.reconcilers.multicasskop.desire import topology
from multicasskop.reconcilers.multicasskop.effects import Change, Effect
from multicasskop.reconcilers.multicasskop.facts import Child

SIGNS = {"add": "+", "remove": "-", "replace": "~"}
NOTHING = "(not set)"
EFFECTS = {
    Effect.SCALE: "nodes come or go, none restarts",
    Effect.RESIZE: "volumes grow, no restart",
    Effect.RESTART: "rolling restart",
    Effect.QUIET: "no restart",
}


def wide_details(row: Row) -> Iterator[str]:
    """Each change in four lines, then the racks that restart or are made, in the order in which CassKop takes them."""
    for change, origin in row.changes:
        yield from _change(change, origin)
    if row.planned is None:
        return
    before, after = row.planned.before, row.planned.after
    if before is None and after is not None:
        yield from _racks("creates", after)
    elif before is not None and row.nodes is not None and row.nodes[0]:
        yield from _racks("restarts", before)


def _change(change: Change, origin: str) -> Iterator[str]:
    name = change.path.rpartition(".")[2]
    old, new = (_whole(value, name) for value in (change.old, change.new))
    yield f"{SIGNS[change.op]} {change.path}   from {origin}"
    yield f"    old      {old}"
    yield f"    new      {new if new != old else '(changed)'}"
    yield f"    CassKop  {change.action or 'nothing to do'}: {EFFECTS[change.effect]}"


def _whole(value: Any, name: str) -> str:  # noqa: ANN401  plain data
    """A value in one line, however long that is."""
    if value is None:
        return NOTHING
    plain = without_secrets(value, name)
    return plain if isinstance(plain, str) and plain else json.dumps(plain, ensure_ascii=False)


def _racks(verb: str, child: Child) -> Sequence[str]:
    racks = [
        f"{datacenter.name}-{rack.name} ({rack.nodes} {'node' if rack.nodes == 1 else 'nodes'})"
        for datacenter in topology(child.spec)
        for rack in datacenter.racks
    ]
    return [f"{verb:<9}{', then '.join(racks)}"] if racks else []
