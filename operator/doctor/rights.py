"""Rights: what the operator's account may do in each member, verb by verb and namespace by namespace."""

from collections.abc import Iterator, Sequence

from multicasskop.crds.codes import Code
from multicasskop.operator.doctor.check import Category, Check, attention, broken, good, unknown
from multicasskop.operator.doctor.seen import Member
from multicasskop.operator.registering.rights import placed


def rights(seen: Sequence[Member]) -> Category:
    """Look at each member's rights."""
    return Category("rights", tuple(check for member in seen for check in of_one(member)))


def of_one(member: Member) -> Iterator[Check]:
    """One member's."""
    if member.answer is None:
        yield unknown(member.name, "not asked (unreachable)")
        return
    if not member.asked:
        yield unknown(member.name, "not asked: its Secret does not say in which namespace the children are")
        return
    if "cassandraclusters" not in member.kinds:
        yield attention(
            member.name, "does not serve cassandraclusters in version v2", Code.KIND_NOT_SERVED, "install CassKop there"
        )
    if not member.missing:
        yield good(member.name, f"{member.asked} of {member.asked} allowed")
        return
    spaces = [*dict.fromkeys(space for space, _ in member.missing)]
    denied = ", ".join(f"{right} {placed(space)}" for space, right in member.missing)
    where = "-n NAMESPACE --cluster-wide" if "" in spaces else f"-n {','.join(spaces)}"
    hint = f"multicasskop register --context CONTEXT --as {member.name} {where} --rbac-only"
    yield broken(member.name, f"denied: {denied}", Code.FORBIDDEN, hint)
