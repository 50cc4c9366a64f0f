"""The example of the informer layer's page, as its reader runs it: a controller over two clusters."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from multicasskop.world.kinds import CONFIGMAPS
from multicasskop.world.processes import wait_until
from multicasskop.world.world import World

pytestmark = [pytest.mark.planes]

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "how-to" / "mirror.py"
PATIENCE = 60.0


@pytest.fixture
def mirror(world: World, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The example over both members, with an administrator's rights."""
    command = [sys.executable, str(SCRIPT), *world.members]
    with (tmp_path / "mirror.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, "KUBECONFIG": str(world.kubeconfig)}, stderr=log)
    yield process
    process.kill()
    process.wait()


def test_example_mirrors_what_is_labelled(world: World, namespace: str, mirror: subprocess.Popen[bytes]) -> None:
    """A labelled ConfigMap is copied, follows its original, is put right by hand, and goes with it; others stay."""
    home, other = map(world.admin, world.members)

    def copied(name: str) -> object:
        found = other.find(CONFIGMAPS, namespace, name)
        return found and found.get("data")

    home.create(CONFIGMAPS, namespace, config_map("ours", mirror="yes"))
    home.create(CONFIGMAPS, namespace, config_map("own"))
    other.create(CONFIGMAPS, namespace, config_map("foreign"))
    assert wait_until(lambda: copied("ours") == {"a": "1"}, PATIENCE)
    home.patch(CONFIGMAPS, namespace, "ours", {"data": {"a": "2"}})
    assert wait_until(lambda: copied("ours") == {"a": "2"}, PATIENCE)
    other.patch(CONFIGMAPS, namespace, "ours", {"data": {"a": "3", "b": "4"}})
    assert wait_until(lambda: copied("ours") == {"a": "2"}, PATIENCE)
    home.delete(CONFIGMAPS, namespace, "ours")
    assert wait_until(lambda: copied("ours") is None, PATIENCE)
    assert (copied("own"), copied("foreign")) == (None, {"a": "1"})
    assert mirror.poll() is None


def config_map(name: str, **labels: str) -> dict[str, object]:
    """A ConfigMap with something in it."""
    return {"metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}
