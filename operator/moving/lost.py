"""What can be told from here of a home that is called lost: a sign of life is a refusal, silence proves nothing."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from multicasskop.informers.errors import InformerError, is_kind_not_served
from multicasskop.operator.access import Access
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.moving.reach import Reach


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sentences about the lost home: those that speak for its life, and those that are only said."""

    alive: tuple[str, ...]
    said: tuple[str, ...]


def evidence(lost: str, owners: Collection[str], members: Iterable[str], reach: Reach, old: Access | None) -> Evidence:
    """Look for the lost home among the members that are reached, and behind the context that was named for it."""
    alive: list[str] = []
    said: list[str] = []
    for member in members:
        if known(reach, member) == lost:
            found = look(reach.of(member), member, owners)
            (alive if found.alive else said).extend((*found.alive, *found.said))
    if old is not None:
        found = asked(old, lost, owners)
        alive, said = [*alive, *found.alive], [*said, *found.said]
    if not alive and not said:
        said.append(f"nothing here leads to home {lost}: that it is lost is your word alone")
    return Evidence(tuple(alive), tuple(said))


def known(reach: Reach, member: str) -> str:
    """The id of a member; empty when it cannot be asked for it."""
    try:
        return reach.identity(member)
    except InformerError:
        return ""


def asked(old: Access, lost: str, owners: Collection[str]) -> Evidence:
    """Ask the cluster that was named as the lost home."""
    try:
        identity = old.identity()
    except InformerError as error:
        return Evidence((), (f"the lost home does not answer: {error}",))
    if identity and identity != lost:
        return Evidence((), (f"the context of the lost home leads to another cluster, whose id is {identity}",))
    return look(old, "the lost home", owners)


def look(access: Access | None, name: str, owners: Collection[str]) -> Evidence:
    """A home that answers: do the owners live there? What it does not let us see may be alive."""
    if access is None:
        return Evidence((), ())
    try:
        objects = access.list(MULTICASSKOPS)
    except InformerError as error:
        if is_kind_not_served(error):
            return Evidence((), (f"{name} answers, and knows no MultiCasskops any more",))
        return Evidence((f"{name} answers, and does not say which MultiCasskops it has: {error}",), ())
    living = [each["metadata"] for each in objects if each["metadata"].get("uid") in owners]
    if not living:
        return Evidence((), (f"{name} answers; the owners of these children are gone there",))
    names = ", ".join(f"{each['namespace']}/{each['name']}" for each in living)
    return Evidence((f"{name} answers, and {names} lives there",), ())
