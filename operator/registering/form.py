"""A member's Secret as the operator reads it: its own rules decide what is credentials and what is refused."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from multicasskop.informers.credentials import LOCAL_HINT, Credentials
from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.imported import from_secret


def credentials_of(name: str, data: Mapping[str, str | bytes], *, local: bool) -> Credentials:
    """What the operator makes of a Secret; raises CredentialsError where it would refuse it.

    Unless the server may be `local`, a name that is always this very machine's is refused, too, before it is asked for.
    """
    found = from_secret(name, data, local=local)
    if is_localhost(found.server) and not local:
        raise CredentialsError(found.place("server"), f"{found.server} is this machine's own name", LOCAL_HINT)
    return found


def is_localhost(server: str) -> bool:
    """Whether a name is this machine's own by what it is called, which from a pod leads nowhere."""
    host = urlsplit(server).hostname or ""
    return host == "localhost" or host.endswith(".localhost")
