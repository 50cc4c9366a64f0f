"""What a person asks for who registers a member, checked before any cluster is asked."""

from dataclasses import dataclass
from typing import Final

from multicasskop.informers.credentials import Credentials
from multicasskop.operator.registering.form import credentials_of

SHORTEST_LIFE: Final = 600.0
"""Seconds: no API server gives tokens for less."""
RENEWED_AT: Final = 0.8
"""The part of its life after which a token is renewed."""
NO_TOKEN: Final = b"to-be-issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One registration: the member's name, its account, how it is reached, and where home keeps all that.

    The account stands in the first of `namespaces` and has its rights in all of them; or `everywhere`, in all there
    are. `home_id` tells this home from another one that registers the same cluster. `member_id` is by what the member
    is known, where that could be read. With `allow_local` the server may be this very machine.
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
    everywhere: bool = False

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
        return credentials_of(self.member, self.values(token), local=self.allow_local)
