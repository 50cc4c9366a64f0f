"""`multicasskop resume`: go on after a pause or a halt."""

from typing import Annotated

import typer
from multicasskop.operator.commands.flags import EDIT_OPTIONS, EditFlags, Name, with_flags

Generation = Annotated[int | None, typer.Option(help="The generation that halted; by default the present one.")]


@with_flags(EditFlags, EDIT_OPTIONS)
def resume(flags: EditFlags, name: Name, generation: Generation = None) -> int:
    r"""Go on after a pause, or after a rollout halted.

    \b
      multicasskop resume demo -n cassandra
      multicasskop resume demo --generation 15

    Takes spec.paused away; after a halt it sets the annotation multicasskop.db.orange.com/resume.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Asked, carry_out

    return carry_out(Asked("resume", name), flags, lambda parent, home: edits.resume(parent, generation))
