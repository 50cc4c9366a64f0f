"""Lint over files: each object at its place, and what was silenced left out."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from multicasskop.crds.codes import Code
from multicasskop.crds.names import LINT_IGNORE
from multicasskop.operator import manifests
from multicasskop.operator.lint.finding import Finding, Flaw, Severity
from multicasskop.operator.lint.rules import flaws
from multicasskop.operator.manifests import Document, MalformedError


@dataclass(frozen=True, slots=True)
class Linted:
    """What was found in one file; `malformed` when it is no YAML."""

    file: str
    findings: tuple[Finding, ...] = ()
    objects: int = 0
    malformed: bool = False


def lint_file(file: str, members: Sequence[str] = (), ignored: Collection[str] = ()) -> Linted:
    """Lint one file; raises CommandError when it cannot be read at all."""
    try:
        found = [document for document in manifests.parse(manifests.read(file), file) if document.is_ours]
    except MalformedError as wrong:
        place = wrong.place
        finding = Finding(file, place.line, place.column, Severity.ERROR, Code.MALFORMED, "", f"{wrong.problem}.")
        return Linted(file, (finding,), malformed=True)
    findings = [finding for document in found for finding in _of(document, tuple(members), ignored)]
    ordered = sorted(findings, key=lambda finding: (finding.line, finding.column, finding.severity))
    return Linted(file, tuple(ordered), len(found))


def _of(document: Document, members: tuple[str, ...], ignored: Collection[str]) -> Iterator[Finding]:
    silent = {*ignored, *_silenced(document)}
    for flaw in flaws(document.obj, members):
        if flaw.code not in silent or flaw.severity is Severity.ERROR:
            yield _placed(document, flaw)


def _silenced(document: Document) -> Iterator[str]:
    """The codes that the object itself asks to leave out; errors cannot be."""
    metadata = document.obj.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, dict) else None
    text = notes.get(LINT_IGNORE) if isinstance(notes, dict) else None
    yield from (code.strip() for code in text.split(",")) if isinstance(text, str) else ()


def _placed(document: Document, flaw: Flaw) -> Finding:
    place = document.place_of(flaw.path)
    return Finding(document.file, place.line, place.column, flaw.severity, flaw.code, flaw.path, flaw.text)
