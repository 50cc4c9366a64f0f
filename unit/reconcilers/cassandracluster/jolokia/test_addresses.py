"""Addresses that are written in two ways."""

import pytest
from multicasskop.reconcilers.cassandracluster.jolokia.addresses import by_address, plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("fd00:0:0:0:0:0:0:1", "fd00::1"),
        ("fd00::1", "fd00::1"),
        ("FD00::A", "fd00::a"),
        ("node.example", "node.example"),
        ("", ""),
    ],
)
def test_plain(text: str, expected: str) -> None:
    """One address has one spelling; another text is left alone."""
    assert plain(text) == expected
    assert by_address({text: "h"}) == {expected: "h"}
