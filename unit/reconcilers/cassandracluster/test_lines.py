"""The lines to nodes: logins, and what is said where there is none."""

import base64
from random import Random
from typing import Any, cast

import pytest
from fakes.cassandra import bare
from fakes.clock import FakeClock
from fakes.rack_scene import node
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.informers.client import Client
from multicasskop.informers.errors import ApiError
from multicasskop.informers.key import Key
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.client import JolokiaClient
from multicasskop.reconcilers.cassandracluster.jolokia.questions import OperationMode
from multicasskop.reconcilers.cassandracluster.lines import KEPT_SECONDS, Lines, credentials_of
from multicasskop.reconcilers.traces import Traces

Json = dict[str, Any]
DEMO, POD = Key("ns", "demo"), node("dc1-rack1", 0)


class Secrets:
    """An API server that has one Secret, or none."""

    def __init__(self, **data: bytes) -> None:
        self.data, self.asked = data, 0

    def get(self, resource: object, namespace: str, name: str) -> Json:
        """The Secret."""
        self.asked += 1
        if not self.data:
            raise ApiError("m", 404, "NotFound", f"secrets {name!r} not found", object_kind="secrets", object_name=name)
        return {"data": {key: base64.b64encode(value).decode() for key, value in self.data.items()}}


def lines(secrets: Secrets, clock: FakeClock, **spec: Any) -> Lines:  # noqa: ANN401
    """Lines to the nodes of one cluster."""
    cluster: CassandraCluster = bare(spec)
    return Lines(cast(Client, secrets), lambda key: cluster, Traces(Random(1)), clock)


def test_without_a_secret_nobody_logs_in() -> None:
    """A cluster that names none is asked without a login, and no API server either."""
    secrets = Secrets()
    assert isinstance(lines(secrets, FakeClock()).connect(DEMO, POD), JolokiaClient)
    assert secrets.asked == 0


def test_login_is_read_once_a_minute() -> None:
    """A password that was changed is known a minute later, and not every question costs a call."""
    secrets, clock = Secrets(username=b"u", password=b"p"), FakeClock()
    found = lines(secrets, clock, imageJolokiaSecret={"name": "login"})
    for _ in range(3):
        found.connect(DEMO, POD)
    assert secrets.asked == 1
    clock.advance(KEPT_SECONDS + 1)
    found.connect(DEMO, POD)
    assert secrets.asked == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param({}, "404", id="no Secret"),
        pytest.param({"username": b"u"}, "key password is missing", id="no password"),
        pytest.param({"username": b"u", "password": b"\xff"}, "key password is no text", id="no text"),
    ],
)
def test_missing_login_is_an_answer(data: dict[str, bytes], said: str) -> None:
    """Every question then fails with the name of the Secret and what is wrong with it."""
    found = lines(Secrets(**data), FakeClock(), imageJolokiaSecret={"name": "login"}).connect(DEMO, POD)
    answer = found.ask(OperationMode())
    assert isinstance(answer, Failed)
    assert answer.reason == "unauthorized"
    assert "Secret ns/login (imageJolokiaSecret)" in answer.message
    assert said in answer.message
    found.close()


def test_no_text_holds_the_password() -> None:
    """Neither the login nor an error about it shows a value."""
    login = credentials_of({"data": {"username": "dQ==", "password": base64.b64encode(b"geheim").decode()}})
    assert "geheim" not in repr(login)
    with pytest.raises(ValueError, match="key username is no text") as caught:
        credentials_of({"data": {"username": "%%%", "password": "cA=="}})
    assert "%%%" not in str(caught.value)
