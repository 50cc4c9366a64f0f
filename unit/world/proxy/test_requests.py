"""What the proxy reads off a request, and how bytes become requests."""

import socket
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.world.proxy.requests import Request, Resource, resource_of
from multicasskop.world.proxy.wire import Broken, Chunks, Wire, body_of

GROUP = "/apis/db.orange.com/v2"
PATHS = {
    "/livez": Resource(),
    "/apis": Resource(),
    "/api/v1/nodes": Resource("", "nodes"),
    "/api/v1/namespaces": Resource("", "namespaces"),
    "/api/v1/namespaces/team": Resource("", "namespaces", "", "team"),
    "/api/v1/namespaces/team/status": Resource("", "namespaces", "", "team", "status"),
    "/api/v1/namespaces/team/pods": Resource("", "pods", "team"),
    "/api/v1/namespaces/team/pods/a/log": Resource("", "pods", "team", "a", "log"),
    f"{GROUP}/multicasskops": Resource("db.orange.com", "multicasskops"),
    f"{GROUP}/namespaces/team/multicasskops/a": Resource("db.orange.com", "multicasskops", "team", "a"),
    f"{GROUP}/namespaces/team/multicasskops/a/status": Resource(
        "db.orange.com", "multicasskops", "team", "a", "status"
    ),
}


def request(method: str, target: str, content: bytes = b"", **headers: str) -> Request:
    """A request of a member."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("one", 1, method, target, named, content)


@pytest.mark.parametrize(("path", "resource"), PATHS.items(), ids=PATHS)
def test_path_tells_the_resource(path: str, resource: Resource) -> None:
    """Group, plural, namespace, name and sub-resource are read off the path."""
    assert resource_of(path) == resource


@pytest.mark.parametrize(
    ("method", "target", "verb"),
    [
        ("GET", "/api/v1/pods", "list"),
        ("GET", "/api/v1/pods?watch=true", "watch"),
        ("GET", "/api/v1/pods?watch=1", "watch"),
        ("GET", "/api/v1/namespaces/team/pods/a", "get"),
        ("GET", "/livez", "get"),
        ("POST", "/api/v1/namespaces/team/pods", "create"),
        ("PUT", "/api/v1/namespaces/team/pods/a", "update"),
        ("PATCH", "/api/v1/namespaces/team/pods/a", "patch"),
        ("DELETE", "/api/v1/namespaces/team/pods/a", "delete"),
        ("DELETE", "/api/v1/namespaces/team/pods", "deletecollection"),
    ],
)
def test_verb_is_as_rbac_calls_it(method: str, target: str, verb: str) -> None:
    """Method, path and parameters make the verb."""
    found = request(method, target)
    assert (found.verb, found.is_mutating) == (verb, method != "GET")


@pytest.mark.parametrize(
    ("method", "path", "content", "name"),
    [
        ("POST", "/api/v1/namespaces/team/pods", b'{"metadata": {"name": "a"}}', "a"),
        ("POST", "/api/v1/namespaces/team/pods", b'{"metadata": null}', ""),
        ("POST", "/api/v1/namespaces/team/pods", b"[]", ""),
        ("PATCH", "/api/v1/namespaces/team/pods/a", b'{"metadata": {"name": "b"}}', "a"),
    ],
)
def test_creation_has_its_name_in_the_body(method: str, path: str, content: bytes, name: str) -> None:
    """An object's name stands in the path, but for one that is created."""
    assert request(method, path, content).name == name


def test_manager_is_the_parameter_or_the_program() -> None:
    """The field manager is what is asked for, else the first word of the user agent, as the server does it."""
    assert request("PATCH", "/x?fieldManager=ours", user_agent="kubectl/1.36").manager == "ours"
    assert request("PATCH", "/x", user_agent="kubectl/1.36").manager == "kubectl"


def test_body_that_is_no_json_is_none() -> None:
    """A body is plain data, or nothing."""
    assert request("POST", "/x", b'{"a": [1]}').body == {"a": [1]}
    assert request("POST", "/x", b"{").body is None
    assert request("GET", "/x").body is None


def test_other_parameters() -> None:
    """A request may be asked with other parameters; the rest of it stays."""
    found = request("GET", "/x?a=1&b=2", accept="application/json").asking(a="3", b=None, c="4")
    assert (found.target, found.headers) == ("/x?a=3&c=4", {"accept": "application/json"})
    assert request("GET", "/x?a=1").asking(a=None).target == "/x"


def test_text_of_a_request_has_no_token() -> None:
    """Neither headers nor body show when a request is printed."""
    text = repr(request("POST", "/x", b"hunter2", authorization="Bearer s3cret"))
    assert "s3cret" not in text
    assert "hunter2" not in text


def test_what_is_sent_on_has_its_own_framing() -> None:
    """Headers between two neighbours are replaced, all others kept, and answers are asked for uncompressed."""
    sent = request("POST", "/x", b"{}", host="proxy", accept_encoding="gzip", content_type="a/b", connection="close")
    assert sent.wire("server:1") == (
        b"POST /x HTTP/1.1\r\nhost: server:1\r\ncontent-type: a/b\r\ncontent-length: 2\r\n\r\n{}"
    )


CHUNKED = b"5\r\nhello\r\n1;x=y\r\n \r\na\r\n0123456789\r\n0\r\n\r\n"


@given(st.sets(st.integers(1, len(CHUNKED) - 1)))
def test_chunks_cut_anywhere(cuts: set[int]) -> None:
    """However the bytes of a chunked body arrive, the payload is the same and its end is seen."""
    places = [0, *sorted(cuts), len(CHUNKED)]
    chunks = Chunks()
    found = b"".join(chunks.feed(CHUNKED[one:two]) for one, two in pairwise(places))
    assert (found, chunks.ended, chunks.rest) == (b"hello 0123456789", True, b"")


def test_bytes_behind_a_chunked_body_are_kept() -> None:
    """What follows the end belongs to the next message."""
    chunks = Chunks()
    assert chunks.feed(CHUNKED + b"HTTP") == b"hello 0123456789"
    assert chunks.rest == b"HTTP"


@pytest.mark.parametrize(
    "data",
    [
        b"POST /x HTTP/1.1\r\ncontent-length: 5\r\n\r\nhelloPOST",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nPOST",
    ],
    ids=["length", "chunks"],
)
def test_message_ends_where_it_says(data: bytes) -> None:
    """Head and body are read, by length or in chunks, and the next message stays."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        wire = Wire(ours)
        head = wire.head()
        assert head is not None
        assert body_of(wire, head, asks=True) == b"hello"
        assert wire.exactly(4) == b"POST"


HEAD = b"POST /x HTTP/1.1\r\n"
BROKEN = [
    b"POST /x",
    HEAD + b"content-length: 5\r\n\r\nhel",
    HEAD + b"content-length: five\r\n\r\nhello",
    HEAD + b"transfer-encoding: chunked\r\n\r\nfive\r\nhello",
]


@pytest.mark.parametrize("data", BROKEN)
def test_message_that_is_cut_or_none_is_broken(data: bytes) -> None:
    """A message that is cut, or has no numbers where they should be, is no message."""
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(data)
        theirs.close()
        with pytest.raises(Broken):
            read_message(Wire(ours))


def read_message(wire: Wire) -> None:
    """Read one message."""
    head = wire.head()
    assert head is not None
    body_of(wire, head, asks=True)


def test_reset_is_a_reset() -> None:
    """The other side is told by a reset, not by an end."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as theirs:
        ours, _ = server.accept()
        Wire(ours).reset()
        with pytest.raises(ConnectionResetError):
            theirs.recv(1)
