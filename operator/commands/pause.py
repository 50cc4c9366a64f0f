"""`multicasskop pause`: write nothing any more for a MultiCasskop."""

from multicasskop.operator.commands.flags import EDIT_OPTIONS, EditFlags, Name, with_flags


@with_flags(EditFlags, EDIT_OPTIONS)
def pause(flags: EditFlags, name: Name) -> int:
    r"""Write nothing any more for a MultiCasskop, until it is resumed.

    \b
      multicasskop pause demo -n cassandra

    Sets spec.paused. What is under way in a member goes on there; deletions wait too.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Asked, carry_out

    return carry_out(Asked("pause", name), flags, lambda parent, home: edits.pause(parent))
