"""What a token says of itself."""

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

import pytest
from fakes.clock import EPOCH
from fakes.registration import NOW, token
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.claims import Claims, expiry, life, read_claims

HOUR = 3600.0


def web_token(claims: bytes) -> str:
    """A JSON web token with these claims, signed by nobody."""
    parts = (urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg": "none"}', claims, b"canary"))
    return ".".join(parts)


@pytest.mark.parametrize(
    ("token", "end"),
    [
        pytest.param(web_token(b'{"exp": 1893456000, "sub": "x"}'), EPOCH, id="seconds"),
        pytest.param(web_token(b'{"exp": 1893456000.0}'), EPOCH, id="fraction"),
        pytest.param(web_token(b'{"sub": "x"}'), None, id="no end"),
        pytest.param(web_token(b'{"exp": null}'), None, id="null"),
        pytest.param(web_token(b'{"exp": "tomorrow"}'), None, id="text"),
        pytest.param(web_token(b'{"exp": 1e300}'), None, id="beyond all calendars"),
        pytest.param(web_token(b"[]"), None, id="no object"),
        pytest.param(web_token(b"\xff\x00"), None, id="no JSON"),
        pytest.param("a.!.c", None, id="no base64"),
        pytest.param("a.b", None, id="two parts"),
        pytest.param("opaque", None, id="opaque"),
        pytest.param("", None, id="empty"),
    ],
)
def test_end_of_a_token(token: str, end: datetime | None) -> None:
    """A JSON web token says when it ends, all others say nothing, and no text makes trouble."""
    assert expiry(token) == end


def test_claims() -> None:
    """Whose it is, and from when until when."""
    found = read_claims(token(life=HOUR))
    assert found == Claims("cassandra", "multicasskop", "uid-1", NOW, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(token(life=None), id="without an end"),
        pytest.param(token(exp=NOW.timestamp()), id="ends as it begins"),
        pytest.param(web_token(b'{"exp": 1893456000, "iat": 1}'), id="of no account"),
        pytest.param(token(exp=1e300), id="beyond all calendars"),
    ],
)
def test_token_without_a_life(text: str) -> None:
    """Only an account's token that says from when until when it is good has a life."""
    assert life(text) is None


def test_share_of_a_life() -> None:
    """A share of a life is over at an instant of it."""
    found = life(token(life=HOUR))
    assert found is not None
    assert (found.namespace, found.account) == ("cassandra", "multicasskop")
    assert found.at(0.5) == NOW + timedelta(minutes=30)


@given(st.text() | st.binary().map(lambda raw: f"a.{raw.hex()}.c"))
def test_nothing_breaks_it(text: str) -> None:
    """Whatever stands in a Secret, reading it raises nothing."""
    read_claims(text)
    life(text)
