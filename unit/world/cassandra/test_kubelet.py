"""The kubelet of a member over real bytes: it watches pods and claims, and follows the file of rules."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.api_server import FakeApiServer, Watch
from fakes.certificates import Authority
from fakes.exchange import answer
from fakes.simulated import pod
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.client import JolokiaClient
from multicasskop.reconcilers.cassandracluster.jolokia.questions import HostIds, OperationMode
from multicasskop.world.api import Api
from multicasskop.world.cassandra.book import Folder, folder_of
from multicasskop.world.cassandra.kubelet import Kubelet
from multicasskop.world.cassandra.options import PodOptions
from multicasskop.world.cassandra.ring import NORMAL
from multicasskop.world.cassandra.rules import Line, Rule, RuleFile
from multicasskop.world.kinds import CLAIMS, PODS
from multicasskop.world.processes import wait_until

AUTHORITY = Authority()
OPTIONS = PodOptions(ready=0.01, join=0.0, command=0.01, end=0.0)
NAME = "demo-dc1-rack1-0"
PATIENCE = 10.0
Json = dict[str, Any]


def at(version: int, item: Json, **metadata: Any) -> Json:  # noqa: ANN401  plain data
    """An object as the server has it at a version."""
    return {**item, "metadata": {**item["metadata"], "resourceVersion": str(version), **metadata}}


class Stage:
    """A kubelet and the server that it speaks to."""

    def __init__(self, server: FakeApiServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.watches: dict[str, Watch] = {}
        for kind, listed in ((PODS, "PodList"), (CLAIMS, "PersistentVolumeClaimList")):
            page = {"apiVersion": "v1", "kind": listed, "metadata": {"resourceVersion": "1"}, "items": []}
            server.on("GET", kind.path(), answer(page))
            self.watches[kind.plural] = server.on_watch(kind.path())
        path = PODS.path("ns", NAME)
        server.on("POST", f"{path}/binding", answer({}))
        server.on("PATCH", f"{path}/status", answer(pod()))
        server.on("DELETE", path, answer({}))
        self.rules = RuleFile(folder / "pods.rules")
        api = Api("m", server.url, AUTHORITY.pem.decode(), "token")
        self.kubelet = Kubelet(api, OPTIONS, folder / "rings", self.rules)
        self._runs = False

    def start(self) -> None:
        """Begin."""
        self.kubelet.start()
        self._runs = True

    def stop(self) -> None:
        """End, unless it has ended."""
        if self._runs:
            self._runs = False
            self.kubelet.stop()

    def tell(self, kind: str, item: Json) -> None:
        """Send an event of a pod."""
        self.watches["pods"].wait_opened()
        self.watches["pods"].send({"type": kind, "object": item})

    def written(self, count: int = 1) -> Json:
        """The newest status that was written, after so many."""
        found: Json = self.server.wait_for(count, "PATCH", f"{PODS.path('ns', NAME)}/status")[-1].json
        return found

    def ask(self, question: Any) -> Any:  # noqa: ANN401  as the question says
        """Ask the pod's node, as CassKop does."""
        return JolokiaClient(self.written()["status"]["podIP"]).ask(question)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A kubelet at work."""
    with FakeApiServer(AUTHORITY) as server:
        found = Stage(server, tmp_path)
        found.start()
        yield found
        found.stop()


def test_new_pod_is_run_and_answers_at_its_address(stage: Stage) -> None:
    """Bound, ready, in the ring of its namespace and name; the very pod is meant in each write."""
    stage.tell("ADDED", at(2, pod(uid="u-1")))
    status = stage.written()
    assert status["metadata"] == {"uid": "u-1"}
    assert stage.server.received("POST")[0].json["target"]["name"] == "m-node-0"
    assert stage.ask(OperationMode()) == NORMAL
    assert list(stage.ask(HostIds())) == [status["status"]["podIP"]]
    (node,) = Folder(folder_of(stage.folder / "rings", "ns", "demo")).ring().nodes.values()
    assert node.pod == f"ns/{NAME}"


def test_pods_of_others_are_left_alone(stage: Stage) -> None:
    """Nothing is written about them."""
    other = pod("other")
    stage.tell("ADDED", at(2, {**other, "metadata": {**other["metadata"], "labels": {"app": "web"}}}))
    stage.tell("ADDED", at(3, pod()))
    stage.written()
    assert not [each for each in stage.server.received() if "/other" in each.path]


def test_rules_count_for_pods_that_are_there(stage: Stage) -> None:
    """Who asks for rules learns when they are followed; what is asked then meets them."""
    stage.tell("ADDED", at(2, pod()))
    assert stage.ask(OperationMode()) == NORMAL
    asked = stage.rules.ask([Rule(pods="ns/*", line=Line.GARBAGE)])
    assert wait_until(lambda: stage.rules.is_followed(asked), PATIENCE)
    found = stage.ask(OperationMode())
    assert isinstance(found, Failed)
    assert found.reason == "garbage"


def test_rules_that_are_none_change_nothing(stage: Stage) -> None:
    """The former ones go on."""
    stage.tell("ADDED", at(2, pod()))
    stage.rules.path.write_bytes(b"[{]")
    assert wait_until(lambda: stage.rules.is_followed(b"[{]"), PATIENCE)
    assert stage.ask(OperationMode()) == NORMAL


def test_pod_that_is_asked_to_end_is_ended(stage: Stage) -> None:
    """Its node stops, and the very pod is deleted without grace."""
    stage.tell("ADDED", at(2, pod(uid="u-1")))
    stage.written()
    stage.tell("MODIFIED", at(3, pod(uid="u-1"), deletionTimestamp="now"))
    (deleted,) = stage.server.wait_for(1, "DELETE")
    assert deleted.json == {"gracePeriodSeconds": 0, "preconditions": {"uid": "u-1"}}
    assert stage.ask(OperationMode()).reason == "refused"


def test_pod_that_is_gone_leaves_nothing(stage: Stage) -> None:
    """One of the same name is run anew, also when its news come first."""
    stage.tell("ADDED", at(2, pod(uid="u-1")))
    first = stage.written()["status"]["podIP"]
    stage.tell("ADDED", at(3, pod(uid="u-2")))
    second = stage.written(2)
    assert second["metadata"] == {"uid": "u-2"}
    stage.tell("DELETED", at(4, pod(uid="u-1")))
    assert JolokiaClient(first).ask(OperationMode()) == Failed("refused", f"nobody listens at {first}:8778")
    assert stage.ask(OperationMode()) == NORMAL


def test_stopped_kubelet_takes_all_nodes_down(stage: Stage) -> None:
    """Nothing listens any more; the ring remembers the node, which is down."""
    stage.tell("ADDED", at(2, pod()))
    stage.written()
    stage.stop()
    assert stage.ask(OperationMode()).reason == "refused"
    (node,) = Folder(folder_of(stage.folder / "rings", "ns", "demo")).ring().nodes.values()
    assert not node.up


def test_options_become_a_command_line() -> None:
    """As the process is started."""
    assert PodOptions(ready=1.5, nodes=0).arguments() == [
        "--ready=1.5",
        "--join=0.05",
        "--command=0.1",
        "--end=0.05",
        "--resize=0.1",
        "--release=4.1",
        "--nodes=0",
    ]
