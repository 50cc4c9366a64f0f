"""A certificate authority for tests, made anew for each run."""

import ipaddress
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Authority:
    """Issues certificates; `pem` is what a client must trust."""

    def __init__(self, name: str = "test authority") -> None:
        """Make the key and the authority's own certificate."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self._name, self._key.public_key())
        ca = x509.BasicConstraints(ca=True, path_length=None)
        self._certificate = builder.add_extension(ca, critical=True).sign(self._key, hashes.SHA256())

    @cached_property
    def pem(self) -> bytes:
        """The authority's certificate."""
        return self._certificate.public_bytes(Encoding.PEM)

    def issue(self, host: str = "", *, age: timedelta = DAY, life: timedelta = 10 * DAY) -> tuple[bytes, bytes]:
        """Return certificate and key for a host name or address, or for a client when there is none."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host or "client")])
        builder = self._builder(name, key.public_key(), age, life)
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([_subject(host)]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return certificate.public_bytes(Encoding.PEM), private

    def server_context(
        self, host: str, *, certificate: tuple[bytes, bytes] | None = None, clients: bool = False
    ) -> ssl.SSLContext:
        """Return what a server of that name needs; with `clients` it wants to see certificates of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "server.pem"
            path.write_bytes(b"".join(certificate or self.issue(host)))
            context.load_cert_chain(path)
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=self.pem.decode())
        return context

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, age: timedelta = DAY, life: timedelta = 10 * DAY
    ) -> x509.CertificateBuilder:
        begins = datetime.now(UTC) - age
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + life)
        )


def _subject(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
