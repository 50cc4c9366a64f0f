"""The roll of members as a table and as a document."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from multicasskop.operator.output.ages import age, age_since
from multicasskop.operator.output.marks import Mark
from multicasskop.operator.output.table import table
from multicasskop.operator.registering.roll import HOME, Row, State

HEADER: Final = ("NAME", "ROLE", "STATE", "RTT", "SERVER", "CREDENTIAL", "RESOURCES", "SINCE")
WIDE: Final = (*HEADER, "ADDRESS", "SOURCE", "USED BY")
MARKS: Final = {
    State.REACHABLE: Mark.GOOD,
    State.DARK: Mark.UNKNOWN,
    State.REFUSED: Mark.BROKEN,
    State.UNUSABLE: Mark.BROKEN,
    State.UNKNOWN: Mark.UNKNOWN,
}


def lines(rows: Sequence[Row], now: datetime, *, wide: bool) -> list[str]:
    """A line per member under a header; below it, what is wrong with those that could not be asked."""
    troubles = [f"{row.code} {row.name}: {row.message}" for row in rows if row.code]
    return [*table(WIDE if wide else HEADER, [cells(row, now, wide) for row in rows]), *troubles]


def cells(row: Row, now: datetime, wide: bool) -> list[str]:
    """One member's line."""
    found = [
        row.name,
        row.role,
        f"{MARKS[row.state].sign} {row.state}",
        f"{1000 * row.rtt:.0f}ms" if row.rtt is not None else "",
        row.version.removeprefix("v"),
        credential(row, now),
        str(len(row.uses)),
        row.since if wide else age_since(row.since, now),
    ]
    used = ", ".join(use.parent for use in row.uses)
    return [*found, row.address, row.source, used] if wide else found


def credential(row: Row, now: datetime) -> str:
    """How the operator is let in, and until when."""
    if row.role == HOME:
        return "the operator's own"
    if row.expires is None:
        return row.credential
    left = (row.expires - now).total_seconds()
    ends = f"ends in {age(left)}" if left > 0 else f"ended {age(-left)} ago"
    return f"{row.credential}, {ends}"


def document_of(row: Row) -> dict[str, Any]:
    """One member as it is written in JSON and YAML; fields are only ever added."""
    return {
        "name": row.name,
        "role": row.role,
        "state": str(row.state),
        "reason": row.reason,
        "code": row.code,
        "message": row.message,
        "rttSeconds": row.rtt,
        "version": row.version,
        "address": row.address,
        "source": row.source,
        "credential": {"kind": row.credential, "expires": row.expires and f"{row.expires:%Y-%m-%dT%H:%M:%SZ}"},
        "registeredAt": row.since,
        "usedBy": [use.parent for use in row.uses],
    }
