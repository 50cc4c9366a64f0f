"""One TLS context per member, made from that member's CA alone.

A context with the machine's roots would let any of them vouch for a member, and takes a megabyte each.
"""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import CredentialsError


def client_context(credentials: Credentials) -> ssl.SSLContext:
    """Return a context that trusts the member's CA and shows our certificate, if there is one.

    TLS 1.2 or newer; the name in the certificate is compared with the address. CredentialsError when a certificate
    or key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if credentials.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        _trust(context, credentials)
    if credentials.certificate:
        _show(context, credentials)
    return context


def _trust(context: ssl.SSLContext, credentials: Credentials) -> None:
    if not credentials.ca:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(cadata=credentials.ca.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        problem = "the CA certificate is not PEM, or damaged"
        raise CredentialsError(
            credentials.source, problem, "It is the API server's CA, beginning with BEGIN."
        ) from error


def _show(context: ssl.SSLContext, credentials: Credentials) -> None:
    try:
        with _as_path(credentials.certificate + b"\n" + credentials.key) as path:
            context.load_cert_chain(path, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        problem = "the client certificate and its key cannot be used together"
        raise CredentialsError(credentials.source, problem, "Both are PEM, without a password.") from error


def _no_password() -> str:
    """Stand in for OpenSSL's prompt, which would wait on the terminal for ever."""
    raise ValueError("the key is encrypted")


@contextmanager
def _as_path(content: bytes) -> Iterator[str]:
    """Lend the bytes as a path, because OpenSSL reads keys from nothing else; in memory where the system can."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("client-certificate")
        file: IO[bytes] = os.fdopen(descriptor, "wb", buffering=0)
        path = f"/proc/self/fd/{descriptor}"
    else:
        file = tempfile.NamedTemporaryFile("wb", buffering=0)  # noqa: SIM115  closed below, which removes it
        path = file.name
    with file:
        file.write(content)
        yield path
