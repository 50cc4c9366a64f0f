"""The demonstration as its reader runs it: it holds, and it leaves nothing behind however it ends."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3
from multicasskop.world import programs, tools
from multicasskop.world.errors import ProgramsError

pytestmark = [pytest.mark.planes, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def built() -> None:
    """The programs of the planes are there; a demonstration would build them otherwise, which is not its test."""
    try:
        programs.find_or_build()
    except ProgramsError as error:
        pytest.skip(f"tier planes: {error}")


@pytest.fixture
def jaeger() -> str:
    """Jaeger's program is there, for demonstrations with a trace."""
    return tools.find_or_build(tools.JAEGER)


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start the demonstration in a folder, with Ctrl-C working as in a terminal."""
    command = [sys.executable, "-m", "multicasskop.operator", "demo", "--no-tui", "--pods=simulated"]
    return subprocess.Popen(
        [*command, f"--dir={folder}", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def running(folder: Path) -> list[str]:
    """The command lines of processes that have to do with the folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(folder) in line:
            found.append(line)
    return found


def is_line(*words: str) -> Callable[[str], bool]:
    """Whether a line holds these words."""
    return lambda line: all(word in line for word in words)


def test_demo_proves_what_it_claims(tmp_path: Path) -> None:
    """All claims hold, the exit code is 0, the result is one document, and neither processes nor files are left."""
    folder = tmp_path / "demo"
    with start(folder, "-o", "json") as demo:
        out, talk = demo.communicate(timeout=150)
    assert demo.returncode == 0, out + talk
    found = json.loads(out)
    assert [claim["against"] for claim in found["claims"]] == [[], [], [], []]
    assert "created" in found["claims"][0]["claim"]
    assert not folder.exists()
    assert running(folder) == []


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(is_line("◐", "control planes"), id="planes"),
        pytest.param(is_line("◐", "custom resources"), id="kinds"),
        pytest.param(is_line("◐", "multicasskop run"), id="operator"),
        pytest.param(is_line("StepStarted"), id="ring"),
    ],
)
def test_interrupted_demo_leaves_nothing(tmp_path: Path, moment: Callable[[str], bool]) -> None:
    """Ctrl-C at any moment ends and removes everything that was started, and says so."""
    folder = tmp_path / "demo"
    with start(folder) as demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if moment(line))
        demo.send_signal(signal.SIGINT)
        _, talk = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert talk.endswith("interrupted; everything that was started is ended\n")
    assert not folder.exists()
    assert running(folder) == []


ONE_TRACE = r"one trace over both clusters: (\d+) spans from home and from CassKop in k8s-cluster1, k8s-cluster2"


def test_traced_demo_tells_the_trace_that_it_read(tmp_path: Path, jaeger: str) -> None:
    """With --trace the document claims one trace as well, by its id, and Jaeger has left with the rest."""
    folder = tmp_path / "demo"
    with start(folder, "--trace", "-o", "json") as demo:
        out, talk = demo.communicate(timeout=150)
    assert demo.returncode == 0, out + talk
    claims = json.loads(out)["claims"]
    assert [claim["against"] for claim in claims] == [[]] * 5
    assert re.fullmatch(rf"{ONE_TRACE} \(trace [0-9a-f]{{32}}\)", claims[-1]["claim"])
    address = re.search(r"Jaeger at (\S+)", talk)
    assert address is not None, talk
    assert not is_there(address.group(1))
    assert not folder.exists()
    assert running(folder) == []


def test_kept_trace_can_be_looked_at_and_cleaned(tmp_path: Path, jaeger: str) -> None:
    """With --trace --keep the address in the last block leads to the spans that were counted, until --clean."""
    folder = tmp_path / "demo"
    with start(folder, "--trace", "--keep") as demo:
        out, talk = demo.communicate(timeout=150)
    try:
        assert demo.returncode == 0, out + talk
        found = re.search(rf"{ONE_TRACE} \((http://127\.0\.0\.1:\d+)/(?:api/traces|trace)/([0-9a-f]{{32}})\)", out)
        assert found is not None, out
        count, address, trace = found.groups()
        answer = urllib3.request("GET", f"{address}/api/traces/{trace}", timeout=10).json()
        assert len(answer["data"][0]["spans"]) >= int(count) > 2
    finally:
        with start(folder, "--clean") as cleaning:
            cleaning.communicate(timeout=60)
    assert not is_there(address)
    assert not folder.exists()
    assert running(folder) == []


def is_there(address: str) -> bool:
    """Whether anybody answers there."""
    try:
        return urllib3.request("GET", address, timeout=5, retries=False).status > 0
    except urllib3.exceptions.HTTPError:
        return False


def test_kept_demo_can_be_looked_at_and_cleaned(tmp_path: Path) -> None:
    """With --keep the ring stays up for `status`, and --clean ends and removes all of it."""
    folder = tmp_path / "demo"
    with start(folder, "--keep") as demo:
        out, talk = demo.communicate(timeout=150)
    assert demo.returncode == 0, out + talk
    assert f"export KUBECONFIG={folder}/kubeconfig" in out
    words = ["status", "multi-casskop-e2e", "-n", "cassandra-e2e", f"--kubeconfig={folder}/kubeconfig", "--check"]
    shown = subprocess.run(
        [sys.executable, "-m", "multicasskop.operator", *words], capture_output=True, text=True, check=False
    )
    with start(folder, "--clean") as cleaning:
        cleaning.communicate(timeout=60)
    assert shown.returncode == 0, shown.stderr
    assert "✔ Ready" in shown.stdout
    assert not folder.exists()
    assert running(folder) == []
