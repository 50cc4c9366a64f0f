"""Taking a registration back: what it made, in the reverse order, and nothing that somebody else made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from multicasskop.informers.errors import InformerError, is_forbidden
from multicasskop.informers.resource import Resource
from multicasskop.operator.access import Access, Json
from multicasskop.operator.output.marks import Mark
from multicasskop.operator.registering.compare import is_same, registration_of
from multicasskop.operator.registering.manifests import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICE_ACCOUNTS,
    identity_role,
    role_everywhere,
    role_in_home,
)
from multicasskop.operator.registering.perform import UNDONE
from multicasskop.operator.registering.rights import IDENTITY_NAMESPACE


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object of a registration is."""

    resource: Resource
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.resource.kind} {place}{self.name}"


@dataclass(frozen=True, slots=True)
class Removal:
    """One object that is there: to be deleted, or left because it was not made by this registration."""

    access: Access
    place: Place
    live: Json = field(repr=False)
    ours: bool


def in_home(member: str, namespace: str) -> tuple[Place, ...]:
    """Home's part, in the order in which it goes: at the Secret's end the operator lets the member go."""
    role = role_in_home(member)
    return (
        Place(ROLE_BINDINGS, namespace, role),
        Place(ROLES, namespace, role),
        Place(SECRETS, namespace, member),
    )


def in_member(account: str, namespaces: Sequence[str], *, everywhere: bool = False) -> tuple[Place, ...]:
    """The member's part, in the order in which it goes; with the account all its tokens end."""
    grants = [
        Place(resource, namespace, account) for namespace in reversed(namespaces) for resource in (ROLE_BINDINGS, ROLES)
    ]
    if not namespaces:
        return ()
    kinds = (CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES) if everywhere else ()
    wide = (Place(resource, "", role_everywhere(namespaces[0], account)) for resource in kinds)
    return (*wide, *grants, Place(SERVICE_ACCOUNTS, namespaces[0], account))


def in_kube_system(account: str, namespaces: Sequence[str]) -> tuple[Place, ...]:
    """The right by which the member was recognized. It goes last: without its account it lets nobody in."""
    kinds = (ROLE_BINDINGS, ROLES) if namespaces else ()
    return tuple(Place(kind, IDENTITY_NAMESPACE, identity_role(namespaces[0], account)) for kind in kinds)


def removals(access: Access, places: Sequence[Place], registration: str) -> Iterator[Removal]:
    """What is there of them, told apart by the mark of the registration; raises InformerError."""
    for place in places:
        live = access.find(place.resource, place.namespace, place.name)
        if live is not None:
            yield Removal(access, place, live, is_same(registration_of(live), registration))


def seen_removals(access: Access, places: Sequence[Place], registration: str) -> list[Removal] | None:
    """The same where not everybody may look who may unregister; None for one who may not. Raises InformerError."""
    try:
        return list(removals(access, places, registration))
    except InformerError as error:
        if not is_forbidden(error):
            raise
        return None


def announcement(found: Sequence[Removal]) -> list[str]:
    """What will be deleted, and what is left alone."""
    wide = max(len(each.access.name) for each in found)
    return ["This will", *(f"  in {each.access.name:<{wide}}  {words(each)}" for each in found)]


def words(removal: Removal) -> str:
    """What becomes of one object."""
    if removal.ours:
        return f"delete {removal.place}"
    stays = "; while it is there, so is the member" if removal.place.resource == SECRETS else ""
    return f"leave {removal.place}: `register` did not make it{stays}"


def carry_out(found: Sequence[Removal]) -> Iterator[Removal]:
    """Delete what is ours, each only if it still is what was looked at, and give it; stops at the first failure."""
    for each in found:
        if not each.ours:
            continue
        try:
            each.access.delete(each.place.resource, each.live)
        except InformerError as error:
            raise each.access.explain(error, UNDONE) from error
        yield each


def done_line(removal: Removal, found: Sequence[Removal]) -> str:
    """What is said of one object when it is deleted."""
    wide = max(len(each.access.name) for each in found)
    return f"  {Mark.GOOD.sign} {removal.access.name:<{wide}}  {removal.place} deleted"
