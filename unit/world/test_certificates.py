"""Keys and tokens that a plane needs before its first start."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from multicasskop.world.planes import certificates
from multicasskop.world.planes.tokens import read_tokens, write_tokens


def test_signing_key_is_an_elliptic_curve_key() -> None:
    """What is written by hand is what a library reads: a P-256 private key, another one each time."""
    keys = [load_pem_private_key(certificates.signing_key().encode(), password=None) for _ in range(2)]
    numbers = [key.private_numbers().private_value for key in keys if isinstance(key, ec.EllipticCurvePrivateKey)]
    assert all(isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1" for key in keys)
    assert len(set(numbers)) == 2
    assert all(0 < number < certificates.ORDER for number in numbers)


def test_key_stays_when_it_is_there(tmp_path: Path) -> None:
    """Tokens signed before a restart are valid after it."""
    path = tmp_path / "new" / "key"
    certificates.write_signing_key(path)
    before = path.read_text()
    certificates.write_signing_key(path)
    assert path.read_text() == before
    assert path.stat().st_mode & 0o777 == 0o600


def test_tokens_are_written_as_the_api_server_reads_them(tmp_path: Path) -> None:
    """One line per user: token, name, uid, groups; different tokens, private, never shown."""
    path = tmp_path / "tokens.csv"
    write_tokens(path)
    tokens = read_tokens(path)
    assert path.read_text().splitlines() == [
        f"{tokens.administrator},administrator,administrator,system:masters",
        f"{tokens.controller_manager},controller-manager,controller-manager,system:masters",
    ]
    assert tokens.administrator != tokens.controller_manager
    assert tokens.administrator not in repr(tokens)
    write_tokens(path)
    assert read_tokens(path) == tokens
