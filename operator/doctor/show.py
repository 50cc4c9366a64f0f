"""What the doctor found, as text and as a document."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from multicasskop.operator.doctor.check import Category, Check
from multicasskop.operator.output.marks import Mark
from multicasskop.operator.output.table import pad, width

WORDS: Final = {Mark.GOOD: "passed", Mark.ATTENTION: "warnings", Mark.BROKEN: "failed", Mark.UNKNOWN: "skipped"}


def lines(categories: Sequence[Category], seconds: float, *, short: bool) -> Iterator[str]:
    """All checks by category, or only what is not good; then counts, and what failed once more by name."""
    for category in categories:
        shown = [check for check in category.checks if not short or check.mark is not Mark.GOOD]
        wide = max((width(check.subject) for check in shown), default=0)
        if shown:
            yield category.name
        for check in shown:
            yield from of_check(check, wide)
    yield ""
    yield f"{counted(categories)} in {seconds:.1f}s"
    failed = [f"{check.code} {check.subject}".strip() for check in every(categories) if check.failed]
    if failed:
        yield f"Failed   {' · '.join(failed)}"


def of_check(check: Check, wide: int) -> Iterator[str]:
    """One check: a line, and below it the next step."""
    yield f"  {check.mark.sign} {pad(check.subject, wide)}  {check.text}{f'   {check.code}' if check.code else ''}"
    if check.hint:
        yield f"    -> {check.hint}"


def counted(categories: Sequence[Category]) -> str:
    """How many checks came to what."""
    counts = Counter(check.mark for check in every(categories))
    return ", ".join(f"{counts[mark]} {word}" for mark, word in WORDS.items())


def every(categories: Sequence[Category]) -> Iterator[Check]:
    """All checks."""
    for category in categories:
        yield from category.checks


def document_of(category: Category) -> dict[str, Any]:
    """One category as it is written in JSON; fields are only ever added."""
    checks = [
        {
            "result": check.mark.name.lower(),
            "subject": check.subject,
            "text": check.text,
            "code": check.code,
            "hint": check.hint,
        }
        for check in category.checks
    ]
    return {"name": category.name, "checks": checks}
