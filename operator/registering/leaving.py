"""One run of `unregister`: what is registered, who still uses it, and what goes."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from multicasskop.crds.codes import Code
from multicasskop.informers.clock import Clock, SystemClock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import InformerError
from multicasskop.operator.access import Access, Contexts
from multicasskop.operator.logs import configure_logs
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.registering.flags import UnregisterFlags
from multicasskop.operator.registering.manifests import CLUSTER_ROLES, SECRETS, SERVICE_ACCOUNTS
from multicasskop.operator.registering.registered import (
    Registered,
    Use,
    multicasskops,
    not_registered,
    registered,
    uses,
)
from multicasskop.operator.registering.withdraw import (
    Place,
    Removal,
    carry_out,
    in_home,
    in_kube_system,
    in_member,
    removals,
    seen_removals,
)

NOTHING = "Nothing was changed"


@dataclass(frozen=True, slots=True)
class Leave:
    """What unregistering a member takes, and who still names it."""

    found: tuple[Removal, ...]
    uses: tuple[Use, ...]
    account: str
    namespaces: tuple[str, ...]
    hidden: tuple[Place, ...] = ()
    """Where nobody lets us look: whatever is there stays."""

    @property
    def again(self) -> str:
        """The flags that go on where a failure stopped it."""
        wide = " --cluster-wide" if any(each.place.resource == CLUSTER_ROLES for each in self.found) else ""
        return f"--context CONTEXT --account {self.account} -n {','.join(self.namespaces)}{wide}"

    @property
    def stays(self) -> str:
        """The account that stays in the member, when nobody said how to get there; else nothing."""
        return f"{self.account_place.namespace}/{self.account}" if self._unreached else ""

    @property
    def account_place(self) -> Place:
        """Where the account is, as far as is known."""
        return Place(SERVICE_ACCOUNTS, "".join(self.namespaces[:1]), self.account)

    @property
    def _unreached(self) -> bool:
        return bool(self.namespaces) and all(each.place.resource != SERVICE_ACCOUNTS for each in self.found)


class Leaving:
    """Home, and the member if there is a context for it. Close it after use."""

    def __init__(
        self,
        flags: UnregisterFlags,
        timeout: float,
        *,
        clock: Clock | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Find the contexts; raises CommandError."""
        self._flags, self._timeout, self._clock = flags, timeout, clock or SystemClock()
        configure_logs("error", "text", self._clock)
        contexts = Contexts(flags.kubeconfig, self._clock, Deadline(self._clock, timeout), environment)
        self.home = contexts.open("home", flags.home_context, "home")
        self.member = contexts.open(flags.member, flags.context, "member") if flags.context else None
        self.home_namespace = flags.home_namespace or self.home.credentials.namespace or "default"

    def look(self) -> Leave:
        """Find out what is there; raises CommandError when nothing is, or when it is not ours to delete."""
        try:
            found = self._look()
        except InformerError as error:
            access = self.member if self.member and getattr(error, "member", "") == self.member.name else self.home
            raise access.explain(error, NOTHING) from error
        if not any(each.ours for each in found.found):
            raise self._nothing_of_ours(found)
        return found

    def carry_out(self, leave: Leave) -> Iterator[Removal]:
        """Delete it, and give each object that is gone; CommandError says how to go on with the rest."""
        for access in filter(None, (self.home, self.member)):
            access.deadline = Deadline(self._clock, self._timeout)
        try:
            yield from carry_out(leave.found)
        except CommandError as error:
            # the Secret, which told where the account is, may be gone by now
            error.hint = f"multicasskop unregister {self._flags.member} {leave.again}"
            raise

    def close(self) -> None:
        """Let go of the clusters."""
        for access in filter(None, (self.home, self.member)):
            access.close()

    def _look(self) -> Leave:
        flags = self._flags
        secret = self.home.find(SECRETS, self.home_namespace, flags.member)
        there = Registered.of(secret) if secret else None
        mark = (there and there.registration) or f"{self.home.identity()}/{self.home_namespace}/{flags.member}"
        found = [*removals(self.home, in_home(flags.member, self.home_namespace), mark)]
        account, namespaces = self._account(there)
        hidden: tuple[Place, ...] = ()
        if self.member:
            wide = flags.cluster_wide or (there is not None and there.everywhere)
            found += removals(self.member, in_member(account, namespaces, everywhere=wide), mark)
            shared = in_kube_system(account, namespaces)
            seen = seen_removals(self.member, shared, mark)
            found, hidden = (found, shared) if seen is None else ([*found, *seen], ())
        objects = multicasskops(self.home, self.home_namespace)
        return Leave(tuple(found), uses(objects).get(flags.member, ()), account, namespaces, hidden)

    def _account(self, there: Registered | None) -> tuple[str, tuple[str, ...]]:
        """The account in the member and where it has rights: as the Secret says, else as the flags do."""
        told = there.account[1] if there else ""
        return told or self._flags.account, self._flags.namespaces or (there.namespaces if there else ())

    def _nothing_of_ours(self, leave: Leave) -> CommandError:
        if leave.found:
            places = ", ".join(str(each.place) for each in leave.found)
            text = f"{self._flags.member}: `register` did not make {places}. {NOTHING}"
            return CommandError(ExitCode.REFUSED, text, hint="delete it with kubectl", code=Code.NOT_OURS)
        known = self._known(self.home)
        return not_registered(self._flags.member, known, f"namespace {self.home_namespace}")

    def _known(self, home: Access) -> list[str]:
        try:
            return [each.name for each in registered(home, self.home_namespace)]
        except InformerError:
            return []  # a list of candidates is a courtesy
