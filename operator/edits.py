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


@dataclass(frozen=True, slots=True)
class Edit:
    """A merge patch, and what it says in words; without a patch all is so already."""

    patch: Json | None
    says: str


def pause(parent: Parent) -> Edit:
    """Write nothing any more, until it is resumed."""
    if parent.spec.get("paused") is True:
        return Edit(None, "spec.paused is true already")
    return Edit({"spec": {"paused": True}}, "spec.paused: true")


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
    return Edit(patch or None, ", ".join(says) or "it is neither paused nor halted")


def approve(parent: Parent, member: str) -> Edit:
    """Let one member have the present generation; approvals of older ones go."""
    return _with(APPROVE, pasting.approvals(parent.meta), f"{member}@{parent.meta.generation}")


def restart(parent: Parent, now: datetime, value: str) -> Edit:
    """Restart all racks, one member after the other."""
    wanted = value or timestamp(now)
    if parent.spec.get("restart") == wanted:
        return Edit(None, f'spec.restart is "{wanted}" already')
    return Edit({"spec": {"restart": wanted}}, f'spec.restart: "{wanted}"')


def by_member(verb: str, parent: Parent, member: str) -> Edit:
    """Name one member in the annotation of `adopt` or `release`."""
    return _with(_BY_MEMBER[verb], pasting.listed(parent.meta, _BY_MEMBER[verb]), member)


def _with(annotation: str, given: Sequence[str], more: str) -> Edit:
    if more in given:
        return Edit(None, f'annotation {annotation} has "{more}" already')
    text = pasting.with_member(given, more)
    return Edit({"metadata": {"annotations": {annotation: text}}}, f'annotation {annotation}: "{text}"')
