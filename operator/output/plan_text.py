"""A plan as lines of text: one row per member in its turn, its changes below it, and what it comes to."""

from collections.abc import Iterator

from multicasskop.operator.output.ages import age
from multicasskop.operator.output.marks import Mark
from multicasskop.operator.output.plan_answers import answer_lines
from multicasskop.operator.output.plan_wide import SIGNS, wide_details
from multicasskop.operator.output.table import pad, table
from multicasskop.operator.planning.redacted import shown
from multicasskop.operator.planning.rehearsal import Said
from multicasskop.operator.planning.report import DELETE, Note, PlanReport, Row
from multicasskop.operator.planning.sight import Source
from multicasskop.reconcilers.multicasskop.effects import SEEDS, Change, Effect

PATH, VALUE = 34, 40


def plan_lines(report: PlanReport, *, wide: bool = False) -> list[str]:
    """The whole of it; `wide` has every change in full, with what restarts."""
    servers = [*answer_lines(report.answers), ""] if report.answers else []
    if report.problems:
        return [*_head(report), "", *servers, *_problems(report)]
    return [*_head(report), "", *_rows(report, wide), "", *servers, *_foot(report)]


def _head(report: PlanReport) -> list[str]:
    before = str(report.generation) if report.generation else "none"
    generation = f"{before} -> new" if report.fresh else before
    first = f"Plan for {report.namespace}/{report.name}   generation {generation}"
    names = ", ".join(report.assumed)
    assumed = [f"Members   taken to be registered: {names}   (--members names those that are, home first)"]
    return [first, _compared(report), *(assumed if report.assumed else [])]


def _compared(report: PlanReport) -> str:
    """By what each child is known, in one line."""
    if not report.sources:
        return "Compared with   nothing"
    parts = []
    for source in Source:
        names = [_with_failure(report, name) for name, found in report.sources.items() if found is source]
        if names:
            parts.append(f"{source.value}: {', '.join(names)}")
    return f"Compared with   {'   '.join(parts)}"


def _with_failure(report: PlanReport, name: str) -> str:
    failure = report.failures.get(name)
    return f"{name} ({failure})" if failure else name


def _problems(report: PlanReport) -> Iterator[str]:
    yield from (f"{Mark.BROKEN.sign} {problem}" for problem in report.problems)
    yield ""
    yield "Result    refused: nothing would be written for any member.  Nothing was applied."


def _rows(report: PlanReport, wide: bool) -> Iterator[str]:
    header = ("step", "member", "effect", "nodes", "changes")
    cells = [_cells(row) for row in report.rows]
    first, *lines = table(header, cells)
    yield f"  {first}"
    for line, row in zip(lines, report.rows, strict=True):
        yield f"  {line}"
        yield from (f"        {text}" for text in _details(row, wide))


def _cells(row: Row) -> list[str]:
    nodes = f"{row.nodes[0]} of {row.nodes[1]}" if row.nodes else ""
    return [str(row.step or ""), row.member, row.effect, nodes, str(len(row.changes) or "")]


def _details(row: Row, wide: bool) -> Iterator[str]:
    yield from wide_details(row) if wide else (change_line(change, origin) for change, origin in row.changes)
    yield from map(_note, row.notes)


def change_line(change: Change, origin: str) -> str:
    """One field: its path, what it was and will be, and where that comes from."""
    value = _seeds(change) if change.path == SEEDS else _value(change)
    quiet = "   no restart" if change.effect is Effect.QUIET else ""
    return f"{SIGNS[change.op]} {pad(change.path, PATH)} {pad(value, VALUE)} from {origin}{quiet}"


def _value(change: Change) -> str:
    name = change.path.rpartition(".")[2]
    old, new = (shown(value, name) for value in (change.old, change.new))
    if old == new:
        return "(changed)"
    return {"add": new, "remove": old}.get(change.op, f"{old} -> {new}")


def _seeds(change: Change) -> str:
    """Of a list that may be long: how many, and which come and go."""
    old, new = change.old or [], change.new or []
    come, go = ([seed for seed in one if seed not in other] for one, other in ((new, old), (old, new)))
    parts = [f"{word} {', '.join(seeds)}" for word, seeds in (("without", go), ("with", come)) if seeds]
    return f"{len(old)} -> {len(new)}, {', '.join(parts)}"


def _note(note: Note) -> str:
    if note.refused:
        return f"{Mark.BROKEN.sign} {note.code + ' ' if note.code else ''}{note.text}"
    return f"{Mark.ATTENTION.sign} {pad(note.text, PATH + VALUE)} {note.code}".rstrip()


def _foot(report: PlanReport) -> Iterator[str]:
    if any(row.planned is not None for row in report.steps):
        soak = f", and {age(report.soak)} later (rollout.soak)" if report.soak else ""
        several = f"; up to {report.concurrent} members at a time" if report.concurrent > 1 else ""
        yield f"Order     a step starts when the one before is Running + Done for what was written{soak}{several}"
    if report.silent:
        names, calm = ", ".join(report.silent), age(report.settle)
        told = "no generation is told there: an action must be seen, or none for"
        yield f"Gate      {names}: {told} {calm} (rollout.settle)"
    yield from (f"Held      {hold}" for hold in report.holds)
    yield from (f"Warning   {warning}" for warning in report.warnings)
    yield f"Result    {_result(report)}.  Nothing was applied."


def _result(report: PlanReport) -> str:
    members = {row.member for row in report.steps if row.planned is not None}
    created = sum(row.effect == Effect.CREATE for row in report.steps)
    deleted = sum(row.effect == DELETE for row in report.steps)
    restarts = sum(row.nodes[0] for row in report.steps if row.nodes and row.effect != Effect.CREATE)
    notes = [note for row in report.rows for note in row.notes if note.code]
    refused = sum(note.refused for note in notes)
    warnings = len(notes) - refused + len(report.warnings)
    rebuffed = sum(answer.said is Said.REFUSED for answer in report.answers)
    parts = [
        _count(len(members) - created, "member changes", "members change"),
        _count(restarts, "node restart", "node restarts"),
        f"{created} created",
        f"{deleted} deleted",
        _count(warnings, "warning", "warnings"),
        *([_count(refused, "refused change", "refused changes")] if refused else []),
        *([f"{_count(rebuffed, 'request', 'requests')} refused by its server"] if rebuffed else []),
    ]
    return ", ".join(parts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
