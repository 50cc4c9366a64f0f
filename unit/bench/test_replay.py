"""The server that replays a watch."""

import threading
from collections.abc import Iterator

import msgspec
import pytest
import urllib3

from bench.replay import Recording, chunk, pieces, serve

LINES = [b'{"type":"ADDED","object":{"n":1}}\n', b'{"type":"MODIFIED","object":{"n":2}}\n']
PATH = "/apis/db.orange.com/v2/cassandraclusters"


@pytest.fixture
def url() -> Iterator[str]:
    """Where a recording of two lines is served."""
    with serve(Recording(LINES, "41")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def watched(url: str, count: int, query: str = "") -> list[bytes]:
    """The first lines of a watch."""
    response = urllib3.request("GET", f"{url}{PATH}?watch=true{query}", preload_content=False, timeout=5)
    found: list[bytes] = []
    for piece in response.stream():
        found += piece.splitlines(keepends=True)
        if len(found) >= count:
            break
    response.close()
    return found


def test_list_is_empty_where_the_recording_begins(url: str) -> None:
    """Whoever lists begins with nothing, at the version from which the watch was recorded."""
    found = msgspec.json.decode(urllib3.request("GET", url + PATH).data)
    assert (found["kind"], found["items"]) == ("CassandraClusterList", [])
    assert found["metadata"]["resourceVersion"] == "41"


def test_watch_brings_all_lines_in_order(url: str) -> None:
    """A reader gets what was recorded, byte for byte, and so does the next one."""
    assert watched(url, 2) == LINES
    assert watched(url, 2) == LINES


def test_streamed_list_ends_before_the_recording(url: str) -> None:
    """A client that streams its list is told at once that it has all of it."""
    first, *rest = watched(url, 3, "&sendInitialEvents=true")
    metadata = msgspec.json.decode(first)["object"]["metadata"]
    assert metadata == {"resourceVersion": "41", "annotations": {"k8s.io/initial-events-end": "true"}}
    assert rest == LINES


def test_other_paths_are_answered(url: str) -> None:
    """Probes and look-ups of something else are of no importance."""
    assert urllib3.request("GET", f"{url}/livez").status == 200


def test_whoever_looks_for_the_kind_finds_it(url: str) -> None:
    """Namespaces, without which kopf does not begin, and the kind that was recorded."""
    paths = ("/api/v1", "/apis/db.orange.com/v2")
    found = [msgspec.json.decode(urllib3.request("GET", url + path).data)["resources"][0]["name"] for path in paths]
    assert found == ["namespaces", "cassandraclusters"]


def test_pieces_hold_whole_chunks() -> None:
    """Pieces are of a size that is worth a system call, and lose nothing."""
    chunks = [chunk(b"x" * 40) for _ in range(10)]
    found = list(pieces(chunks, size=100))
    assert b"".join(found) == b"".join(chunks)
    assert len(found) == 4
