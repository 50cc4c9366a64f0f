"""What is held against what a process says and holds: a check that finds nothing in a bad one would be of no use."""

import os

import pytest
from multicasskop.world.api import Json
from multicasskop.world.health import Usage, flat, honest, recovered, stores_agree
from multicasskop.world.recorder import Entry

A, B = "k8s-cluster1", "k8s-cluster2"


def child(at: float, member: str, *, done: bool) -> Entry:
    """An event of a child."""
    status = {"phase": "Running" if done else "Pending", "lastClusterActionStatus": "Done"}
    return Entry(at, member, "cassandraclusters", "MODIFIED", {"metadata": {"name": "demo"}, "status": status})


def parent(at: float, told: int, *, is_ready: bool = False, generation: int = 2, uid: str = "u") -> Entry:
    """A report on the MultiCasskop."""
    conditions = [{"type": "Ready", "status": str(is_ready)}]
    obj: Json = {
        "metadata": {"name": "demo", "generation": generation, "uid": uid},
        "spec": {"override": {A: {}, B: {}}},
        "status": {"observedGeneration": told, "conditions": conditions},
    }
    return Entry(at, A, "multicasskops", "MODIFIED", obj)


CALM = [child(1, A, done=True), child(1, B, done=True)]
BUSY = [*CALM, child(2, B, done=False)]


@pytest.mark.parametrize(
    ("history", "says"),
    [
        pytest.param([*CALM, parent(2, 1), parent(3, 2, is_ready=True)], "", id="honest"),
        pytest.param([parent(2, 3)], "generation 3 is reported of one that has 2", id="ahead of its object"),
        pytest.param([parent(2, 2), parent(3, 1)], "went back to 1", id="back in time"),
        pytest.param([parent(2, 2), parent(3, 1, uid="v")], "", id="made anew"),
        pytest.param([*BUSY, parent(5, 2, is_ready=True)], f"called Ready while {B} is in change", id="too early"),
        pytest.param([*BUSY, parent(5, 1, is_ready=True)], "", id="of the generation before"),
        pytest.param([*BUSY, parent(2.1, 2, is_ready=True)], "", id="nearer than the watches' skew"),
    ],
)
def test_honest_status(history: list[Entry], says: str) -> None:
    """A status that is ahead, goes back, or calls a ring Ready too early is found, and nothing else is."""
    found = honest(history)
    assert any(says in finding for finding in found) if says else found == ()


@pytest.mark.parametrize(("seconds", "found"), [(None, 0), (59.9, 0), (60.1, 1)])
def test_recovery(seconds: float | None, found: int) -> None:
    """More than a minute after the healing is too late."""
    assert len(recovered(seconds)) == found


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (Usage(104_900, 22, 42), 0),
        (Usage(105_100, 20, 40), 1),
        (Usage(100_000, 23, 40), 1),
        (Usage(100_000, 20, 43), 1),
        (Usage(50_000, 1, 1), 0),
    ],
    ids=["a little more of everything", "memory", "threads", "files", "less"],
)
def test_resources(after: Usage, found: int) -> None:
    """A twentieth more memory, three more threads or files are a leak."""
    assert len(flat(Usage(100_000, 20, 40), after)) == found


def test_usage_of_a_process() -> None:
    """It is read from the kernel: this very process has memory, a thread and files."""
    found = Usage.of(os.getpid())
    assert min(found.memory, found.threads, found.files) > 0


def test_stores() -> None:
    """A store that holds more or less than its server, or that nobody knows, is found."""
    metrics = (
        "# TYPE multicasskop_informer_objects gauge\n"
        f'multicasskop_informer_objects{{kind="CassandraCluster",member="{A}"}} 2.0\n'
    )
    kind = "CassandraCluster"
    assert stores_agree(metrics, {(A, kind): 2}) == ()
    assert stores_agree(metrics, {(A, kind): 1}) == (f"{A}: the store holds 2 {kind}, the server 1",)
    assert stores_agree(metrics, {(B, kind): 0}) == (f"{B}: the store holds None {kind}, the server 0",)
