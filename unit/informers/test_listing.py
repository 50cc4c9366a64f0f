"""What is asked of the server."""

import pytest
from fakes.objects import WIDGETS
from multicasskop.informers.listing import Query, Selection, page_query, watch_query
from multicasskop.informers.states import Empty, Memory, Paging

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
