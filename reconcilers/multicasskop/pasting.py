"""Commands for people in status and events: whole, for the very object, so that they can be pasted as they stand."""

from collections.abc import Sequence
from shlex import quote

from multicasskop.crds.names import ADOPT, APPROVE, RELEASE, RESUME
from multicasskop.reconcilers.multicasskop.facts import Meta


def annotate(parent: Meta, annotation: str, value: str) -> str:
    """Set an annotation of a MultiCasskop."""
    key = parent.key
    # quoted: what others wrote into an annotation must not become words of somebody's shell
    return f"kubectl -n {key.namespace} annotate mck {key.name} {quote(f'{annotation}={value}')} --overwrite"


def resume(parent: Meta) -> str:
    """Let the present generation go on after a halt."""
    return annotate(parent, RESUME, str(parent.generation))


def approve(parent: Meta, member: str) -> str:
    """Let a member have the present generation; approvals of older ones go."""
    return annotate(parent, APPROVE, with_member(approvals(parent), f"{member}@{parent.generation}"))


def adopt(parent: Meta, member: str) -> str:
    """Take over a member's child."""
    return annotate(parent, ADOPT, with_member(listed(parent, ADOPT), member))


def release(parent: Meta, member: str) -> str:
    """Let a member's child go that a deletion waits for."""
    return annotate(parent, RELEASE, with_member(listed(parent, RELEASE), member))


def approvals(parent: Meta) -> tuple[str, ...]:
    """The approvals of the present generation."""
    return tuple(text for text in listed(parent, APPROVE) if text.endswith(f"@{parent.generation}"))


def listed(parent: Meta, annotation: str) -> tuple[str, ...]:
    """What an annotation lists with commas."""
    return tuple(filter(None, map(str.strip, parent.annotations.get(annotation, "").split(","))))


def with_member(given: Sequence[str], more: str) -> str:
    """A list with one more, which it has once; the others stay, since setting an annotation overwrites it."""
    return ",".join(dict.fromkeys((*given, more)))
