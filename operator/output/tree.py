"""A MultiCasskop as a tree, and several as a list: lines of plain text, made of reports."""

from collections.abc import Sequence
from datetime import datetime

from multicasskop.operator.output.ages import age_since, since
from multicasskop.operator.output.marks import of_phase, of_state
from multicasskop.operator.output.report import Member, Report
from multicasskop.operator.output.table import pad, table, width

LIST = ("NAMESPACE", "NAME", "PHASE", "READY", "NODES", "WAITING FOR", "SINCE", "NEXT")
WIDE = (*LIST[:-1], "NEXT", "GENERATION", "MESSAGE")


def list_lines(reports: Sequence[Report], now: datetime, *, wide: bool = False) -> list[str]:
    """One line per MultiCasskop under a header."""
    rows = [_list_row(report, now, wide) for report in reports]
    return table(WIDE if wide else LIST, rows)


def _list_row(report: Report, now: datetime, wide: bool) -> list[str]:
    row = [
        report.namespace,
        report.name,
        f"{of_phase(report.phase).sign} {report.phase}",
        report.ready,
        report.nodes,
        report.waiting_for,
        report.since if wide else age_since(report.since, now),
        ", ".join(report.next_members),
    ]
    return [*row, str(report.generation), report.message] if wide else row


def tree_lines(report: Report, home: str, now: datetime) -> list[str]:
    """The whole of one MultiCasskop: what it is at, each member in its turn, and what comes next."""
    return [*_head(report, now), "", *_members(report, home, now), *_foot(report)]


def _head(report: Report, now: datetime) -> list[str]:
    seen = "seen" if report.seen else "not seen yet by the operator"
    began = f"   rollout began {age_since(report.started, now)} ago" if report.started else ""
    by = f", spec set by {report.manager}" if began and report.manager else ""
    first = f"{report.name}   namespace {report.namespace}   generation {report.generation}, {seen}{began}{by}"
    return [first, f"{of_phase(report.phase).sign} {report.phase}   {_doing(report, now)}".rstrip()]


def _doing(report: Report, now: datetime) -> str:
    step = f"step {report.step} of {report.steps}" if 0 < report.step <= report.steps and report.waiting_for else ""
    held = since(report.since, now)
    waited = f" ({age_since(report.since, now)})" if report.waiting_for and held is not None else ""
    parts = (step, f"{report.waiting_for}{waited}", report.message)
    return ": ".join(part for part in parts[:2] if part) + (f"   {report.message}" if report.message else "")


def _members(report: Report, home: str, now: datetime) -> list[str]:
    rows = [_member_cells(member, home, now) for member in report.members]
    widths = [max((width(row[column]) for row in rows), default=0) for column in range(6)]
    lines = []
    for number, (member, row) in enumerate(zip(report.members, rows, strict=True), 1):
        last = number == len(rows)
        cells = "  ".join(pad(cell, wide) for cell, wide in zip(row, widths, strict=True) if wide).rstrip()
        lines.append(f"{'└─' if last else '├─'} {number} {of_state(member.state).sign} {cells}")
        lines += [f"{'  ' if last else '│ '}    {detail}" for detail in _details(member)]
    return lines


def _member_cells(member: Member, home: str, now: datetime) -> list[str]:
    stands = f"{member.phase}  {member.action}" if member.phase or member.action else ""
    role = "home" if member.name == home else ""
    state = member.state if member.reachable else f"{member.state}, dark"
    return [member.name, role, f"{state} {age_since(member.since, now)}", member.datacenters, member.nodes, stands]


def _details(member: Member) -> list[str]:
    gate = [f"gate   wants {member.gate.wants}; has {member.gate.has}"] if member.gate else []
    message = [member.message] if member.message and not member.gate else []
    return [*member.racks, *gate, *message]


def _foot(report: Report) -> list[str]:
    seeds = [f"Seeds     {len(report.seeds)}"] if report.seeds else []
    waiting = [f"Next      {', '.join(report.next_members)}"] if report.next_members and report.members else []
    troubles = [f"{_of(item, 'reason')}: {_of(item, 'message')}" for item in report.conditions if _is_trouble(item)]
    return ["", *seeds, *waiting, *troubles] if seeds or waiting or troubles else []


def _is_trouble(condition: object) -> bool:
    kind, status = _of(condition, "type"), _of(condition, "status")
    return (kind in {"Valid", "MembersReachable", "SeedsResolved"} and status == "False") or (
        kind in {"Degraded", "Stalled", "Drifted"} and status == "True"
    )


def _of(condition: object, field: str) -> str:
    return str(condition.get(field, "")) if isinstance(condition, dict) else ""
