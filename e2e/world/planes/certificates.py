"""The key with which an API server signs ServiceAccount tokens.

The certificate of the API server is its own work: it makes an authority and a certificate for 127.0.0.1 in its folder
at the first start. Only the signing key has to be there beforehand.
"""

import base64
import secrets
from pathlib import Path

# the order of the curve P-256: a private key is a number from 1 up to, not including, it
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# RFC 5915: a sequence of version 1, the key as 32 bytes, and the name of the curve; the public key is left out
HEAD = bytes.fromhex("30310201010420")
CURVE = bytes.fromhex("a00a06082a8648ce3d030107")


def signing_key() -> str:
    """Return a new private key of the curve P-256 as PEM."""
    number = secrets.randbelow(ORDER - 1) + 1
    body = base64.encodebytes(HEAD + number.to_bytes(32, "big") + CURVE).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{body}-----END EC PRIVATE KEY-----\n"


def write_signing_key(path: Path) -> None:
    """Write a new key, readable by its owner only; one that is there stays."""
    if not path.exists():
        write_private(path, signing_key())


def write_private(path: Path, text: str) -> None:
    """Write a file that never, not even for a moment, could be read by others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
