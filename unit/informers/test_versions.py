"""Resource versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.versions import compare, is_older

NUMBERS = st.integers(min_value=1, max_value=10**30)


@given(a=NUMBERS, b=NUMBERS)
def test_numbers_are_ordered_as_numbers(a: int, b: int) -> None:
    """Two plain decimal versions are in the order of their values."""
    assert compare(str(a), str(b)) == (a > b) - (a < b)
    assert is_older(str(a), str(b)) == (a < b)


@given(a=st.text(), b=st.text())
def test_order_is_never_guessed(a: str, b: str) -> None:
    """Equal texts are equal whatever they are, and swapping two versions swaps the answer."""
    assert compare(a, a) == 0
    forth, back = compare(a, b), compare(b, a)
    assert forth == (None if back is None else -back)
    assert not (is_older(a, b) and is_older(b, a))


@pytest.mark.parametrize("strange", ["", "0", "007", "-1", "+5", "1.5", "1e3", "x12", "١٢", "²", " 5", "5\n"])
def test_not_comparable(strange: str) -> None:
    """What is no plain decimal number without leading zero has no place in an order."""
    assert compare(strange, "12") is None
    assert not is_older(strange, "12")
    assert not is_older("12", strange)


def test_longer_than_any_integer_parser_takes() -> None:
    """Versions of ten thousand digits are compared as well."""
    assert is_older("8" * 10_000, "9" * 10_000)
