"""The certificate with which the proxies answer: an authority of their own, so that nobody trusts them by mistake."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=2)
LOOPBACK = x509.IPAddress(ip_address("127.0.0.1"))


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """What clients must trust, and what the server shows; both PEM, the server's with its key."""

    authority: str
    server: str


def new_identity(now: datetime | None = None) -> Identity:
    """Make an authority and a certificate of it for 127.0.0.1, good for two days."""
    begins = (now or datetime.now(UTC)) - timedelta(hours=1)
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = subject("fault proxy's authority")
    authority = (
        builder(name, name, root.public_key(), begins)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root, hashes.SHA256())
    )
    server = (
        builder(subject("fault proxy"), name, leaf.public_key(), begins)
        .add_extension(x509.SubjectAlternativeName([LOOPBACK]), critical=False)
        .sign(root, hashes.SHA256())
    )
    key = leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity(pem(authority), pem(server) + key.decode())


def server_context(identity: Identity) -> ssl.SSLContext:
    """What a listener needs. Python takes certificates from files only, so there is one for a moment."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    with NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(identity.server)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def subject(name: str) -> x509.Name:
    """A certificate's name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def builder(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begins: datetime
) -> x509.CertificateBuilder:
    """What all certificates have in common."""
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + LIFE)
    )


def pem(certificate: x509.Certificate) -> str:
    """As files hold it."""
    return certificate.public_bytes(Encoding.PEM).decode()
