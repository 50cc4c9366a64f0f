"""What a StatefulSet and a claim show."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.sets import Claim, StatefulSet

Json = dict[str, Any]
COUNTS = st.integers(min_value=0, max_value=3)


def made(spec: Json | None = None, status: Json | None = None, **metadata: Any) -> StatefulSet:  # noqa: ANN401
    """A StatefulSet as the API server gives it."""
    return StatefulSet.of({"metadata": {"name": "demo", **metadata}, "spec": spec, "status": status})


def counted(exist: int, ready: int, **fields: Any) -> Json:  # noqa: ANN401
    """A status with these numbers of pods."""
    return {"replicas": exist, "readyReplicas": ready, "observedGeneration": 4, **fields}


@pytest.mark.parametrize(
    ("spec", "replicas"),
    [
        pytest.param(None, 1, id="no spec: the API server's default"),
        pytest.param({"replicas": None}, 1, id="null"),
        pytest.param({"replicas": 0}, 0, id="none"),
        pytest.param({"replicas": 3}, 3, id="three"),
    ],
)
def test_replicas(spec: Json | None, replicas: int) -> None:
    """Nobody says is one, none is none."""
    assert made(spec).replicas == replicas


def test_identity() -> None:
    """What a write about it must name is read: UID and version; and whom it belongs to."""
    found = made(uid="u", resourceVersion="9", ownerReferences=[{"uid": "o"}, {}], deletionTimestamp="t")
    assert (found.uid, found.version, found.owners, found.deleting) == ("u", "9", ("o", ""), True)
    assert found.raw["metadata"]["name"] == "demo"


@pytest.mark.parametrize(
    ("status", "settled"),
    [
        pytest.param(counted(2, 2), True, id="done"),
        pytest.param(counted(2, 2, observedGeneration=3), False, id="its controller has not seen the latest spec"),
        pytest.param(counted(2, 1), False, id="one not ready"),
        pytest.param(counted(1, 1), False, id="one not made yet"),
        pytest.param(counted(3, 3), False, id="one too many"),
        pytest.param(counted(3, 2), False, id="one that goes still exists"),
        pytest.param(counted(2, 2, currentRevision="a", updateRevision="b"), False, id="pods of an older revision"),
        pytest.param(counted(2, 2, currentRevision="b", updateRevision="b"), True, id="all of the latest"),
        pytest.param(None, False, id="nothing said"),
    ],
)
def test_settled(status: Json | None, settled: bool) -> None:
    """Settled is only said when the controller has seen the spec and every pod is there, ready and up to date."""
    assert made({"replicas": 2}, status, generation=4).settled is settled


@given(replicas=COUNTS, exist=COUNTS, ready=COUNTS)
def test_settled_law(replicas: int, exist: int, ready: int) -> None:
    """No other number of pods than the wanted one is ever settled."""
    found = made({"replicas": replicas}, counted(exist, ready), generation=4)
    assert found.settled == (replicas == exist == ready)


def test_a_claim() -> None:
    """Size asked for and size there is are two things."""
    found = Claim.of(
        {
            "metadata": {"name": "data-demo-dc1-rack1-2", "uid": "u", "resourceVersion": "3", "labels": {"a": "b"}},
            "spec": {"resources": {"requests": {"storage": "2Gi"}}},
            "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}},
        }
    )
    assert (found.ordinal, found.request, found.capacity, found.bound) == (2, "2Gi", "1Gi", True)
    assert (found.uid, found.version, found.deleting, dict(found.labels)) == ("u", "3", False, {"a": "b"})


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param({}, id="only a name"),
        pytest.param({"spec": {"resources": None}, "status": {"capacity": None}}, id="nulls"),
        pytest.param({"spec": {"resources": {"requests": {}}}, "status": {"phase": "Pending"}}, id="pending"),
    ],
)
def test_a_claim_of_which_little_is_known(rest: Json) -> None:
    """What is missing is nothing."""
    assert Claim.of({"metadata": {"name": "data"}, **rest}) == Claim("data", "", "", -1)
