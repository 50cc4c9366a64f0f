"""A registration, and tokens as API servers make them."""

import base64
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.clock import FakeClock
from fakes.exchange import answer
from multicasskop.operator.registering.manifests import Wanted
from multicasskop.operator.registering.request import Request

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
AUTHORITY = Authority()
Json = dict[str, Any]


def request(**changes: Any) -> Request:  # noqa: ANN401 - any field
    """A registration of us-east in one namespace."""
    plain = Request(
        member="us-east",
        namespaces=("cassandra",),
        account="multicasskop",
        server="https://10.2.0.1:6443",
        authority=AUTHORITY.pem,
        token_life=86_400.0,
        make_namespaces=False,
        home_id="home-1",
        home_namespace="casskop-system",
        operator_account="operator",
    )
    return replace(plain, **changes)


def token(uid: str = "uid-1", *, issued: datetime = NOW, life: float | None = 86_400.0, **claims: object) -> str:
    """A token of the ServiceAccount with that UID."""
    account = {"name": "multicasskop", "uid": uid}
    body: Json = {"iat": issued.timestamp(), "kubernetes.io": {"namespace": "cassandra", "serviceaccount": account}}
    if life is not None:
        body["exp"] = (issued + timedelta(seconds=life)).timestamp()
    return ".".join(("eyJhbGciOiJub25lIn0", encoded({**body, **claims}), "c2lnbmF0dXJl"))


def encoded(value: object) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def live(body: Json, **metadata: object) -> Json:
    """An object as a server holds it."""
    known = {"uid": "uid-1", "resourceVersion": "7"}
    return {**body, "metadata": {**body["metadata"], **known, **metadata}}


def there(server: FakeApiServer, wanted: Wanted) -> None:
    """Let an object be there, and be deleted."""
    path = wanted.resource.path(wanted.namespace, wanted.name)
    server.on("GET", path, answer(live({"kind": wanted.resource.kind, **wanted.body})))
    server.on("DELETE", path, answer({"kind": "Status"}))


class Leaping(FakeClock):
    """A clock on which waiting takes no time: it leaps to the end of each wait."""

    def sleep(self, stop: threading.Event, seconds: float) -> bool:
        """Be there at once."""
        self.advance(seconds)
        return stop.is_set()
