"""Which members there are, which of them is home, and by which of the user's contexts each is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.multicasskop import MemberState
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.values import members as names_of
from multicasskop.reconcilers.multicasskop.facts import Parent


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user's flags say of members."""

    members: tuple[str, ...] = ()
    """All that the operator knows, home first; empty when that is to be found out."""
    live: bool = False
    contexts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, members: str, live: bool, mapped: Sequence[str]) -> "Asked":
        """Read the flags; raises CommandError."""
        try:
            return cls(names_of(members), live, dict(map(_pair, mapped)))
        except ValueError as error:
            raise CommandError(ExitCode.USAGE, str(error), code=Code.BAD_FLAG) from None

    def context_of(self, member: str) -> str | None:
        """The context by which a member is to be asked; None when it is not to be."""
        return self.contexts.get(member) or (member if self.live else None)


def _pair(text: str) -> tuple[str, str]:
    member, sign, context = text.partition("=")
    if not (member and sign and context):
        raise ValueError(f'--map: "{text}" is not MEMBER=CONTEXT')
    return member, context


def registered(asked: Asked, wanted: Json, stored: Json | None) -> tuple[str, ...]:
    """The members that the operator knows, home first as far as that can be told.

    Without a flag they are those of which the stored status says so, and those that only the new spec names.
    """
    if asked.members:
        return asked.members
    status = Parent.of(stored).status if stored is not None else {}
    entries = [entry for entry in status.get("clusters") or () if isinstance(entry, dict)]
    unknown = {str(entry.get("name")) for entry in entries if entry.get("state") == MemberState.UNKNOWN}
    told = [str(entry.get("name")) for entry in entries]
    spec = wanted.get("spec")
    override = spec.get("override") if isinstance(spec, dict) else None
    named = list(override) if isinstance(override, dict) else []
    return tuple(name for name in dict.fromkeys((*told, *named)) if name not in unknown)


def home_member(asked: Asked, names: Sequence[str], stored: Json | None, uids: Sequence[str], context: str) -> str:
    """The member that is home: as flagged, else whose child lives there, else the one that is called like the context.

    Empty when none of these tells. `uids` are those of the children that were found in home.
    """
    if asked.members:
        return asked.members[0]
    told = Parent.of(stored) if stored is not None else None
    by_child = [name for name in names if told is not None and told.told(name).uid in uids and told.told(name).uid]
    return next(iter([*by_child, *(name for name in names if name == context)]), "")
