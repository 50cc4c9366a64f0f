"""`plan --server-dry-run`: the requests are sent with dryRun=All, and what each server says is shown by its member."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.api_server import FakeApiServer
from fakes.exchange import Answer, Exchange, answer, failure
from fakes.golden import agrees
from fakes.planning import GROUP, Readable, lacks, readable
from fakes.rings import NAMES, changed, rest
from fakes.stage import CHILDREN, NAMESPACE, PARENTS, Stage, ring
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
Capture = pytest.CaptureFixture[str]
PARENT = f"{GROUP}/v2/namespaces/{NAMESPACE}/{PARENTS}"
CHILD = f"{GROUP}/v2/namespaces/{NAMESPACE}/{CHILDREN}"
DRY = "--server-dry-run"
IMAGE = changed(cassandraImage="cassandra:5")

pytestmark = pytest.mark.usefixtures("quiet_logs")


def taken(before: Json, defaults: Json) -> Answer:
    """Answer a write as a server that takes it, and sets its defaults."""

    def send(exchange: Exchange) -> None:
        body = exchange.request.json
        if isinstance(body, list):
            body = {"spec": body[0]["value"]}
        stored = merged(merged(before, body), defaults)
        namespaced = {**stored, "metadata": {**stored["metadata"], "namespace": NAMESPACE}}
        answer(namespaced)(exchange)

    return send


def lets_write(found: Readable, **defaults: Any) -> None:  # noqa: ANN401  fields of a child's spec
    """Let every server take what is sent, and set some fields of children by itself."""
    parent = {"apiVersion": "db.orange.com/v2", "kind": "MultiCasskop", "metadata": {"name": "demo"}}
    head = {"apiVersion": "db.orange.com/v2", "kind": "CassandraCluster"}
    for name, server in found.servers.items():
        server.on("PATCH", f"{PARENT}/demo", taken(parent, {}))
        server.on("POST", PARENT, taken(parent, {}))
        child = found.stage.child(name) or {"metadata": {"name": "demo"}}
        server.on("PATCH", f"{CHILD}/demo", taken({**head, **child}, {"spec": defaults}))
        server.on("POST", CHILD, taken({**head, "metadata": {}}, {"spec": defaults}))
        server.on("POST", CHILD.replace("v2", "v1alpha1"), taken({}, {"spec": defaults}))


def writes(server: FakeApiServer) -> list[Any]:
    """The requests to one server that are no reads."""
    return [request for request in server.requests if request.method != "GET"]


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Readable]:
    """Three members at rest, each of which takes what it is sent."""
    with readable(rest(*NAMES), tmp_path) as found:
        yield found


def test_answers_are_shown_by_member(three: Readable, capsys: Capture) -> None:
    """What is taken, what a server sets by itself and what it refuses stand there with the member's name."""
    refused = failure(422, "Invalid", "spec.dataCapacity: Invalid value: must not shrink")
    three.servers["us-east"].on("PATCH", f"{CHILD}/demo", refused)
    lets_write(three, runAsUser=999)
    assert three.run("plan", "-f", three.file(IMAGE), DRY) == ExitCode.REFUSED
    agrees("plan/server-dry-run.txt", capsys.readouterr().out)


def test_nothing_is_stored(three: Readable) -> None:
    """Every request that is no read asks for a dry run, and each server gets the bodies of the plan."""
    lets_write(three)
    three.run("plan", "-f", three.file(IMAGE), DRY)
    sent = [request for server in three.servers.values() for request in writes(server)]
    assert [request.query["dryRun"] for request in sent] == ["All"] * 4
    specs = [request.json["spec"] for request in sent if CHILDREN in request.path]
    assert [spec["cassandraImage"] for spec in specs] == ["cassandra:5"] * 3


@pytest.mark.parametrize(
    ("refusal", "code", "words"),
    [
        pytest.param(failure(403, "Forbidden", "no"), 6, "MCK311 you may not patch cassandraclusters", id="no right"),
        pytest.param(
            failure(403, "Forbidden", 'admission webhook "x" denied the request: no'), 6, "refused", id="webhook"
        ),
        pytest.param(failure(409, "Conflict", "changed"), 6, "refused", id="changed meanwhile"),
        pytest.param(failure(500, "InternalError", "etcd"), 5, "no answer", id="broken server"),
    ],
)
def test_exit_codes(three: Readable, capsys: Capture, refusal: Answer, code: int, words: str) -> None:
    """A refusal is one whoever refuses; a server that cannot say is a plan that is only partly answered."""
    three.servers["eu-north"].on("PATCH", f"{CHILD}/demo", refusal)
    lets_write(three)
    assert three.run("plan", "-f", three.file(IMAGE), DRY, "--timeout", "3s") == code
    (line,) = (line for line in capsys.readouterr().out.splitlines() if " eu-north  patch" in line)
    assert words in line


def test_home_is_asked_about_the_object_itself(three: Readable, capsys: Capture) -> None:
    """What the MultiCasskop's own schema refuses is found before anything is applied."""
    home = three.servers["eu-west"]
    home.on("PATCH", f"{PARENT}/demo", failure(422, "Invalid", 'MultiCasskop "demo" is invalid: spec.rollout'))
    lets_write(three)
    assert three.run("plan", "-f", three.file(IMAGE), DRY) == ExitCode.REFUSED
    assert "✖  eu-west   patch  multicasskops cassandra/demo" in capsys.readouterr().out
    (asked,) = (request for request in writes(home) if PARENTS in request.path)
    assert asked.json == [{"op": "add", "path": "/spec", "value": IMAGE["spec"]}]


def test_stored_object_is_not_sent_again(three: Readable) -> None:
    """Without a file, home is not asked about an object that it has."""
    lets_write(three)
    assert three.run("plan", "demo", DRY) == ExitCode.OK
    assert [request for server in three.servers.values() for request in writes(server)] == []


@pytest.mark.parametrize("whole", [True, False], ids=["created with its seeds", "seeds after the create"])
def test_what_needs_the_child_is_not_tried(tmp_path: Path, capsys: Capture, whole: bool) -> None:
    """Where seeds follow the create, they are not tried: a dry run makes no child that could take them."""
    with readable(Stage(*NAMES), tmp_path, whole=whole) as found:
        lacks(found, "demo")
        lets_write(found)
        flags = ["--members", ",".join(NAMES), DRY, "-o", "json"]
        assert found.run("plan", "-f", found.file(ring(*NAMES)), *flags) == ExitCode.NO
    answers = json.loads(capsys.readouterr().out)["answers"]
    children = [(each["member"], each["verb"], each["answer"]) for each in answers[1:]]
    created = [(name, "create", "taken") for name in NAMES]
    seeds = [] if whole else [(name, "patch", "not tried") for name in NAMES]
    assert sorted(children) == sorted([*created, *seeds])


def test_member_that_cannot_be_asked(three: Readable, capsys: Capture) -> None:
    """A member that does not answer is said so, with the reason, and the others are asked all the same."""
    lets_write(three)
    three.servers["us-east"].stop()
    assert three.run("plan", "-f", three.file(IMAGE), DRY, "--timeout", "3s") == ExitCode.PARTLY
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("  ✔")] == ["eu-west", "eu-west", "eu-north"]
