"""`multicasskop release`: let a member's child go during a deletion."""

from multicasskop.operator.commands.flags import EDIT_OPTIONS, EditFlags, Member, Name, with_flags


@with_flags(EditFlags, EDIT_OPTIONS)
def release(flags: EditFlags, name: Name, member: Member) -> int:
    r"""Let a member's child go that a deletion waits for; it stays where it is.

    \b
      multicasskop release demo us-east -n cassandra

    Sets the annotation multicasskop.db.orange.com/release: <member>.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Asked, carry_out

    return carry_out(
        Asked("release", name, member), flags, lambda parent, home: edits.by_member("release", parent, member)
    )
