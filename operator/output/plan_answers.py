"""What API servers said of a plan, one line per request, and below it what they would store otherwise."""

from collections.abc import Iterator, Sequence

from multicasskop.crds.base import Json
from multicasskop.operator.output.marks import Mark
from multicasskop.operator.output.table import table
from multicasskop.operator.planning.redacted import shown, without_secrets
from multicasskop.operator.planning.rehearsal import Answer, Said
from multicasskop.reconcilers.multicasskop.effects import Change

MARKS = {Said.TAKEN: Mark.GOOD, Said.REFUSED: Mark.BROKEN, Said.SILENT: Mark.UNKNOWN, Said.NOT_TRIED: Mark.TODO}
HEADER = "Servers   asked with dryRun=All and your rights; nothing was stored"


def answer_lines(answers: Sequence[Answer]) -> Iterator[str]:
    """Everything that was answered, in the order in which the operator would send it."""
    yield HEADER
    rows = [(MARKS[each.said].sign, each.member, each.verb, each.what, _said(each)) for each in answers]
    lines = table(("", "", "", "", ""), rows)[1:] if rows else ["- nothing to send"]
    for line, answer in zip(lines, answers or (None,), strict=True):
        yield f"  {line}"
        yield from (f"      {_set(change)}" for change in (answer.sets if answer is not None else ()))


def _said(answer: Answer) -> str:
    return f"{answer.said}: {answer.message}" if answer.message else answer.said.value


def _set(change: Change) -> str:
    name = change.path.rpartition(".")[2]
    old, new = (shown(value, name) for value in (change.old, change.new))
    match change.op:
        case "add":
            return f"+ {change.path} {new}   set by the server"
        case "remove":
            return f"- {change.path} {old}   dropped by the server"
        case _:
            return f"~ {change.path} {old} -> {new}   by the server"


def answers_document(answers: Sequence[Answer], *, secrets: bool) -> list[Json]:
    """The same as data."""
    return [
        {
            "member": answer.member,
            "verb": answer.verb,
            "object": answer.what,
            "answer": answer.said.value,
            "message": answer.message,
            "sets": [_change(change, secrets) for change in answer.sets],
        }
        for answer in answers
    ]


def _change(change: Change, secrets: bool) -> Json:
    name = change.path.rpartition(".")[2]
    old, new = (value if secrets else without_secrets(value, name) for value in (change.old, change.new))
    return {"op": change.op, "path": change.path, "sent": old, "stored": new}
