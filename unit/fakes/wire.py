"""A transport to a scripted server, and calls that are made in the background."""

import threading
from collections.abc import Callable

from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.clock import FakeClock
from fakes.exchange import PATIENCE, Exchange
from multicasskop.informers.breaker import Breaker
from multicasskop.informers.clock import Clock
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import InformerError
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.transport import Transport, TransportOptions

TOKEN = "canary-token"  # noqa: S105  that it shows nowhere is what is tested
AUTHORITY = Authority()
PATH = "/api/v1/namespaces/n/pods"
WATCH = (("watch", "true"),)
QUICK = TransportOptions(connect_timeout=1.0, read_timeout=0.2, total_timeout=30.0)


def transport_to(
    server: FakeApiServer | str,
    *,
    clock: Clock | None = None,
    guard: WriteGuard | None = None,
    metrics: Metrics | None = None,
    options: TransportOptions | None = None,
    breaker: Breaker | None = None,
    credentials: Credentials | None = None,
) -> Transport:
    """Return a transport to this server as the member `eu`, with the canary token and a clock that stands still."""
    url = server if isinstance(server, str) else server.url
    known = credentials or Credentials(server=url, source="test", ca=AUTHORITY.pem, token=TOKEN)
    return Transport(
        "eu", known, clock=clock or FakeClock(), guard=guard, metrics=metrics, options=options, breaker=breaker
    )


def failure_of(call: Callable[[], object]) -> InformerError:
    """Return the error that the call raises; fail when it raises none."""
    try:
        result = call()
    except InformerError as error:
        return error
    raise AssertionError(f"no error, but {result!r}")


def stall(status: int = 200, body: bytes = b"", promised: int = 100) -> Callable[[Exchange], None]:
    """Answer with the beginning of a body, and keep silent from then on."""

    def send(exchange: Exchange) -> None:
        exchange.head(status, {"Content-Length": str(promised)})
        exchange.raw(body)
        exchange.ended.wait(PATIENCE)
        exchange.close()

    return send


class Background:
    """A call in a thread of its own."""

    def __init__(self, call: Callable[[], object]) -> None:
        """Begin the call."""
        self._call = call
        self._results: list[object] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._thread.is_alive()

    def outcome(self, within: float = PATIENCE) -> object:
        """Return what the call returned or the error that it raised; fail when it takes longer than that."""
        self._thread.join(within)
        if self._thread.is_alive():
            raise AssertionError(f"still running after {within} s")
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._call())
        except InformerError as error:
            self._results.append(error)
