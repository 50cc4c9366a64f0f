"""One cluster as a person's command reaches it: few calls, one time limit, failures in their words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from multicasskop.crds.codes import Code
from multicasskop.crds.names import REGISTER_FIELD_MANAGER
from multicasskop.informers.client import Client
from multicasskop.informers.clock import Clock
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    CredentialsError,
    DeadlineExceeded,
    InformerError,
    UnexpectedAnswer,
    is_forbidden,
    is_namespace_missing,
    is_not_found,
    reason_of,
)
from multicasskop.informers.resource import Resource
from multicasskop.informers.transport import Transport
from multicasskop.operator.home import Where, find
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.reconcilers.multicasskop.telling import code_of

Json = dict[str, Any]
MANAGER: Final = REGISTER_FIELD_MANAGER
NAMESPACES: Final = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount")


class _TokenStatus(msgspec.Struct, rename="camel"):
    token: str
    expiration_timestamp: datetime


class _TokenAnswer(msgspec.Struct):
    status: _TokenStatus


@dataclass(frozen=True, slots=True, repr=False)
class Issued:
    """A token that was just issued, and when it ends: sooner than asked for, where the server says so."""

    token: str
    ends: datetime


class Access:
    """Calls to one cluster. Each raises InformerError; `explain` turns that into what the person is told."""

    def __init__(self, name: str, credentials: Credentials, clock: Clock, deadline: Deadline, role: str = "") -> None:
        """Prepare, without a call; CredentialsError when certificates cannot be used. `role` is home, or a member."""
        self.name, self.role, self.credentials = name, role, credentials
        self.clock, self.deadline = clock, deadline
        self.transport = Transport(name, credentials, clock=clock, guard=None)
        self.client = Client(self.transport)

    def find(self, resource: Resource, namespace: str, name: str) -> Json | None:
        """Return an object, or None when it is not there."""
        try:
            return self.client.get(resource, namespace, name, deadline=self.deadline)
        except InformerError as error:
            # a namespace that is asked for itself is told in the words of one that is missing for another object
            if is_not_found(error) or (resource == NAMESPACES and is_namespace_missing(error)):
                return None
            raise

    def list(self, resource: Resource, namespace: str = "", *, labels: str = "") -> list[Json]:
        """Return all objects of a namespace, or of all of them."""
        found = self.client.list(resource, namespace, label_selector=labels, deadline=self.deadline)
        items: list[Json] = found["items"]
        return items

    def create(self, resource: Resource, namespace: str, body: Mapping[str, Any]) -> Json:
        """Create an object."""
        return self.client.create(resource, namespace, body, field_manager=MANAGER, deadline=self.deadline)

    def patch(self, resource: Resource, live: Json, body: Json, manager: str = MANAGER) -> Json:
        """Merge into the object that was read; refused by the server when it is another one or has changed since."""
        metadata = live["metadata"]
        name, namespace = metadata["name"], metadata.get("namespace", "")
        pinned = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        whole = {**body, "metadata": {**body.get("metadata", {}), **pinned}}
        return self.client.merge_patch(resource, namespace, name, whole, field_manager=manager, deadline=self.deadline)

    def delete(self, resource: Resource, live: Json) -> None:
        """Delete the object that was read, unless it is another one by now; it is all right when it is gone."""
        metadata = live["metadata"]
        try:
            self.client.delete(
                resource, metadata.get("namespace", ""), metadata["name"], uid=metadata["uid"], deadline=self.deadline
            )
        except InformerError as error:
            if not is_not_found(error):
                raise

    def identity(self) -> str:
        """The UID of kube-system, by which a cluster is known; empty when it may not be read."""
        try:
            found = self.client.get(NAMESPACES, "", "kube-system", deadline=self.deadline)
        except InformerError as error:
            if is_forbidden(error) or is_not_found(error):
                return ""
            raise
        return str(found["metadata"].get("uid") or "")

    def token(self, namespace: str, account: str, seconds: float) -> Issued:
        """Ask for a token of an account."""
        path = ACCOUNTS.path(namespace, account, "token")
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": int(seconds)},
        }
        body, kind = msgspec.json.encode(request), "application/json"
        response = self.transport.request("POST", path, body=body, content_type=kind, deadline=self.deadline)
        try:
            status = msgspec.json.decode(response.body, type=_TokenAnswer).status
        except msgspec.DecodeError:
            # the decoder's words could quote the token
            raise UnexpectedAnswer(self.name, "a request for a token was answered with something else") from None
        return Issued(status.token, status.expiration_timestamp)

    def close(self) -> None:
        """Close what is idle."""
        self.transport.stop()
        self.transport.close()

    def explain(self, error: InformerError, undone: str, secrets: Collection[str] = ()) -> CommandError:
        """Say what went wrong here, what was not done because of it, and what to do; an answer may quote `secrets`."""
        found = explain(self.name, error, undone, home=self.role == "home")
        for secret in secrets:
            found.message = found.message.replace(secret, "(redacted)")
        return found


def explain(name: str, error: InformerError, undone: str, *, home: bool) -> CommandError:
    """Turn an error of one cluster into a line and an exit code."""
    reason = reason_of(error)
    text = str(error).removeprefix(f"{name}: ").rstrip(".")
    where = f"{name} (home)" if home and name != "home" else name
    if isinstance(error, CredentialsError):
        found = f"{error.where}: {error.problem}. {undone}"
        hint = error.hint.rstrip(".") or "kubectl config get-contexts"
        return CommandError(ExitCode.HOME if home else ExitCode.USAGE, found, hint=hint, code=Code.BAD_KUBECONFIG)
    if isinstance(error, DeadlineExceeded):
        return CommandError(ExitCode.TIMEOUT, f"{where}: the time was over. {undone}", hint="give more with --timeout")
    if not reason:
        hint = "look at it, then say the same again: what is done already is left as it is"
        return CommandError(ExitCode.REFUSED, f"{where}: {text}. {undone}", hint=hint)
    exit_code = ExitCode.HOME if home else ExitCode.REFUSED if is_forbidden(error) else ExitCode.PARTLY
    return CommandError(exit_code, f"{where}: {text}. {undone}", hint=HINTS.get(reason, LOOK), code=code_of(reason))


LOOK: Final = "check address, network and that the API server runs"
HINTS: Final = {
    "Forbidden": "use a context that has this right; who grants rights must have them, too",
    "Unauthorized": "log in again, or name another context",
    "TLSFailed": "check the server's address and its CA",
    "KindNotServed": "install the definitions of this release (crds/manifests)",
}


@dataclass(frozen=True, slots=True)
class Contexts:
    """A person's kubeconfig, and the time that all of one command has."""

    kubeconfig: str
    clock: Clock
    deadline: Deadline
    environment: Mapping[str, str]

    def open(self, name: str, context: str, role: str) -> Access:
        """Reach a cluster by a context, the current one by default, as kubectl would; raises CommandError."""
        try:
            credentials = find(Where(self.kubeconfig, context), self.environment)
            return Access(name, credentials, self.clock, self.deadline, role)
        except CredentialsError as error:
            raise explain(name, error, "Nothing was changed", home=role == "home") from error
