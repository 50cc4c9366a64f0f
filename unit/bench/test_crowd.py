"""The ten thousand objects."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from multicasskop.crds.names import LAST_APPLIED, OWNER
from multicasskop.reconcilers.multicasskop.ownership import read_mark

from bench.crowd import BOOKMARK, cluster, last_version, record
from bench.settling import seeds


def test_objects_look_like_children() -> None:
    """They carry what both operators leave on a child: the mark of a parent of their own, seeds, CassKop's copy."""
    one, two = cluster(1), cluster(2)
    marks = [read_mark(each["metadata"]["annotations"][OWNER]) for each in (one, two)]
    assert len({mark.uid for mark in marks if mark}) == 2
    assert one["status"]["seedlist"] == [f"ring-00001-dc{dc}-rack{rack}-0.ring.example" for dc in "12" for rack in "12"]
    assert msgspec.json.decode(one["metadata"]["annotations"][LAST_APPLIED])["metadata"]["name"] == "ring-00001"
    assert seeds("x", []) == []


class Server:
    """Ends each watch after two lines and a bookmark; stands in for the API of a member."""

    def __init__(self, *lines: bytes) -> None:
        """Send these lines, with versions from 1 on."""
        self.lines, self.asked = lines, list[str]()

    @contextmanager
    def watch(self, _kind: object, _namespace: str, version: str) -> Iterator["Server"]:
        """Begin behind a version."""
        self.asked.append(version)
        yield self

    def stream(self, _size: int) -> Iterator[bytes]:
        """Send what comes next."""
        at = int(self.asked[-1])
        yield b"\n".join([*self.lines[at : at + 2], BOOKMARK + b',"object":{}}', b""])


def added(version: int) -> bytes:
    """Return a line."""
    return msgspec.json.encode({"type": "ADDED", "object": {"metadata": {"resourceVersion": str(version)}}})


def test_recording_goes_on_when_a_server_ends_the_watch(tmp_path: Path) -> None:
    """A recording has all lines that were asked for, each once, however many watches that takes, and no other."""
    lines = [added(version) for version in range(1, 7)]
    server: Any = Server(*lines)
    record(server, "0", tmp_path / "stream", 5)
    assert (tmp_path / "stream").read_bytes().splitlines() == lines[:5]
    assert server.asked == ["0", "2", "4"]


def test_recording_that_cannot_be_complete(tmp_path: Path) -> None:
    """A server that refuses to go on makes the recording fail, and no file appears."""
    server: Any = Server(added(1), b'{"type":"ERROR","object":{"code":410}}')
    with pytest.raises(ValueError, match="410"):
        record(server, "0", tmp_path / "stream", 5)
    assert not (tmp_path / "stream").exists()


def test_last_version_is_that_of_the_last_line(tmp_path: Path) -> None:
    """A consumer has had everything when it has seen that one."""
    stream = tmp_path / "stream"
    lines = [{"type": "ADDED", "object": {"metadata": {"resourceVersion": version}}} for version in ("9", "12")]
    stream.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    assert last_version(stream) == "12"
