"""The operator as a pod, installed by its chart: one trace over pods and clusters, and a Secret that comes late."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from multicasskop.crds.names import TRACEPARENT
from multicasskop.world import kubeconfig
from multicasskop.world.accounts import put
from multicasskop.world.api import Json
from multicasskop.world.installed import Installed
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, PODS, SECRETS
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import Predicate, child, condition, event, parent, ready, ring
from multicasskop.world.services.jaeger import Jaeger, Spans
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions

pytestmark = [pytest.mark.kind, pytest.mark.usefixtures("loaded")]

# pods of a member become ready after ten seconds: time enough to replace the operator's pod
CASSKOP = SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.05, pod=200.0)


@pytest.fixture
def installed(world: KindWorld, namespace: str, helm: str) -> Iterator[Installed]:
    """What will be installed; it is gone afterwards."""
    found = Installed(world, namespace, helm)
    yield found
    found.release.uninstall("--ignore-not-found")


def simulate(installed: Installed, options: SimulatorOptions) -> None:
    """Run the simulated CassKop as a pod of each member."""
    for member in installed.world.members:
        installed.world.simulate(member, replace(options, namespace=installed.namespace))


def test_one_trace_over_pods_that_come_and_go(
    world: KindWorld, installed: Installed, recorder: Recorder, jaeger: Jaeger
) -> None:
    """The operator's pod is replaced in mid-rollout: one trace, its gates as in the status, both CassKops in it."""
    namespace, (home, other) = installed.namespace, world.members
    installed.import_members()
    simulate(installed, replace(CASSKOP, otlp=jaeger.otlp))
    installed.install({"tracing": {"endpoint": jaeger.otlp, "jaegerUi": jaeger.url}}, "--wait", "--timeout=5m")
    world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(child(namespace, "demo", home, "ADDED"))
    (pod,) = installed.pods()
    world.admin(home).delete(PODS, namespace, pod["metadata"]["name"])
    recorder.wait_for(ready(namespace, "demo"), 120)
    (successor,) = installed.pods()
    assert successor["metadata"]["uid"] != pod["metadata"]["uid"]
    status = world.admin(home).get(MULTICASSKOPS, namespace, "demo")["status"]
    trace = status["traceparent"].split("-")[1]
    spans = jaeger.wait(lambda: jaeger.trace(trace), is_whole)
    assert {(span.service, span.resource["k8s.cluster.name"]) for span in spans} == {
        ("multicasskop", home),
        ("casskop", home),
        ("casskop", other),
    }
    since = {member["name"]: member["since"] for member in status["clusters"]}
    for name in ("step", "gate"):
        ends = {span.tag("member"): span.end for span in spans if span.name == name}
        assert ends == {member: pytest.approx(instant(since[member]), abs=1) for member in world.members}
    for member in world.members:
        made = world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo")
        assert made["metadata"]["annotations"][TRACEPARENT].split("-")[1] == trace


def is_whole(spans: Spans) -> bool:
    """Whether root, both steps and both CassKops' actions have come."""
    names = [span.name for span in spans]
    return [names.count(name) for name in ("rollout", "step", "gate", "casskop action")] == [1, 2, 2, 2]


def instant(text: str) -> float:
    """A time of a status in seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def test_secret_is_mended_until_the_member_is_picked_up_without_a_restart(
    world: KindWorld, installed: Installed, recorder: Recorder
) -> None:
    """Without a Secret, and with bad ones, the pod runs, serves home and says what is wrong; a good one mends it."""
    namespace, (home, other) = installed.namespace, world.members
    simulate(installed, SimulatorOptions(Mode.INSTANT))
    installed.install({}, "--wait", "--timeout=5m")
    (pod,) = installed.pods()
    world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(child(namespace, "demo", home, "ADDED"))
    recorder.wait_for(event(namespace, "demo", "CredentialRejected", other))
    line = json.loads(installed.wait_log('"member without credentials"', f'"member":"{other}"'))
    assert line["code"] == "MCK113"
    recorder.wait_for(unreachable(namespace, f"{other}: is empty"))
    # a kubelet may look at mounted Secrets but once a minute
    refused = secret(world, other)
    mistakes: dict[str, dict[str, bytes]] = {"/ca.crt: holds no": {"ca.crt": b"\0\xff"}, "is not accepted": {}}
    for told, mistake in mistakes.items():
        put(world.admin(home), SECRETS, namespace, as_object(other, refused | mistake))
        recorder.wait_for(unreachable(namespace, told), 150)
    assert world.admin(other).find(CASSANDRACLUSTERS, namespace, "demo") is None
    installed.import_members()
    recorder.wait_for(ready(namespace, "demo"), 150)
    (same,) = installed.pods()
    assert same["metadata"]["uid"] == pod["metadata"]["uid"]
    assert [c["restartCount"] for c in same["status"]["containerStatuses"]] == [0]


def unreachable(namespace: str, words: str) -> Predicate:
    """An entry of the MultiCasskop whose condition says that a member is not reachable, in these words."""

    def fits(entry: Entry) -> bool:
        found = condition(entry.object, "MembersReachable")
        return parent(namespace, "demo")(entry) and found.get("status") == "False" and words in found["message"]

    return fits


def secret(world: KindWorld, member: str) -> dict[str, bytes]:
    """What a Secret of the member holds, but with a token that is none."""
    authority = kubeconfig.read(world.kubeconfig, member).authority
    return {"ca.crt": authority.encode(), "server": world.inner_server(member).encode(), "token": b"none"}


def as_object(name: str, values: Mapping[str, bytes]) -> Json:
    """A Secret."""
    data = {key: b64encode(value).decode() for key, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
