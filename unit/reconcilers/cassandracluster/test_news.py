"""What becomes an event on a CassandraCluster, and what does not."""

from typing import Any

import pytest
import structlog
from multicasskop.crds.base import ObjectMeta
from multicasskop.reconcilers.cassandracluster.event_reasons import EVENTS, TYPES
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Decommission
from multicasskop.reconcilers.cassandracluster.kinds import CLAIMS, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.news import News, news
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.report import Reporter
from multicasskop.reconcilers.cassandracluster.writes import Create, Delete, Run
from multicasskop.reconcilers.event_series import Reference
from structlog.testing import capture_logs

Json = dict[str, Any]


def status(action: str = "", how: str = "", **conditions: tuple[str, str, str]) -> Json:
    """A status of one rack, with conditions as status, reason and message."""
    rack = {"cassandraLastAction": {"name": action, "status": how}} if action else {}
    fields = ("status", "reason", "message")
    entries = [{"type": type_, **dict(zip(fields, said, strict=True))} for type_, said in conditions.items()]
    return {"nodes": "2/2", "cassandraRackStatus": {"dc1-rack1": rack}, "conditions": entries}


FINE = ("False", "AsExpected", "")
STUCK = ("True", "ImagePullBackOff", "pod demo-dc1-rack1-0: no such image")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param({}, {}, [], id="nothing at all"),
        pytest.param({}, status("Initializing", "Ongoing"), ["ActionStarted"], id="the first action"),
        pytest.param(status("ScaleUp", "Done"), status("UpdateSeedList", "Configuring"), [], id="waits for its turn"),
        pytest.param(status("ScaleUp", "ToDo"), status("ScaleUp", "Ongoing"), ["ActionStarted"], id="begins"),
        pytest.param(status("ScaleUp", "Ongoing"), status("ScaleUp", "Continue"), [], id="goes on"),
        pytest.param(status("ScaleUp", "Ongoing"), status("ScaleUp", "Done"), ["ActionDone"], id="ends"),
        pytest.param(status("ScaleUp", "Done"), status("ScaleUp", "Done"), [], id="has ended"),
        pytest.param({}, status("ScaleUp", "Done"), [], id="taken over from another operator"),
        pytest.param(status(), status(Ready=("True", "Running", "")), ["Running"], id="all racks run"),
        pytest.param(
            status(Ready=("True", "Running", "")), status(Ready=("True", "Running", "")), [], id="all racks still run"
        ),
        pytest.param(status(), status(Valid=("False", "Invalid", "spec: no")), ["Invalid"], id="an invalid spec"),
        pytest.param(
            status(Valid=("False", "Invalid", "spec: no")),
            status(Valid=("False", "ChangeRefused", "spec: back")),
            ["ChangeRefused"],
            id="another refusal",
        ),
        pytest.param(status(Degraded=FINE), status(Degraded=STUCK), ["NodeStuck"], id="a stuck pod"),
        pytest.param(status(Degraded=STUCK), status(Degraded=STUCK), [], id="a pod that is still stuck"),
        pytest.param(status(Degraded=STUCK), status(Degraded=FINE), ["Recovered"], id="a pod that got going"),
        pytest.param(status(), status(Degraded=FINE), [], id="nothing was ever wrong"),
        pytest.param(
            status(), status(Degraded=("True", "ReferenceMissing", "x")), ["ReferenceMissing"], id="a missing reference"
        ),
        pytest.param(status(), status(Degraded=("True", "NodeFails", "x")), ["NodeFails"], id="a node that hangs"),
        pytest.param(
            status(), status(Degraded=("True", "WriteRefused", "403")), ["WriteRefused"], id="a right is missing"
        ),
    ],
)
def test_changes_of_the_status(before: Json, after: Json, told: list[str]) -> None:
    """Begin and end of actions, and what became wrong or right again, are told; what stays is not."""
    assert [each.reason for each in news(before, after, ())] == told


def test_notes_say_what_and_where() -> None:
    """An action is told with its rack, a stuck pod with Kubernetes' word and sentence."""
    after = status("ScaleUp", "Ongoing", Degraded=STUCK)
    assert [each.note for each in news(status(), after, ())] == [
        "ScaleUp of rack dc1-rack1 has begun",
        "ImagePullBackOff: pod demo-dc1-rack1-0: no such image",
    ]


def test_what_is_destroyed_or_commanded_is_told() -> None:
    """Deletions and commands are told with their reason; what is made or changed is seen in the action."""
    pod = Pod("demo-dc1-rack1-1", "uid-1", 1)
    made = Create(STATEFULSETS, {"metadata": {"name": "demo-dc1-rack1"}})
    gone = Delete(CLAIMS, "data-demo-dc1-rack1-1", "uid-2", why="its node has left the ring")
    assert news({}, {}, (made, gone, Run(pod, Decommission(), "ScaleDown"))) == (
        News("Deleted", "PersistentVolumeClaim data-demo-dc1-rack1-1: its node has left the ring"),
        News("CommandGiven", "node demo-dc1-rack1-1: Decommission (ScaleDown)"),
    )


def test_every_reason_stands_in_the_catalogue_once() -> None:
    """Reasons are API: each has one type, and all of them are documented."""
    assert len(TYPES) == len(EVENTS)


class Taken:
    """Keeps what was recorded."""

    def __init__(self) -> None:
        self.events: list[tuple[Reference, str, str, str]] = []

    def event(self, regarding: Reference, type_: str, reason: str, note: str, *, member: str = "") -> None:
        """Take an event."""
        self.events.append((regarding, type_, reason, note))

    def over(self, gone: Reference) -> None:
        """Nothing here is ever gone."""


def test_news_is_an_event_and_a_line_of_the_log() -> None:
    """Each piece of news goes to the recorder with the object's UID, and to the log at the level of its type."""
    taken, log = Taken(), structlog.get_logger()
    meta = ObjectMeta(name="demo", namespace="ns", uid="uid-0")
    with capture_logs() as lines:
        Reporter(taken).tell(meta, (News("ActionDone", "a"), News("NodeStuck", "b")), log)
    reference = Reference("db.orange.com/v2", "CassandraCluster", "ns", "demo", "uid-0")
    assert taken.events == [(reference, "Normal", "ActionDone", "a"), (reference, "Warning", "NodeStuck", "b")]
    assert [(line["log_level"], line["event"]) for line in lines] == [
        ("info", "action done"),
        ("warning", "node stuck"),
    ]
