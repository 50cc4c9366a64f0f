"""Whether the operator will get in: its own credentials are used, once, for all that it needs in a member."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.crds.names import CASSANDRACLUSTER_PLURAL, GROUP, STORAGE_VERSION
from multicasskop.informers.clock import Clock
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    InformerError,
    TlsError,
    TransportError,
    is_kind_not_served,
    is_not_found,
    reason_of,
)
from multicasskop.informers.resource import Resource
from multicasskop.operator.access import Access
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.operator.registering.operators import ACCOUNT
from multicasskop.operator.registering.rights import (
    CHILD_RULES,
    IDENTITY_NAMESPACE,
    IDENTITY_RULE,
    Right,
    placed,
    renewal_rule,
    rights_of,
)
from multicasskop.reconcilers.multicasskop.telling import code_of

REVIEWS: Final = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
SETTLE_SECONDS: Final = 5.0
"""A server takes in a new Role a moment after it has stored it."""
PAUSE_SECONDS: Final = 0.2
GRANT: Final = "multicasskop register --context {context} --as {member} -n {namespaces} {account}--rbac-only"

RECOGNIZE: Final = (IDENTITY_NAMESPACE, next(rights_of([IDENTITY_RULE])))
"""The one right without which a member is good, though not safe from being taken for another one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the operator will not be able to do, and the next step; `exit_code` tells "no" from "could not be asked"."""

    text: str
    hint: str
    code: str
    exit_code: ExitCode


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found with the new credentials: a line for what is right, and all that is wrong.

    `recognized` is whether they tell which cluster it is, None where that could not be asked.
    """

    good: str
    problems: tuple[Problem, ...]
    recognized: bool | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Whose credentials they are, and in which namespaces they are to be good for something.

    `recognized` says that it was given the right to tell which cluster it is in.
    """

    member: str
    context: str
    name: str
    namespaces: tuple[str, ...]
    recognized: bool = False
    everywhere: bool = False

    @property
    def remedy(self) -> str:
        """The command that gives the rights again."""
        named = "" if self.name == ACCOUNT else f"--account {self.name} "
        named += "--cluster-wide " if self.everywhere else ""
        spaces = ",".join(self.namespaces)
        return GRANT.format(context=self.context, member=self.member, namespaces=spaces, account=named)


def verify(account: Account, credentials: Credentials, clock: Clock, deadline: Deadline) -> Finding:
    """Log in, and ask for the version, for each right, and for the kind. Raises nothing: what fails is a problem."""
    access = Access(account.member, credentials, clock, deadline)
    try:
        return looked_at(access, account)
    except InformerError as error:
        return Finding("", (unreachable(account.member, credentials.server, error),))
    finally:
        access.close()


def looked_at(access: Access, account: Account) -> Finding:
    """Ask all questions of a server that answers."""
    began = access.clock.monotonic()
    version = access.client.raw_get("/version", deadline=access.deadline).get("gitVersion")
    took = 1000 * (access.clock.monotonic() - began)
    asked = questions(account)
    missing = settled(access, asked)
    recognized = RECOGNIZE not in missing if RECOGNIZE in asked else may(access, *RECOGNIZE)
    served = serves_children(access)
    needed = [each for each in missing if each != RECOGNIZE]
    problems = (*denied(account, needed), *(() if served else (not_served(account),)))
    kind = f", {CASSANDRACLUSTER_PLURAL} {STORAGE_VERSION} served" if served else ""
    rights = f"{len(asked) - len(missing)} of {len(asked)} rights"
    return Finding(f"reached with it in {took:.0f}ms: {version}, {rights}{kind}", problems, recognized)


def questions(account: Account) -> tuple[tuple[str, Right], ...]:
    """Every right that was given, by namespace; the one to the next token is for the account's own namespace."""
    own = rights_of([renewal_rule(account.name)])
    spaces = ("",) if account.everywhere else account.namespaces
    children = [(space, right) for space in spaces for right in rights_of(CHILD_RULES)]
    identity = [RECOGNIZE] if account.recognized else []
    return (*children, *((account.namespaces[0], right) for right in own), *identity)


def settled(access: Access, asked: Sequence[tuple[str, Right]]) -> list[tuple[str, Right]]:
    """The rights that are missing, and still are so when the server had time to take in a new Role."""
    until = access.clock.monotonic() + SETTLE_SECONDS
    missing = [each for each in asked if not may(access, *each)]
    while missing and access.clock.monotonic() < until and access.deadline.left() > SETTLE_SECONDS:
        access.clock.sleep(threading.Event(), PAUSE_SECONDS)
        missing = [each for each in missing if not may(access, *each)]
    return missing


def may(access: Access, namespace: str, right: Right) -> bool:
    """Ask the server whether whoever asks has a right."""
    resource, _, below = right.resource.partition("/")
    attributes = {"namespace": namespace, "verb": right.verb, "group": right.group, "resource": resource}
    attributes |= {"subresource": below} if below else {}
    attributes |= {"name": right.name} if right.name else {}
    answer = access.create(REVIEWS, "", {"spec": {"resourceAttributes": attributes}})
    return (answer.get("status") or {}).get("allowed") is True


def serves_children(access: Access) -> bool:
    """Whether the server knows CassandraClusters in our version; discovery is open to everybody who may log in."""
    try:
        served = access.client.raw_get(f"/apis/{GROUP}/{STORAGE_VERSION}", deadline=access.deadline)
    except InformerError as error:
        if is_kind_not_served(error) or is_not_found(error):
            return False
        raise
    return any(item.get("name") == CASSANDRACLUSTER_PLURAL for item in served.get("resources") or ())


def denied(account: Account, missing: Sequence[tuple[str, Right]]) -> Iterator[Problem]:
    """One problem for all rights that are missing."""
    if missing:
        rights = ", ".join(f"{right} {placed(space)}" for space, right in missing)
        text = f"{account.member}: the account {account.name} may not {rights}"
        yield Problem(text, account.remedy, Code.FORBIDDEN, ExitCode.NO)


def unrecognized(account: Account) -> tuple[str, str]:
    """What it means that the account may not tell which cluster it is in, and the next step."""
    text = (
        f"its identity will not be checked: the account {account.name} may not get namespace {IDENTITY_NAMESPACE},"
        " so another cluster behind this address would be taken for it"
    )
    return text, f"by somebody who may make Roles in {IDENTITY_NAMESPACE} there: {account.remedy}"


def not_served(account: Account) -> Problem:
    """The definition is missing: CassKop's installation brings it."""
    kind = f"{CASSANDRACLUSTER_PLURAL}.{GROUP}/{STORAGE_VERSION}"
    text = f"{account.member}: {kind} is not installed there; the operator waits until it is"
    hint = (
        f"install CassKop there, or kubectl --context {account.context} create -f crds/manifests/cassandraclusters.yaml"
    )
    return Problem(text, hint, Code.KIND_NOT_SERVED, ExitCode.NO)


def unreachable(member: str, server: str, error: InformerError) -> Problem:
    """The server does not answer, does not let us in, or is not trusted."""
    text = str(error).removeprefix(f"{member}: ")
    asked = isinstance(error, TransportError) and not isinstance(error, TlsError)
    hint = (
        f"check the way from home to {server}; from the operator's pods it may be there"
        if asked
        else "say it again with --new-token, or with another --server or --ca-file"
    )
    code = code_of(reason_of(error))
    return Problem(f"{member}: {text}", hint, code, ExitCode.PARTLY if asked else ExitCode.NO)
