"""A server that replays one recorded watch, at full speed: `python -m bench.replay STREAM VERSION`.

The list is empty at the version where the recording began, and the watch from there brings all of it, one chunk per
event as a real API server sends them, then stays open and silent. It speaks plain HTTP on a free port of the loopback
device, prints the port, and ends with its parent's pipe.
"""

import sys
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
from multicasskop.crds.names import CASSANDRACLUSTER_KIND
from multicasskop.world.kinds import CASSANDRACLUSTERS

KIND = CASSANDRACLUSTERS
VERSION = {"groupVersion": KIND.api_version, "version": KIND.version}


def served(plural: str, singular: str, kind: str, *, namespaced: bool = True) -> dict[str, object]:
    """A kind as discovery tells of it."""
    verbs = ["get", "list", "watch"]
    return {"name": plural, "singularName": singular, "kind": kind, "namespaced": namespaced, "verbs": verbs}


# what clients are told that look for a kind, and for namespaces, without which kopf does not begin
DISCOVERY: dict[str, dict[str, object]] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {
        **{"kind": "APIResourceList", "groupVersion": "v1"},
        "resources": [served("namespaces", "namespace", "Namespace", namespaced=False)],
    },
    "/apis": {
        "kind": "APIGroupList",
        "groups": [{"name": KIND.group, "versions": [VERSION], "preferredVersion": VERSION}],
    },
    f"/apis/{KIND.api_version}": {
        **{"kind": "APIResourceList", "groupVersion": KIND.api_version},
        "resources": [served(KIND.plural, "cassandracluster", CASSANDRACLUSTER_KIND)],
    },
}
PIECE = 256 * 1024
END_OF_STATE = "k8s.io/initial-events-end"


class Recording:
    """A recorded stream, framed beforehand: sending it costs next to nothing, so what is measured is the reader."""

    def __init__(self, lines: Iterable[bytes], version: str) -> None:
        self.version = version
        self.pieces = tuple(pieces(chunk(line) for line in lines))

    def list(self) -> bytes:
        """The list before the recording."""
        return msgspec.json.encode(
            {
                "kind": f"{CASSANDRACLUSTER_KIND}List",
                "apiVersion": CASSANDRACLUSTERS.api_version,
                "metadata": {"resourceVersion": self.version},
                "items": [],
            }
        )

    def end_of_state(self) -> bytes:
        """The event by which a streamed list ends."""
        metadata = {"resourceVersion": self.version, "annotations": {END_OF_STATE: "true"}}
        body = {"kind": CASSANDRACLUSTER_KIND, "apiVersion": CASSANDRACLUSTERS.api_version, "metadata": metadata}
        return chunk(msgspec.json.encode({"type": "BOOKMARK", "object": body}) + b"\n")


def chunk(line: bytes) -> bytes:
    """A line as one chunk of a body."""
    return b"%x\r\n%b\r\n" % (len(line), line)


def pieces(chunks: Iterable[bytes], size: int = PIECE) -> Iterator[bytes]:
    """Chunks joined to pieces that are worth a system call."""
    held = bytearray()
    for each in chunks:
        held += each
        if len(held) >= size:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


class Handler(BaseHTTPRequestHandler):
    """Answers lists and watches of anybody, tells what is served, and gives a bare ok to all else."""

    protocol_version = "HTTP/1.1"

    def __init__(self, recording: Recording, *args: object) -> None:
        self._recording = recording
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """List, watch, or whatever else a client asks."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if not parts.path.endswith(f"/{CASSANDRACLUSTERS.plural}"):
            self._answer(msgspec.json.encode(DISCOVERY.get(parts.path, "ok")))
        elif query.get("watch") in ("true", "True", "1"):
            self._watch(streams_state=query.get("sendInitialEvents") == "true")
        else:
            self._answer(self._recording.list())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _watch(self, *, streams_state: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if streams_state:
            self.wfile.write(self._recording.end_of_state())
        try:
            for piece in self._recording.pieces:
                self.wfile.write(piece)
            self.rfile.read(1)  # until the client goes
        except ConnectionError:
            pass
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: each line would cost time in what is measured."""


def serve(recording: Recording) -> ThreadingHTTPServer:
    """A server of the recording on a free port of the loopback device; the caller runs it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, recording))
    server.daemon_threads = True
    return server


def main() -> None:
    """Serve until nobody holds the other end of standard input."""
    stream, version = sys.argv[1:]
    with Path(stream).open("rb") as lines, serve(Recording(lines, version)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
