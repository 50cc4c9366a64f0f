"""Servers for the tests of the wire, and credentials in files."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes.api_server import FakeApiServer
from fakes.credentials import CA, SERVER, config
from fakes.rig import Rigged, rig
from fakes.wire import AUTHORITY


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest) -> Iterator[FakeApiServer]:
    """Return a running server, once without TLS and once with it."""
    with FakeApiServer(AUTHORITY if request.param == "https" else None) as running:
        yield running


@pytest.fixture(params=[False, True], ids=["paged", "streamed"])
def rigged(request: pytest.FixtureRequest) -> Rigged:
    """Return `rig`, once with lists in pages and once with lists as the beginning of a stream."""
    return partial(rig, streamed=request.param)


@pytest.fixture
def plain() -> Iterator[FakeApiServer]:
    """Return a running server without TLS, for what does not depend on it."""
    with FakeApiServer() as running:
        yield running


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a kubeconfig and returns its path."""

    def to_file(cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> Path:
        path = tmp_path / "config"
        path.write_text(yaml.safe_dump(config(cluster, user)))
        return path

    return to_file


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    """Return a folder as a service account's is mounted."""
    for name, content in (("ca.crt", CA), ("token", b"canary-token\n"), ("server", SERVER.encode() + b"\n")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "namespace").write_text("ns")
    return tmp_path
