"""The simulated CassKop as a pod: what is made, and when it counts as running."""

from collections.abc import Iterator

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.exchange import answer
from multicasskop.world.api import Api, Json
from multicasskop.world.errors import WorldError
from multicasskop.world.kind import casskop
from multicasskop.world.kinds import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    ROLE_BINDINGS,
    ROLES,
    SERVICE_ACCOUNTS,
)
from multicasskop.world.simulators.modes import Mode, SimulatorOptions

AUTHORITY = Authority()
NAME = casskop.NAME


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """An API server that takes whatever is created."""
    with FakeApiServer(AUTHORITY) as found:
        yield found


@pytest.fixture
def api(server: FakeApiServer) -> Api:
    """A client of it."""
    return Api("eu", server.url, AUTHORITY.pem.decode(), "admin")


def stored(namespace: str, *, generation: int = 1, **status: int) -> Json:
    """The deployment as the server has it."""
    made = casskop.deployment("sim:1", SimulatorOptions(Mode.INSTANT), "eu")
    metadata = {**made["metadata"], "namespace": namespace, "generation": generation}
    return {**made, "metadata": metadata, "status": {"observedGeneration": 1, **status}}


RUNNING = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


@pytest.mark.parametrize(
    ("status", "generation", "runs"),
    [
        (RUNNING, 1, True),
        (RUNNING, 2, False),
        ({**RUNNING, "availableReplicas": 0}, 1, False),
        ({**RUNNING, "replicas": 2}, 1, False),
        ({}, 1, False),
    ],
    ids=["runs", "newer template", "not available", "an older one still there", "nothing yet"],
)
def test_runs(server: FakeApiServer, api: Api, status: dict[str, int], generation: int, runs: bool) -> None:
    """It runs when one pod of the newest template does and no other is left: two would fight."""
    server.on("GET", DEPLOYMENTS.path("ns", NAME), answer(stored("ns", generation=generation, **status)))
    assert casskop.runs(api, "ns") is runs


def test_one_replica_is_replaced_and_not_rolled() -> None:
    """The deployment never has two pods at a time, and its arguments are the options with the member's name."""
    made = casskop.deployment("sim:1", SimulatorOptions(Mode.INSTANT, namespace="ns"), "eu")
    assert made["spec"]["strategy"] == {"type": "Recreate"}
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert {"--context=eu", "--mode=instant", "--namespace=ns"} <= set(container["args"])
    assert container["image"] == "sim:1"


@pytest.mark.parametrize(
    ("namespace", "where", "role"),
    [("ns", "ns", "roles"), ("", NAME, "clusterroles")],
    ids=["for one namespace", "for all"],
)
def test_it_stands_where_it_works(server: FakeApiServer, api: Api, namespace: str, where: str, role: str) -> None:
    """For one namespace it stands there with rights there only, for all of them in a namespace of its own."""
    for kind in (NAMESPACES, SERVICE_ACCOUNTS, ROLES, ROLE_BINDINGS, CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS, DEPLOYMENTS):
        server.on("POST", kind.path(where), answer({}))
    server.on("POST", NAMESPACES.path(), answer({}))
    server.on("GET", DEPLOYMENTS.path(where, NAME), answer(stored(where, **RUNNING)))
    casskop.deploy(api, "sim:1", SimulatorOptions(Mode.INSTANT, namespace=namespace))
    made = [request.path for request in server.requests if request.method == "POST"]
    assert DEPLOYMENTS.path(where) in made
    assert role in {path.rpartition("/")[2] for path in made}
    assert (NAMESPACES.path() in made) is (not namespace)


def test_change_of_mode_replaces_its_arguments(server: FakeApiServer, api: Api) -> None:
    """Another mode is another template with the same other options, awaited like a new one."""
    old = stored("ns", **RUNNING)
    server.on("GET", DEPLOYMENTS.path(), answer({"items": [old]}))
    server.on("PUT", DEPLOYMENTS.path("ns", NAME), answer(old))
    server.on("GET", DEPLOYMENTS.path("ns", NAME), answer(old))
    casskop.change(api, Mode.STUCK, "")
    (put,) = [request for request in server.requests if request.method == "PUT"]
    arguments = put.json["spec"]["template"]["spec"]["containers"][0]["args"]
    assert [a for a in arguments if a.startswith("--mode=")] == ["--mode=stuck"]
    assert "--context=eu" in arguments


def test_pod_that_does_not_run_is_an_error_with_its_reason(
    server: FakeApiServer, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In vain waited for, the error names the member and what the container waits for."""
    monkeypatch.setattr(casskop, "READY_SECONDS", 0.05)
    waiting = {"name": "casskop", "state": {"waiting": {"reason": "ErrImagePull"}}}
    pod = {"metadata": {"name": "p"}, "status": {"containerStatuses": [waiting]}}
    server.on("GET", DEPLOYMENTS.path("ns", NAME), answer(stored("ns")))
    server.on("GET", PODS.path("ns"), answer({"items": [pod]}))
    with pytest.raises(WorldError, match=r"eu: casskop-simulator does not run .* p: .*ErrImagePull"):
        casskop.await_it(api, "ns")
