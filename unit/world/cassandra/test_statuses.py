"""What is written into a pod's status in each state of its life."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.simulated import pod
from multicasskop.world.cassandra import described, statuses
from multicasskop.world.cassandra.listener import Credentials

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SIDECAR, CASSANDRA = 0, 1


def conditions(status: dict[str, Any]) -> dict[str, str]:
    """The conditions, short."""
    return {found["type"]: found["status"] for found in status["conditions"]}


def test_ready_pod_has_everything_that_is_looked_at() -> None:
    """Phase, address, all conditions, all containers."""
    status = statuses.ready(pod(), NOW, "192.0.2.1", "127.1.2.3", 2)
    assert (status["phase"], status["podIP"], status["hostIP"]) == ("Running", "127.1.2.3", "192.0.2.1")
    assert set(conditions(status).values()) == {"True"}
    assert [each["ready"] for each in status["containerStatuses"]] == [True, True]
    assert status["containerStatuses"][CASSANDRA]["restartCount"] == 2
    assert [each["state"]["terminated"]["reason"] for each in status["initContainerStatuses"]] == ["Completed"] * 2
    assert statuses.is_ready({**pod(), "status": status})


def test_booting_pod_runs_and_is_not_ready() -> None:
    """The container has started; its probe has not succeeded."""
    status = statuses.boots(pod(), NOW, "h", "127.1.2.3")
    assert (status["phase"], conditions(status)["Ready"]) == ("Running", "False")
    found = status["containerStatuses"][CASSANDRA]
    assert (found["started"], found["ready"]) == (True, False)
    assert not statuses.is_ready({**pod(), "status": status})


def test_unschedulable_pod_is_on_no_node() -> None:
    """Pending, with the scheduler's reason."""
    status = statuses.unschedulable(pod(), NOW)
    (found,) = status["conditions"]
    assert (status["phase"], found["type"], found["status"], found["reason"]) == (
        "Pending",
        "PodScheduled",
        "False",
        "Unschedulable",
    )


def test_pod_without_its_image_waits() -> None:
    """Only the Cassandra container waits, and names the image."""
    status = statuses.pull_fails(pod(), NOW, "h")
    waits = status["containerStatuses"][CASSANDRA]["state"]["waiting"]
    assert (status["phase"], waits["reason"]) == ("Pending", "ImagePullBackOff")
    assert "cassandra:4.1.10" in waits["message"]
    assert status["containerStatuses"][SIDECAR]["ready"]


def test_crashing_pod_says_how_often_and_why() -> None:
    """Running, not ready, waiting for the next start."""
    status = statuses.crashes(pod(), NOW, "h", "127.1.2.3", 4, "no seeds")
    found = status["containerStatuses"][CASSANDRA]
    assert (status["phase"], found["restartCount"], found["ready"]) == ("Running", 4, False)
    assert found["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert found["lastState"]["terminated"]["message"] == "no seeds"


def test_pod_says_where_its_node_belongs() -> None:
    """Ring by the builder's data, place by labels, seeds by the bootstrap."""
    found = described.place(pod())
    assert found[:3] == ("demo", "dc1", "rack1")
    assert found.seeds == ("demo-dc1-rack1-0.demo.ns", "demo-dc1-rack2-0.demo.ns")


def test_pod_without_data_for_the_builder_belongs_to_its_cluster() -> None:
    """The label names the ring where nothing else does."""
    plain = pod()
    plain["spec"]["initContainers"] = []
    assert described.place(plain) == ("demo", "dc1", "rack1", ())


@pytest.mark.parametrize(
    ("change", "ours"),
    [
        pytest.param({}, True, id="CassKop's"),
        pytest.param({"labels": {"app": "web"}}, False, id="somebody else's"),
        pytest.param({"labels": None}, False, id="without labels"),
    ],
)
def test_only_pods_of_casskop_are_run(change: dict[str, Any], ours: bool) -> None:
    """Others have their own kubelet, or none."""
    found = pod()
    found["metadata"].update(change)
    assert described.is_ours(found) is ours


def test_pods_of_the_simulated_casskop_are_left_to_it() -> None:
    """It makes them ready itself."""
    found = pod()
    found["spec"]["schedulerName"] = "simulated"
    assert not described.is_ours(found)


def test_credentials_stand_in_secrets_or_in_the_pod() -> None:
    """Only where the pod asks for them."""
    found = pod(env={"CASSANDRA_AUTH_JOLOKIA": "true", "JOLOKIA_USER": "u"})
    reference = {"secretKeyRef": {"name": "jolokia", "key": "password"}}
    described.cassandra(found)["env"].append({"name": "JOLOKIA_PASSWORD", "valueFrom": reference})
    assert described.secrets(found) == {"jolokia"}
    secret = {"jolokia": {"data": {"password": "cC13"}}}
    assert described.credentials(found, secret.__getitem__) == Credentials("u", "p-w")
    assert described.credentials(pod(), secret.__getitem__) is None


def test_claims_are_those_that_are_mounted() -> None:
    """By volume."""
    assert described.claims(pod(claims=True)) == {"data": "data-demo-dc1-rack1-0"}
    assert described.claims(pod()) == {}
