"""What lint found, for people, for programs, and for two services that show it beside the code."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from multicasskop.operator.lint.files import Linted
from multicasskop.operator.lint.finding import Finding, Severity
from multicasskop.operator.lint.rules import RULES
from multicasskop.operator.output.document import document
from multicasskop.operator.output.table import pad, width

SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def lint_lines(files: Sequence[Linted]) -> list[str]:
    """A line per finding, one for each file without any, and what it comes to."""
    places = {finding: f"{finding.file}:{finding.line}:{finding.column}" for finding in findings_of(files)}
    wide = max([*map(width, places.values()), *(width(linted.file) for linted in files)], default=0)
    lines: list[str] = []
    for linted in files:
        rows = [(places[f], f"{pad(f.severity.value, 7)}  {f.code.value}  {f.message}") for f in linted.findings]
        lines += [f"{pad(place, wide)}  {text}" for place, text in rows or [(linted.file, _nothing(linted))]]
    return [*lines, "", summary(files)]


def _nothing(linted: Linted) -> str:
    return "ok" if linted.objects else "no MultiCasskop in it"


def summary(files: Sequence[Linted]) -> str:
    """What all of it comes to, and where to read on."""
    found = list(findings_of(files))
    errors = sum(finding.severity is Severity.ERROR for finding in found)
    counts = f"{_count(errors, 'error')}, {_count(len(found) - errors, 'warning')} in {_count(len(files), 'file')}"
    read_on = "   docs/reference/codes.md" if found else ""
    return f"{counts} ({len(RULES)} rules).{read_on}"


def lint_document(files: Sequence[Linted]) -> dict[str, Any]:
    """All findings as one document; fields are only ever added."""
    items = [
        {
            "file": finding.file,
            "line": finding.line,
            "column": finding.column,
            "severity": finding.severity.value,
            "code": finding.code.value,
            "path": finding.path,
            "message": finding.message,
        }
        for finding in findings_of(files)
    ]
    return document("LintReport", {"files": [linted.file for linted in files], "findings": items})


def github_lines(files: Sequence[Linted]) -> Iterator[str]:
    """Workflow commands, which GitHub shows beside the lines."""
    for finding in findings_of(files):
        place = f"file={finding.file},line={finding.line},col={finding.column},title={finding.code.value}"
        yield f"::{finding.severity.value} {place}::{_escaped(finding.message)}"


def sarif_document(files: Sequence[Linted]) -> dict[str, Any]:
    """SARIF 2.1.0, for code scanning."""
    found = list(findings_of(files))
    rules = [{"id": code.value, "shortDescription": {"text": code.meaning}} for code in sorted({f.code for f in found})]
    driver = {"name": "multicasskop lint", "rules": rules}
    return {
        "$schema": SARIF,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [*map(_result, found)]}],
    }


def _result(finding: Finding) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    place = {"physicalLocation": {"artifactLocation": {"uri": finding.file}, "region": region}}
    return {
        "ruleId": finding.code.value,
        "level": finding.severity.value,
        "message": {"text": finding.message},
        "locations": [place],
    }


def findings_of(files: Sequence[Linted]) -> Iterator[Finding]:
    """All findings, file by file."""
    return (finding for linted in files for finding in linted.findings)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
