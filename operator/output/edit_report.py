"""What a small writing verb did to one MultiCasskop, as a line and as a document."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from multicasskop.crds.base import Json
from multicasskop.operator.edits import Edit
from multicasskop.reconcilers.multicasskop.facts import Parent


class Outcome(StrEnum):
    """What became of an edit."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    PLANNED = "planned"
    DECLINED = "declined"


_NEXT = {Outcome.PLANNED: "say it again without --dry-run", Outcome.DECLINED: "say it again, with --yes"}


@dataclass(frozen=True, slots=True)
class EditReport:
    """One edit of one object, which is told as it was read before."""

    verb: str
    member: str
    context: str
    parent: Parent
    edit: Edit
    outcome: Outcome
    dry_run: bool

    def line(self) -> str:
        """The report for people."""
        texts = {
            Outcome.CHANGED: f"set {self.edit.says}",
            Outcome.UNCHANGED: f"unchanged: {self.edit.says}",
            Outcome.PLANNED: f"would set {self.edit.says}.  Nothing was changed.",
            Outcome.DECLINED: "nothing was changed",
        }
        return f"{self.parent.meta.key}  {texts[self.outcome]}"

    def body(self) -> dict[str, Any]:
        """The report for programs; fields are only ever added."""
        meta = self.parent.meta
        return {
            "verb": self.verb,
            "namespace": meta.key.namespace,
            "name": meta.key.name,
            "uid": meta.uid,
            "generation": meta.generation,
            "context": self.context,
            "member": self.member,
            "dryRun": self.dry_run,
            "outcome": self.outcome.value,
            "says": self.edit.says,
            "changes": list(changes(self.parent, self.edit.patch or {})),
            "next": _NEXT.get(self.outcome, self.edit.then),
        }


def changes(parent: Parent, patch: Json) -> Iterator[dict[str, Any]]:
    """Each field and annotation that a patch sets, with what it was; null is absent."""
    for name, new in patch.get("spec", {}).items():
        yield {"path": f"spec.{name}", "old": parent.spec.get(name), "new": new}
    for name, new in patch.get("metadata", {}).get("annotations", {}).items():
        yield {"path": f"metadata.annotations.{name}", "old": parent.meta.annotations.get(name), "new": new}
