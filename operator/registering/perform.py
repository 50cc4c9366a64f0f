"""Writes what a plan says, object by object, and tells of each; stops at the first that fails."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.informers.errors import InformerError, is_forbidden
from multicasskop.operator.access import Access
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.output.marks import Mark
from multicasskop.operator.registering.compare import Action, Change, compare
from multicasskop.operator.registering.manifests import home_objects
from multicasskop.operator.registering.plan import Plan, life

UNDONE: Final = "What is marked as done stays; the rest was not done"
WORDS: Final = {Action.CREATE: "created", Action.CHANGE: "changed", Action.NOTHING: "unchanged"}
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, repr=False)
class Done:
    """What came of a plan: the token that home has now, and whether the account may tell which cluster it is in."""

    token: str
    recognized: bool


@dataclass(frozen=True, slots=True)
class Performance:
    """Carries out one plan. A patch is for the version that the plan was made from, so nothing is written over unseen.

    Said again after a failure it goes on where it stopped, since the plan is then made from what is there.
    """

    plan: Plan
    member: Access
    home: Access
    say: Say

    def run(self) -> Done:
        """Do all of it; CommandError says what was left undone."""
        for change in self.plan.member:
            self._write(self.member, change)
        recognized = self._recognize()
        return Done(self._in_home() if self.plan.home else "", recognized)

    def _recognize(self) -> bool:
        """Give the one right that not everybody may give who may register; a member is one without it, too."""
        if self.plan.hidden:
            return False
        try:
            for change in self.plan.identity:
                self._send(self.member, change)
                self._told(self.member, change)
        except InformerError as error:
            if not is_forbidden(error):
                raise self.member.explain(error, UNDONE) from error
            return False
        return True

    def _in_home(self) -> str:
        token = self.plan.token or self._issue()
        for wanted, planned in zip(home_objects(self.plan.request, token.encode()), self.plan.home, strict=True):
            self._write(self.home, compare(wanted, planned.live))
        return token

    def _issue(self) -> str:
        request = self.plan.request
        try:
            issued = self.member.token(request.namespace, request.account, request.token_life)
        except InformerError as error:
            raise self.member.explain(error, UNDONE) from error
        given = (issued.ends - self.member.clock.now()).total_seconds()
        shorter = f" (the server gives {life(round(given))})" if given < 0.9 * request.token_life else ""
        self._tell(self.member, f"token issued, good until {issued.ends:%Y-%m-%dT%H:%M:%SZ}{shorter}")
        return issued.token

    def _write(self, access: Access, change: Change) -> None:
        if change.action is Action.REFUSE:
            text = f"{access.name}: {change.wanted} {change.details[0]}. {UNDONE}."
            raise CommandError(ExitCode.REFUSED, text, hint=change.hint, code=Code.NOT_OURS)
        try:
            self._send(access, change)
        except InformerError as error:
            raise access.explain(error, UNDONE, change.wanted.body.get("data", {}).values()) from error
        self._told(access, change)

    def _send(self, access: Access, change: Change) -> None:
        wanted = change.wanted
        if change.action is Action.CREATE:
            access.create(wanted.resource, wanted.namespace, wanted.body)
        elif change.action is Action.CHANGE and change.live is not None:
            access.patch(wanted.resource, change.live, change.patch)

    def _told(self, access: Access, change: Change) -> None:
        self._tell(access, f"{change.wanted} {WORDS[change.action]}")

    def _tell(self, access: Access, text: str) -> None:
        wide = max(len(self.member.name), len(self.home.name))
        self.say(f"  {Mark.GOOD.sign} {access.name:<{wide}}  {text}")
