"""What a fault does to a request and its answer, seen by the caller and by the server."""

import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import urllib3
from fakes.api_server import FakeApiServer
from fakes.exchange import answer
from fakes.proxied import MEMBER, Caller, event
from multicasskop.world.ports import is_served
from multicasskop.world.proxy.actions import (
    Action,
    BlackHole,
    Crash,
    Delay,
    DeliverTwice,
    Drip,
    EndlessPages,
    Hold,
    LoseAnswer,
    LoseRequest,
    Refuse,
    Reset,
    Status,
    Terminate,
    Travel,
)
from multicasskop.world.proxy.answers import REASONS
from multicasskop.world.proxy.rules import Match, Rule

PODS = "/api/v1/namespaces/team/pods"
LONG = {"text": "x" * 5000}
CODES = [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 502, 503, 504]


@pytest.fixture
def pods(server: FakeApiServer) -> FakeApiServer:
    """The server answers reads and creations."""
    server.on("GET", PODS, answer({"kind": "PodList", "metadata": {"resourceVersion": "9"}, "items": []}))
    server.on("POST", PODS, answer(LONG, 201))
    return server


def arm(caller: Caller, action: Action, **match: object) -> str:
    """Arm one rule for the first creation, or for what is told."""
    (name,) = caller.faults.arm(Rule(Match(**{"verb": "create", "nth": 1, **match}), action))  # type: ignore[arg-type]
    return name


def fails(caller: Caller, method: str = "POST") -> bool:
    """Whether a request ends without an answer."""
    try:
        caller.request(method, PODS, {} if method == "POST" else None)
    except urllib3.exceptions.HTTPError:
        return True
    return False


@pytest.mark.parametrize(
    ("action", "arrived", "forwarded"),
    [
        (Reset(), 0, 0),
        (LoseRequest(), 0, 0),
        (LoseAnswer(), 1, 1),
        (Reset(of="answer"), 1, 1),
        (Reset(of="answer", after=0), 1, 1),
    ],
    ids=["reset", "request lost", "answer lost", "half an answer", "no byte of an answer"],
)
def test_caller_without_an_answer(
    pods: FakeApiServer, caller: Caller, action: Action, arrived: int, forwarded: int
) -> None:
    """The caller gets no answer, whether or not the server has seen the request; the next one is answered."""
    name = arm(caller, action)
    assert fails(caller)
    assert len(pods.received("POST")) == arrived
    (entry,) = caller.faults.trace.wait_for(lambda entry: entry.rule == name)
    assert entry.forwarded == forwarded
    assert caller.request("POST", PODS, {}).json() == LONG


def test_delivered_twice(pods: FakeApiServer, caller: Caller) -> None:
    """The server sees two of the same, the caller gets the second answer."""
    pods.on("POST", PODS, answer({"kind": "Status"}, 409))
    arm(caller, DeliverTwice())
    assert caller.request("POST", PODS, {"a": 1}).status == 409
    assert [found.json for found in pods.received("POST")] == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize("code", CODES)
def test_status_as_the_server_says_it(pods: FakeApiServer, caller: Caller, code: int) -> None:
    """A refusal is a Status with its usual reason, and the server never saw the request."""
    arm(caller, Status(code))
    found = caller.request("POST", PODS, {})
    assert (found.status, found.json()["code"], found.json()["reason"]) == (code, code, REASONS.get(code, ""))
    assert pods.received("POST") == []


def test_status_in_other_words(pods: FakeApiServer, caller: Caller) -> None:
    """Reason, message and cause may be told."""
    arm(caller, Status(403, reason="Forbidden", message="exceeded quota", cause="NamespaceTerminating"))
    found = caller.request("POST", PODS, {}).json()
    assert (found["message"], found["details"]["causes"][0]["reason"]) == ("exceeded quota", "NamespaceTerminating")


@pytest.mark.parametrize(("form", "kind"), [("html", b"<html>"), ("empty", b"")])
def test_status_as_a_load_balancer_says_it(pods: FakeApiServer, caller: Caller, form: str, kind: bytes) -> None:
    """It may be a page, or nothing."""
    arm(caller, Status(502, form=form))  # type: ignore[arg-type]
    found = caller.request("POST", PODS, {})
    assert (found.status, found.data[:6]) == (502, kind)


@pytest.mark.parametrize("told", ["3", "999999999999", "soon"])
def test_retry_after_as_given(pods: FakeApiServer, caller: Caller, told: str) -> None:
    """Seconds and nonsense go out as they are."""
    arm(caller, Status(429, retry_after=told))
    assert caller.request("POST", PODS, {}).headers["retry-after"] == told


def test_retry_after_as_a_date(pods: FakeApiServer, caller: Caller) -> None:
    """A date is so many seconds ahead."""
    arm(caller, Status(429, retry_after="date+3600"))
    told = parsedate_to_datetime(caller.request("POST", PODS, {}).headers["retry-after"])
    assert 3500 < (told - datetime.now(UTC)).total_seconds() <= 3600


@pytest.mark.parametrize("of", ["request", "answer"])
def test_delay_ends_when_the_rule_goes(pods: FakeApiServer, caller: Caller, of: str) -> None:
    """A delay holds the request before the server sees it, or its answer, and not beyond its rule."""
    name = arm(caller, Delay(600, of=of))  # type: ignore[arg-type]
    with in_background(lambda: caller.request("POST", PODS, {})) as done:
        caller.faults.rules.wait_hit(name)
        if of == "answer":
            pods.wait_for(1, "POST")
        assert (len(pods.received("POST")), done.is_set()) == (int(of == "answer"), False)
        caller.faults.clear(name)
        assert done.wait(10)


def test_short_delay_is_over_by_itself(pods: FakeApiServer, caller: Caller) -> None:
    """A delay ends after its time."""
    arm(caller, Delay(0.01))
    assert caller.request("POST", PODS, {}).status == 201


def test_black_hole_answers_nothing(pods: FakeApiServer, caller: Caller) -> None:
    """The request is swallowed; when the fault is over the connection is reset, and the server has never seen it."""
    name = arm(caller, BlackHole())
    with in_background(lambda: fails(caller)) as done:
        caller.faults.rules.wait_hit(name)
        assert not done.wait(0.05)
        caller.faults.clear(name)
        assert done.wait(10)
    assert pods.received("POST") == []


@pytest.mark.parametrize(("then", "arrives"), [("forward", 1), ("drop", 0)])
def test_held_request(pods: FakeApiServer, caller: Caller, then: str, arrives: int) -> None:
    """A request is held until the rule goes; then it is sent on, or dropped."""
    name = arm(caller, Hold(then=then))  # type: ignore[arg-type]
    with in_background(lambda: fails(caller)) as done:
        caller.faults.rules.wait_hit(name)
        assert pods.received("POST") == []
        caller.faults.clear(name)
        assert done.wait(10)
    assert len(pods.received("POST")) == arrives


def test_refused_until_the_rule_goes(pods: FakeApiServer, caller: Caller) -> None:
    """The listener is closed and what stands is cut; on the same port it accepts again afterwards."""
    port = int(caller.url.rpartition(":")[2])
    caller.request("GET", PODS)
    name = arm(caller, Refuse())
    assert fails(caller)
    assert fails(caller, "GET")
    assert not is_served(port)
    caller.faults.clear(name)
    assert caller.request("POST", PODS, {}).status == 201


def test_refused_by_hand(pods: FakeApiServer, caller: Caller) -> None:
    """A test may refuse connections, cut those that stand, and accept again."""
    proxy = caller.faults.proxy(MEMBER)
    proxy.refuse()
    assert fails(caller, "GET")
    caller.faults.clear()  # rules are no matter of it
    assert fails(caller, "GET")
    proxy.accept()
    assert caller.request("GET", PODS).status == 200


def test_cut_ends_open_streams(server: FakeApiServer, caller: Caller) -> None:
    """A cut is felt by a watch that stands."""
    stream = server.on_watch(PODS)
    with caller.watch(PODS) as lines:
        stream.send(event("ADDED", "a", 1))
        next(lines)
        caller.faults.cut()
        with pytest.raises(urllib3.exceptions.ProtocolError):
            next(lines)


def test_slow_drip(pods: FakeApiServer, caller: Caller) -> None:
    """An answer in small pieces is whole in the end."""
    arm(caller, Drip(size=500, seconds=0.001))
    assert caller.request("POST", PODS, {}).json() == LONG


def test_endless_pages(pods: FakeApiServer, caller: Caller) -> None:
    """Each page has a token, and the token leads to the same page."""
    arm(caller, EndlessPages(), verb="list", nth=0)
    first = caller.request("GET", f"{PODS}?limit=5").json()
    token = first["metadata"]["continue"]
    assert caller.request("GET", f"{PODS}?limit=5&continue={token}").json() == first
    assert {found.target for found in pods.received("GET")} == {f"{PODS}?limit=5"}


def test_list_of_the_past(pods: FakeApiServer, caller: Caller) -> None:
    """A list that asks for any version is asked at an old one; a later page stays as it is."""
    arm(caller, Travel("7"), verb="list", nth=0)
    caller.request("GET", f"{PODS}?resourceVersion=0&limit=5")
    caller.request("GET", f"{PODS}?limit=5&continue=t")
    asked = [found.query for found in pods.received("GET")]
    exact = {"resourceVersion": "7", "limit": "5", "resourceVersionMatch": "Exact"}
    assert asked == [exact, {"limit": "5", "continue": "t"}]


@pytest.mark.parametrize(
    ("when", "arrived", "answered"), [("before", 0, False), ("after", 1, False), ("between", 1, True)]
)
def test_crash_at_a_counted_write(pods: FakeApiServer, caller: Caller, when: str, arrived: int, answered: bool) -> None:
    """The operator is killed before the server sees the write, after it has committed, or with the answer in hand."""
    seen: list[int] = []
    caller.faults.on_crash(lambda: seen.append(len(pods.received("POST"))))
    arm(caller, Crash(when), writes=True, verb=())  # type: ignore[arg-type]
    assert fails(caller) is not answered
    caller.faults.trace.wait_for(lambda entry: entry.is_counted)
    assert seen == [arrived]


def test_what_a_dying_operator_still_sends_is_dropped(pods: FakeApiServer, caller: Caller) -> None:
    """While the operator is being killed no other request of it gets through."""
    dying, dead = threading.Event(), threading.Event()
    caller.faults.on_crash(lambda: (dying.set(), dead.wait(10)))  # type: ignore[arg-type,func-returns-value]
    arm(caller, Crash("between"))
    caller.request("POST", PODS, {})
    assert dying.wait(10)
    with in_background(lambda: fails(caller)) as done:
        assert not done.wait(0.05)
        dead.set()
        assert done.wait(10)
    assert len(pods.received("POST")) == 1


def test_crash_without_an_operator_is_refused(caller: Caller) -> None:
    """A plan that kills needs somebody to kill."""
    with pytest.raises(ValueError, match="none was started through these proxies"):
        arm(caller, Crash("before"))


@pytest.mark.parametrize(("when", "arrived"), [("before", 0), ("after", 1), ("between", 1)])
def test_stop_at_a_counted_write(pods: FakeApiServer, caller: Caller, when: str, arrived: int) -> None:
    """The operator is asked to stop at that moment, and its write goes through all the same, and what it sends then."""
    seen: list[int] = []
    caller.faults.on_crash(lambda: None, lambda: seen.append(len(pods.received("POST"))))
    arm(caller, Terminate(when), writes=True, verb=())  # type: ignore[arg-type]
    assert not fails(caller)
    assert not fails(caller)
    caller.faults.trace.wait_for(lambda entry: entry.is_counted, count=2)
    assert seen == [arrived]


class in_background:  # noqa: N801 - used like a function
    """Run something in a thread; the event tells when it has ended."""

    def __init__(self, work: object) -> None:
        self._work, self._done = work, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._work()  # type: ignore[operator]
        finally:
            self._done.set()

    def __enter__(self) -> threading.Event:
        self._thread.start()
        return self._done

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
