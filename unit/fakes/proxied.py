"""A caller, the fault proxy, and a scripted API server behind it."""

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import urllib3
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.upstream import Target

MEMBER = "one"
TIMEOUT = 10.0


@dataclass(frozen=True)
class Caller:
    """Sends requests through the proxy, as an operator does: TLS verified, a token, its program's name."""

    faults: Faults
    pool: urllib3.PoolManager
    url: str

    def request(
        self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Send, and return the whole answer."""
        sent = {"authorization": "Bearer s3cret", "user-agent": "multicasskop/1", **(headers or {})}
        return self.pool.request(method, self.url + path, json=body, headers=sent, timeout=TIMEOUT)

    @contextmanager
    def watch(self, path: str) -> Iterator[Iterator[bytes]]:
        """Open a watch: its lines as they come."""
        query = "?watch=true&allowWatchBookmarks=true"
        response = self.pool.request("GET", self.url + path + query, preload_content=False, timeout=TIMEOUT)
        try:
            assert response.status == 200
            yield lines(response)
        finally:
            response.close()


def lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The lines of a body, the last one also without its newline."""
    rest = b""
    for piece in response.stream(1 << 16):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest


def event(kind: str, name: str, version: int) -> bytes:
    """A line of a watch."""
    meta = {"name": name, "namespace": "team", "resourceVersion": str(version)}
    return json.dumps({"type": kind, "object": {"kind": "Pod", "metadata": meta}}).encode() + b"\n"


@contextmanager
def proxied(server: FakeApiServer, *, trusting: Authority | None = None, seed: int = 0) -> Iterator[Caller]:
    """A proxy before the server, which it trusts by an authority if there is one, and a caller before the proxy."""
    with Faults({MEMBER: Target(server.url, trust(trusting.pem.decode()) if trusting else None)}, seed=seed) as faults:
        where = faults.through(Entry(MEMBER, server.url, "", "s3cret"))
        yield Caller(faults, urllib3.PoolManager(ssl_context=trust(where.authority), retries=False), where.server)


def trust(pem: str) -> ssl.SSLContext:
    """What a client needs that trusts one authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem)
    return context
