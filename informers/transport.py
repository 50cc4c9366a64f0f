"""HTTP to one member: pools, timeouts, identity, the write guard, and errors that say what happened.

Nothing is retried here, with one exception: a request that was refused as unauthorized is sent once more, with a token
that has been looked up again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self, TypeVar
from urllib.parse import urlencode

from multicasskop.informers.answers import Asked, headers_of, is_framed, is_success, refusal, subject, user_agent
from multicasskop.informers.bodies import Stream, read_all
from multicasskop.informers.breaker import Breaker
from multicasskop.informers.clock import Clock
from multicasskop.informers.connections import FAILURES, translate
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    ApiError,
    ConnectionClosed,
    CredentialsError,
    DeadlineExceeded,
    InformerError,
    ReadTimeout,
    Stopped,
    TlsError,
    TransportError,
    is_throttled,
    is_unauthorized,
)
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.identity import Identity
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.tracing import Exchange, Sent, current_tracer
from multicasskop.informers.ways import Shift, Way, Ways
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, Timeout
from urllib3.exceptions import ProtocolError

REFUSAL_LIMIT = 1024 * 1024
MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# what stands before a server says so when nobody is behind it
GATEWAY_FAILURES = frozenset({502, 503, 504})

T = TypeVar("T")
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """Sizes, and times in seconds, of one member's transport.

    `connections` is for calls at the same time: the workers and two more. `read_timeout` is for the silence between
    two bytes, `total_timeout` for a whole call that comes without a deadline. `body_limit` is what we hold at most.
    """

    connections: int = 10
    watches: int = 8
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    total_timeout: float = 120.0
    pool_timeout: int = 5
    body_limit: int = 256 * 1024 * 1024


LEASE_TIMEOUT = 5.0
EVENTS_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Response:
    """A success (2xx). The names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, repr=False)
class _Call:
    """One request, apart from who sends it."""

    method: str
    path: str
    query: Query = ()
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    anyhow: bool = False
    """Whether it goes out though the member may be another cluster: it is the question whether it is."""


class Transport:
    """Requests to one member.

    Guarantees: what changes something passes the write guard after the connection stands and before a byte is sent; no
    call takes longer than its deadline, or its timeouts; redirects are not followed; no error quotes a token or a
    body. A dark member is not called, nor is one that may be another cluster. May be used from any thread.
    """

    def __init__(
        self,
        member: str,
        credentials: Credentials,
        *,
        clock: Clock,
        guard: WriteGuard | None,
        metrics: Metrics | None = None,
        options: TransportOptions | None = None,
        breaker: Breaker | None = None,
        identity: Identity | None = None,
    ) -> None:
        """Prepare the pools; nothing is sent. CredentialsError when the certificates cannot be used.

        Without a guard writes pass always, without breaker and identity calls go out always.
        """
        self.member = member
        self._clock, self._guard, self._breaker, self._identity = clock, guard, breaker, identity
        self._metrics = metrics or Metrics.none()
        self._options = options or TransportOptions()
        self._stopped = False
        self._ways = Ways(
            credentials,
            self._before_send,
            connections=self._options.connections,
            watches=self._options.watches,
        )

    @property
    def server(self) -> str:
        """The address of the member's API server."""
        return self._ways.current.credentials.server

    def renew(self, credentials: Credentials, leaving: Callable[[Shift], None] = lambda _: None) -> Shift:
        """Reach the member with other credentials from now on, and return how far they lead elsewhere.

        `leaving` is told before that: what it then forbids is sent to neither.

        CredentialsError when they cannot be used: the old ones stay. What is under way ends as it began, unless the
        address is another one: then it is cut.
        """
        return self._ways.change(credentials, leaving)

    def for_lease(self, timeout: float = LEASE_TIMEOUT) -> Self:
        """Return a transport to the same server for the lease alone.

        It has one connection of its own, so that nothing makes it wait; short timeouts; no guard, because it is the
        lease that moves the guard; and no breaker, because it must try when others may not.
        """
        return self._apart(timeout, None, None, None)

    def for_events(self, timeout: float = EVENTS_TIMEOUT) -> Self:
        """Return a transport to the same server for events, which are written on when everything else has stopped.

        It has one connection of its own, so that events take none from the workers, and short timeouts; guard and
        breaker are the same.
        """
        return self._apart(timeout, self._guard, self._breaker, self._identity)

    def _apart(
        self, timeout: float, guard: WriteGuard | None, breaker: Breaker | None, identity: Identity | None
    ) -> Self:
        options = replace(self._options, connections=1, watches=1, total_timeout=timeout, pool_timeout=1)
        options = replace(options, connect_timeout=min(timeout, options.connect_timeout), read_timeout=timeout)
        return type(self)(
            self.member,
            self._ways.current.credentials,
            clock=self._clock,
            guard=guard,
            metrics=self._metrics,
            options=options,
            breaker=breaker,
            identity=identity,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: bytes | None = None,
        content_type: str = "",
        deadline: Deadline | None = None,
        headers: Mapping[str, str] | None = None,
        anyhow: bool = False,
    ) -> Response:
        """Send, and return the whole answer when it is a success.

        Only what finds out which cluster it is goes out `anyhow`.

        Raises ApiError for any other status, TransportError when no answer came (a write may have landed all the
        same), NotLeader and MemberUnreachable when nothing was sent, DeadlineExceeded when the time was over,
        UnexpectedAnswer for one that is too large, CredentialsError without a token, and Stopped.
        """
        content = {"Content-Type": content_type} if content_type else {}
        call = _Call(method, path, query, body, content | dict(headers or {}), anyhow)
        tracer = current_tracer() if method in MUTATING else None
        if tracer is None:
            return self._with_valid_token(lambda: self._exchange(call, deadline))
        with tracer.write(Sent(self.member, self.server, method, path)) as exchange:
            return self._traced(call, deadline, exchange)

    def stream(self, path: str, query: Query = (), read_timeout: float = 30.0) -> Stream:
        """Send a GET, and return the body of its success as a stream; raises as `request` does.

        `read_timeout` is the longest silence before `read` gives up, also for the first byte.
        """
        call = _Call("GET", path, query)
        return self._with_valid_token(lambda: self._open(call, read_timeout))

    def probe(self, timeout: float) -> None:
        """Ask whether the member is there at all: TransportError or ApiError when it is not.

        Passes the breaker, has a connection of its own, and is not counted as an API request. Any answer of the
        server is one, be it that we may not ask; only what stands before it can say that it is not there.
        """
        call, way, limit = _Call("GET", "/livez"), self._ways.current, Deadline(self._clock, timeout)
        try:
            token = way.credentials.bearer(self._clock, limit, lambda: self._before_send(call.method))
            response = self._send(way, way.probes, call, token, limit, timeout)
            body = read_all(self.member, response, limit, REFUSAL_LIMIT)
        except FAILURES as error:
            raise self._meaning(way, error) from error
        if response.status in GATEWAY_FAILURES:
            raise self._refusal(way, call, token, response, body)

    def give_up_calls(self) -> None:
        """End all calls that wait for an answer, as if they had waited for too long; streams go on.

        A write among them may have landed.
        """
        self._ways.cut_calls()

    def stop(self) -> None:
        """End all calls and streams that are under way, and refuse every later one with Stopped."""
        self._stopped = True
        self._ways.cut()

    def close(self) -> None:
        """Close what is idle, after `stop` and when the threads that called have ended."""
        self._ways.current.close()

    def _with_valid_token(self, send: Callable[[], T]) -> T:
        began = self._clock.monotonic()
        try:
            return send()
        except ApiError as error:
            if not is_unauthorized(error):
                raise
        self._ways.current.credentials.drop_tokens(began)
        return send()

    def _traced(self, call: _Call, deadline: Deadline | None, exchange: Exchange) -> Response:
        call = replace(call, headers={**call.headers, **exchange.headers})

        def send() -> Response:
            """Try once; tries are counted over all tokens."""
            exchange.tries += 1
            return self._exchange(call, deadline)

        response = self._with_valid_token(send)
        exchange.status, exchange.answer = response.status, response.headers
        return response

    def _exchange(self, call: _Call, deadline: Deadline | None) -> Response:
        way = self._admitted(call)
        limit = deadline or Deadline(self._clock, self._options.total_timeout)
        with self._observed(way, call, deadline):
            limit.timeout(self._options.total_timeout)
            token = way.credentials.bearer(self._clock, limit, lambda: self._admitted(call))
            response = self._send(way, way.unary, call, token, limit, self._options.read_timeout)
            body = read_all(self.member, response, limit, self._options.body_limit)
        self._answered(call, response)
        if is_success(response):
            return Response(response.status, headers_of(response), body)
        raise self._refusal(way, call, token, response, body)

    def _open(self, call: _Call, read_timeout: float) -> Stream:
        way = self._admitted(call)
        with self._observed(way, call):
            limit = Deadline(self._clock, self._options.connect_timeout + read_timeout)
            token = way.credentials.bearer(self._clock, limit, lambda: self._admitted(call))
            response = self._send(way, way.watches, call, token, limit, read_timeout)
            refused = not is_success(response)
            body = read_all(self.member, response, limit, REFUSAL_LIMIT) if refused else b""
        self._answered(call, response)
        if refused:
            raise self._refusal(way, call, token, response, body)
        contact = self._breaker.note_contact if self._breaker else lambda: None
        return Stream(response, partial(self._failed, way), contact)

    def _admitted(self, call: _Call) -> Way:
        """Return the way that a call may go; refuse early what will not be sent, before anything is waited for."""
        # first: where it may go is judged by what is known of this one
        way = self._ways.current
        self._before_send(call.method)
        if self._breaker:
            self._breaker.check()
        if self._identity and not call.anyhow:
            self._identity.check()
        return way

    def _before_send(self, method: str) -> None:
        if self._stopped:
            raise self._over()
        if method in MUTATING:
            if self._guard:
                self._guard.check()
            if self._identity:
                self._identity.check()

    def _send(
        self, way: Way, pool: HTTPConnectionPool, call: _Call, token: str | None, limit: Deadline, silence: float
    ) -> BaseHTTPResponse:
        """Send, and return the answer up to its headers.

        All waiting together ends with `limit`, waiting for two bytes in a row after `silence`.
        """
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": user_agent()}
        headers |= call.headers
        if token:
            headers["Authorization"] = f"Bearer {token}"
        query = f"?{urlencode(call.query)}" if call.query else ""
        way.connections.allow(limit)
        response = pool.urlopen(
            call.method,
            f"{way.connections.base_path}{call.path}{query}",
            body=call.body,
            headers=headers,
            timeout=Timeout(connect=self._options.connect_timeout, read=silence),
            # parts of seconds are fine, whatever the library says
            pool_timeout=min(self._options.pool_timeout, limit.left()),  # type: ignore[arg-type]
            redirect=False,
            retries=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
        if not is_framed(response):
            response.close()
            response.release_conn()
            raise ProtocolError("the head of the answer is cut")
        return response

    @contextmanager
    def _observed(self, way: Way, call: _Call, deadline: Deadline | None = None) -> Iterator[None]:
        """Turn what the HTTP library raises into our errors, and count the call; its success is counted later."""
        verb, kind = subject(call.method, call.path, call.query)
        began = self._clock.monotonic()
        try:
            yield
        except CredentialsError as error:
            if deadline and deadline.expired:
                raise DeadlineExceeded(f"{call.method} {call.path}: the run's time was over: {error}") from error
            raise
        except FAILURES as error:
            failure = self._failed(way, error)
            code = failure.reason if isinstance(failure, TransportError) else "Stopped"
            self._metrics.inc("api_requests_total", member=self.member, verb=verb, kind=kind, code=code)
            if deadline and deadline.expired and isinstance(failure, TransportError):
                raise DeadlineExceeded(f"{call.method} {call.path}: the run's time was over: {failure}") from error
            raise failure from error
        took = self._clock.monotonic() - began
        self._metrics.observe("api_request_duration_seconds", took, member=self.member, verb=verb, kind=kind)

    def _failed(self, way: Way, error: Exception) -> InformerError:
        failure = self._meaning(way, error)
        if self._breaker:
            self._breaker.failed(failure)
        return failure

    def _meaning(self, way: Way, error: Exception) -> InformerError:
        if self._stopped:
            return self._over()
        failure = translate(self.member, way.credentials.server, error)
        if isinstance(failure, ConnectionClosed) and self._breaker and self._breaker.dark:
            return ReadTimeout(self.member, f"no answer of {way.credentials.server}; given up, as the member is dark")
        if isinstance(failure, TlsError):
            return TlsError(self.member, f"{failure.message}, {way.credentials.distrust()}")
        return failure

    def _over(self) -> Stopped:
        return Stopped(f"{self.member}: the transport has been stopped")

    def _answered(self, call: _Call, response: BaseHTTPResponse) -> None:
        if self._breaker:
            self._breaker.succeeded()
        verb, kind = subject(call.method, call.path, call.query)
        self._metrics.inc("api_requests_total", member=self.member, verb=verb, kind=kind, code=str(response.status))

    def _refusal(self, way: Way, call: _Call, token: str | None, response: BaseHTTPResponse, body: bytes) -> ApiError:
        now = self._clock.now()
        asked = Asked(self.member, call.method, call.path, call.body, token, way.credentials.refused(token, now))
        error = refusal(asked, response.status, headers_of(response), body, now)
        if is_throttled(error):
            self._metrics.inc("api_throttle_seconds_total", error.retry_after or 0.0, member=self.member)
        return error
