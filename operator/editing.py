"""The way of the small writing verbs: read, say what would be set, ask, set it for the version that was read."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.informers.errors import InformerError, is_conflict, is_invalid, is_not_found
from multicasskop.operator.commands.flags import EditFlags, duration
from multicasskop.operator.confirm import confirmed
from multicasskop.operator.edits import Edit
from multicasskop.operator.home import Home, Where
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.lint.finding import did_you_mean
from multicasskop.operator.output.document import document, in_form
from multicasskop.operator.output.edit_report import EditReport, Outcome
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.reconcilers.multicasskop.facts import Parent
from multicasskop.reconcilers.patch import with_preconditions

# in the record of managers, so that it can be told from the operator's own writes
MANAGER: Final = "multicasskop-cli"
Wanted = Callable[[Parent, Home], Edit]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which verb was said, of which MultiCasskop, and of which of its members."""

    verb: str
    name: str
    member: str = ""


def carry_out(asked: Asked, flags: EditFlags, wanted: Wanted) -> int:
    """Make one edit of one MultiCasskop; raises CommandError. Returns the exit code."""
    home = Home(Where(flags.kubeconfig, flags.context, flags.namespace), duration(flags.timeout))
    try:
        parent = Parent.of(home.get(asked.name))
        if asked.member:
            known_member(parent, asked.member)
        edit = wanted(parent, home)
        outcome = _carried(home, parent, edit, flags)
        _say(EditReport(asked.verb, asked.member, home.context, parent, edit, outcome, flags.dry_run), flags.output)
        return ExitCode.NO if outcome is Outcome.DECLINED else ExitCode.OK
    finally:
        home.close()


def _carried(home: Home, parent: Parent, edit: Edit, flags: EditFlags) -> Outcome:
    if edit.patch is None:
        return Outcome.UNCHANGED
    if flags.dry_run:
        return Outcome.PLANNED
    if not confirmed(f"{parent.meta.key}: set {edit.says}?", yes=flags.yes):
        return Outcome.DECLINED
    _send(home, parent, edit)
    return Outcome.CHANGED


def known_member(parent: Parent, member: str) -> None:
    """Raise CommandError with a proposal unless the object names this member."""
    override = parent.spec.get("override")
    entries = parent.status.get("clusters")
    told = [entry.get("name") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    known = tuple(dict.fromkeys(map(str, (*(override if isinstance(override, dict) else ()), *told))))
    if member in known:
        return
    text = f"{parent.meta.key} names no member {member} (it names: {', '.join(known) or 'none'})"
    raise CommandError(ExitCode.NOT_FOUND, f"{text}.{did_you_mean(member, known)}", code=Code.UNKNOWN_MEMBER)


def _send(home: Home, parent: Parent, edit: Edit) -> None:
    meta = parent.meta
    body = with_preconditions(edit.patch or {}, meta.uid, meta.version)
    try:
        home.cluster.client.merge_patch(
            MULTICASSKOPS, meta.key.namespace, meta.key.name, body, field_manager=MANAGER, deadline=home.deadline
        )
    except InformerError as error:
        if is_conflict(error) or is_not_found(error):
            what = f"{meta.key} has changed meanwhile. Nothing was changed"
            raise CommandError(ExitCode.REFUSED, what, hint="run the command again") from error
        if is_invalid(error):
            raise CommandError(ExitCode.REFUSED, f"{error}. Nothing was changed", code=Code.BAD_VALUE) from error
        raise home.failed(error) from error


def _say(report: EditReport, output: str) -> None:
    text = f"{report.line()}\n" if output == "text" else in_form(document("EditReport", report.body()), output)
    sys.stdout.write(text)
