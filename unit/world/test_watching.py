"""List and watch, as the world does it for itself."""

import json
import queue
from collections.abc import Iterator

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.exchange import answer, failure, status_object
from fakes.objects import Json, bookmark, event, listed, widget
from multicasskop.world.api import Api
from multicasskop.world.kinds import Kind
from multicasskop.world.watching import Watcher

AUTHORITY = Authority()
WIDGETS = Kind("example.com", "v1", "widgets")
PATH = WIDGETS.path()
PATIENCE = 10


class Watched:
    """A watcher at work, and what it told."""

    def __init__(self, server: FakeApiServer) -> None:
        self.server = server
        self._told: queue.Queue[str] = queue.Queue()
        api = Api("m", server.url, AUTHORITY.pem.decode(), "token")
        self.watcher = Watcher(api, WIDGETS, self._tell)

    def _tell(self, kind: str, item: Json) -> None:
        assert (item["apiVersion"], item["kind"]) == ("example.com/v1", "Widget")
        self._told.put(f"{kind} {item['metadata']['name']} {item['metadata']['resourceVersion']}")

    def told(self, count: int) -> list[str]:
        """The next pieces of news."""
        return [self._told.get(timeout=PATIENCE) for _ in range(count)]

    def silent(self) -> bool:
        """Whether there is no more news."""
        return self._told.empty()


@pytest.fixture
def watched() -> Iterator[Watched]:
    """A watcher that a test starts."""
    with FakeApiServer(AUTHORITY) as server:
        found = Watched(server)
        yield found
        if found.watcher.is_running():
            found.watcher.stop()


def test_list_then_watch_from_its_version(watched: Watched) -> None:
    """What is there is told first, then what happens, in the server's order."""
    watched.server.on("GET", PATH, answer(listed(widget("a", 3), version=5)))
    watch = watched.server.on_watch(PATH)
    watched.watcher.start()
    assert watched.told(1) == ["ADDED a 3"]
    assert watched.watcher.listed.wait(PATIENCE)
    assert watch.wait_opened().query["resourceVersion"] == "5"
    watch.send(event("MODIFIED", widget("a", 6)), bookmark(7), event("DELETED", widget("a", 8)))
    assert watched.told(2) == ["MODIFIED a 6", "DELETED a 8"]


def test_lines_may_come_in_any_pieces(watched: Watched) -> None:
    """Half a line waits for its other half, several lines in one piece are several events."""
    watched.server.on("GET", PATH, answer(listed(version=5)))
    watch = watched.server.on_watch(PATH)
    watched.watcher.start()
    watch.wait_opened()
    first, second = (json.dumps(event("ADDED", widget(name, 6))).encode() + b"\n" for name in "ab")
    watch.write(first[:10])
    watch.write(first[10:] + second)
    assert watched.told(2) == ["ADDED a 6", "ADDED b 6"]


def test_ended_watch_goes_on_where_it_was(watched: Watched) -> None:
    """A stream that the server ends is opened again from the newest version seen, without a list."""
    watched.server.on("GET", PATH, answer(listed(version=5)))
    first = watched.server.on_watch(PATH)
    second = watched.server.on_watch(PATH)
    watched.watcher.start()
    first.wait_opened()
    first.send(event("ADDED", widget("a", 6)), bookmark(9))
    assert watched.told(1) == ["ADDED a 6"]
    first.end()
    assert second.wait_opened().query["resourceVersion"] == "9"
    assert len(watched.server.received("GET", PATH)) == 1


def test_gap_is_closed_by_comparing(watched: Watched) -> None:
    """After an expired version the list tells what is new, newer and gone, and repeats nothing."""
    before = listed(widget("same", 1), widget("newer", 1), widget("gone", 1), version=5)
    after = listed(widget("same", 1), widget("newer", 7), widget("new", 8), version=9)
    watched.server.on("GET", PATH, answer(before), answer(after))
    first = watched.server.on_watch(PATH)
    second = watched.server.on_watch(PATH)
    watched.watcher.start()
    assert len(watched.told(3)) == 3
    first.wait_opened()
    first.send({"type": "ERROR", "object": status_object(410, "Expired", "too old")})
    assert sorted(watched.told(3)) == ["ADDED new 8", "DELETED gone 1", "MODIFIED newer 7"]
    assert second.wait_opened().query["resourceVersion"] == "9"
    assert watched.silent()


def test_kind_that_is_not_served_yet_is_waited_for(watched: Watched) -> None:
    """A watcher may be started before its kind exists."""
    watched.server.on("GET", PATH, failure(404, "NotFound"), answer(listed(widget("a", 3), version=5)))
    watched.server.on_watch(PATH)
    watched.watcher.start()
    assert watched.told(1) == ["ADDED a 3"]


def test_connection_that_breaks_is_made_again(watched: Watched) -> None:
    """A stream that is cut is followed by a list and another stream."""
    watched.server.on("GET", PATH, answer(listed(version=5)), answer(listed(widget("a", 6), version=7)))
    first = watched.server.on_watch(PATH)
    watched.server.on_watch(PATH)
    watched.watcher.start()
    first.wait_opened()
    first.reset()
    assert watched.told(1) == ["ADDED a 6"]


def test_stop_ends_a_silent_watch_at_once(watched: Watched) -> None:
    """Stopping doesn't wait for the server to say something."""
    watched.server.on("GET", PATH, answer(listed(version=5)))
    watch = watched.server.on_watch(PATH)
    watched.watcher.start()
    watch.wait_opened()
    watched.watcher.stop()
    assert not watched.watcher.is_running()
    assert len(watched.server.received("WATCH", PATH)) == 1


def test_stop_before_the_start_is_all_right(watched: Watched) -> None:
    """What never ran can be stopped."""
    watched.watcher.stop()
    assert not watched.watcher.is_running()
