"""What a pod shows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.pods import Pod, Trouble, ordinal_of

Json = dict[str, Any]
UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}


def made(status: Json | None = None, **metadata: Any) -> Pod:  # noqa: ANN401
    """A pod with this status."""
    return Pod.of({"metadata": {"name": "demo-dc1-rack1-2", **metadata}, "status": status})


def cassandra(**fields: Any) -> Json:  # noqa: ANN401
    """A status with this state of the Cassandra container."""
    return {"containerStatuses": [{"name": "cassandra", **fields}]}


def waiting(reason: str, message: str = "", name: str = "cassandra") -> Json:
    """The state of a container that waits."""
    return {"name": name, "state": {"waiting": {"reason": reason, "message": message}}}


def test_a_pod_that_is_well() -> None:
    """All that decisions need is read from the object."""
    found = made(
        {
            "phase": "Running",
            "podIP": "10.0.0.1",
            **cassandra(ready=True, restartCount=3, state={"running": {}}),
        },
        uid="u",
        creationTimestamp="2026-01-01T00:00:00Z",
        labels={"controller-revision-hash": "r1", "a": "b"},
    )
    assert (found.uid, found.ordinal, found.ip, found.restarts) == ("u", 2, "10.0.0.1", 3)
    assert (found.revision, found.created, found.labels["a"]) == ("r1", "2026-01-01T00:00:00Z", "b")
    assert found.running
    assert found.ready
    assert found.whole
    assert found.started
    assert found.answers
    assert found.trouble is None


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(None, id="no status"),
        pytest.param({}, id="an empty one"),
        pytest.param({"phase": "Pending", "containerStatuses": None, "conditions": None}, id="nulls"),
        pytest.param(cassandra(state=None, lastState=None, restartCount=None), id="nulls in the container"),
    ],
)
def test_what_is_missing_is_nothing(status: Json | None) -> None:
    """A pod of which little is known is not ready, has not started, and is not in trouble."""
    found = made(status)
    assert found == Pod("demo-dc1-rack1-2", "", 2)
    assert not found.answers


@pytest.mark.parametrize(
    ("other", "ready", "whole"),
    [
        pytest.param({"ready": True}, True, True, id="all containers"),
        pytest.param({"ready": False}, True, False, id="a sidecar is not ready"),
        pytest.param({}, True, False, id="a sidecar says nothing"),
    ],
)
def test_ready_and_whole(other: Json, ready: bool, whole: bool) -> None:
    """Ready speaks of the Cassandra container, whole of all of them."""
    status = cassandra(ready=True)
    status["containerStatuses"].insert(0, {"name": "sidecar", **other})
    assert (made(status).ready, made(status).whole) == (ready, whole)


@pytest.mark.parametrize(
    ("status", "metadata"),
    [
        pytest.param({"podIP": "10.0.0.1", **cassandra(ready=False)}, {}, id="not ready"),
        pytest.param({"podIP": "", **cassandra(ready=True)}, {}, id="no address"),
        pytest.param(
            {"podIP": "10.0.0.1", **cassandra(ready=True)}, {"deletionTimestamp": "2026-01-01T00:00:00Z"}, id="ends"
        ),
        pytest.param({"podIP": "10.0.0.1", "containerStatuses": [{"name": "x", "ready": True}]}, {}, id="another"),
    ],
)
def test_who_does_not_answer(status: Json, metadata: Json) -> None:
    """Only a ready node with an address, in a pod that stays, is asked."""
    assert not made(status, **metadata).answers


@pytest.mark.parametrize(
    ("status", "started"),
    [
        pytest.param(cassandra(state={"waiting": {"reason": "PodInitializing"}}), False, id="waits for its turn"),
        pytest.param(cassandra(state={"running": {}}), True, id="runs"),
        pytest.param(cassandra(state={"terminated": {"exitCode": 1}}), True, id="has ended"),
        pytest.param(cassandra(state=waiting("x")["state"], lastState={"terminated": {}}), True, id="ended before"),
        pytest.param(cassandra(state=waiting("CrashLoopBackOff")["state"], restartCount=1), True, id="restarted"),
        pytest.param({"phase": "Pending"}, False, id="nothing said, pending"),
        pytest.param({"phase": "Failed", "reason": "Evicted"}, True, id="evicted, its containers forgotten"),
        pytest.param({"phase": "Unknown"}, True, id="on a lost node"),
        pytest.param({"phase": "Succeeded"}, True, id="ended, its containers forgotten"),
    ],
)
def test_started(status: Json, started: bool) -> None:
    """That Cassandra never ran is only said of a pod that shows it: what ran may own data."""
    assert made(status).started is started


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        pytest.param({"conditions": [UNSCHEDULABLE]}, "Unschedulable: 0/3 nodes", id="unschedulable"),
        pytest.param(
            {"conditions": [{"type": "Ready", "status": "False"}, UNSCHEDULABLE]},
            "Unschedulable: 0/3 nodes",
            id="D16: said by the second condition",
        ),
        pytest.param({"conditions": [{"type": "PodScheduled", "status": "False"}]}, "Unschedulable", id="no reason"),
        pytest.param({"conditions": [{"type": "PodScheduled", "status": "True"}]}, None, id="scheduled"),
        pytest.param(
            {"containerStatuses": [waiting("ImagePullBackOff", "back-off")]},
            "ImagePullBackOff: container cassandra: back-off",
            id="no image",
        ),
        pytest.param(
            {"containerStatuses": [waiting("CrashLoopBackOff")]},
            "CrashLoopBackOff: container cassandra",
            id="no message",
        ),
        pytest.param(
            {"initContainerStatuses": [waiting("ErrImagePull", "m", "base")], "containerStatuses": [waiting("x")]},
            "ErrImagePull: container base: m",
            id="a container that runs before",
        ),
        pytest.param(
            {"containerStatuses": [waiting("PodInitializing"), waiting("InvalidImageName", "m", "side")]},
            "InvalidImageName: container side: m",
            id="the second container",
        ),
        pytest.param({"containerStatuses": [waiting("ContainerCreating")]}, None, id="gets going"),
    ],
)
def test_trouble(status: Json, trouble: str | None) -> None:
    """Whichever condition or container says why a pod does not get going, it is found."""
    found = made(status).trouble
    assert (None if found is None else str(found)) == trouble


def test_trouble_in_words() -> None:
    """A reason stands alone where nothing more is said."""
    assert str(Trouble("Evicted")) == "Evicted"


@given(name=st.text(alphabet="ab1-", max_size=6), ordinal=st.integers(min_value=0, max_value=9999))
def test_ordinal_law(name: str, ordinal: int) -> None:
    """A name that ends with a dash and a number has that ordinal, whatever stands before."""
    assert ordinal_of(f"{name}-{ordinal}") == ordinal


@pytest.mark.parametrize("name", ["", "demo", "demo-", "demo-x", "demo-1x", "demo-²"])
def test_no_ordinal(name: str) -> None:
    """Without a number at the end there is no ordinal."""
    assert ordinal_of(name) == -1
