"""Bringing our kinds into a member."""

from collections.abc import Iterator
from typing import Any

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.exchange import Answer, answer, failure
from multicasskop.world.api import Api
from multicasskop.world.installing import is_served, put
from multicasskop.world.kinds import DEFINITIONS

Json = dict[str, Any]

AUTHORITY = Authority()
NAME = "widgets.example.com"
PATH = DEFINITIONS.path("", NAME)


def definition(*, established: bool | None = None) -> Json:
    """A definition of two versions, of which one is served."""
    versions = [{"name": "v2", "served": True}, {"name": "v1", "served": False}]
    spec = {"group": "example.com", "names": {"plural": "widgets"}, "versions": versions}
    status = {"conditions": [{"type": "Established", "status": str(established)}]}
    manifest = {"metadata": {"name": NAME}, "spec": spec}
    return manifest if established is None else {**manifest, "status": status}


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """An API server that answers what a test says."""
    with FakeApiServer(AUTHORITY) as found:
        yield found


@pytest.fixture
def api(server: FakeApiServer) -> Api:
    """A client of it."""
    return Api("m", server.url, AUTHORITY.pem.decode(), "admin")


def test_new_definition_is_created(server: FakeApiServer, api: Api) -> None:
    """One that is not there is created, and told to be new."""
    server.on("GET", PATH, failure(404, "NotFound"))
    server.on("POST", DEFINITIONS.path(), answer({}))
    assert put(api, definition())
    assert server.received("POST")[0].json == definition()


def test_older_definition_is_replaced(server: FakeApiServer, api: Api) -> None:
    """One that is there is brought up to date, as the version that was read."""
    server.on("GET", PATH, answer({"metadata": {"name": NAME, "resourceVersion": "7"}}))
    server.on("PUT", PATH, answer({}))
    assert not put(api, definition())
    assert server.received("PUT")[0].json["metadata"] == {"name": NAME, "resourceVersion": "7"}


@pytest.mark.parametrize(
    ("found", "collection", "served"),
    [
        pytest.param(definition(), answer({}), False, id="no conditions yet"),
        pytest.param({**definition(), "status": {"conditions": None}}, answer({}), False, id="null conditions"),
        pytest.param(definition(established=False), answer({}), False, id="not established"),
        pytest.param(definition(established=True), failure(404, "NotFound"), False, id="established, not served yet"),
        pytest.param(definition(established=True), answer({"items": []}), True, id="served"),
    ],
)
def test_kind_is_served_when_its_collection_answers(
    server: FakeApiServer, api: Api, found: Json, collection: Answer, served: bool
) -> None:
    """Being established is not enough: every served version must answer, others need not."""
    server.on("GET", PATH, answer(found))
    server.on("GET", "/apis/example.com/v2/widgets", collection)
    assert is_served(api, NAME) is served
    assert server.received("GET", "/apis/example.com/v1/widgets") == []
