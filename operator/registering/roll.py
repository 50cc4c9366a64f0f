"""The roll of members: all that Secrets, flags and MultiCasskops name, and what each answers when it is asked now."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from multicasskop.informers.clock import Clock
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    CredentialsError,
    InformerError,
    TlsError,
    TransportError,
    reason_of,
)
from multicasskop.operator.access import Access
from multicasskop.operator.registering.operators import Installed, installed
from multicasskop.operator.registering.registered import Registered, Use, multicasskops, registered, uses
from multicasskop.reconcilers.multicasskop.telling import code_of

SIDE_BY_SIDE: Final = 16
HOME: Final = "home"


class State(StrEnum):
    """What came of asking a member now, with the credentials that the operator has for it."""

    REACHABLE = "reachable"
    DARK = "dark"
    REFUSED = "refused"
    """It answers and does not let us in, or it is not the server that the CA vouches for."""
    UNUSABLE = "unusable"
    """There are credentials, and the operator would not take them."""
    UNKNOWN = "unknown"
    """Nobody here has credentials to ask with."""


@dataclass(frozen=True, slots=True)
class Row:
    """One member. `rtt` is in seconds; `uses` are the MultiCasskops that name it."""

    name: str
    role: str
    source: str
    state: State = State.UNKNOWN
    reason: str = ""
    message: str = ""
    code: str = ""
    rtt: float | None = None
    version: str = ""
    address: str = ""
    credential: str = ""
    expires: datetime | None = None
    since: str = ""
    uses: tuple[Use, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether it could be asked, and answered as a member does."""
        return self.state is State.REACHABLE


def roll(home: Access, namespace: str, local: str = "") -> tuple[Row, ...]:
    """All members, home first; they are asked side by side. Raises InformerError when home does not tell.

    `local` is what home is called, where no Deployment says it.
    """
    secrets, operators = registered(home, namespace), installed(home, namespace)
    used = uses(multicasskops(home, namespace))
    asked = [home_row(home, operators, local), *ask_all(secrets, home.clock, home.deadline.left())]
    named = {row.name for row in asked}
    others = [*by_flag(operators, named), *by_use(used, named | {name for each in operators for name in each.remotes})]
    return tuple(replace(row, uses=used.get(row.name, ())) for row in (*asked, *others))


def home_row(home: Access, operators: Sequence[Installed], local: str) -> Row:
    """Home, called as the operator calls it where a Deployment tells, and asked as the person who asks."""
    names = {each.local for each in operators if each.local}
    name = local or (names.pop() if len(names) == 1 else HOME)
    source = f"Deployment {operators[0].name}" if operators else "context"
    return asked(Row(name, HOME, source, address=home.credentials.server), home)


def ask_all(secrets: Sequence[Registered], clock: Clock, seconds: float) -> list[Row]:
    """The members that Secrets register; a dark one keeps none waiting."""
    if not secrets:
        return []
    with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(secrets))) as pool:
        return list(pool.map(lambda each: ask(each, clock, Deadline(clock, seconds)), secrets))


def ask(secret: Registered, clock: Clock, deadline: Deadline) -> Row:
    """One member, by its Secret."""
    row = Row(secret.name, "remote", f"Secret {secret.place}", since=secret.since)
    try:
        credentials = secret.credentials()
        access = Access(secret.name, credentials, clock, deadline)
    except CredentialsError as error:
        return failed(replace(row, state=State.UNUSABLE), error)
    try:
        return asked(described(row, credentials), access)
    finally:
        access.close()


def asked(row: Row, access: Access) -> Row:
    """Ask for the version, which everybody may know who is let in."""
    began = access.clock.monotonic()
    try:
        version = access.client.raw_get("/version", deadline=access.deadline).get("gitVersion")
    except InformerError as error:
        return failed(replace(row, state=state_of(error)), error)
    return replace(row, state=State.REACHABLE, rtt=access.clock.monotonic() - began, version=str(version or ""))


def state_of(error: InformerError) -> State:
    """A server that refuses has answered; one that is not trusted has, too."""
    dark = isinstance(error, TransportError) and not isinstance(error, TlsError)
    return State.DARK if dark else State.REFUSED


def failed(row: Row, error: InformerError) -> Row:
    """The row with what went wrong."""
    reason = reason_of(error)
    message = str(error).removeprefix(f"{row.name}: ")
    return replace(row, reason=reason, message=message, code=code_of(reason))


def described(row: Row, found: Credentials) -> Row:
    """The row with what may be shown of credentials."""
    return replace(row, address=found.server, credential=found.kind, expires=found.expires)


def by_flag(operators: Iterable[Installed], known: set[str]) -> list[Row]:
    """Members that an operator's flags name and no labelled Secret registers: their credentials are mounted there."""
    return [
        Row(name, "remote", f"flag of Deployment {each.name}", message="its credentials are the operator's to read")
        for each in operators
        for name in each.remotes
        if name not in known
    ]


def by_use(used: Mapping[str, Sequence[Use]], known: set[str]) -> list[Row]:
    """Members that MultiCasskops name and nobody registers, as far as is seen from here."""
    return [
        Row(name, "remote", "override of a MultiCasskop", message="no Secret and no flag registers it")
        for name in used
        if name not in known
    ]
