"""TLS contexts."""

import ssl
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from fakes.certificates import Authority
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.tls import client_context

AUTHORITY = Authority()


def made(
    ca: bytes = AUTHORITY.pem, certificate: bytes = b"", key: bytes = b"", *, insecure: bool = False
) -> Credentials:
    """Return credentials with these certificates."""
    return Credentials(server="https://x", source="here", ca=ca, certificate=certificate, key=key, insecure=insecure)


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str = "api.example") -> bytes:
    """Shake hands in memory, and return the client's certificate as the server sees it; raise what either side says."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    open_sides = {ours, theirs}
    while open_sides:
        for side in tuple(open_sides):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            open_sides.discard(side)
    return theirs.getpeercert(binary_form=True) or b""


def test_trusts_the_member_ca_alone() -> None:
    """A context trusts one CA, compares names, and speaks TLS 1.2 at least."""
    context = client_context(made())
    assert len(context.get_ca_certs()) == 1
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    handshake(context, AUTHORITY.server_context("api.example"))


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (Authority("other").server_context("api.example"), "unable to get local issuer"),
        (AUTHORITY.server_context("other.example"), "[Hh]ostname mismatch"),
        (
            AUTHORITY.server_context(
                "api.example", certificate=AUTHORITY.issue("api.example", age=timedelta(9), life=timedelta(1))
            ),
            "expired",
        ),
    ],
    ids=["other CA", "other name", "expired"],
)
def test_refuses(server: ssl.SSLContext, message: str) -> None:
    """A server with another CA, another name or an expired certificate is refused."""
    with pytest.raises(ssl.SSLCertVerificationError, match=message):
        handshake(client_context(made()), server)


def test_refuses_old_protocols() -> None:
    """A server that speaks nothing newer than TLS 1.1 is refused."""
    server = AUTHORITY.server_context("api.example")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        server.minimum_version = server.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        handshake(client_context(made()), server)


def test_not_verified_when_told_so() -> None:
    """Only who says so explicitly is connected to anybody."""
    handshake(client_context(made(insecure=True)), Authority().server_context("other.example"))


def test_the_machine_roots_for_who_names_no_ca() -> None:
    """Without a CA the machine's own are trusted, and names still are compared."""
    context = client_context(made(ca=b""))
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(context, AUTHORITY.server_context("api.example"))


def test_shows_the_client_certificate() -> None:
    """A client certificate is shown to a server that asks for one."""
    certificate, key = AUTHORITY.issue()
    server = AUTHORITY.server_context("api.example", clients=True)
    seen = handshake(client_context(made(certificate=certificate, key=key)), server)
    assert ssl.DER_cert_to_PEM_cert(seen).strip() == certificate.decode().strip()


def test_shows_it_without_memory_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no files in memory a temporary one is used."""
    monkeypatch.delattr("os.memfd_create", raising=False)
    certificate, key = AUTHORITY.issue()
    server = AUTHORITY.server_context("api.example", clients=True)
    assert handshake(client_context(made(certificate=certificate, key=key)), server)


def encrypted(key: bytes) -> bytes:
    """Return the key under a password."""
    private = load_pem_private_key(key, None)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"canary"))


@pytest.mark.parametrize("ca", [b"canary", AUTHORITY.pem[:200], b"\xff\xfe"], ids=["text", "cut", "binary"])
def test_damaged_ca(ca: bytes) -> None:
    """A CA that cannot be read is reported with where it came from, and not repeated."""
    with pytest.raises(CredentialsError, match="here: the CA certificate is not PEM") as caught:
        client_context(made(ca=ca))
    assert "canary" not in str(caught.value)


def test_damaged_client_certificate() -> None:
    """A certificate without its key, with another's or with one under a password is reported, and nobody is asked."""
    certificate, key = AUTHORITY.issue()
    _, other = AUTHORITY.issue()
    for wrong in (b"", b"canary", other, encrypted(key)):
        with pytest.raises(CredentialsError, match="here: the client certificate and its key cannot be used"):
            client_context(made(certificate=certificate, key=wrong))
