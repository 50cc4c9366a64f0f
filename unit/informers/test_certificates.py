"""When a client certificate ends."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from fakes.certificates import Authority
from hypothesis import given, settings
from hypothesis import strategies as st
from multicasskop.informers.certificates import not_after

AUTHORITY = Authority()
PEM, _ = AUTHORITY.issue()


def read(pem: bytes) -> datetime:
    """The same as another library reads it."""
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc


@pytest.mark.parametrize("years", [1, 10, 60])
def test_end(years: int) -> None:
    """The end is the certificate's own, in the short form of years until 2049 and in the long one."""
    pem, _ = AUTHORITY.issue(life=timedelta(days=365 * years))
    assert not_after(pem) == read(pem)


def test_first_of_several_counts() -> None:
    """A chain's first certificate is the one that is shown."""
    pem, _ = AUTHORITY.issue(life=timedelta(days=3))
    assert not_after(b"bag attributes\n" + pem + AUTHORITY.pem) == read(pem)


@given(st.binary(max_size=200))
def test_garbage_has_no_end(content: bytes) -> None:
    """What is no certificate is no failure."""
    assert not_after(content) is None


@settings(max_examples=200)
@given(st.data())
def test_damaged_certificate_is_no_failure(data: st.DataObject) -> None:
    """A certificate of which bytes were changed or cut has some end or none, and raises nothing."""
    at = data.draw(st.integers(28, len(PEM) - 30))
    change = data.draw(st.binary(max_size=4))
    found = not_after(PEM[:at] + change + PEM[at + data.draw(st.integers(0, 9)) :])
    assert found is None or found.tzinfo is UTC
