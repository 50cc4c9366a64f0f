"""A plan as a document: the steps with their changes, and the requests to the letter."""

from typing import Any

from multicasskop.operator.output.document import document
from multicasskop.operator.output.plan_answers import answers_document
from multicasskop.operator.planning.redacted import without_secrets
from multicasskop.operator.planning.report import Note, PlanReport, Row
from multicasskop.operator.planning.requests import requests_of
from multicasskop.operator.planning.sight import NEW_UID
from multicasskop.reconcilers.multicasskop.effects import Change, Effect

Body = dict[str, Any]


def plan_document(report: PlanReport, *, secrets: bool = False) -> Body:
    """The whole of it; fields are only ever added."""
    return document(
        "Plan",
        {
            "namespace": report.namespace,
            "name": report.name,
            "generation": report.generation,
            "newGeneration": report.fresh,
            "comparedWith": {name: str(source) for name, source in report.sources.items()},
            "notAsked": dict(report.failures),
            "valid": not report.problems,
            "problems": list(report.problems),
            "warnings": list(report.warnings),
            "placeholders": [NEW_UID] if not report.generation else [],
            "held": list(report.holds),
            "steps": [_row(row, secrets) for row in report.rows if row.step],
            "answers": answers_document(report.answers, secrets=secrets),
            "others": [_row(row, secrets) for row in report.rows if not row.step],
        },
    )


def _row(row: Row, secrets: bool) -> Body:
    writes = row.planned.writes if row.planned is not None else ()
    requests = [request for write in writes for request in requests_of(write, whole=row.whole, secrets=secrets)]
    restarted, nodes = row.nodes or (0, 0)
    return {
        "step": row.step,
        "member": row.member,
        "effect": str(row.effect),
        "nodes": {"touched": restarted, "of": nodes},
        "changes": [_change(change, origin, row, secrets) for change, origin in row.changes],
        "notes": [_note(note) for note in row.notes],
        "requests": requests,
    }


def _change(change: Change, origin: str, row: Row, secrets: bool) -> Body:
    name = change.path.rpartition(".")[2]
    old, new = (value if secrets else without_secrets(value, name) for value in (change.old, change.new))
    refused = next((note.text for note in row.notes if note.refused and note.text.startswith(f"{change.path}:")), "")
    return {
        "op": change.op,
        "path": change.path,
        "old": old,
        "new": new,
        "origin": origin,
        "restart": change.effect is Effect.RESTART,
        "action": change.action,
        "refused": refused,
    }


def _note(note: Note) -> Body:
    return {"code": str(note.code), "text": note.text, "refused": note.refused}
