"""What the small writing verbs change in a MultiCasskop: one field or one annotation of its specification each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.names import ADOPT, APPROVE, RELEASE, RESUME
from multicasskop.reconcilers.conditions import timestamp
from multicasskop.reconcilers.multicasskop import pasting
from multicasskop.reconcilers.multicasskop.facts import Parent

_BY_MEMBER: Final = {"adopt": ADOPT, "release": RELEASE}
_AFTER: Final = {
    "adopt": "the operator takes {member}'s child over, and changes it to what is wanted",
    "release": "the deletion waits no more for {member}'s child, which stays and goes on record",
}


@dataclass(frozen=True, slots=True)
class Edit:
    """A merge patch, what it says in words, and what happens `then`; without a patch all is so already."""

    patch: Json | None
    says: str
    then: str = ""


def pause(parent: Parent) -> Edit:
    """Write nothing any more, until it is resumed."""
    then = f"the operator writes nothing for it until: {_command('resume', parent)}"
    if parent.spec.get("paused") is True:
        return Edit(None, "spec.paused is true already", then)
    return Edit({"spec": {"paused": True}}, "spec.paused: true", then)


def resume(parent: Parent, generation: int | None) -> Edit:
    """Go on after a pause, and after a halt of this generation."""
    patch: Json = {}
    says = []
    if parent.spec.get("paused") is True:
        patch["spec"] = {"paused": None}
        says.append("spec.paused taken away")
    wanted = str(generation or parent.meta.generation)
    halted = parent.status.get("phase") == "Halted" or generation is not None
    if halted and parent.meta.annotations.get(RESUME) != wanted:
        patch["metadata"] = {"annotations": {RESUME: wanted}}
        says.append(f'annotation {RESUME}: "{wanted}"')
    then = f"the operator goes on; to wait for it: {_command('wait', parent)}"
    return Edit(patch or None, ", ".join(says) or "it is neither paused nor halted", then)


def approve(parent: Parent, member: str) -> Edit:
    """Let one member have the present generation; approvals of older ones go."""
    generation = parent.meta.generation
    then = f"{member} gets generation {generation} when its turn comes"
    return _with(APPROVE, pasting.approvals(parent.meta), f"{member}@{generation}", then)


def restart(parent: Parent, now: datetime, value: str) -> Edit:
    """Restart all racks, one member after the other."""
    wanted = value or timestamp(now)
    then = f"all racks restart, one member after the other; to wait for it: {_command('wait', parent)}"
    if parent.spec.get("restart") == wanted:
        return Edit(None, f'spec.restart is "{wanted}" already', then)
    return Edit({"spec": {"restart": wanted}}, f'spec.restart: "{wanted}"', then)


def by_member(verb: str, parent: Parent, member: str) -> Edit:
    """Name one member in the annotation of `adopt` or `release`."""
    annotation = _BY_MEMBER[verb]
    return _with(annotation, pasting.listed(parent.meta, annotation), member, _AFTER[verb].format(member=member))


def _command(verb: str, parent: Parent) -> str:
    return f"multicasskop {verb} {parent.meta.key.name} -n {parent.meta.key.namespace}"


def _with(annotation: str, given: Sequence[str], more: str, then: str) -> Edit:
    if more in given:
        return Edit(None, f'annotation {annotation} has "{more}" already', then)
    text = pasting.with_member(given, more)
    return Edit({"metadata": {"annotations": {annotation: text}}}, f'annotation {annotation}: "{text}"', then)
