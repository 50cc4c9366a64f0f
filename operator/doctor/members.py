"""Members: reached, let in, in step with our clock, and with credentials that last."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.informers.errors import InformerError, reason_of
from multicasskop.operator.doctor.check import Category, Check, attention, broken, good
from multicasskop.operator.doctor.seen import Member
from multicasskop.operator.output.ages import age
from multicasskop.reconcilers.multicasskop.telling import code_of

SKEW_SECONDS: Final = 5.0
"""A server speaks of whole seconds, and the way there takes time; from here on it is the clock."""
EXPIRES_SOON: Final = timedelta(hours=1)
HINTS: Final = {
    Code.UNREACHABLE: "check route, firewall and name from home to {server}",
    Code.TLS_FAILED: "multicasskop register --as {name} with the right --server or --ca-file",
    Code.UNAUTHORIZED: "multicasskop register --as {name} --new-token",
    Code.BAD_CREDENTIALS: "multicasskop register --as {name}",
}


def members(seen: Sequence[Member], now: datetime) -> Category:
    """Look at each member that is registered by a Secret."""
    checks = tuple(check for member in seen for check in of_one(member, now))
    return Category("members", checks or (attention("members", "no Secret registers one"),))


def of_one(member: Member, now: datetime) -> Iterator[Check]:
    """One member: a line when all is well."""
    if member.answer is None:
        yield unreachable(member, member.error)
        return
    ahead = member.answer.ahead
    clock = "" if ahead is None else f", clock differs {abs(ahead):.0f}s"
    yield good(member.name, f"reached in {1000 * member.answer.took:.0f}ms, {member.answer.version}{clock}")
    if ahead is not None and abs(ahead) > SKEW_SECONDS:
        yield attention(member.name, f"its clock is {'ahead' if ahead > 0 else 'behind'} by {age(abs(ahead))}")
    if member.identity and member.is_now and member.identity != member.is_now:
        text = f"is another cluster now: {member.is_now}, registered as {member.identity}; nothing is done there"
        yield broken(member.name, text, Code.IDENTITY_CHANGED, "docs/how-to/register-a-member.md, another cluster")
    if member.error is not None:
        yield attention(member.name, f"not all of it could be asked: {member.error}")
    if member.expires is not None and member.expires - now < EXPIRES_SOON:
        hint = HINTS[Code.UNAUTHORIZED].format(name=member.name)
        yield attention(
            member.name, f"its token ends at {member.expires:%Y-%m-%dT%H:%M:%SZ}", Code.CREDENTIAL_EXPIRING, hint
        )


def unreachable(member: Member, error: InformerError | None) -> Check:
    """Why a member does not answer, or does not let us in."""
    code = code_of(reason_of(error)) if error else Code.UNREACHABLE
    text = str(error).removeprefix(f"{member.name}: ")
    hint = HINTS.get(code, HINTS[Code.UNREACHABLE]).format(name=member.name, server=member.server)
    return broken(member.name, text, code, hint)
