"""A member's Secret as the operator reads it: its own rules decide what is credentials and what is refused."""

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from multicasskop.informers.credentials import Credentials, from_secret
from multicasskop.informers.errors import CredentialsError

LOCAL_HINT: Final = "From a pod it leads nowhere; --allow-local-servers is for tests on one machine."


def credentials_of(name: str, data: Mapping[str, str | bytes], *, local: bool) -> Credentials:
    """What the operator makes of a Secret; raises CredentialsError where it would refuse it.

    Unless the server may be `local`, one of this very machine is refused, too.
    """
    found = from_secret(name, data)
    if is_loopback(found.server) and not local:
        raise CredentialsError(found.place("server"), f"{found.server} is this machine's own address", LOCAL_HINT)
    return found


def is_loopback(server: str) -> bool:
    """Whether an address is this machine's own, which from a pod leads nowhere."""
    host = urlsplit(server).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
