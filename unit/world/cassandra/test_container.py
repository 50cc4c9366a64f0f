"""The world's image, as the programs that CassKop's pods start in it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from multicasskop.reconcilers.cassandracluster.jolokia.client import JolokiaClient
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Decommission, LiveNodes, OperationMode
from multicasskop.world.cassandra import container
from multicasskop.world.cassandra.addresses import anywhere

PATIENCE = 20.0
PROBE = Path(__file__).parents[3] / "e2e" / "world" / "images" / "probe.sh"
QUICK = {"SIMULATED_JOIN": "0.05", "SIMULATED_COMMAND": "0.05"}
PLAY = """
import sys, pathlib
from multicasskop.world.cassandra import container
container.CONFIGURATION = container.DATA = pathlib.Path(sys.argv[1])
sys.exit(container.main(sys.argv[2:]))
"""


class Pod:
    """A pod's containers, as processes of this machine; `seeds` are addresses here."""

    def __init__(self, folder: Path, name: str, seeds: str = "", **environment: str) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.address = folder, anywhere()
        facts = {"CASSANDRA_SEEDS": seeds, "CASSANDRA_DC": "dc1", "CASSANDRA_RACK": "rack1"}
        self._environment = {**os.environ, "POD_IP": self.address, "HOSTNAME": name, **facts, **QUICK, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str) -> int:
        """Run a program to its end and return its exit code."""
        return self._start(*arguments).wait(PATIENCE)

    def probe(self, address: str = "") -> int:
        """Probe the node as the kubelet does, at its own address or another; return the exit code."""
        given = {**self._environment, "POD_IP": address or self.address}
        return subprocess.run([str(PROBE)], env=given, stderr=subprocess.DEVNULL, check=False).returncode

    def begin(self) -> None:
        """Start as a pod does: bootstrap, then the node."""
        assert self.run() == 0
        self._process = self._start("cassandra", "-f")

    def end(self) -> str:
        """Ask the node to end, and return what it said."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        said, _ = self._process.communicate(timeout=PATIENCE)
        assert self._process.returncode == 0
        return said.decode()

    def kill(self) -> None:
        """End whatever runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def ask(self, question: Any) -> Any:  # noqa: ANN401  as the question says
        """Ask the node."""
        return JolokiaClient(self.address).ask(question)

    def _start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", PLAY, str(self.folder), *arguments]
        return subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture
def pods(tmp_path: Path) -> Iterator[list[Pod]]:
    """A seed and a second node, which end with the test."""
    first = Pod(tmp_path / "0", "demo-dc1-rack1-0")
    found = [first, Pod(tmp_path / "1", "demo-dc1-rack1-1", first.address)]
    yield found
    for pod in found:
        pod.kill()


def until(condition: Any) -> None:  # noqa: ANN401  a function
    """Return when it holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never held"
        time.sleep(0.02)


def test_two_containers_form_a_ring_and_one_leaves_it(pods: list[Pod]) -> None:
    """They find each other by the seed; the probe says when one is ready; commands are told on the output."""
    seed, other = pods
    assert seed.probe() == 1
    seed.begin()
    until(lambda: seed.probe() == 0)
    other.begin()
    until(lambda: other.ask(OperationMode()) == "NORMAL")
    until(lambda: {seed.address, other.address} == set(seed.ask(LiveNodes())))
    assert other.ask(Decommission()) is None
    assert other.ask(OperationMode()) == "DECOMMISSIONED"
    until(lambda: seed.ask(LiveNodes()) == (seed.address,))
    (line,) = other.end().splitlines()
    assert json.loads(line)["operation"] == "decommission"


def test_node_that_left_does_not_start_again_on_its_data(pods: list[Pod]) -> None:
    """It remembers by its host id, and hears from the seed that it has left."""
    seed, other = pods
    seed.begin()
    until(lambda: seed.probe() == 0)
    other.begin()
    until(lambda: other.ask(OperationMode()) == "NORMAL")
    other.ask(Decommission())
    until(lambda: seed.ask(LiveNodes()) == (seed.address,))
    other.end()
    assert other.run("cassandra", "-f") == container.CODE_OF_START


def test_builder_reads_what_it_is_given(tmp_path: Path) -> None:
    """Data that is no JSON fails the init container, as the real one would."""
    builder = {"CONFIG_OUTPUT_DIRECTORY": "/bootstrap", "CONFIG_FILE_DATA": '{"cluster-info": {"name": "demo"}}'}
    container.initialize(builder, tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="truncated"):
        container.initialize({**builder, "CONFIG_FILE_DATA": "{"}, tmp_path)


def test_host_id_stays_with_the_data(tmp_path: Path) -> None:
    """Where nothing can be kept it is new each time."""
    assert container.host_id(tmp_path) == container.host_id(tmp_path)
    gone = tmp_path / "gone"
    assert container.host_id(gone) != container.host_id(gone)


def test_credentials_are_those_of_the_variables() -> None:
    """Only where they are asked for."""
    given = {"CASSANDRA_AUTH_JOLOKIA": "true", "JOLOKIA_USER": "u", "JOLOKIA_PASSWORD": "p"}
    assert container.credentials(given) == ("u", "p")
    assert container.credentials({**given, "CASSANDRA_AUTH_JOLOKIA": ""}) is None


def test_probe_knows_the_credentials(tmp_path: Path) -> None:
    """A node that asks for credentials is probed with those of its pod; with others it does not count as alive."""
    asked = {"CASSANDRA_AUTH_JOLOKIA": "true", "JOLOKIA_USER": "u", "JOLOKIA_PASSWORD": "a long password " * 8}
    pod = Pod(tmp_path / "0", "demo-dc1-rack1-0", **asked)
    try:
        pod.begin()
        until(lambda: pod.probe() == 0)
        stranger = Pod(tmp_path / "1", "demo-dc1-rack1-1", **{**asked, "JOLOKIA_PASSWORD": "q"})
        assert stranger.probe(pod.address) == 1
    finally:
        pod.kill()
