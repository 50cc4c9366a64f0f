"""Requests and results."""

import math

import pytest
from multicasskop.informers.key import Key
from multicasskop.reconcilers.request import Request, Result


def test_a_request_is_a_key_with_a_name_of_its_own() -> None:
    """A request is made from a key, gives it back, and prints like it."""
    request = Request.of(Key("shop", "ring"))
    assert (request, request.key, str(request)) == (Request("shop", "ring"), Key("shop", "ring"), "shop/ring")


@pytest.mark.parametrize("seconds", [0, 0.0, -1.0, math.inf, math.nan])
def test_requeue_after_must_be_a_positive_time(seconds: float) -> None:
    """Zero, negative and endless delays are refused when the result is made."""
    with pytest.raises(ValueError, match="positive"):
        Result(requeue_after=seconds)


def test_a_result_asks_for_nothing_unless_told() -> None:
    """A plain result waits for a change."""
    assert Result().requeue_after is None
