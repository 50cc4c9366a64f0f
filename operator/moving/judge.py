"""Whether a child may be taken over from a lost home: told from its mark alone, refused where its owner may live."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from multicasskop.crds.names import OWNER
from multicasskop.reconcilers.multicasskop.facts import Child, Meta
from multicasskop.reconcilers.multicasskop.ownership import Mark, read_mark


@dataclass(frozen=True, slots=True)
class Take:
    """It is the lost home's, and its MultiCasskop stands here again: `mark` is what it is to carry."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class Done:
    """It belongs to the MultiCasskop of this home already."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing is to be done here; `why` says who does, if anybody."""

    why: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Its owner may be alive. `home` is the id of that owner's home, where it is another one."""

    why: str
    home: str = ""


Verdict = Take | Done | Leave | Refuse


@dataclass(frozen=True, slots=True)
class Homes:
    """The id of this home, the UIDs of the MultiCasskops that live here, and the home that a person calls lost."""

    here: str
    living: Collection[str]
    lost: str


def judge(child: Child | None, parent: Meta, homes: Homes) -> Verdict:
    """Judge one child; `parent` is the MultiCasskop of this home that wants it.

    Only a mark of the very home that was called lost is taken over, and only by the MultiCasskop of the same namespace
    and name. A mark that tells no home is taken by the UID of its owner, which then is the word to say.
    """
    if child is None:
        return Leave("is not there; the operator makes it")
    if child.meta.deleting:
        return Leave(f"is being deleted since {child.meta.deleting_since}")
    mark = read_mark(child.meta.annotations.get(OWNER))
    if mark is None:
        return Leave("carries no mark; the operator adopts it, or says what that needs")
    if mark.uid == parent.uid:
        return Done()
    if homes.here and mark.home == homes.here:
        return _of_this_home(mark, homes.living)
    return _of_another_home(mark, parent, homes)


def _of_this_home(mark: Mark, living: Collection[str]) -> Verdict:
    if mark.uid in living:
        return Refuse(f"belongs to {mark.key}, which lives in this home")
    return Leave("carries the mark of a MultiCasskop of this home that is gone; the operator takes no notice of it")


def _of_another_home(mark: Mark, parent: Meta, homes: Homes) -> Verdict:
    word = word_for(mark)
    if not homes.lost or word != homes.lost:
        return Refuse(f"belongs to {mark.key} of {'home' if mark.home else 'an owner'} {word}", word)
    if mark.key != parent.key:
        return Refuse(f"belongs to {mark.key} of the lost home; that is to be applied here, too", word)
    return Take(replace(mark, home=homes.here, uid=parent.uid))


def word_for(mark: Mark) -> str:
    """What a person says to call a mark's owner lost: the id of its home, or else its own UID."""
    return mark.home or mark.uid
