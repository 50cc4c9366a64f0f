"""The ten thousand objects."""

from pathlib import Path

import msgspec
from multicasskop.crds.names import LAST_APPLIED, OWNER
from multicasskop.reconcilers.multicasskop.ownership import read_mark

from bench.crowd import cluster, last_version
from bench.settling import seeds


def test_objects_look_like_children() -> None:
    """They carry what both operators leave on a child: the mark of a parent of their own, seeds, CassKop's copy."""
    one, two = cluster(1), cluster(2)
    marks = [read_mark(each["metadata"]["annotations"][OWNER]) for each in (one, two)]
    assert len({mark.uid for mark in marks if mark}) == 2
    assert one["status"]["seedlist"] == [f"ring-00001-dc{dc}-rack{rack}-0.ring.example" for dc in "12" for rack in "12"]
    assert msgspec.json.decode(one["metadata"]["annotations"][LAST_APPLIED])["metadata"]["name"] == "ring-00001"
    assert seeds("x", []) == []


def test_last_version_is_that_of_the_last_line(tmp_path: Path) -> None:
    """A consumer has had everything when it has seen that one."""
    stream = tmp_path / "stream"
    lines = [{"type": "ADDED", "object": {"metadata": {"resourceVersion": version}}} for version in ("9", "12")]
    stream.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    assert last_version(stream) == "12"
