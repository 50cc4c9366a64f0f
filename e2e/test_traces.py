"""One trace per rollout in a real Jaeger, from home and from both members' CassKops; and what trouble there costs."""

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
import yaml
from multicasskop.crds.names import TRACEPARENT
from multicasskop.world import processes
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import ALONE, Operator
from multicasskop.world.ports import free_ports
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import parent, ready, ring
from multicasskop.world.services.jaeger import Jaeger, Span, Spans
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

HOME, OTHER = "k8s-cluster1", "k8s-cluster2"
OPERATOR, CASSKOP = "multicasskop", "casskop"
Start = Callable[..., Operator]
CassKop = Callable[..., None]


@pytest.fixture
def traced(start_operator: Start, casskop: CassKop, jaeger: Jaeger) -> Operator:
    """An operator and two CassKops that send their spans to Jaeger."""
    casskop(SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.05, otlp=jaeger.otlp))
    return start_operator(ALONE, f"--otlp-endpoint={jaeger.otlp}", f"--jaeger-ui={jaeger.url}")


def roll_out(world: World, recorder: Recorder, namespace: str, name: str = "demo") -> str:
    """Make a MultiCasskop, wait until it is Ready, and return the id of its trace."""
    world.admin(HOME).create(MULTICASSKOPS, namespace, ring(name, world.members))
    recorder.wait_for(ready(namespace, name), 60)
    return trace_of(world, namespace, name)


def trace_of(world: World, namespace: str, name: str = "demo") -> str:
    """The id of the trace that the status names."""
    found = world.admin(HOME).get(MULTICASSKOPS, namespace, name)["status"]["traceparent"]
    return str(found).split("-")[1]


def named(spans: Spans, name: str) -> list[Span]:
    """The spans of one name."""
    return [span for span in spans if span.name == name]


def complete(spans: Spans) -> bool:
    """Whether a rollout over both members has come, with what both CassKops did."""
    return len(named(spans, "rollout")) == 1 and len(named(spans, "casskop action")) == 2


def whole(jaeger: Jaeger, trace_id: str) -> Spans:
    """The trace of a rollout, when all of it has come."""
    return jaeger.wait(lambda: jaeger.trace(trace_id), complete)


def instant(text: str) -> float:
    """A time of a status in seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def test_rollout_is_one_trace_over_both_members(
    world: World, namespace: str, recorder: Recorder, traced: Operator, jaeger: Jaeger
) -> None:
    """Under one root stand a step per member, in it the create and what that member's CassKop did."""
    spans = whole(jaeger, roll_out(world, recorder, namespace))
    root = named(spans, "rollout")[0]
    steps = {span.tag("member"): span for span in named(spans, "step")}
    posts = {span.tag("member"): span for span in named(spans, "POST cassandraclusters")}
    actions = {str(span.resource["k8s.cluster.name"]): span for span in named(spans, "casskop action")}
    assert root.parent == ""
    assert sorted(steps) == sorted(posts) == sorted(actions) == [HOME, OTHER]
    for member in (HOME, OTHER):
        assert steps[member].parent == root.id
        assert posts[member].parent == actions[member].parent == steps[member].id
        assert posts[member].tag("audit_id")
        assert (actions[member].service, steps[member].service) == (CASSKOP, OPERATOR)
    inside = {span.parent for name in ("casskop rack",) for span in named(spans, name)}
    assert inside == {span.id for span in actions.values()}
    racks = {span.id for span in named(spans, "casskop rack")}
    assert {span.parent for span in named(spans, "apply statefulset")} == racks
    assert root.resource["k8s.cluster.name"] == HOME
    known = {span.id for span in spans}
    assert {span.parent for span in spans} <= known | {""}


def test_spans_last_as_long_as_the_status_says(
    world: World, namespace: str, recorder: Recorder, traced: Operator, jaeger: Jaeger
) -> None:
    """Root, steps and gates begin and end within a second of the times that the status shows."""
    spans = whole(jaeger, roll_out(world, recorder, namespace))
    obj = world.admin(HOME).get(MULTICASSKOPS, namespace, "demo")
    root, record = named(spans, "rollout")[0], obj["status"]["rollouts"][0]
    assert root.start == pytest.approx(instant(obj["metadata"]["creationTimestamp"]), abs=1)
    assert root.end == pytest.approx(instant(record["end"]), abs=1)
    ended = {item["name"]: item["since"] for item in obj["status"]["clusters"]}
    for gate in named(spans, "gate"):
        begun = waiting_since(recorder, namespace, gate.tag("member"))
        assert gate.start == pytest.approx(instant(begun), abs=1)
        assert gate.end == pytest.approx(instant(ended[gate.tag("member")]), abs=1)


def waiting_since(recorder: Recorder, namespace: str, member: str) -> str:
    """Since when the status said that a member was waited for."""
    is_parent = parent(namespace, "demo")
    for entry in filter(is_parent, recorder.entries()):
        for item in (entry.object.get("status") or {}).get("clusters") or ():
            if item["name"] == member and "gate" in item:
                return str(item["gate"]["since"])
    raise AssertionError(f"{member} was never waited for")


def waits_for(namespace: str, member: str) -> Callable[[Entry], bool]:
    """The status says that a member is waited for."""
    is_parent = parent(namespace, "demo")

    def fits(entry: Entry) -> bool:
        clusters = (entry.object.get("status") or {}).get("clusters") or ()
        return is_parent(entry) and any(item["name"] == member and "gate" in item for item in clusters)

    return fits


@pytest.mark.parametrize("member", [HOME, OTHER])
def test_trace_goes_on_after_a_crash(
    world: World,
    namespace: str,
    casskop: CassKop,
    recorder: Recorder,
    start_operator: Start,
    jaeger: Jaeger,
    member: str,
) -> None:
    """Killed while a member is waited for and started again, the operator ends the same trace, without a span twice."""
    casskop(SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.05, pod=60.0, otlp=jaeger.otlp))
    operator = start_operator(ALONE, f"--otlp-endpoint={jaeger.otlp}")
    world.admin(HOME).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(waits_for(namespace, member), 60)
    # what was not sent yet dies with the process
    trace_id = trace_of(world, namespace)
    jaeger.wait(lambda: jaeger.trace(trace_id), lambda spans: has_come(spans, member))
    operator.kill()
    operator.start()
    recorder.wait_for(ready(namespace, "demo"), 60)
    spans = whole(jaeger, trace_id)
    assert sorted(span.tag("member") for span in named(spans, "step")) == [HOME, OTHER]
    assert len({span.id for span in spans}) == len(spans)
    assert len({span.resource["service.instance.id"] for span in spans if span.service == OPERATOR}) == 2
    for name in (HOME, OTHER):
        child = world.admin(name).get(CASSANDRACLUSTERS, namespace, "demo")
        assert child["metadata"]["annotations"][TRACEPARENT].split("-")[1] == trace_id


def has_come(spans: Spans, member: str) -> bool:
    """Whether all has come that had ended when a member's child was made."""
    ended = {span.tag("member") for span in named(spans, "step")}
    posted = {span.tag("member") for span in named(spans, "POST cassandraclusters")}
    return member in posted and posted <= ended | {member}


def test_deletion_is_a_trace(
    world: World, namespace: str, recorder: Recorder, traced: Operator, jaeger: Jaeger
) -> None:
    """A deletion is a trace of its own with a span for each child, and points to the rollout."""
    rollout = roll_out(world, recorder, namespace)
    world.admin(HOME).delete(MULTICASSKOPS, namespace, "demo")
    recorder.wait_for(parent(namespace, "demo", "DELETED"))
    found = jaeger.wait(lambda: jaeger.spans(OPERATOR, name="demo"), lambda spans: bool(named(spans, "deletion")))
    root = named(found, "deletion")[0]
    spans = jaeger.trace(root.trace)
    assert root.links == (rollout,)
    assert {span.tag("member") for span in named(spans, "delete child")} == {HOME, OTHER}
    assert {span.parent for span in named(spans, "delete child")} == {root.id}
    assert {span.parent for span in named(spans, "DELETE cassandraclusters")} <= {span.id for span in spans}


def test_rest_makes_no_spans(
    world: World, namespace: str, recorder: Recorder, traced: Operator, jaeger: Jaeger
) -> None:
    """Looks that change nothing make no span, also after a restart."""
    before = whole(jaeger, roll_out(world, recorder, namespace))
    world.admin(HOME).patch(MULTICASSKOPS, namespace, "demo", {"metadata": {"annotations": {"example.com/a": "b"}}})
    traced.restart()
    # a later rollout of the new process: what came before it has been looked at
    whole(jaeger, roll_out(world, recorder, namespace, "later"))
    known = {span.id for span in before}
    assert [span for span in jaeger.spans(OPERATOR, name="demo") if span.id not in known] == []


def test_log_lines_name_the_trace(
    world: World, namespace: str, recorder: Recorder, traced: Operator, jaeger: Jaeger
) -> None:
    """What a run logs carries its ids, and one line says where the trace can be looked at."""
    trace_id = roll_out(world, recorder, namespace)
    lines = [json.loads(line) for line in traced.lines()]
    inside = [line for line in lines if line.get("trace_id") == trace_id]
    assert {"step started", "rollout finished"} <= {line["msg"] for line in inside}
    assert all(line["span_id"] and line["trace_flags"] == "01" for line in inside)
    assert [line["trace_url"] for line in inside if "trace_url" in line] == [f"{jaeger.url}/trace/{trace_id}"]


def test_no_secret_is_in_a_span(
    world: World, namespace: str, recorder: Recorder, traced: Operator, jaeger: Jaeger
) -> None:
    """No token of the operator stands in any span of anybody."""
    whole(jaeger, roll_out(world, recorder, namespace))
    users: list[dict[str, Any]] = yaml.safe_load(traced.kubeconfig.read_text())["users"]
    tokens = [user["user"]["token"] for user in users]
    told = repr([jaeger.spans(service) for service in jaeger.services()])
    assert tokens
    assert "k8s.cluster.name" in told
    assert [token for token in tokens if token in told] == []


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{free_ports(1)[0]}"


@pytest.mark.parametrize("kind", ["silent", "nobody"])
def test_trouble_costs_only_spans(
    world: World,
    namespace: str,
    casskop: CassKop,
    recorder: Recorder,
    start_operator: Start,
    request: pytest.FixtureRequest,
    kind: str,
) -> None:
    """With an endpoint that hangs or is not there the rollout goes on, spans are counted, and the stop is in order."""
    casskop(SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.05))
    operator = start_operator(ALONE, f"--otlp-endpoint={request.getfixturevalue(kind)}")
    roll_out(world, recorder, namespace)
    assert processes.wait_until(lambda: dropped(operator.metrics().splitlines()) > 0, 30)
    operator.stop()
    lines = [json.loads(line) for line in operator.lines()]
    assert (lines[-1]["msg"], lines[-1]["reason"]) == ("stopped", "signal SIGTERM")
    assert [line["msg"] for line in lines if line["level"] == "error"] == []


def dropped(lines: Sequence[str]) -> float:
    """How many spans the metrics count as dropped."""
    return sum(float(line.split()[1]) for line in lines if line.startswith("multicasskop_spans_dropped_total"))
