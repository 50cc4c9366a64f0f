"""An engine for the tests of images: the only docker command on the path."""

import os
from pathlib import Path

import pytest
from fakes.docker import Engine, start


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A docker command that plays an engine without images and without buildx; caches go to a folder of the test."""
    found = start(tmp_path / "engine")
    monkeypatch.setenv("PATH", f"{found.folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DOCKER_BUILDKIT", raising=False)
    return found
