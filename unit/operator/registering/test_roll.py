"""The roll of members: found in Secrets, flags and overrides, and asked side by side."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.api_server import FakeApiServer
from fakes.clock import FakeClock
from fakes.exchange import Answer, answer, failure
from fakes.home import listed, mck
from fakes.registration import AUTHORITY, NOW, token
from multicasskop.crds.names import CLUSTER, MEMBER
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.operator.access import Access
from multicasskop.operator.registering.overview import document_of, lines
from multicasskop.operator.registering.roll import Row, State, roll

SECRETS = "/api/v1/namespaces/ops/secrets"
DEPLOYMENTS = "/apis/apps/v1/namespaces/ops/deployments"
OBJECTS = "/apis/db.orange.com/v2/multicasskops"
Json = dict[str, Any]


def encoded(text: bytes) -> str:
    """As a Secret holds it."""
    return base64.b64encode(text).decode()


def secret(name: str, server: str, *, member: str = "", **data: bytes) -> Json:
    """A Secret that registers a member."""
    values = {"ca.crt": AUTHORITY.pem, "server": server.encode(), "token": token().encode()} | data
    metadata: Json = {"name": name, "namespace": "ops", "labels": {CLUSTER: "true"}}
    metadata |= {"creationTimestamp": "2026-11-20T14:00:00Z", "annotations": {MEMBER: member} if member else {}}
    return {"metadata": metadata, "data": {key: encoded(value) for key, value in values.items()}}


def items(kind: str, *found: Json) -> Answer:
    """A list."""
    return answer({"kind": f"{kind}List", "metadata": {}, "items": list(found)})


def operator_with(*args: str) -> Json:
    """A Deployment of the chart."""
    pod = {"serviceAccountName": "op", "containers": [{"args": ["run", *args]}]}
    return {"metadata": {"name": "mck"}, "spec": {"template": {"spec": pod}}}


@pytest.fixture
def home() -> Iterator[FakeApiServer]:
    """Home, where demo names c1."""
    with FakeApiServer() as found:
        found.on("GET", "/version", answer({"gitVersion": "v1.36.3"}))
        found.on("GET", DEPLOYMENTS, items("Deployment", operator_with("--local=eu-west", "--remote=flagged")))
        found.on("GET", OBJECTS, listed(mck()))
        yield found


@pytest.fixture
def member() -> Iterator[FakeApiServer]:
    """A member that lets us in."""
    with FakeApiServer(AUTHORITY) as found:
        found.on("GET", "/version", answer({"gitVersion": "v1.34.1"}))
        yield found


def rows(home: FakeApiServer, local: str = "") -> dict[str, Row]:
    """The roll, by name."""
    clock = FakeClock(now=NOW)
    access = Access("home", Credentials(server=home.url, source="context"), clock, Deadline(clock, 30.0), "home")
    return {row.name: row for row in roll(access, "ops", local)}


def test_all_sources(home: FakeApiServer, member: FakeApiServer) -> None:
    """Home comes first, then Secrets by the member's name; flags and overrides add whom no Secret registers."""
    home.on("GET", SECRETS, items("Secret", secret("s2", member.url, member="us-east"), secret("c2", member.url)))
    found = rows(home)
    assert list(found) == ["eu-west", "c2", "us-east", "flagged", "c1"]
    assert [row.state for row in found.values()] == [State.REACHABLE] * 3 + [State.UNKNOWN] * 2
    assert found["eu-west"].source == "Deployment mck"
    assert found["us-east"].source == "Secret ops/s2"
    assert found["flagged"].source == "flag of Deployment mck"
    assert [use.parent for use in found["c1"].uses] == ["cassandra/demo"]
    assert found["us-east"].version == "v1.34.1"


def test_home_is_called_as_it_is_said(home: FakeApiServer) -> None:
    """What was said on the command line beats a Deployment."""
    home.on("GET", SECRETS, items("Secret"))
    assert next(iter(rows(home, "c1"))) == "c1"


def test_home_whose_deployments_may_not_be_seen(home: FakeApiServer) -> None:
    """Without that right home has no other name than home."""
    home.on("GET", SECRETS, items("Secret"))
    with FakeApiServer() as poor:
        for path, found in ((SECRETS, items("Secret")), (OBJECTS, listed()), (DEPLOYMENTS, failure(403, "Forbidden"))):
            poor.on("GET", path, found)
        poor.on("GET", "/version", answer({"gitVersion": "v1"}))
        assert list(rows(poor)) == ["home"]


def test_each_failure_has_its_state(home: FakeApiServer, member: FakeApiServer) -> None:
    """One that does not answer is dark, one that does not let us in refuses, bad credentials are not even tried."""
    with FakeApiServer(AUTHORITY) as closed, FakeApiServer(AUTHORITY) as gone:
        closed.on("GET", "/version", failure(401, "Unauthorized"))
        nowhere = gone.url
        gone.stop()
        found = [
            secret("refuses", closed.url),
            secret("dark", nowhere),
            secret("bad", "http://x"),
            secret("ok", member.url),
        ]
        home.on("GET", SECRETS, items("Secret", *found))
        states = {name: (row.state, row.code) for name, row in rows(home).items()}
    assert states["refuses"] == (State.REFUSED, "MCK303")
    assert states["dark"] == (State.DARK, "MCK301")
    assert states["bad"] == (State.UNUSABLE, "MCK113")
    assert states["ok"] == (State.REACHABLE, "")


def test_no_secret_in_what_is_shown(home: FakeApiServer, member: FakeApiServer) -> None:
    """Neither table nor document holds a token, or a part of one."""
    home.on("GET", SECRETS, items("Secret", secret("c2", member.url)))
    found = list(rows(home).values())
    text = "\n".join(lines(found, NOW, wide=True)) + json.dumps([document_of(row) for row in found])
    assert not [part for part in token().split(".") if part in text]


def test_table() -> None:
    """Members as a table; below it what is wrong, with its code."""
    east = Row("us-east", "remote", "Secret ops/us-east", State.DARK, "ConnectTimeout", "timed out", "MCK301")
    north = Row("eu-north", "remote", "Secret ops/eu-north", State.REACHABLE, rtt=0.018, version="v1.33.4")
    shown = lines(
        [Row("eu-west", "home", "context", State.REACHABLE, rtt=0.001, version="v1.34.1"), north, east], NOW, wide=False
    )
    assert shown == [
        "NAME      ROLE    STATE        RTT   SERVER  CREDENTIAL          RESOURCES  SINCE",
        "eu-west   home    ✔ reachable  1ms   1.34.1  the operator's own  0          -",
        "eu-north  remote  ✔ reachable  18ms  1.33.4  -                   0          -",
        "us-east   remote  ? dark       -     -       -                   0          -",
        "MCK301 us-east: timed out",
    ]
