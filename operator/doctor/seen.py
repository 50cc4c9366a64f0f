"""All calls of the doctor: home is asked first, then all members side by side. The rest is a look at these values."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec
from multicasskop.crds.names import IDENTITY, ORPHANS, OWNER
from multicasskop.informers.clock import Clock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, InformerError, is_forbidden, is_kind_not_served
from multicasskop.informers.key import Key
from multicasskop.informers.resource import Resource
from multicasskop.operator.access import NAMESPACES, Access, Json
from multicasskop.operator.lease.record import LEASES, LeaseRecord
from multicasskop.operator.members.registration import SERVED
from multicasskop.operator.registering.operators import Installed, installed
from multicasskop.operator.registering.registered import Registered, multicasskops, registered
from multicasskop.operator.registering.rights import (
    CHILD_RULES,
    IDENTITY_NAMESPACE,
    Right,
    renewal_rule,
    rights_of,
)
from multicasskop.operator.registering.verify import may
from multicasskop.reconcilers.multicasskop.orphan_book import CONFIGMAPS
from multicasskop.reconcilers.multicasskop.ownership import Mark, read_mark
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS

SIDE_BY_SIDE: Final = 16


@dataclass(frozen=True, slots=True)
class Answer:
    """How a server answered: seconds it took, its version, and by how many seconds its clock is ahead of ours."""

    took: float
    version: str
    ahead: float | None


@dataclass(frozen=True, slots=True)
class Member:
    """One member, asked with the credentials of its Secret; `error` is why no answer came."""

    name: str
    server: str = ""
    identity: str = ""
    expires: datetime | None = None
    answer: Answer | None = None
    error: InformerError | None = None
    kinds: frozenset[str] = frozenset()
    asked: int = 0
    missing: tuple[tuple[str, Right], ...] = ()
    marks: tuple[tuple[Key, Mark], ...] = ()
    is_now: str = ""
    """By what the cluster that answers is known; empty where it may not be read."""


@dataclass(frozen=True, slots=True)
class Home:
    """Home, asked with the context of whoever asks."""

    server: str
    identity: str
    answer: Answer
    kinds: frozenset[str]
    operators: tuple[Installed, ...]
    objects: tuple[Json, ...] = field(repr=False)
    leases: tuple[tuple[str, LeaseRecord], ...] = ()
    """Those of the operators, by name, as far as they may be read."""
    orphans: tuple[str, ...] = ()
    """The records of children left behind, by key, as far as they may be read."""


def look_home(home: Access, namespace: str) -> tuple[Home, tuple[Registered, ...]]:
    """Ask home; raises InformerError, for without home there is nothing to look for."""
    answer, kinds = greeted(home), served(home)
    objects = tuple(multicasskops(home, namespace)) if "multicasskops" in kinds else ()
    operators = installed(home, namespace)
    leases = ((each.name, maybe(home, LEASES, namespace, each.name)) for each in operators)
    found = Home(
        home.credentials.server,
        home.identity(),
        answer,
        kinds,
        operators,
        objects,
        tuple((name, LeaseRecord.of(lease)) for name, lease in leases if lease),
        tuple(sorted((maybe(home, CONFIGMAPS, namespace, ORPHANS) or {}).get("data") or {})),
    )
    return found, registered(home, namespace)


def known_by(access: Access) -> str:
    """The UID by which the cluster that answers is known; empty where it may not be read."""
    found = maybe(access, NAMESPACES, "", IDENTITY_NAMESPACE) or {"metadata": {}}
    return str(found["metadata"].get("uid") or "")


def maybe(access: Access, resource: Resource, namespace: str, name: str) -> Json | None:
    """An object; None where there is none, or it may not be read."""
    try:
        return access.find(resource, namespace, name)
    except ApiError as error:
        if error.status in (403, 404):
            return None
        raise


def look_members(secrets: Sequence[Registered], clock: Clock, seconds: float) -> tuple[Member, ...]:
    """Ask all members; one that is dark keeps none waiting."""
    if not secrets:
        return ()
    with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(secrets))) as pool:
        return tuple(pool.map(lambda each: look(each, clock, Deadline(clock, seconds)), secrets))


def look(secret: Registered, clock: Clock, deadline: Deadline) -> Member:
    """Ask one member. Raises nothing: what fails is what was seen."""
    annotations = secret.secret["metadata"].get("annotations") or {}
    member = Member(secret.name, identity=str(annotations.get(IDENTITY) or ""))
    try:
        credentials = secret.credentials()
        member = replace(member, server=credentials.server, expires=credentials.expires)
        access = Access(secret.name, credentials, clock, deadline)
    except InformerError as error:
        return replace(member, error=error)
    try:
        member = replace(member, answer=greeted(access), kinds=served(access), is_now=known_by(access))
        return in_namespaces(member, access, secret)
    except InformerError as error:
        return replace(member, error=error)
    finally:
        access.close()


def in_namespaces(member: Member, access: Access, secret: Registered) -> Member:
    """What the account may do, and whose the children are, where the Secret says that it works."""
    spaces = secret.namespaces or tuple(filter(None, [access.credentials.namespace]))
    account, rights = secret.account[1], list(rights_of(CHILD_RULES))
    wide = ("",) if secret.everywhere else spaces
    asked = [(space, right) for space in wide for right in rights]
    asked += [(spaces[0], right) for right in rights_of([renewal_rule(account)])] if account and spaces else []
    missing = tuple(each for each in asked if not may(access, *each))
    return replace(member, asked=len(asked), missing=missing, marks=marks(access, wide))


def marks(access: Access, spaces: Sequence[str]) -> tuple[tuple[Key, Mark], ...]:
    """The marks of all children in these namespaces; a right or a kind that is missing is told elsewhere."""
    found: list[tuple[Key, Mark]] = []
    for space in spaces:
        try:
            children = access.list(CASSANDRACLUSTERS, space)
        except InformerError as error:
            if is_forbidden(error) or is_kind_not_served(error):
                continue
            raise
        for child in children:
            mark = read_mark((child["metadata"].get("annotations") or {}).get(OWNER))
            found += [(Key.of(child), mark)] if mark else []
    return tuple(found)


def greeted(access: Access) -> Answer:
    """Ask for the version, which everybody may know who is let in."""
    began = access.clock.monotonic()
    response = access.transport.request("GET", "/version", deadline=access.deadline)
    took = access.clock.monotonic() - began
    try:
        version = str(msgspec.json.decode(response.body).get("gitVersion") or "")
    except (msgspec.DecodeError, AttributeError):
        version = ""
    return Answer(took, version, ahead_of(response.headers.get("date", ""), access.clock.now()))


def ahead_of(date: str, now: datetime) -> float | None:
    """By how many seconds a server's clock is ahead of ours, as its answer says; it speaks of whole seconds."""
    try:
        return (parsedate_to_datetime(date) - now).total_seconds()
    except (TypeError, ValueError):
        return None


def served(access: Access) -> frozenset[str]:
    """What the server serves of our group, sub-resources included; nothing where it does not know it."""
    try:
        found = access.client.raw_get(SERVED, deadline=access.deadline)
    except InformerError as error:
        if getattr(error, "status", 0) == 404:
            return frozenset()
        raise
    return frozenset(str(item.get("name")) for item in found.get("resources") or ())
