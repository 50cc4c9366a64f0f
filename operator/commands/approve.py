"""`multicasskop approve`: let the next member have the present generation."""

from multicasskop.operator.commands.flags import EDIT_OPTIONS, EditFlags, Member, Name, with_flags


@with_flags(EditFlags, EDIT_OPTIONS)
def approve(flags: EditFlags, name: Name, member: Member) -> int:
    r"""Let a member have the present generation, with spec.rollout.approval: Manual.

    \b
      multicasskop approve demo eu-north -n cassandra

    Sets the annotation multicasskop.db.orange.com/approve: <member>@<generation>.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Asked, carry_out

    return carry_out(Asked("approve", name, member), flags, lambda parent, home: edits.approve(parent, member))
