"""All that a registration takes, found out before anything is written."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from multicasskop.crds.codes import Code
from multicasskop.crds.names import CLUSTER
from multicasskop.informers.errors import InformerError, is_forbidden
from multicasskop.operator.access import Access, Json
from multicasskop.operator.output.ages import age
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.registering.compare import Action, Change, compare
from multicasskop.operator.registering.kept_token import is_good
from multicasskop.operator.registering.manifests import (
    SECRETS,
    SERVICE_ACCOUNTS,
    Wanted,
    home_objects,
    identity_objects,
    member_objects,
)
from multicasskop.operator.registering.request import RENEWED_AT, Request
from multicasskop.operator.registering.rights import rights_of

VERBS = {Action.CREATE: "create", Action.CHANGE: "change"}


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """What is to be done in the member and in home. `token` is the one that home has and may keep, or empty.

    `identity` is done in the member, too, unless it is `hidden`: whoever may not even look there does not write there.
    """

    request: Request
    member: tuple[Change, ...]
    home: tuple[Change, ...]
    token: str = ""
    identity: tuple[Change, ...] = ()
    hidden: bool = False

    @property
    def issues(self) -> bool:
        """Whether a token is to be issued: there is a Secret to write it into, and no good one there."""
        return bool(self.home) and not self.token

    @property
    def is_done(self) -> bool:
        """Whether all of it is as it is to be."""
        return not self.issues and all(change.action is Action.NOTHING for change in (*self.in_member, *self.home))

    @property
    def in_member(self) -> tuple[Change, ...]:
        """All that is done in the member."""
        return (*self.member, *(() if self.hidden else self.identity))


def survey(request: Request, member: Access, home: Access, *, rbac_only: bool, new_token: bool) -> Plan:
    """Look at everything, and raise CommandError where something must be left alone; InformerError as it comes."""
    changes, identity = compared(member, member_objects(request)), recognition(member, request)
    refused_by_none((*changes, *(identity or ())), request.member)
    in_home, kept = ((), "") if rbac_only else at_home(request, member, home, new_token=new_token)
    return Plan(request, changes, in_home, kept, identity or unseen(request), hidden=identity is None)


def at_home(request: Request, member: Access, home: Access, *, new_token: bool) -> tuple[tuple[Change, ...], str]:
    """Home's part, and the token that it has and may keep."""
    there = home.find(SECRETS, request.home_namespace, request.member)
    account = member.find(SERVICE_ACCOUNTS, request.namespace, request.account)
    kept = "" if new_token else kept_token(there, account, home.clock.now())
    changes = compared(home, home_objects(request, kept.encode()))
    refused_by_none(changes, "home")
    return changes, kept


def recognition(member: Access, request: Request) -> tuple[Change, ...] | None:
    """What is to be done so that the member is recognized; None where whoever registers it may not look."""
    try:
        return compared(member, identity_objects(request))
    except InformerError as error:
        if not is_forbidden(error):
            raise
        return None


def unseen(request: Request) -> tuple[Change, ...]:
    """The same where nobody could look: for somebody else to make."""
    return tuple(compare(each, None) for each in identity_objects(request))


def compared(access: Access, wanted: Sequence[Wanted]) -> tuple[Change, ...]:
    """What is to be done about each of the objects, in their order."""
    return tuple(compare(each, access.find(each.resource, each.namespace, each.name)) for each in wanted)


def kept_token(secret: Json | None, account: Json | None, now: datetime) -> str:
    """The token that home has, if the account that is there now may go on with it; else nothing."""
    if secret is None or account is None:
        return ""
    try:
        token = base64.b64decode((secret.get("data") or {}).get("token") or "", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return token if is_good(token, account["metadata"]["uid"], now, RENEWED_AT) else ""


def refused_by_none(changes: Sequence[Change], where: str) -> None:
    """Raise CommandError for all objects that are somebody else's, if any is."""
    refused = [change for change in changes if change.action is Action.REFUSE]
    if not refused:
        return
    what = "; ".join(f"{change.wanted} {change.details[0]}" for change in refused)
    hint = refused[0].hint
    raise CommandError(ExitCode.REFUSED, f"{where}: {what}. Nothing was changed.", hint=hint, code=Code.NOT_OURS)


def announcement(plan: Plan) -> list[str]:
    """What will be done, in the order in which it will be."""
    member = plan.request.member
    issue = [f"issue a token for {life(plan.request.token_life)}"] if plan.issues else []
    wide = max(len(member), len("home"))
    lines = [placed(line, member, wide) for line in (*described(plan.in_member), *issue)]
    return ["This will", *lines, *(placed(line, "home", wide) for line in in_home(plan))]


def placed(line: str, where: str, wide: int) -> str:
    """A line behind the name of its cluster; a detail stands below without it."""
    return f"  {'':<{wide + 3}}  {line}" if line.startswith(" ") else f"  in {where:<{wide}}  {line}"


def in_home(plan: Plan) -> Iterator[str]:
    """What will be done in home; the token alone may be news."""
    yield from described(plan.home)
    if plan.issues and plan.home[0].action is Action.NOTHING:
        yield f"change {plan.home[0].wanted}: the token"


def described(changes: Iterable[Change]) -> Iterator[str]:
    """Changes as lines: those of one kind in one namespace together, with details below."""
    due = [change for change in changes if change.action in VERBS]
    for (action, namespace), group in groupby(due, lambda change: (change.action, change.wanted.namespace)):
        together = list(group)
        where = f" in {namespace}" if namespace else ""
        yield f"{VERBS[action]} {', '.join(map(named, together))}{where}"
        yield from (f"  {detail}" for change in together for detail in change.details)


def named(change: Change) -> str:
    """An object in a list of what will be done."""
    kind, body = change.wanted.resource.kind, change.wanted.body
    if kind in {"Role", "ClusterRole"} and change.action is Action.CREATE:
        return f"{change.wanted.short} ({len(list(rights_of(body['rules'])))} rights)"
    label = f" (label {CLUSTER}=true)" if kind == "Secret" and change.action is Action.CREATE else ""
    return f"{change.wanted.short}{label}"


def life(seconds: float) -> str:
    """The life of a token as it was asked for: whole hours are not days."""
    return f"{int(seconds // 3600)}h" if seconds % 3600 == 0 else age(seconds)
