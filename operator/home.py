"""The home cluster as a user's command sees it: found by kubectl's own flags, read and never written."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from multicasskop.crds.codes import Code
from multicasskop.informers import kubeconfig
from multicasskop.informers.clock import Clock, SystemClock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.credentials import Credentials, from_kubeconfig, in_cluster
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import CredentialsError, InformerError, is_kind_not_served, is_not_found
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.logs import configure_logs
from multicasskop.operator.members.registration import unreachable, unreadable
from multicasskop.operator.members.static import USERS_KUBECONFIG
from multicasskop.operator.output.exit_codes import CommandError, ExitCode

Json = dict[str, Any]
NOTHING = ""


@dataclass(frozen=True, slots=True)
class Where:
    """What the user's flags say; empty means as kubectl does."""

    kubeconfig: str = ""
    context: str = ""
    namespace: str = ""
    all_namespaces: bool = False


class Home:
    """One user's view of the home cluster. Close it after use."""

    def __init__(
        self, where: Where, timeout: float, *, clock: Clock | None = None, environment: Mapping[str, str] = os.environ
    ) -> None:
        """Find the credentials; raises CommandError when they cannot be used."""
        self.clock = clock or SystemClock()
        configure_logs("error", "text", self.clock)
        self._timeout = timeout
        self.deadline = Deadline(self.clock, timeout)
        try:
            credentials = find(where, environment)
            self.supervisor = Supervisor()
            self.cluster = Cluster(
                "home",
                credentials,
                clock=self.clock,
                random=Random(),  # noqa: S311 - spreads load, keeps no secret
                guard=None,
                supervisor=self.supervisor,
            )
        except CredentialsError as error:
            raise unreadable(error, NOTHING) from error
        self.namespace = "" if where.all_namespaces else where.namespace or credentials.namespace or "default"
        self.where, self.environment = where, environment

    def get(self, name: str) -> Json:
        """One MultiCasskop; raises CommandError with exit code 4 when there is none of that name."""
        try:
            return self.cluster.client.get(MULTICASSKOPS, self.namespace, name, deadline=self.deadline)
        except InformerError as error:
            if is_not_found(error):
                what = f"no MultiCasskop {name} in namespace {self.namespace}"
                raise CommandError(ExitCode.NOT_FOUND, what, hint="multicasskop status -A") from error
            raise self.failed(error) from error

    def begin_again(self) -> None:
        """Let the time limit begin anew: a person was asked, and that takes as long as it takes."""
        self.deadline = Deadline(self.clock, self._timeout)

    @property
    def context(self) -> str:
        """The name of the context in use; empty in a pod, where there is none."""
        path = kubeconfig_of(self.where, self.environment)
        return self.where.context or (kubeconfig.current(kubeconfig.read(path)) if path else "")

    def find(self, name: str, namespace: str) -> Json | None:
        """One MultiCasskop of any namespace, or None."""
        try:
            return self.cluster.client.get(MULTICASSKOPS, namespace, name, deadline=self.deadline)
        except InformerError as error:
            if is_not_found(error):
                return None
            raise self.failed(error) from error

    def list(self) -> list[Json]:
        """All MultiCasskops of the namespace, or of all of them."""
        try:
            found = self.cluster.client.list(MULTICASSKOPS, self.namespace, deadline=self.deadline)
        except InformerError as error:
            raise self.failed(error) from error
        items: list[Json] = found["items"]
        return items

    def close(self) -> None:
        """End everything that was begun."""
        self.cluster.disengage()

    def failed(self, error: InformerError) -> CommandError:
        """Why a read of home failed, as one line."""
        if self.deadline.expired:
            return CommandError(ExitCode.TIMEOUT, f"home did not answer within the time limit: {error}")
        if is_kind_not_served(error):
            what = "the home cluster does not know MultiCasskops: their definition is not installed"
            return CommandError(
                ExitCode.NOT_FOUND, what, hint="install it, or name another --context", code=Code.OLD_CRD
            )
        return unreachable("home", error, NOTHING)


def find(where: Where, environment: Mapping[str, str]) -> Credentials:
    """The credentials that kubectl would take: flag, KUBECONFIG, the user's file; in a pod without these its own."""
    path = kubeconfig_of(where, environment)
    return from_kubeconfig(path, where.context) if path else in_cluster(environment)


def kubeconfig_of(where: Where, environment: Mapping[str, str]) -> str:
    """The kubeconfig in use; empty in a pod that was given none."""
    path = where.kubeconfig or environment.get("KUBECONFIG") or ""
    in_pod = not path and "KUBERNETES_SERVICE_HOST" in environment
    return "" if in_pod else path or os.path.expanduser(USERS_KUBECONFIG)
