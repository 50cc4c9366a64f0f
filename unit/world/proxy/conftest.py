"""A scripted API server, and a caller who reaches it through the fault proxy; real sockets on loopback."""

from collections.abc import Iterator

import pytest
from fakes.api_server import FakeApiServer
from fakes.proxied import Caller, proxied


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """The API server behind the proxy."""
    with FakeApiServer() as found:
        yield found


@pytest.fixture
def caller(server: FakeApiServer) -> Iterator[Caller]:
    """A caller before it."""
    with proxied(server) as found:
        yield found
