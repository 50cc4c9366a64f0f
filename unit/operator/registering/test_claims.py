"""What a token says of itself, and when the one that home has may stay."""

from datetime import timedelta

import pytest
from fakes.registration import NOW, encoded, token
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.operator.registering.claims import is_good, read_claims

HOUR = 3600.0


def test_claims() -> None:
    """Whose it is, and from when until when."""
    found = read_claims(token(life=HOUR))
    assert found is not None
    assert (found.namespace, found.account, found.uid) == ("cassandra", "multicasskop", "uid-1")
    assert (found.issued, found.ends) == (NOW, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("a.b", id="two parts"),
        pytest.param("a.!!!.c", id="no base64"),
        pytest.param(f"a.{encoded([1])}.c", id="no object"),
        pytest.param(f"a.{encoded({'exp': 1})}.c", id="of no account"),
        pytest.param(token(exp=1e300), id="end of time"),
        pytest.param(token(exp="soon"), id="no number"),
    ],
)
def test_no_token_of_an_account(text: str) -> None:
    """What is no ServiceAccount's token has no claims, and is never kept."""
    assert read_claims(text) is None
    assert not is_good(text, "uid-1", NOW, 0.8)


@given(st.text() | st.binary().map(lambda raw: f"a.{raw.hex()}.c"))
def test_nothing_breaks_it(text: str) -> None:
    """Whatever stands in a Secret, reading it raises nothing."""
    read_claims(text)


@pytest.mark.parametrize(
    ("text", "uid", "seconds", "good"),
    [
        pytest.param(token(life=HOUR), "uid-1", 0, True, id="new"),
        pytest.param(token(life=HOUR), "uid-1", 0.79 * HOUR, True, id="before its renewal"),
        pytest.param(token(life=HOUR), "uid-1", 0.81 * HOUR, False, id="due for renewal"),
        pytest.param(token(life=HOUR), "uid-1", 2 * HOUR, False, id="ended"),
        pytest.param(token(life=HOUR), "uid-2", 0, False, id="account made again"),
        pytest.param(token(life=HOUR), "", 0, False, id="account without uid"),
        pytest.param(token(life=None), "uid-1", 1000 * HOUR, True, id="without an end"),
    ],
)
def test_token_may_stay(text: str, uid: str, seconds: float, good: bool) -> None:
    """A token stays as long as its account is the same and its renewal is not due."""
    assert is_good(text, uid, NOW + timedelta(seconds=seconds), 0.8) is good
