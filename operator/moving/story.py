"""How far a move of home came, child by child, for programs and for the exit code."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from multicasskop.informers.errors import InformerError
from multicasskop.operator.moving.judge import Done, Leave, Refuse, Take
from multicasskop.operator.moving.session import Found
from multicasskop.operator.moving.show import words_to_say
from multicasskop.operator.moving.survey import Case, Dark, dark
from multicasskop.operator.moving.take import Taken
from multicasskop.operator.output.exit_codes import CommandError, ExitCode

_VERDICTS = {Take: "take", Done: "done", Leave: "leave", Refuse: "refuse", Dark: "dark"}


class End(StrEnum):
    """How it ended; `looked` is also what is known before anything is written."""

    LOOKED = "looked"
    NOTHING = "nothing"
    DECLINED = "declined"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mark that was to be rewritten."""

    case: Case
    outcome: Taken | InformerError

    @property
    def ours(self) -> bool:
        """Whether the child belongs here now."""
        return isinstance(self.outcome, Taken) and self.outcome.ours

    @property
    def why(self) -> str:
        """Why it does not."""
        return self.outcome.why if isinstance(self.outcome, Taken) else str(self.outcome)


@dataclass(frozen=True, slots=True)
class Story:
    """What was found, and what was done so far."""

    lost: str
    found: Found
    dry_run: bool = False
    end: End = End.LOOKED
    applied: tuple[str, ...] = ()
    fates: tuple[Fate, ...] = ()
    failure: CommandError | None = None

    def ended(self, end: End) -> Self:
        """The same with its end."""
        return replace(self, end=end)

    def stopped(self, failure: CommandError) -> Self:
        """Ended by a failure."""
        return replace(self, end=End.STOPPED, failure=failure)

    @property
    def left(self) -> bool:
        """Whether a child could not be taken over, or not be looked at."""
        return bool(dark(self.found.cases)) or not all(fate.ours for fate in self.fates)

    @property
    def exit_code(self) -> int:
        """What it comes to, as a number."""
        if self.end is End.DECLINED:
            return ExitCode.NO
        return ExitCode.PARTLY if self.left else ExitCode.OK

    def body(self) -> dict[str, Any]:
        """The report for programs; fields are only ever added."""
        found = self.found
        return {
            "lost": self.lost,
            "dryRun": self.dry_run,
            "outcome": self.end.value,
            "complete": self.end in {End.DONE, End.NOTHING} and not self.left,
            "homes": list(words_to_say(found.cases)),
            "evidence": {"alive": list(found.evidence.alive), "said": list(found.evidence.said)},
            "problems": [
                {"namespace": ring.key.namespace, "name": ring.key.name, "message": ring.problem}
                for ring in found.rings
                if ring.problem
            ],
            "applied": list(self.applied),
            "children": list(self._children()),
            "next": self._next(),
        }

    def _children(self) -> Iterator[dict[str, Any]]:
        fates = {(fate.case.ring.key, fate.case.member): fate for fate in self.fates}
        for case in self.found.cases:
            state, why = self._state(case, fates.get((case.ring.key, case.member)))
            key, child = case.ring.key, case.desired.key
            yield {
                "namespace": key.namespace,
                "name": key.name,
                "member": case.member,
                "child": {"namespace": child.namespace, "name": child.name},
                "verdict": _VERDICTS[type(case.verdict)],
                "state": state,
                "why": why,
                "changes": list(case.changes),
            }

    def _state(self, case: Case, fate: Fate | None) -> tuple[str, str]:
        match case.verdict:
            case Done():
                return "done", ""
            case Take() if fate is not None:
                return ("done", "") if fate.ours else ("failed", fate.why)
            case Take():
                return "planned" if self.end is End.LOOKED else "undone", ""
            case Leave(why) | Refuse(why) | Dark(why):
                return "left", why

    def _next(self) -> str:
        match self.end:
            case End.STOPPED:
                return self.failure.hint if self.failure else ""
            case End.DECLINED:
                return "say it again, with --yes"
            case End.LOOKED:
                return "say it again without --dry-run" if self.lost else "name the home that is gone with --lost"
            case _ if self.left:
                return "some are left: say the same again"
            case _:
                return "the operator of this home goes on with them" if self.end is End.DONE else ""
