"""What a fault does to the lines of a watch."""

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
import urllib3
from fakes.api_server import FakeApiServer, Watch
from fakes.exchange import answer
from fakes.proxied import Caller, event
from multicasskop.world.proxy.actions import Action, BlackHole, Delay, Reset
from multicasskop.world.proxy.line_actions import (
    CoalesceLines,
    DropLines,
    EndStream,
    ErrorLine,
    HoldLines,
    InsertLine,
    RepeatLines,
)
from multicasskop.world.proxy.rules import Match, Rule

PODS = "/api/v1/namespaces/team/pods"
LINES = (event("ADDED", "a", 1), event("MODIFIED", "a", 2), event("BOOKMARK", "", 3), event("DELETED", "a", 4))
A, M, B, D = (line.rstrip() for line in LINES)


def arm(caller: Caller, action: Action) -> str:
    """Arm a rule for watches."""
    (name,) = caller.faults.arm(Rule(Match(verb="watch"), action))
    return name


def send_all(stream: Watch) -> None:
    """Send all lines, one by one, and end the stream; a proxy that has left already does not matter."""
    stream.wait_opened()
    with suppress(OSError):
        stream.send(*LINES)
        stream.end()


@pytest.mark.parametrize(
    ("action", "given"),
    [
        (EndStream(after=1), [A]),
        (EndStream(after=3), [A, M, B]),
        (EndStream(after=1, cut=True), [A, M[: len(LINES[1]) // 2]]),
        (EndStream(cut=True), [A[: len(LINES[0]) // 2]]),
        (InsertLine("{nonsense"), [b"{nonsense", A, M, B, D]),
        (InsertLine('{"type": "SURPRISE"}', after=2), [A, M, b'{"type": "SURPRISE"}', B, D]),
        (InsertLine("", size=9, after=4), [A, M, B, D, b"x" * 9]),
        (DropLines("BOOKMARK"), [A, M, D]),
        (RepeatLines(), [A, A, M, M, B, B, D, D]),
        (RepeatLines(late=2), [A, M, B, A, D, M]),
        (Delay(0.001, of="lines"), [A, M, B, D]),
        (Delay(0.001), [A, M, B, D]),
        (HoldLines(seconds=0.01), [A, M, B, D]),
    ],
    ids=str,
)
def test_lines_that_a_caller_is_given(
    server: FakeApiServer, caller: Caller, action: Action, given: list[bytes]
) -> None:
    """The lines are as the fault says, and the stream ends cleanly."""
    stream = server.on_watch(PODS)
    arm(caller, action)
    with caller.watch(PODS) as lines:
        send_all(stream)
        assert list(lines) == given


def test_stream_that_ends_at_once(server: FakeApiServer, caller: Caller) -> None:
    """A watch may end before its first line, while the server would go on."""
    stream = server.on_watch(PODS)
    arm(caller, EndStream())
    with caller.watch(PODS) as lines:
        stream.wait_opened()
        assert list(lines) == []
    server.on("GET", PODS, answer({"next": True}))
    assert caller.request("GET", PODS).json() == {"next": True}


@pytest.mark.parametrize(
    ("action", "before"),
    [(ErrorLine(), 0), (ErrorLine(after=2), 2), (ErrorLine(behind_bookmark=True), 3)],
    ids=["first", "after two lines", "behind a bookmark"],
)
def test_expired_in_the_stream(server: FakeApiServer, caller: Caller, action: Action, before: int) -> None:
    """The error comes as an event of its own, behind some lines, and the stream ends with it."""
    stream = server.on_watch(PODS)
    arm(caller, action)
    with caller.watch(PODS) as lines:
        send_all(stream)
        *some, last = lines
    assert some == [A, M, B, D][:before]
    told = json.loads(last)
    assert (told["type"], told["object"]["code"], told["object"]["reason"]) == ("ERROR", 410, "Expired")


def test_reset_in_the_middle_of_a_line(server: FakeApiServer, caller: Caller) -> None:
    """The connection is reset after half of a line."""
    stream = server.on_watch(PODS)
    arm(caller, Reset(of="lines", after=1))
    with caller.watch(PODS) as lines:
        send_all(stream)
        assert next(lines) == A
        with pytest.raises(urllib3.exceptions.ProtocolError):
            rest(lines)


def rest(lines: Iterator[bytes]) -> list[bytes]:
    """What is left."""
    return list(lines)


def test_held_lines_come_in_order(server: FakeApiServer, caller: Caller) -> None:
    """Lines are held, also those of a stream that was open before; when the rule goes they come, and later ones too."""
    stream = server.on_watch(PODS)
    with caller.watch(PODS) as lines:
        stream.wait_opened()
        stream.send(LINES[0])
        assert next(lines) == A
        name = arm(caller, HoldLines())
        stream.send(*LINES[1:3])
        caller.faults.trace.wait_for_lines(lambda line: line.rule == name, count=2)
        assert len(caller.faults.trace.watched()) == 1
        caller.faults.clear(name)
        assert [next(lines), next(lines)] == [M, B]
        stream.send(LINES[3])
        assert next(lines) == D


def test_unseen_states(server: FakeApiServer, caller: Caller) -> None:
    """Of held lines only the last of each object is given, and nothing of one that came and went."""
    stream = server.on_watch(PODS)
    name = arm(caller, CoalesceLines())
    with caller.watch(PODS) as lines:
        stream.wait_opened()
        stream.send(event("MODIFIED", "b", 1), event("ADDED", "a", 2), event("ADDED", "c", 3))
        stream.send(event("MODIFIED", "a", 4), event("DELETED", "c", 5), event("DELETED", "b", 6))
        stream.end()
        caller.faults.trace.wait_for_lines(lambda line: line.rule == name and not line.given, count=6)
        caller.faults.clear(name)
        assert list(lines) == [event("MODIFIED", "a", 4).rstrip(), event("DELETED", "b", 6).rstrip()]


def test_black_hole_over_an_open_stream(server: FakeApiServer, caller: Caller) -> None:
    """Nothing comes any more, the end neither; when the fault is over the connection is reset."""
    stream = server.on_watch(PODS)
    with caller.watch(PODS) as lines:
        stream.wait_opened()
        stream.send(LINES[0])
        assert next(lines) == A
        name = arm(caller, BlackHole())
        stream.send(*LINES[1:])
        caller.faults.trace.wait_for_lines(lambda line: line.rule == name, count=3)
        caller.faults.clear(name)
        with pytest.raises(urllib3.exceptions.ProtocolError):
            rest(lines)
    assert [line.type for line in caller.faults.trace.watched()] == ["ADDED"]


def test_another_rule_takes_an_open_stream(server: FakeApiServer, caller: Caller) -> None:
    """A stream that stands meets a rule that is armed later, at its next line."""
    stream = server.on_watch(PODS)
    with caller.watch(PODS) as lines:
        stream.wait_opened()
        stream.send(LINES[0])
        assert next(lines) == A
        name = arm(caller, InsertLine("inserted"))
        assert next(lines) == b"inserted"
        assert caller.faults.rules.hits(name) == 1
        stream.end()
        assert list(lines) == []
    (seen,) = caller.faults.trace.wait_for(lambda entry: entry.verb == "watch")
    assert seen.rule == name
