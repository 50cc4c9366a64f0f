"""`plan -o wide`: each change in full, and which racks restart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.golden import agrees
from fakes.planning import Readable, lacks, readable
from fakes.rings import NAMES, rest
from fakes.stage import Stage, ring
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("quiet_logs")

LONG = [
    {"name": "JVM_OPTS", "value": "-Xmx2G -Dcassandra.consistent.rangemovement=false -Dfile=/tmp/x"},
    {"name": "TOKEN", "value": "x"},
]
NORTH = {"cassandraImage": "cassandra:4.1.5", "maxPodUnavailable": 2, "envVars": LONG}
MIXED = merged(ring(*NAMES), {"spec": {"override": {"eu-north": {"spec": NORTH}}}})


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Readable]:
    """Three members at rest."""
    with readable(rest(*NAMES), tmp_path) as found:
        yield found


def test_changes_are_shown_in_full(three: Readable, capsys: Capture) -> None:
    """Each has its path, old and new value however long they are, and what CassKop makes of it; secrets stay hidden."""
    assert three.run("plan", "-f", three.file(MIXED), "--live", "-o", "wide") == 1
    agrees("plan/wide.txt", capsys.readouterr().out)


def test_racks_that_are_made_are_named(tmp_path: Path, capsys: Capture) -> None:
    """Of a member that gets its child, the racks are named with their nodes, and nothing restarts."""
    with readable(Stage(*NAMES), tmp_path) as found:
        lacks(found, "demo")
        found.run("plan", "-f", found.file(ring(*NAMES)), "--members", ",".join(NAMES), "-o", "wide")
    written = capsys.readouterr().out
    assert written.count("creates  dc") == len(NAMES)
    assert "restarts" not in written.split("Order", maxsplit=1)[0]


def test_wide_says_nothing_more_where_nothing_changes(three: Readable, capsys: Capture) -> None:
    """A plan of no changes is the same in both forms."""
    file = three.file(ring(*NAMES))
    three.run("plan", "-f", file, "--live")
    plain = capsys.readouterr().out
    three.run("plan", "-f", file, "--live", "-o", "wide")
    assert capsys.readouterr().out == plain
