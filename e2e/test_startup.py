"""How the operator starts, what it says when it can't, and how members that can't be reached leave the others alone."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from multicasskop.world import kubeconfig
from multicasskop.world.kinds import CASSANDRACLUSTERS, LEASES, MULTICASSKOPS
from multicasskop.world.operators import Operator
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import event, has_condition, ready, ring, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

CassKop = Callable[..., None]
StartOperator = Callable[..., Operator]
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)


def run(world: World, *arguments: str, kubeconfig_path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Start `multicasskop run` and wait for its end, which must come by itself."""
    path = kubeconfig_path or world.kubeconfig
    ports = ["--metrics-addr=127.0.0.1:0", "--health-addr=127.0.0.1:0"]
    command = [sys.executable, "-m", "multicasskop.operator", "run", f"--kubeconfig={path}", *ports, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["-l", "k8s-cluster1", "--wrokers=3"], 2, "wrokers", id="unknown flag"),
        pytest.param(["-r", "k8s-cluster2"], 2, "-l/--local", id="no home"),
        pytest.param(["-l", "k8s-cluster1", "--workers=many"], 2, "--workers", id="bad value"),
        pytest.param(["-l", "k8s-cluster1", "-r", "k8s-cluster1"], 2, "k8s-cluster1", id="member twice"),
        pytest.param(["-l", "nowhere"], 3, "nowhere", id="no context for home"),
    ],
)
def test_wrong_use_is_one_line(world: World, arguments: list[str], code: int, words: str) -> None:
    """What cannot start says in one line what is wrong, where and what to do, with the exit code that means it."""
    done = run(world, *arguments)
    assert done.returncode == code, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert words in last
    assert "Traceback" not in done.stderr


def test_unreadable_credentials_of_home_are_one_line(world: World, tmp_path: Path) -> None:
    """A kubeconfig that is no YAML is named with its path, and no traceback is shown."""
    broken = tmp_path / "broken.kubeconfig"
    broken.write_text("{{{ not yaml")
    done = run(world, "-l", "k8s-cluster1", kubeconfig_path=broken)
    assert done.returncode in (2, 3)
    assert str(broken) in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_kubeconfig_is_one_line(world: World, tmp_path: Path) -> None:
    """A kubeconfig that is not there is named with its path."""
    done = run(world, "-l", "k8s-cluster1", kubeconfig_path=tmp_path / "nothing")
    assert done.returncode in (2, 3)
    assert "nothing" in done.stderr
    assert "Traceback" not in done.stderr


def test_unreadable_credentials_of_another_member_are_a_warning(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """A member without credentials is warned of and told in a condition; the others go on."""
    casskop(INSTANT)
    operator = start_operator(wait=False)
    operator.kill()
    home = kubeconfig.read(operator.kubeconfig, "k8s-cluster1")
    kubeconfig.write(operator.kubeconfig, [home])
    operator.start()
    world.admin("k8s-cluster1").create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(settled(namespace, "demo", "k8s-cluster1"))
    recorder.wait_for(has_condition(namespace, "demo", "MembersReachable", "False"))
    warnings = [line for line in operator.lines() if '"warn' in line and "k8s-cluster2" in line]
    assert warnings


@pytest.fixture
def dark(world: World) -> Iterator[str]:
    """The second member swallows all packets until the test ends."""
    member = world.members[1]
    world.black_hole(member)
    yield member
    world.restore(member)


def test_member_dark_at_start_delays_nobody(
    world: World,
    namespace: str,
    casskop: CassKop,
    recorder: Recorder,
    start_operator: StartOperator,
    dark: str,
) -> None:
    """With a dark member the operator starts, serves the others, names the member, and catches up when it is back."""
    casskop(INSTANT)
    start_operator()
    home = world.admin(world.members[0])
    home.create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(settled(namespace, "demo", world.members[0]))
    recorder.wait_for(has_condition(namespace, "demo", "MembersReachable", "False"), 120)
    assert world.admin(dark).find(CASSANDRACLUSTERS, namespace, "demo") is None
    world.restore(dark)
    recorder.wait_for(ready(namespace, "demo"), 90)


def test_member_that_goes_dark_later_is_named(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """A member whose packets vanish later is named by an event and a condition, and its return by another event."""
    casskop(INSTANT)
    start_operator()
    home, other = world.members
    world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    first = recorder.wait_for(ready(namespace, "demo"))
    world.black_hole(other)
    try:
        recorder.wait_for(event(namespace, "demo", "MemberDark", other), 120)
        world.admin(home).create(MULTICASSKOPS, namespace, ring("free", [home]))
        recorder.wait_for(ready(namespace, "free"))
    finally:
        world.restore(other)
    recorder.wait_for(event(namespace, "demo", "MemberBack", other), 60)
    recorder.wait_for(has_condition(namespace, "demo", "MembersReachable", "True"), 60, after=first.at)


def test_readiness_names_its_parts(start_operator: StartOperator) -> None:
    """The verbose readiness page names each part, liveness is about the process, and metrics are served."""
    operator = start_operator()
    status, page = operator.get(f"{operator.health_url}/readyz?verbose")
    assert status == 200
    assert "k8s-cluster1" in page
    assert operator.get(f"{operator.health_url}/livez")[0] == 200
    metrics = operator.metrics()
    for family in ("multicasskop_queue_depth", "multicasskop_leader", "multicasskop_informer_fresh"):
        assert family in metrics


def test_log_tells_the_story_in_order(
    world: World, namespace: str, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """The log names members, watches, readiness, the step, the gate with phase, action and status, and the end."""
    casskop(SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.03))
    operator = start_operator()
    world.admin(world.members[0]).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    operator.stop()
    messages = [json.loads(line)["msg"] for line in operator.lines() if line.startswith("{")]
    story = ["starting", "member registered", "member synced", "leading", "step started", "gate waiting", "gate passed"]
    positions = [messages.index(part) for part in story]
    assert positions[0] == min(positions)
    assert positions[-3:] == sorted(positions[-3:])
    assert not [line for line in operator.lines() if "Traceback" in line]


def test_stop_releases_the_lease(world: World, start_operator: StartOperator, namespace: str) -> None:
    """A planned stop ends the process within its grace period and leaves a lease that nobody holds."""
    operator = start_operator()
    with Recorder(world, [LEASES]) as leases:
        leases.wait_for(lambda entry: entry.namespace == namespace and holder(entry.object) != "")
        operator.stop()
    assert not operator.is_alive()
    assert [holder(lease) for lease in world.admin(world.members[0]).items(LEASES, namespace)] == [""]


def holder(lease: dict[str, Any]) -> str:
    """Who holds a lease; nobody is an empty text."""
    return lease["spec"].get("holderIdentity") or ""
