"""A migration as lines of text, and as a document."""

from collections.abc import Iterator, Sequence
from typing import Any

from multicasskop.crds.codes import Code
from multicasskop.operator.migration.survey import Candidate, Member, Survey
from multicasskop.operator.migration.take_over import Taken
from multicasskop.operator.output.ages import age
from multicasskop.operator.output.document import document
from multicasskop.operator.output.marks import Mark
from multicasskop.operator.output.plan_text import change_line
from multicasskop.operator.output.table import pad, width
from multicasskop.operator.planning.redacted import without_secrets
from multicasskop.operator.planning.report import origin_of
from multicasskop.reconcilers.multicasskop.effects import Change, Effect, effect_of

GOOD, BAD, LOOK = Mark.GOOD.sign, Mark.BROKEN.sign, Mark.ATTENTION.sign


def survey_lines(found: Survey) -> list[str]:
    """All that was found, and what it comes to."""
    home, *others = found.asked.members
    head = f"Migration from the Go operator   home {home}   others {', '.join(others) or 'none'}"
    objects = [line for candidate in found.candidates for line in ("", *_candidate(candidate))]
    return [head, *_checks(found), *objects, "", f"Result    {result(found)}"]


def _checks(found: Survey) -> Iterator[str]:
    yield f"  {GOOD} home serves our definition of MultiCasskops, with status as a sub-resource"
    for go in found.running:
        stop = f"kubectl -n {go.namespace} scale deployment {go.name} --replicas=0"
        yield f"  {BAD} {Code.GO_STILL_RUNS} {go} still runs ({go.replicas} replicas). Next: {stop}"
    if found.active is not None:
        what = f"it wrote to a child {age(found.active)} ago: it still runs somewhere, or was stopped just now"
        yield f"  {BAD} {Code.GO_STILL_RUNS} {what}"
    yield from (f"  {GOOD} the Go operator is at rest: {go} has no replicas" for go in found.go if not go.replicas)
    if not found.looked_for_go:
        yield f"  {LOOK} Deployments may not be read here: make sure that the Go operator does not run"
    elif not found.go:
        yield f"  {LOOK} no Deployment of the Go operator was found: make sure that it does not run elsewhere"


def _candidate(candidate: Candidate) -> Iterator[str]:
    key = candidate.parent.meta.key
    yield f"{key}   {verdict(candidate)}"
    yield from (f"  {BAD} {problem}" for problem in candidate.problems)
    wide = max((width(member.name) for member in candidate.members), default=0)
    for member in candidate.members:
        yield from _member(candidate, member, wide)
    yield from (f"  {LOOK} {problem.code} {problem}" for problem in candidate.advice)


def verdict(candidate: Candidate) -> str:
    """What becomes of one MultiCasskop, in a few words."""
    if candidate.problems:
        return "is refused here: nothing is taken over"
    if candidate.unread:
        return "cannot be judged: a member could not be asked"
    if candidate.done:
        return "has come over already"
    return "comes over without a change" if candidate.clean else "would change"


def _member(candidate: Candidate, member: Member, wide: int) -> Iterator[str]:
    name = pad(member.name, wide)
    if member.failure:
        yield f"  {BAD} {name}  not asked: {member.failure}"
    elif member.child is None:
        yield f"  {LOOK} {name}  {Code.CHILD_MISSING} there is no child: it would be created"
    elif member.conflict:
        yield f"  {BAD} {name}  {Code.CONFLICT} {member.conflict}"
    elif member.clean:
        state = "ours already" if member.mine else "the same as wanted"
        yield f"  {GOOD} {name}  {member.child.key} is {state}"
    else:
        effect = effect_of(member.child, member.changes)
        yield f"  {LOOK} {name}  {Code.CHILD_DIFFERS} {member.child.key} would be changed: {effect}"
    for change in member.changes:
        yield f"        {change_line(change, origin_of(candidate.parent.spec, member.name, change))}"


def result(found: Survey) -> str:
    """What all of it comes to, in one line."""
    clean = [each for each in found.candidates if each.clean]
    marks = sum(not member.mine for each in clean for member in each.members)
    restarts = [m for each in found.candidates for m in each.members if not m.clean and m.child is not None]
    return (
        f"{len(clean)} of {len(found.candidates)} MultiCasskops come over without a change, {marks} children to mark,"
        f" {len(restarts)} children would change.  Nothing was changed."
    )


def taken_line(taken: Taken) -> str:
    """What became of one child."""
    return f"  {GOOD if taken.done else BAD} {taken.namespace}/{taken.name}  {taken.member}  {taken.text}"


def next_lines(names: Sequence[str]) -> list[str]:
    """What to do when all is marked."""
    return [
        "Next      1. multicasskop plan NAME --live must say that nothing is to be written: "
        + ", ".join(names or ["none"]),
        "          2. install this operator with the members above; the Go operator stays at 0 replicas",
        "          3. the way back until then: take the annotation multicasskop.db.orange.com/owner off the children",
    ]


def survey_document(found: Survey, taken: Sequence[Taken] = ()) -> dict[str, Any]:
    """The same as a document; fields are only ever added."""
    return document(
        "MigrationReport",
        {
            "members": list(found.asked.members),
            "goOperators": [{"deployment": f"{go.namespace}/{go.name}", "replicas": go.replicas} for go in found.go],
            "goActiveSeconds": found.active,
            "objects": [_candidate_document(candidate) for candidate in found.candidates],
            "taken": [
                {"object": f"{each.namespace}/{each.name}", "member": each.member, "done": each.done, "text": each.text}
                for each in taken
            ],
        },
    )


def _candidate_document(candidate: Candidate) -> dict[str, Any]:
    return {
        "object": str(candidate.parent.meta.key),
        "verdict": verdict(candidate),
        "clean": candidate.clean,
        "problems": list(candidate.problems),
        "members": [_member_document(member) for member in candidate.members],
        "advice": [{"code": str(each.code), "path": each.path, "text": str(each)} for each in candidate.advice],
    }


def _member_document(member: Member) -> dict[str, Any]:
    return {
        "member": member.name,
        "child": str(member.child.key) if member.child is not None else "",
        "marked": member.mine,
        "clean": member.clean,
        "failure": member.failure,
        "conflict": member.conflict,
        "changes": [_change_document(change) for change in member.changes],
    }


def _change_document(change: Change) -> dict[str, Any]:
    name = change.path.rpartition(".")[2]
    old, new = (without_secrets(value, name) for value in (change.old, change.new))
    restart = change.effect is Effect.RESTART
    return {"op": change.op, "path": change.path, "old": old, "new": new, "restart": restart}
