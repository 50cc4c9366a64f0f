"""One run of `register`: both clusters, what is asked for, the plan, the writes, and the look at the end."""

import os
from collections.abc import Callable, Mapping

from multicasskop.crds.codes import Code
from multicasskop.crds.quantity import is_dns_label, is_dns_subdomain
from multicasskop.informers.clock import Clock, SystemClock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import InformerError, is_forbidden
from multicasskop.operator.access import NAMESPACES, Access, Contexts
from multicasskop.operator.logs import configure_logs
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.registering.address import authority_of, check_form, try_it
from multicasskop.operator.registering.flags import RegisterFlags
from multicasskop.operator.registering.operators import Installed, account_in, installed
from multicasskop.operator.registering.outcome import Outcome
from multicasskop.operator.registering.perform import Performance
from multicasskop.operator.registering.plan import Plan, announcement, life, survey
from multicasskop.operator.registering.request import SHORTEST_LIFE, Request
from multicasskop.operator.registering.verify import Account, verify
from multicasskop.operator.values import member as member_name
from multicasskop.operator.values import seconds

NOTHING = "Nothing was changed"
HIDDEN = "you may not look into kube-system of {0}, so the right by which it is recognized is not given"
UNRENEWED = (
    "the token ends {0} after it was issued, and nobody renews it: no Deployment of an operator with member secrets on"
    " is found in {1}. Next: install or upgrade the chart there with --set members.secrets=true, or say this again in"
    " time"
)
GUESSED = "the right to renew it is given to ServiceAccount {0}, the chart's; --operator-account names another"
Say = Callable[[str], None]
SayAll = Callable[[list[str]], None]


class Session:
    """Both clusters, for one registration. Close it after use."""

    def __init__(
        self,
        flags: RegisterFlags,
        timeout: float,
        *,
        clock: Clock | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Check what was said, and find both contexts; raises CommandError."""
        check(flags)
        self._flags, self._timeout, self._clock = flags, timeout, clock or SystemClock()
        configure_logs("error", "text", self._clock)
        contexts = Contexts(flags.kubeconfig, self._clock, Deadline(self._clock, timeout), environment)
        self.home = contexts.open("home", flags.home_context, "home")
        self.member = contexts.open(flags.member, flags.context, "member")
        self.home_namespace = flags.home_namespace or self.home.credentials.namespace or "default"
        self._operators: tuple[Installed, ...] = ()

    def plan(self, say: SayAll) -> Plan:
        """Find out what there is to do, and say it; raises CommandError where it cannot or may not be done."""
        try:
            request = self._request()
            rbac_only, new_token = self._flags.rbac_only, self._flags.new_token
            warnings = () if rbac_only else try_it(request, check_form(request), self.member)
            plan = survey(request, self.member, self.home, rbac_only=rbac_only, new_token=new_token)
        except InformerError as error:
            member = getattr(error, "member", "")
            raise (self.member if member == self.member.name else self.home).explain(error, NOTHING) from error
        unrenewed = () if rbac_only else self._unrenewed(request)
        if not plan.is_done:
            warnings += (HIDDEN.format(request.member),) if plan.hidden else ()
            say([*announcement(plan), *warned(*warnings, *unrenewed)])
        elif unrenewed:
            say(warned(*unrenewed))
        return plan

    def perform(self, plan: Plan, say: Say) -> Outcome:
        """Carry the plan out, then try the new credentials."""
        # whoever was asked had time to think
        self.home.deadline = self.member.deadline = Deadline(self._clock, self._timeout)
        done, request = Performance(plan, self.member, self.home, say).run(), plan.request
        account = Account(
            request.member,
            self._flags.context,
            request.account,
            request.namespaces,
            recognized=done.recognized,
            everywhere=request.everywhere,
        )
        if not done.token:
            return Outcome(account, None)
        credentials = request.credentials(done.token.encode())
        return Outcome(account, verify(account, credentials, self._clock, Deadline(self._clock, self._timeout)))

    def close(self) -> None:
        """Let go of both clusters."""
        self.home.close()
        self.member.close()

    def _request(self) -> Request:
        flags, context = self._flags, self.member.credentials
        namespaces = flags.namespaces or tuple(filter(None, [context.namespace]))
        if not namespaces:
            raise usage("-n: the context names no namespace; say in which one the children are")
        home_id, member_id = self._identities()
        if not flags.create_namespace:
            for name in namespaces:
                self._check_namespace(self.member, flags.context, name)
        self._check_namespace(self.home, flags.home_context, self.home_namespace)
        self._operators = installed(self.home, self.home_namespace)
        return Request(
            member=flags.member,
            namespaces=namespaces,
            account=flags.account,
            server=flags.server or context.server,
            authority=authority_of(self.member, flags.ca_file, namespaces[0]),
            token_life=life_of(flags),
            make_namespaces=flags.create_namespace,
            home_id=home_id,
            member_id=member_id,
            home_namespace=self.home_namespace,
            operator_account=flags.operator_account or account_in(self._operators),
            allow_local=flags.allow_local_servers,
            everywhere=flags.cluster_wide,
        )

    def _unrenewed(self, request: Request) -> tuple[str, ...]:
        """What there is to be said where no operator is seen that would renew the token."""
        if any(each.member_secrets for each in self._operators):
            return ()
        guessed = () if self._operators or self._flags.operator_account else (request.operator_account,)
        told = UNRENEWED.format(life(request.token_life), self.home_namespace)
        return told, *(GUESSED.format(account) for account in guessed)

    def _identities(self) -> tuple[str, str]:
        """The ids of home and of the member; raises CommandError when they are the same cluster."""
        home, member = self.home.identity(), self.member.identity()
        if home and home == member:
            what = f"{self._flags.member}: the context {self._flags.context} leads to home itself"
            hint = "name the context of the member with --context, that of home with --home-context"
            raise CommandError(ExitCode.REFUSED, f"{what}. {NOTHING}", hint=hint, code=Code.SAME_CLUSTER)
        return home, member

    def _check_namespace(self, access: Access, context: str, name: str) -> None:
        try:
            found = access.find(NAMESPACES, "", name)
        except InformerError as error:
            if is_forbidden(error):
                return  # then the first write in it tells
            raise
        if found is None:
            where = f"--context {context} " if context else ""
            hint = f"kubectl {where}create namespace {name}, or --create-namespace for one in the member"
            what = f"{access.name}: there is no namespace {name}. {NOTHING}"
            raise CommandError(ExitCode.NOT_FOUND, what, hint=hint, code=Code.NAMESPACE_GONE)


def warned(*texts: str) -> list[str]:
    """Texts as warnings."""
    return [f"Warning: {text}" for text in texts]


def check(flags: RegisterFlags) -> None:
    """Refuse wrong use before any cluster is asked; raises CommandError."""
    try:
        member_name(flags.member)
    except ValueError as error:
        raise usage(f"--as: {error}") from None
    if not flags.context:
        raise usage("--context: name the context of the member; without one it would be that of home")
    for flag, name in (("--account", flags.account), ("--operator-account", flags.operator_account or "x")):
        if not is_dns_subdomain(name):
            raise usage(f'{flag}: "{name}" is not a name (lower case letters, digits, "-" and ".")')
    for name in (*flags.namespaces, flags.home_namespace or "x"):
        if not is_dns_label(name):
            raise usage(f'"{name}" is not the name of a namespace')
    if flags.cluster_wide and len(flags.namespaces) > 1:
        raise usage("-n: with --cluster-wide there is one, that of the account")
    if life_of(flags) < SHORTEST_LIFE:
        raise usage("--token-life: no API server gives tokens for less than 10m")


def life_of(flags: RegisterFlags) -> float:
    """The life of the token in seconds; raises CommandError."""
    try:
        return seconds(flags.token_life)
    except ValueError as error:
        raise usage(f"--token-life: {error}") from None


def usage(text: str) -> CommandError:
    """Wrong use, in one line."""
    return CommandError(ExitCode.USAGE, text, hint="multicasskop register --help", code=Code.BAD_FLAG)
