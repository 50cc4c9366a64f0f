"""What came of a registration, as lines and as a document; neither ever holds a credential."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.operator.output.marks import Mark
from multicasskop.operator.registering.compare import Change
from multicasskop.operator.registering.plan import Plan
from multicasskop.operator.registering.verify import Account, Finding, unrecognized


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found with the new credentials; nothing where there are none, since only rights were given."""

    account: Account
    found: Finding | None

    @property
    def recognized(self) -> bool:
        """Whether the operator can tell the member from another cluster."""
        told = self.found.recognized if self.found is not None else None
        return self.account.recognized if told is None else told

    @property
    def exit_code(self) -> int:
        """What it comes to, as a number."""
        problems = self.found.problems if self.found is not None else ()
        return problems[0].exit_code if problems else ExitCode.OK


def lines(outcome: Outcome) -> Iterator[str]:
    """What a person is told at the end."""
    member, found = outcome.account.member, outcome.found
    if found is not None and found.good:
        yield f"  {Mark.GOOD.sign} {member:<{len('home')}}  {found.good}"
    if not outcome.recognized:
        text, hint = unrecognized(outcome.account)
        yield f"  {Mark.ATTENTION.sign} {member:<{len('home')}}  {text}"
        yield f"    -> {hint}"
    for problem in found.problems if found is not None else ():
        yield f"  {Mark.BROKEN.sign} {problem.text}   {problem.code}"
        yield f"    -> {problem.hint}"
    yield _end(member, found)


def _end(member: str, found: Finding | None) -> str:
    if found is None:
        return f"The rights of {member} are as they are to be."
    if found.problems:
        return f"Registered {member}, and it is not right yet: see above."
    return f"Registered {member}. It gets work when a MultiCasskop has an override entry with this name."


def document_of(plan: Plan, outcome: Outcome | None) -> dict[str, Any]:
    """The registration as it is written in JSON and YAML; without an outcome it is only planned."""
    request, found = plan.request, outcome.found if outcome is not None else None
    return {
        "member": request.member,
        "done": outcome is not None,
        "account": {"namespace": request.namespace, "name": request.account},
        "namespaces": list(request.namespaces),
        "server": request.server,
        "homeNamespace": request.home_namespace,
        "issuesToken": plan.issues,
        "objects": [
            *(_object(change, request.member) for change in plan.in_member),
            *(_object(change, "home") for change in plan.home),
        ],
        "identityChecked": outcome.recognized if outcome is not None else None,
        "found": found.good if found is not None else "",
        "problems": [
            {"code": each.code, "message": each.text, "hint": each.hint} for each in (found.problems if found else ())
        ],
    }


def _object(change: Change, cluster: str) -> dict[str, Any]:
    wanted = change.wanted
    return {
        "cluster": cluster,
        "kind": wanted.resource.kind,
        "namespace": wanted.namespace,
        "name": wanted.name,
        "action": change.action.value,
        "details": list(change.details),
    }
