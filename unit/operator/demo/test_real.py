"""What the demonstration shows of a real ring."""

from pathlib import Path

import pytest
from multicasskop.operator.demo.real import RealStage, ring_lines, told
from multicasskop.operator.demo.stage import NAMES, sample
from multicasskop.world.errors import WorldError
from multicasskop.world.kind import bind
from multicasskop.world.kind.nodetool import Peer

HERE = Peer("dc1", "rack1", "10.0.0.1", "UN", "h1")
THERE = Peer("dc2", "rack4", "10.1.0.1", "UN", "h2")


def test_ring_is_shown_as_each_side_sees_it() -> None:
    """Each node is a line, with its state as seen from each datacenter, and dashes where it is not seen."""
    lines = ring_lines({"ring-dc1-0": (HERE, THERE._replace(state="DN")), "ring-dc2-0": (THERE,)})
    assert [line.split() for line in lines] == [
        ["DATACENTER", "RACK", "ADDRESS", "BY", "ring-dc1-0", "BY", "ring-dc2-0"],
        ["dc1", "rack1", "10.0.0.1", "UN", "--"],
        ["dc2", "rack4", "10.1.0.1", "DN", "UN"],
    ]


def test_what_a_node_sees_in_a_few_words() -> None:
    """A node that does not answer sees nothing."""
    assert told((HERE, THERE)) == "dc1/rack1 UN, dc2/rack4 UN"
    assert told(()) == "nothing"


def test_preparations_go_on_from_each_other(tmp_path: Path) -> None:
    """What is not there yet is named, instead of an error about something else."""
    stage = RealStage(tmp_path / "demo", sample())
    with pytest.raises(WorldError, match="clusters are not up"):
        stage.load_images()
    with pytest.raises(WorldError, match="images are not loaded"):
        stage.apply()
    assert len(stage.preparations(trace=False)) == 6


def test_name_server_of_a_killed_demonstration_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process finds the container by its name, which is written down before it is made."""
    ended: list[str] = []
    monkeypatch.setattr(bind, "end", ended.append)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / NAMES).write_text("multicasskop-demo-1")
    RealStage(tmp_path / "demo", sample()).strike()
    assert ended == ["multicasskop-demo-1"]
    assert not (tmp_path / "demo").exists()
