"""The demonstration of a real ring, as its reader runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from multicasskop.world.kind import engine

pytestmark = [pytest.mark.kind]


@pytest.mark.timeout(1800)
def test_demo_of_a_real_ring_proves_what_it_claims(tmp_path: Path) -> None:
    """All claims hold, those about nodes and data too; neither clusters nor files nor the name server are left."""
    before, folder = containers(), tmp_path / "demo"
    command = [sys.executable, "-m", "multicasskop.operator", "demo", "--no-tui", "--pods=real", "-o", "json"]
    done = subprocess.run([*command, f"--dir={folder}"], capture_output=True, text=True, check=False, timeout=1500)
    assert done.returncode == 0, done.stdout + done.stderr
    claims = {claim["claim"]: claim["against"] for claim in json.loads(done.stdout)["claims"]}
    assert list(claims.values()) == [[]] * 6
    assert "4 nodes up and normal in dc1 and dc2, as nodetool says in both" in claims
    assert "200 orders written in dc1 with LOCAL_QUORUM, all of them read in dc2" in claims
    assert not folder.exists()
    assert containers() == before


def containers() -> set[str]:
    """The containers that there are."""
    return set(engine.docker("ps", "--all", "--quiet").split())
