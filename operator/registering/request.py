"""What a person asks for who registers a member, checked before any cluster is asked."""

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from multicasskop.informers.credentials import Credentials, from_secret
from multicasskop.informers.errors import CredentialsError

SHORTEST_LIFE: Final = 600.0
"""Seconds: no API server gives tokens for less."""
RENEWED_AT: Final = 0.8
"""The part of its life after which a token is renewed."""
LOCAL_HINT: Final = "From a pod it leads nowhere; --allow-local-servers is for tests on one machine."
NO_TOKEN: Final = b"to-be-issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One registration: the member's name, its account, how it is reached, and where home keeps all that.

    The account stands in the first of `namespaces` and has its rights in all of them. `home_id` tells this home from
    another one that registers the same cluster. `member_id` is by what the member is
    known, where that could be read. With `allow_local` the server may be this very machine.
    """

    member: str
    namespaces: tuple[str, ...]
    account: str
    server: str
    authority: bytes
    token_life: float
    make_namespaces: bool
    home_id: str
    home_namespace: str
    operator_account: str
    allow_local: bool = False
    member_id: str = ""

    @property
    def id(self) -> str:
        """What marks all that is made for this registration, and nothing else."""
        return f"{self.home_id}/{self.home_namespace}/{self.member}"

    @property
    def namespace(self) -> str:
        """Where the account is."""
        return self.namespaces[0]

    def values(self, token: bytes) -> dict[str, bytes]:
        """The Secret's content."""
        return {
            "ca.crt": self.authority,
            "namespace": self.namespace.encode(),
            "server": self.server.encode(),
            "token": token,
        }

    def credentials(self, token: bytes = NO_TOKEN) -> Credentials:
        """What the operator will make of the Secret; raises CredentialsError where it would refuse it."""
        found = from_secret(self.member, self.values(token))
        if is_loopback(found.server) and not self.allow_local:
            raise CredentialsError(found.place("server"), f"{found.server} is this machine's own address", LOCAL_HINT)
        return found


def is_loopback(server: str) -> bool:
    """Whether an address is this machine's own, which from a pod leads nowhere."""
    host = urlsplit(server).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
