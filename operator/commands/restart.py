"""`multicasskop restart`: restart all racks, one member after the other."""

from typing import Annotated

import typer
from multicasskop.operator.commands.flags import EDIT_OPTIONS, EditFlags, Name, with_flags

Value = Annotated[str, typer.Option(help="Another value than the present time.", show_default=False)]


@with_flags(EditFlags, EDIT_OPTIONS)
def restart(flags: EditFlags, name: Name, value: Value = "") -> int:
    r"""Restart all racks, one member after the other.

    \b
      multicasskop restart demo -n cassandra

    Sets spec.restart to the present time, or to --value.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Asked, carry_out

    return carry_out(Asked("restart", name), flags, lambda parent, home: edits.restart(parent, home.clock.now(), value))
