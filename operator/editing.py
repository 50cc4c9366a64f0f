"""The way of the small writing verbs: read, say what would be set, ask, set it for the version that was read."""

import sys
from collections.abc import Callable
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.informers.errors import InformerError, is_conflict, is_invalid, is_not_found
from multicasskop.operator.commands.flags import EditFlags, duration
from multicasskop.operator.confirm import confirmed
from multicasskop.operator.edits import Edit
from multicasskop.operator.home import Home, Where
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.lint.finding import did_you_mean
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.reconcilers.multicasskop.facts import Parent
from multicasskop.reconcilers.patch import with_preconditions

# in the record of managers, so that it can be told from the operator's own writes
MANAGER: Final = "multicasskop-cli"
Wanted = Callable[[Parent, Home], Edit]


def carry_out(name: str, flags: EditFlags, wanted: Wanted) -> int:
    """Make one edit of one MultiCasskop; raises CommandError. Returns the exit code."""
    home = Home(Where(flags.kubeconfig, flags.context, flags.namespace), duration(flags.timeout))
    try:
        parent = Parent.of(home.get(name))
        edit = wanted(parent, home)
        if edit.patch is None:
            _say(parent, f"unchanged: {edit.says}")
        elif flags.dry_run:
            _say(parent, f"would set {edit.says}.  Nothing was changed.")
        elif not confirmed(f"{parent.meta.key}: set {edit.says}?", yes=flags.yes):
            _say(parent, "nothing was changed")
            return ExitCode.NO
        else:
            _send(home, parent, edit)
            _say(parent, f"set {edit.says}")
        return ExitCode.OK
    finally:
        home.close()


def known_member(parent: Parent, member: str) -> str:
    """The member, if the object names it; raises CommandError with a proposal."""
    override = parent.spec.get("override")
    entries = parent.status.get("clusters")
    told = [entry.get("name") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    known = tuple(dict.fromkeys(map(str, (*(override if isinstance(override, dict) else ()), *told))))
    if member in known:
        return member
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


def _say(parent: Parent, text: str) -> None:
    sys.stdout.write(f"{parent.meta.key}  {text}\n")
