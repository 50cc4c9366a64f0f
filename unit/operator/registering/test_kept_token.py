"""When the token that home has may stay."""

from datetime import timedelta

import pytest
from fakes.registration import NOW, encoded, token
from multicasskop.operator.registering.kept_token import is_good

HOUR = 3600.0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(f"a.{encoded({'exp': 1})}.c", id="of no account"),
        pytest.param(token(exp=1e300), id="end of time"),
        pytest.param(token(exp="soon"), id="no number"),
    ],
)
def test_no_token_of_an_account(text: str) -> None:
    """What is no ServiceAccount's token is never kept."""
    assert not is_good(text, "uid-1", NOW, 0.8)


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
