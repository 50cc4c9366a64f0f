"""`multicasskop adopt`: take over a child that differs from what is wanted."""

from multicasskop.operator.commands.flags import EDIT_OPTIONS, EditFlags, Member, Name, with_flags


@with_flags(EditFlags, EDIT_OPTIONS)
def adopt(flags: EditFlags, name: Name, member: Member) -> int:
    r"""Take over a member's child although it differs from what is wanted; it is then changed.

    \b
      multicasskop plan demo -n cassandra --live
      multicasskop adopt demo eu-north -n cassandra

    Sets the annotation multicasskop.db.orange.com/adopt: <member>.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Asked, carry_out

    return carry_out(Asked("adopt", name, member), flags, lambda parent, home: edits.by_member("adopt", parent, member))
