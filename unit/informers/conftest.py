"""Servers for the tests of the wire."""

from collections.abc import Iterator

import pytest
from fakes.api_server import FakeApiServer
from fakes.wire import AUTHORITY


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest) -> Iterator[FakeApiServer]:
    """Return a running server, once without TLS and once with it."""
    with FakeApiServer(AUTHORITY if request.param == "https" else None) as running:
        yield running


@pytest.fixture
def plain() -> Iterator[FakeApiServer]:
    """Return a running server without TLS, for what does not depend on it."""
    with FakeApiServer() as running:
        yield running
