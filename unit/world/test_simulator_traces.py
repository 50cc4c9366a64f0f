"""The simulated CassKop goes on with the trace that an object carries, and sends it for real."""

from collections.abc import Iterator
from typing import Any

import pytest
from fakes.api_server import FakeApiServer
from fakes.collector import accepting, attributes, exported
from multicasskop.crds.names import TRACEPARENT
from multicasskop.world.simulators.traces import Traces

TRACE, STEP = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CONTEXT = f"00-{TRACE}-{STEP}-01"
Json = dict[str, Any]


@pytest.fixture
def collector() -> Iterator[FakeApiServer]:
    """A collector that takes everything."""
    with FakeApiServer() as found:
        accepting(found)
        yield found


@pytest.fixture
def traces(collector: FakeApiServer) -> Traces:
    """The traces of one member's CassKop."""
    return Traces(collector.url, "c2")


def cluster(progress: str = "", context: str = CONTEXT, version: str = "1", **racks: str) -> Json:
    """A CassandraCluster whose last action, and those of its racks, are so far."""
    found = {name: {"cassandraLastAction": {"name": "ScaleUp", "status": status}} for name, status in racks.items()}
    status = {"phase": "Pending", "lastClusterAction": "ScaleUp", "lastClusterActionStatus": progress}
    metadata: Json = {"name": "demo", "namespace": "ns", "uid": "u", "resourceVersion": version}
    metadata |= {"annotations": {TRACEPARENT: context} if context else {}}
    return {"metadata": metadata, "status": status | {"cassandraRackStatus": found} if progress else {}}


def sent(collector: FakeApiServer, traces: Traces) -> dict[str, Json]:
    """What was sent, by name."""
    traces.stop()
    return {span["name"]: span for span in exported(collector)}


def test_action_is_continued(collector: FakeApiServer, traces: Traces) -> None:
    """An action is a child of the object's span, with its racks under it and the writes of StatefulSets under those."""
    traces.saw(cluster("Ongoing", rack1="Ongoing"))
    with traces.applying(cluster("Ongoing", rack1="Ongoing"), "rack1"):
        pass
    traces.saw(cluster("Ongoing", rack1="Done"))
    traces.saw(cluster("Done", rack1="Done"))
    spans = sent(collector, traces)
    assert set(spans) == {"casskop action", "casskop rack", "apply statefulset"}
    action, rack, write = (spans[name] for name in ("casskop action", "casskop rack", "apply statefulset"))
    assert len({span["traceId"] for span in spans.values()}) == 1
    assert (rack["parentSpanId"], write["parentSpanId"]) == (action["spanId"], rack["spanId"])
    assert (attributes(action)["action"], attributes(rack)["rack"]) == ("ScaleUp", "rack1")
    resource = {"service.name": "casskop", "k8s.cluster.name": "c2"}
    assert action["resource"].items() >= resource.items()


def test_nothing_is_sent_before_the_end(collector: FakeApiServer, traces: Traces) -> None:
    """An action that goes on is not sent yet, and looks at rest make nothing."""
    traces.saw(cluster("Done", rack1="Done"))
    traces.saw(cluster("Ongoing", rack1="Ongoing"))
    assert sent(collector, traces) == {}


@pytest.mark.parametrize(
    "context", ["", "nonsense", f"00-{TRACE}-{STEP}-00"], ids=["none", "no context", "not sampled"]
)
def test_objects_without_a_trace(collector: FakeApiServer, traces: Traces, context: str) -> None:
    """An object that carries no trace, or one that nobody wants, makes no span."""
    traces.saw(cluster("Ongoing", context, rack1="Ongoing"))
    with traces.applying(cluster("Ongoing", context, rack1="Ongoing"), "rack1"):
        pass
    traces.saw(cluster("Done", context, rack1="Done"))
    assert sent(collector, traces) == {}


@pytest.mark.parametrize(("version", "wanted"), [("1", set()), ("2", {"casskop action"})], ids=["nothing", "a write"])
def test_at_once(collector: FakeApiServer, traces: Traces, version: str, wanted: set[str]) -> None:
    """In mode instant an action is a span if it wrote something."""
    after = cluster("Done", version=version)
    assert traces.settled(cluster("Done"), lambda _: after) is after
    assert set(sent(collector, traces)) == wanted


def test_without_an_endpoint() -> None:
    """Nothing is sent anywhere."""
    traces = Traces("", "c2")
    traces.saw(cluster("Ongoing", rack1="Ongoing"))
    traces.saw(cluster("Done", rack1="Done"))
    traces.stop()
