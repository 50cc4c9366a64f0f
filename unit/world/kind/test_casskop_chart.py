"""CassKop's chart in every member: what helm is told, with a stand-in for it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from multicasskop.world.kind import images
from multicasskop.world.kind.casskop_chart import CHART, casskops
from multicasskop.world.kind.cluster import Cluster
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.state import Ledger, State

MEMBERS = ("eu", "us")
STAND_IN = """\
#!{python}
import json, sys
values = next((json.load(open(each[9:])) for each in sys.argv if each.startswith("--values=")), None)
open({record!r}, "a").write(json.dumps([sys.argv[1:], values]) + "\\n")
"""


@pytest.fixture
def world(tmp_path: Path) -> KindWorld:
    """Two clusters stand written down."""
    ledger = Ledger(tmp_path / "world")
    with ledger.exclusive():
        ledger.create(State(MEMBERS, kind={name: Cluster(name, str(tmp_path), 0, 0, 7000) for name in MEMBERS}))
    return KindWorld(tmp_path / "world")


@pytest.fixture
def helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A helm that writes down what it is told."""
    monkeypatch.setattr(images, "operator_image", lambda: "multicasskop/operator:1")
    program = tmp_path / "helm"
    program.write_text(STAND_IN.format(python=sys.executable, record=str(tmp_path / "told")))
    program.chmod(0o755)
    return program


def told(helm: Path, command: str) -> dict[str, Any]:
    """By context: the values of the calls of a command, none where it has none."""
    lines = map(json.loads, (helm.parent / "told").read_text().splitlines())
    calls = [(asked, values) for asked, values in lines if asked[:2] == [command, "casskop"]]
    contexts = [next(each for each in asked if each.startswith("--kube-context=")) for asked, _ in calls]
    return {name.partition("=")[2]: values for name, (_, values) in zip(contexts, calls, strict=True)}


def test_each_member_has_one_by_its_name(world: KindWorld, helm: Path) -> None:
    """In each member the chart is installed with the member's name, the checkout's image and the values given."""
    with casskops(world, "ns", str(helm), {"workers": 2}):
        installed = told(helm, "install")
    assert {name: values["clusterName"] for name, values in installed.items()} == {name: name for name in MEMBERS}
    for values in installed.values():
        assert values["image"] == {"repository": "multicasskop/operator", "tag": "1"}
        assert values["crds"] == {"install": False}
        assert values["workers"] == 2
    assert str(CHART) in (helm.parent / "told").read_text()


def test_none_is_left(world: KindWorld, helm: Path) -> None:
    """Whatever happens in between, all are uninstalled."""
    with pytest.raises(KeyError), casskops(world, "ns", str(helm), {}):
        raise KeyError
    assert set(told(helm, "uninstall")) == set(MEMBERS)
