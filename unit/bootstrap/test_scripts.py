"""The scripts beside Cassandra, as bash runs them, against nodes that answer like Jolokia on addresses of their own."""

import base64
import json
import random
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import multicasskop.bootstrap
import pytest
from multicasskop.bootstrap.prepare import JOLOKIA_PORT, Me, facts

ASSETS = Path(multicasskop.bootstrap.__file__).parent / "assets"
QUICK = {"MULTICASSKOP_TRIES": "1", "MULTICASSKOP_PAUSE": "0.1"}
# tests of other processes draw addresses at the same time
SYSTEM_RANDOM = random.SystemRandom()
SYSTEM = ["system_auth", "system_distributed", "system_traces"]


@dataclass
class Node:
    """A node's Jolokia: attributes of the storage service, and who may read them."""

    address: str
    answers: dict[str, Any] = field(default_factory=lambda: {"OperationMode": "NORMAL", "NonSystemKeyspaces": SYSTEM})
    login: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        """Code and body, as Jolokia 1.6 gives them; errors are told in the body."""
        if self.login and authorization != f"Basic {base64.b64encode(self.login.encode()).decode()}":
            return 401, b""
        attribute = path.rpartition("/")[2]
        self.asked.append(attribute)
        if attribute not in self.answers:
            return 200, b'{"error_type":"javax.management.AttributeNotFoundException","status":404}'
        request = {"mbean": "org.apache.cassandra.db:type=StorageService", "attribute": attribute, "type": "read"}
        said = {"request": request, "value": self.answers[attribute], "timestamp": 1, "status": 200}
        return 200, json.dumps(said, separators=(",", ":")).encode()


def address() -> str:
    """A loopback address that no other test has."""
    low = SYSTEM_RANDOM.randint(2, 250)
    return f"127.{SYSTEM_RANDOM.randint(1, 250)}.{SYSTEM_RANDOM.randint(0, 255)}.{low}"


@pytest.fixture
def serve() -> Iterator[Callable[..., Node]]:
    """Start nodes; all of them are gone afterwards."""
    servers: list[ThreadingHTTPServer] = []

    def start(**fields: Any) -> Node:  # noqa: ANN401 - any field of a node
        node = Node(address(), **fields)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                code, body = node.answer(self.path, self.headers.get("Authorization", ""))
                self.send_response(code)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing on stderr."""

        servers.append(ThreadingHTTPServer((node.address, JOLOKIA_PORT), Handler))
        Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return node

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@dataclass
class Pod:
    """The folders of a pod, and who its node is."""

    root: Path
    me: Me

    def __post_init__(self) -> None:
        self.own = self.root / "etc" / "multicasskop"
        self.data = self.root / "var" / "data"
        self.own.mkdir(parents=True)
        self.data.mkdir(parents=True)
        for asset in ASSETS.glob("*.sh"):
            shutil.copy(asset, self.own.parent if "probe" in asset.name else self.own)
        config = {"data_file_directories": [str(self.data)]}
        (self.own / "node.env").write_text(facts(self.me, config))
        (self.own / "joining.yaml").write_text("seeds: '@ANSWERING@'\n")

    @property
    def marker(self) -> Path:
        """That it joins, and has not joined yet."""
        return self.data.parent / ".multicasskop-joining"

    def has_data(self) -> None:
        """As after a first start."""
        (self.data / "system" / "local-7ad5").mkdir(parents=True)

    def start(self, path: str = "/usr/local/bin:/usr/bin:/bin") -> subprocess.Popen[str]:
        """Run start.sh, with programs from there."""
        command = ["bash", str(self.own / "start.sh")]
        return subprocess.Popen(
            command, env=environment({**QUICK, "PATH": path}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, script: str, *arguments: str, **more: str) -> tuple[int, str]:
        """Run a script; its code, and what it printed."""
        command = ["bash", str(script), *arguments]
        done = subprocess.run(
            command, cwd=self.own.parent, env=environment(more), capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stdout.strip()


def environment(more: dict[str, str]) -> dict[str, str]:
    """Nothing of the test's own environment but the path."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", **more}


@pytest.fixture
def pod(tmp_path: Path) -> Callable[..., Pod]:
    """Make a pod whose node has this address, or a dead one, among these seeds."""

    def make(*seeds: str, address: str = "127.0.0.250") -> Pod:
        return Pod(tmp_path, Me("demo-dc1-rack1-0", address, seeds))

    return make


def dead() -> str:
    """An address at which nothing answers."""
    return address()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Code, options and log of a start that may start."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_first_of_the_seeds_begins_the_ring(pod: Callable[..., Pod]) -> None:
    """Where no other node is up, the first seed, without data, starts as it is configured."""
    code, options, log = ended(pod("demo-dc1-rack1-0.zone", dead()).start())
    assert (code, options) == (0, "")
    assert log.endswith("begins the ring\n")


def test_first_of_the_seeds_waits_while_others_have_names(pod: Callable[..., Pod]) -> None:
    """Without data, and cut off from a ring whose nodes have names, it begins no second one."""
    process = pod("demo-dc1-rack1-0.zone", dead(), "localhost").start()
    assert process.stderr is not None
    assert process.stderr.readline().endswith("localhost; localhost has a name, so it is there\n")
    # said again after more looks than it takes to begin
    assert "waits for a node" in process.stderr.readline()
    process.kill()
    process.communicate()


NAMES = """\
#!/bin/sh
[ "$2" = "demo.shop.svc" ] || [ "$2" = "near.zone" ] || exit 2
echo "127.9.9.9 STREAM"
"""


def test_neighbours_without_data_hold_nobody_up(pod: Callable[..., Pod], tmp_path: Path) -> None:
    """Pods of the same Kubernetes cluster that are not up have names, too, and the first seed begins nevertheless."""
    for name, text in (("getent", NAMES), ("hostname", "#!/bin/sh\necho demo.shop.svc\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    first = pod("demo-dc1-rack1-0.zone", "near.zone")
    code, options, log = ended(first.start(path=f"{tmp_path}:/usr/bin:/bin"))
    assert (code, options) == (0, "")
    assert log.endswith("begins the ring\n")


@pytest.mark.parametrize("seeds", [("{dead}", "demo-dc1-rack1-0.zone"), ("{dead}",)], ids=["a later seed", "no seed"])
def test_any_other_waits_for_a_node_that_is_up(
    pod: Callable[..., Pod], serve: Callable[..., Node], seeds: tuple[str, ...]
) -> None:
    """It says whom it waits for, counts as alive meanwhile, and starts when one of them is in the ring."""
    node = serve(answers={"OperationMode": "JOINING"})
    waiting = pod(*(seed.format(dead=node.address) for seed in seeds))
    process = waiting.start()
    assert process.stderr is not None
    assert f"waits for a node that is up on port 8778 or 7000: {node.address}" in process.stderr.readline()
    assert waiting.run("liveness-probe.sh")[0] == 0
    assert process.poll() is None
    node.answers |= {"OperationMode": "NORMAL", "NonSystemKeyspaces": SYSTEM}
    assert ended(process)[:2] == (0, "")
    assert not (waiting.own / "waiting").exists()


@pytest.mark.parametrize("first", [True, False], ids=["the first seed", "a later seed"])
@pytest.mark.parametrize(
    "keyspaces",
    [pytest.param({"NonSystemKeyspaces": [*SYSTEM, "shop"]}, id="has keyspaces"), pytest.param({}, id="does not say")],
)
def test_a_seed_that_lost_its_data_joins_as_no_seed(
    pod: Callable[..., Pod], serve: Callable[..., Node], first: bool, keyspaces: dict[str, Any]
) -> None:
    """Where the ring has data, or does not say, the seed bootstraps, and goes on so until it has joined."""
    node = serve(answers={"OperationMode": "NORMAL", **keyspaces})
    seeds = ("demo-dc1-rack1-0.zone", dead(), node.address)
    lost = pod(*(seeds if first else seeds[::-1]))
    for _ in range(2):
        code, options, _ = ended(lost.start())
        assert code == 0
        assert options == f"-Dcassandra.config=file://{lost.own}/joining-now.yaml"
        assert (lost.own / "joining-now.yaml").read_text() == f"seeds: '{node.address}'\n"
        assert lost.marker.exists()
        if not (lost.data / "system").exists():
            lost.has_data()


def test_a_new_seed_of_a_ring_without_keyspaces_joins_at_once(
    pod: Callable[..., Pod], serve: Callable[..., Node]
) -> None:
    """Nothing is to be streamed: it stays a seed, which saves a bootstrap at the ring's creation."""
    node = serve()
    assert ended(pod("demo-dc1-rack1-0.zone", node.address).start())[:2] == (0, "")


@pytest.mark.parametrize("up", [True, False], ids=["another is up", "all others are down"])
def test_a_node_with_data_starts(pod: Callable[..., Pod], serve: Callable[..., Node], up: bool) -> None:
    """It knows its ring: whoever can be reached, it starts as it is."""
    other = serve(answers={"OperationMode": "NORMAL", "NonSystemKeyspaces": ["shop"]}).address if up else dead()
    again = pod(other, "demo-dc1-rack1-0.zone")
    again.has_data()
    code, options, log = ended(again.start())
    assert (code, options) == (0, "")
    assert ("this one has data, and starts" in log) is not up


def test_who_joins_and_lost_the_ring_waits(pod: Callable[..., Pod]) -> None:
    """Data of a node that never finished joining is no leave to start without the ring, even for the first seed's."""
    half = pod(dead(), "demo-dc1-rack1-0.zone")
    half.has_data()
    half.marker.touch()
    process = half.start()
    assert process.stderr is not None
    assert "waits for a node" in process.stderr.readline()
    process.kill()
    process.communicate()


def test_nodes_that_nobody_may_ask_count_by_their_port(pod: Callable[..., Pod]) -> None:
    """A ring whose Jolokia is shut, or hangs, is a ring all the same: its seeds take connections of nodes."""
    other = address()
    with socket.create_server((other, 7000)):
        code, options, _ = ended(pod("demo-dc1-rack1-0.zone", other).start())
    assert (code, options[:18]) == (0, "-Dcassandra.config")


def test_password_is_sent(pod: Callable[..., Pod], serve: Callable[..., Node]) -> None:
    """With a login in the environment the question carries it; without it there is no answer."""
    node = serve(login="u:p")
    login = {"CASSANDRA_AUTH_JOLOKIA": "true", "JOLOKIA_USER": "u", "JOLOKIA_PASSWORD": "p"}
    mine = pod()
    assert mine.run(f"{mine.own}/ask.sh", node.address, "OperationMode", **login) == (0, '"NORMAL"')
    assert mine.run(f"{mine.own}/ask.sh", node.address, "OperationMode") == (1, "")


@pytest.mark.parametrize(
    ("answers", "code", "says"),
    [
        ({"OperationMode": "NORMAL", "NativeTransportRunning": True}, 0, ""),
        ({"OperationMode": "NORMAL", "NativeTransportRunning": False}, 1, "no CQL yet"),
        ({"OperationMode": "JOINING"}, 1, 'mode is "JOINING"'),
        ({"OperationMode": "DRAINED"}, 1, 'mode is "DRAINED"'),
        ({"OperationMode": "LEAVING"}, 0, ""),
        ({"OperationMode": "DECOMMISSIONED"}, 0, ""),
        ({}, 1, "Jolokia does not answer"),
    ],
)
def test_readiness(
    pod: Callable[..., Pod], serve: Callable[..., Node], answers: dict[str, Any], code: int, says: str
) -> None:
    """Ready is who is in the ring and takes clients, and who leaves and is asked how far it is."""
    node = serve(answers=answers)
    assert pod(address=node.address).run("readiness-probe.sh") == (code, says)


def test_joined_is_noted(pod: Callable[..., Pod], serve: Callable[..., Node]) -> None:
    """As soon as a node is in the ring, its data counts."""
    node = serve(answers={"OperationMode": "NORMAL", "NativeTransportRunning": False})
    mine = pod(address=node.address)
    mine.marker.touch()
    mine.run("readiness-probe.sh")
    assert not mine.marker.exists()


def test_alive_by_either_answer(pod: Callable[..., Pod], serve: Callable[..., Node]) -> None:
    """A node is alive while Jolokia answers, as when it starts, or while it takes connections; else it is not."""
    node = serve(answers={"OperationMode": "STARTING"})
    mine = pod(address=node.address)
    assert mine.run("liveness-probe.sh")[0] == 0
    shutil.rmtree(mine.root / "etc")
    shutil.rmtree(mine.root / "var")
    other = pod(address=address())
    code, said = other.run("liveness-probe.sh")
    assert (code, said) == (1, "neither Cassandra nor Jolokia answers")
    with socket.create_server((other.me.address, 9042)):
        assert other.run("liveness-probe.sh")[0] == 0


def test_scripts_need_only_what_every_image_has() -> None:
    """Bash and coreutils, sed, grep and getent: neither curl nor Python is in Cassandra's images for sure."""
    text = "\n".join(path.read_text() for path in ASSETS.glob("*.sh"))
    assert not re.search(r"^\s*(curl|wget|python3?|jq|nc)\b", text, re.MULTILINE)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="there is no shellcheck on the PATH")
def test_shellcheck_finds_nothing() -> None:
    """Neither in these scripts nor in those of the image that stands for Cassandra's."""
    world = ASSETS.parents[1] / "e2e" / "world" / "images" / "cassandra"
    scripts = [*ASSETS.glob("*.sh"), world / "cassandra", world / "nodetool"]
    done = subprocess.run(["shellcheck", *map(str, scripts)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
