"""The example of the informer layer's page, as a process, beside servers of the test's own."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from fakes.api_server import FakeApiServer, Watch
from fakes.exchange import PATIENCE, answer

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "how-to" / "mirror.py"
ALL, ONE = "/api/v1/configmaps", "/api/v1/namespaces/ns/configmaps"
ORIGINAL = {"metadata": {"name": "ours", "namespace": "ns", "uid": "u", "resourceVersion": "5"}, "data": {"a": "1"}}


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port where nobody answers."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def serving(server: FakeApiServer, *items: object) -> FakeApiServer:
    """Let a server list these ConfigMaps, and take new ones."""
    listed = {"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"resourceVersion": "9"}, "items": items}
    server.on("GET", ALL, answer(listed))
    server.on("GET", "/livez", answer("ok"))
    server.on("POST", ONE, answer(ORIGINAL, 201))
    server.on_watch(ALL, Watch())
    return server


def kubeconfig(path: Path, **servers: str) -> Path:
    """A file with a context for each server."""
    whole = {
        "clusters": [{"name": name, "cluster": {"server": url}} for name, url in servers.items()],
        "users": [{"name": "user", "user": {"token": "token"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "user"}} for name in servers],
    }
    path.write_text(yaml.safe_dump(whole))
    return path


def test_a_dark_cluster_holds_up_no_other_and_ctrl_c_ends_it(tmp_path: Path, closed_port: int) -> None:
    """The cluster behind one that does not answer gets its copy, and an interrupt ends all threads."""
    with serving(FakeApiServer(), ORIGINAL) as first, serving(FakeApiServer()) as bright:
        dark = f"http://127.0.0.1:{closed_port}"
        file = kubeconfig(tmp_path / "kubeconfig", first=first.url, dark=dark, bright=bright.url)
        command = [sys.executable, str(SCRIPT), "first", "dark", "bright"]
        process = subprocess.Popen(command, env={**os.environ, "KUBECONFIG": str(file)}, stderr=subprocess.PIPE)
        try:
            (made,) = bright.wait_for(1, "POST", ONE)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert json.loads(made.body)["data"] == {"a": "1"}
    assert process.returncode == 0
    assert told.decode().endswith("stopped\n")
