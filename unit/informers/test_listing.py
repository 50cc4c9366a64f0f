"""What is asked of the server."""

import pytest
from fakes.exchange import answer
from fakes.objects import WIDGETS, WIDGETS_PATH, item, listed, widget
from fakes.rig import rig
from multicasskop.informers import listing
from multicasskop.informers.decoding import Page
from multicasskop.informers.errors import EndlessList
from multicasskop.informers.listing import Extent, Query, Selection, page_query, stream_query, watch_query
from multicasskop.informers.states import Cause, Empty, Memory, Paging
from multicasskop.informers.transport import TransportOptions

LIMIT = ("limit", "500")
FLOOR: Query = (("resourceVersion", "10"), ("resourceVersionMatch", "NotOlderThan"))


@pytest.mark.parametrize(
    ("state", "query"),
    [
        pytest.param(Empty(), (LIMIT, ("resourceVersion", "0")), id="first"),
        pytest.param(Empty(Memory("10")), (LIMIT, *FLOOR), id="relist"),
        pytest.param(Empty(Memory("10", version_unusable=True)), (LIMIT,), id="version refused"),
        pytest.param(Empty(Memory("10"), whole=True), FLOOR, id="token expired"),
        pytest.param(Empty(Memory("10", version_unusable=True), whole=True), (), id="token and version refused"),
        pytest.param(Empty(Memory("0")), (LIMIT, ("resourceVersion", "0")), id="no floor"),
        pytest.param(Paging(Memory("10"), "t"), (LIMIT, ("continue", "t")), id="next page"),
    ],
)
def test_page_query(state: Empty | Paging, query: Query) -> None:
    """The first page carries a version as it may be asked for, the others the token alone."""
    assert page_query(state, 500) == query


@pytest.mark.parametrize(
    ("memory", "version"),
    [
        pytest.param(Memory(), "0", id="first"),
        pytest.param(Memory("0"), "0", id="no floor"),
        pytest.param(Memory("10"), "10", id="relist"),
        pytest.param(Memory("10", version_unusable=True), None, id="version refused"),
    ],
)
def test_stream_query(memory: Memory, version: str | None) -> None:
    """A streamed list is not older than a page would be; without a version the server takes its newest one."""
    others = {
        "watch": "true",
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "301",
    }
    floor = {"resourceVersion": version} if version else {}
    assert sorted(stream_query(memory, 301)) == sorted((others | floor).items())


def test_watch_query() -> None:
    """A watch begins at a version, asks for bookmarks, and says when it is to end."""
    assert dict(watch_query("10", 301)) == {
        "watch": "true",
        "resourceVersion": "10",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "301",
    }


@pytest.mark.parametrize(
    ("selection", "path", "query"),
    [
        pytest.param(Selection(WIDGETS), "/apis/example.com/v1/widgets", (), id="all"),
        pytest.param(Selection(WIDGETS, "ns"), "/apis/example.com/v1/namespaces/ns/widgets", (), id="namespace"),
        pytest.param(
            Selection(WIDGETS, "", "a=b", "c=d"),
            "/apis/example.com/v1/widgets",
            (("labelSelector", "a=b"), ("fieldSelector", "c=d")),
            id="selectors",
        ),
    ],
)
def test_selection(selection: Selection, path: str, query: Query) -> None:
    """A selection is a path and the parameters that every request carries."""
    assert (selection.path, selection.query) == (path, query)


def pages(*tokens: str) -> list[Page]:
    """Pages of one object each, with these tokens for the next one."""
    return [Page((item("a", 5),), "10", token) for token in tokens]


def grow(extent: Extent, *found: Page) -> None:
    """Take the pages of one list."""
    state: Empty | Paging = Empty()
    for page in found:
        extent.grow(state, page)
        state = Paging(Memory(), page.token)


def test_38_list_that_names_itself() -> None:
    """S38: a page whose token is the one that it was asked with ends the list, however often it would come."""
    with pytest.raises(EndlessList, match="names itself"):
        grow(Extent("m"), *pages("t", "u", "u"))


@pytest.mark.parametrize("limit", ["PAGES_MAX", "BYTES_MAX"])
def test_38_list_without_an_end(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S38: a list of too many pages, or too many bytes, is given up, and the next one begins from nothing."""
    monkeypatch.setattr(listing, limit, 3 if limit == "PAGES_MAX" else 3 * len(item("a", 5).record.raw))
    extent = Extent("m")
    grow(extent, *pages("1", "2", "3"))
    with pytest.raises(EndlessList, match="more than"):
        grow(extent, *pages("1", "2", "1", "2"))
    grow(extent, *pages("1", "2", ""))


def test_22_page_that_does_not_fit() -> None:
    """S22: a list that a cache sends in one piece, larger than what is held of an answer, comes in smaller pages."""
    whole = [widget(name, 5, filler="x" * 400) for name in "abcdef"]
    with rig(transport_options=TransportOptions(body_limit=3000)) as it:
        it.on_list(*whole, version=10)
        for number in range(0, 6, 2):
            token = f"t{number}" if number < 4 else ""
            it.server.on("GET", WIDGETS_PATH, answer(listed(*whole[number : number + 2], version=10, token=token)))
        it.server.on_watch(WIDGETS_PATH)
        it.start()
        assert it.journal.wait_for(6) == [f"add {name}@5" for name in "abcdef"]
        first, *others = it.lists(4)
    assert (first["resourceVersion"], first["limit"]) == ("0", "500")
    assert [query["limit"] for query in others] == ["50", "50", "50"]
    assert all("resourceVersion" not in query for query in others)


def test_38_circle_is_left() -> None:
    """S38: a member whose pages name each other is counted, waited for, and listed anew when it behaves."""
    with rig() as it:
        for _ in range(2):
            it.server.on("GET", WIDGETS_PATH, answer(listed(widget("a", 5), version=10, token="t")))  # noqa: S106
        it.start()
        it.paused()
        assert it.informer.last_fault is not None
        assert it.informer.last_fault.cause is Cause.ENDLESS_LIST
        assert not it.informer.has_synced
        it.on_list(widget("b", 6), version=11)
        it.server.on_watch(WIDGETS_PATH)
        it.let_pass()
        assert it.journal.wait_for(1) == ["add b@6"]
