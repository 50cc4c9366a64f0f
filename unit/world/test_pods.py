"""Pods that become ready without a node."""

from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from fakes.clock import FakeClock
from fakes.member import MemberInMemory
from multicasskop.world.kinds import PODS
from multicasskop.world.simulators import pods
from multicasskop.world.simulators.casskop import POD, CassKop
from multicasskop.world.simulators.modes import SimulatorOptions

Json = dict[str, Any]

READY = {"conditions": [{"type": "Ready", "status": "True"}]}


def pod(name: str = "demo-dc1-rack1-0", **metadata: object) -> Json:
    """A pod of a cluster."""
    labels = {pods.LABEL: "demo"}
    spec = {"containers": [{"name": "cassandra", "image": "c:1"}, {"name": "sidecar", "image": "s:1"}]}
    return {"metadata": {"name": name, "uid": name, "labels": labels, **metadata}, "spec": spec}


@pytest.mark.parametrize(
    ("found", "waiting"),
    [
        pytest.param(pod(), True, id="new"),
        pytest.param({**pod(), "status": {"conditions": [{"type": "Ready", "status": "False"}]}}, True, id="unready"),
        pytest.param({**pod(), "status": READY}, False, id="ready"),
        pytest.param(pod(labels={"app": "web"}), False, id="somebody else's"),
        pytest.param(pod(deletionTimestamp="now"), False, id="going"),
    ],
)
def test_only_pods_of_clusters_wait_to_become_ready(found: Json, waiting: bool) -> None:
    """Pods of others, pods that are ready and pods that go are left alone."""
    assert pods.is_waiting(found) is waiting


def test_ready_pod_has_an_address_and_ready_containers() -> None:
    """The status is what the StatefulSet controller and CassKop look at."""
    status = pods.ready(pod(), datetime(2030, 1, 1, tzinfo=UTC))
    assert ip_address(status["podIP"]) in ip_network("10.0.0.0/8")
    assert [(c["name"], c["ready"]) for c in status["containerStatuses"]] == [("cassandra", True), ("sidecar", True)]
    assert not pods.is_waiting({**pod(), "status": status})


def test_pods_have_addresses_of_their_own() -> None:
    """Different pods have different addresses, the same pod always the same."""
    assert len({pods.address(f"uid-{number}") for number in range(200)}) == 200
    assert pods.address("uid-1") == pods.address("uid-1")


def test_pod_becomes_ready_after_its_time() -> None:
    """With a delay a pod is ready so many scaled seconds after it was seen, and not before."""
    clock, api = FakeClock(), MemberInMemory()
    casskop = CassKop(api, SimulatorOptions(pod=10.0, scale=0.5), clock=clock)
    api.on_write = lambda plural, kind, item: casskop.seen(POD, kind, item)
    api.create(PODS, "ns", pod())
    assert casskop.next_due() == 5.0
    clock.advance(5.0)
    casskop.work_once()
    assert not pods.is_waiting(api.get(PODS, "ns", "demo-dc1-rack1-0"))
