"""Writes that are repeated until they count, and those that no time mends."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.exchange import Answer, answer, close, failure
from fakes.simulated import pod
from multicasskop.world.api import Api
from multicasskop.world.cassandra import writer
from multicasskop.world.cassandra.writer import Writer
from multicasskop.world.kinds import PODS

AUTHORITY = Authority()
POD = pod(uid="u-1")
PATH = PODS.path("ns", "demo-dc1-rack1-0")
Write = Callable[[Writer], Awaitable[object]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApiServer]:
    """A server; failed writes are repeated at once."""
    monkeypatch.setattr(writer, "PAUSE", 0.0)
    with FakeApiServer(AUTHORITY) as found:
        yield found


def run(server: FakeApiServer, write: Write) -> object:
    """Make one write."""

    async def story() -> object:
        found = Writer(Api("m", server.url, AUTHORITY.pem.decode(), "token"))
        try:
            return await write(found)
        finally:
            found.close()

    return asyncio.run(story())


async def status(found: Writer) -> object:
    """Write a status."""
    return await found.status(PODS, POD, {"phase": "Running"})


async def bind(found: Writer) -> None:
    """Put the pod onto a node."""
    await found.bind(POD, "node-1")


async def ended(found: Writer) -> None:
    """Let the pod go."""
    await found.ended(POD)


WRITES = [
    pytest.param(status, "PATCH", f"{PATH}/status", id="status"),
    pytest.param(bind, "POST", f"{PATH}/binding", id="binding"),
    pytest.param(ended, "DELETE", PATH, id="end"),
]


@pytest.mark.parametrize(("write", "verb", "path"), WRITES)
@pytest.mark.parametrize(
    "failed",
    [
        pytest.param(close, id="no answer"),
        pytest.param(failure(500, "InternalError"), id="server's fault"),
        pytest.param(failure(503, "ServiceUnavailable"), id="starting"),
        pytest.param(failure(429, "TooManyRequests"), id="too much"),
    ],
)
def test_what_time_mends_is_repeated(server: FakeApiServer, write: Write, verb: str, path: str, failed: Answer) -> None:
    """Until it succeeds."""
    server.on(verb, path, failed, failed, answer({}))
    run(server, write)
    assert len(server.received(verb, path)) == 3


@pytest.mark.parametrize(("write", "verb", "path"), WRITES)
@pytest.mark.parametrize(
    "final",
    [
        pytest.param(failure(404, "NotFound"), id="gone"),
        pytest.param(failure(409, "Conflict"), id="another of its name, or done already"),
        pytest.param(failure(422, "Invalid"), id="nonsense"),
    ],
)
def test_what_no_time_mends_is_given_up(
    server: FakeApiServer, write: Write, verb: str, path: str, final: Answer
) -> None:
    """Once, and it counts as nothing written."""
    server.on(verb, path, final)
    assert run(server, write) is None
    assert len(server.received(verb, path)) == 1


@pytest.mark.parametrize(("write", "verb", "path"), WRITES)
def test_every_write_is_about_the_very_pod(server: FakeApiServer, write: Write, verb: str, path: str) -> None:
    """Its UID is in each, so that a new pod of its name is never meant."""
    server.on(verb, path, answer({}))
    run(server, write)
    (sent,) = server.received(verb, path)
    assert "u-1" in (sent.json.get("metadata", {}).get("uid"), sent.json.get("preconditions", {}).get("uid"))
