"""The doctor's calls: home first, then all members, each with the credentials of its Secret; failures are findings."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.api_server import FakeApiServer
from fakes.clock import FakeClock
from fakes.exchange import Exchange, answer, failure
from fakes.home import HomeCluster, listed, mck
from fakes.registration import AUTHORITY, token
from multicasskop.crds.names import ACCOUNT, IDENTITY, NAMESPACES, ORPHANS, OWNER
from multicasskop.informers.deadline import Deadline
from multicasskop.operator import main
from multicasskop.operator.doctor.seen import Member, look, look_members
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.operator.registering.registered import Registered
from multicasskop.reconcilers.multicasskop.ownership import Mark

GROUP = "/apis/db.orange.com/v2"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
MARK = Mark("h", "cassandra", "demo", "u", "created")
SERVED = answer({"kind": "APIResourceList", "resources": [{"name": "cassandraclusters"}]})
Json = dict[str, Any]


def registered(server: str, name: str = "us-east", **annotations: str) -> Registered:
    """A member's Secret."""
    values = {"ca.crt": AUTHORITY.pem, "server": server.encode(), "token": token().encode()}
    data = {key: base64.b64encode(value).decode() for key, value in values.items()}
    marks = {ACCOUNT: "cassandra/multicasskop", NAMESPACES: "cassandra", IDENTITY: "id-east"} | annotations
    return Registered.of({"metadata": {"name": name, "namespace": "ops", "annotations": marks}, "data": data})


def review(exchange: Exchange) -> None:
    """Allow all but to delete."""
    allowed = exchange.request.json["spec"]["resourceAttributes"]["verb"] != "delete"
    answer({"kind": "SelfSubjectAccessReview", "status": {"allowed": allowed}}, 201)(exchange)


@pytest.fixture
def member() -> Iterator[FakeApiServer]:
    """A member with one child, in which one right is missing."""
    with FakeApiServer(AUTHORITY) as found:
        found.on(
            "GET", "/version", answer({"gitVersion": "v1.34.1"}, headers={"Date": "Tue, 01 Jan 2030 00:00:03 GMT"})
        )
        found.on("GET", GROUP, SERVED)
        found.on("POST", REVIEWS, review)
        child = {"metadata": {"name": "demo", "namespace": "cassandra", "annotations": {OWNER: MARK.text()}}}
        body = {"kind": "CassandraClusterList", "metadata": {}, "items": [child]}
        found.on("GET", f"{GROUP}/namespaces/cassandra/cassandraclusters", answer(body))
        yield found


def seen(secret: Registered) -> Member:
    """Ask one member."""
    clock = FakeClock()
    return look(secret, clock, Deadline(clock, 30.0))


def test_member(member: FakeApiServer) -> None:
    """Version, clock, kinds, rights and marks are what the server says."""
    found = seen(registered(member.url))
    assert found.answer is not None
    assert (found.answer.version, found.answer.ahead) == ("v1.34.1", 3.0)
    assert (found.identity, set(found.kinds)) == ("id-east", {"cassandraclusters"})
    assert (found.asked, [f"{right} in {space}" for space, right in found.missing]) == (
        8,
        ["delete cassandraclusters in cassandra"],
    )
    assert [mark for _, mark in found.marks] == [MARK]


def test_secret_that_does_not_say_where(member: FakeApiServer) -> None:
    """Without a namespace no right can be asked for."""
    assert seen(registered(member.url, **{NAMESPACES: ""})).asked == 0


def test_rights_everywhere(member: FakeApiServer) -> None:
    """Of a member that is registered for all namespaces, rights and children are asked for in all of them at once."""
    found = seen(registered(member.url, **{NAMESPACES: "*"}))
    assert found.asked == 8
    asked = [r.json["spec"]["resourceAttributes"] for r in member.received("POST", REVIEWS)]
    assert [each["namespace"] for each in asked] == [""] * 7 + ["cassandra"]


def test_kind_is_not_served(member: FakeApiServer) -> None:
    """A member without our kind has answered all the same."""
    with FakeApiServer(AUTHORITY) as bare:
        bare.on("GET", "/version", answer({"gitVersion": "v1"}))
        bare.on("POST", REVIEWS, review)
        found = seen(registered(bare.url))
    assert (found.error, found.kinds, found.marks) == (None, frozenset(), ())
    assert found.asked == 8


def test_failures_are_findings(member: FakeApiServer) -> None:
    """One that refuses, one that is dark, one with bad credentials: each has its error, and the others are seen."""
    with FakeApiServer(AUTHORITY) as closed, FakeApiServer(AUTHORITY) as gone:
        closed.on("GET", "/version", failure(401, "Unauthorized"))
        nowhere = gone.url
        gone.stop()
        servers = {"ok": member.url, "closed": closed.url, "dark": nowhere, "bad": "http://x"}
        secrets = [registered(server, name) for name, server in servers.items()]
        found = {each.name: each for each in look_members(secrets, FakeClock(), 30.0)}
    assert [name for name, each in found.items() if each.error] == ["closed", "dark", "bad"]
    assert found["ok"].answer is not None
    assert look_members([], FakeClock(), 30.0) == ()


def test_home_that_does_not_tell(home: HomeCluster, capsys: pytest.CaptureFixture[str]) -> None:
    """Without home there is nothing to look for, and that has its exit code."""
    home.server.on("GET", "/version", failure(401, "Unauthorized"))
    assert main.run(["doctor", *home.flags]) == ExitCode.HOME
    assert capsys.readouterr().err.startswith("MCK303 home: ")


def alone(home: HomeCluster) -> None:
    """Let home answer, with one MultiCasskop and no member."""
    server = home.server
    server.on("GET", "/version", answer({"gitVersion": "v1.36.3"}))
    names = [{"name": name} for name in ("multicasskops", "multicasskops/status", "cassandraclusters")]
    server.on("GET", GROUP, answer({"kind": "APIResourceList", "resources": names}))
    server.on("GET", f"{GROUP}/multicasskops", listed(mck()))
    kube_system = {"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "here"}}
    server.on("GET", "/api/v1/namespaces/kube-system", answer(kube_system))
    server.on("GET", "/apis/apps/v1/namespaces/cassandra/deployments", failure(403, "Forbidden"))
    server.on("GET", "/api/v1/namespaces/cassandra/secrets", answer({"kind": "SecretList", "items": []}))


def test_home_alone(home: HomeCluster, capsys: pytest.CaptureFixture[str]) -> None:
    """A home without members is looked at, and nothing is written to it."""
    alone(home)
    assert main.run(["doctor", *home.flags]) == ExitCode.OK
    out = capsys.readouterr().out
    assert "  ! members  no Secret registers one" in out
    assert {request.method for request in home.server.requests} == {"GET"}


@pytest.mark.parametrize("only", ["home", "members", "rights", "rings", "between"])
def test_one_category_alone(home: HomeCluster, capsys: pytest.CaptureFixture[str], only: str) -> None:
    """With --only the others are not shown; `check` is another word for the same."""
    alone(home)
    assert main.run(["check", "--only", only, "-o", "json", *home.flags]) == ExitCode.OK
    (shown,) = json.loads(capsys.readouterr().out)["categories"]
    assert shown["name"].startswith(only)


def test_member_that_nobody_registers(home: HomeCluster, capsys: pytest.CaptureFixture[str]) -> None:
    """A name after --member that no Secret has is told with those that there are."""
    alone(home)
    assert main.run(["doctor", "--member", "nope", *home.flags]) == ExitCode.NOT_FOUND
    assert "no Secret registers a member nope (registered: none)" in capsys.readouterr().err


def test_it_waits_until_nothing_fails(home: HomeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --wait what fails is looked at again; here the definitions come with the second look."""
    monkeypatch.setattr("multicasskop.operator.commands.doctor.AGAIN_SECONDS", 0.01)
    home.server.on("GET", GROUP, answer({"kind": "APIResourceList", "resources": []}))
    alone(home)
    assert main.run(["doctor", "--wait", "30s", *home.flags]) == ExitCode.OK
    assert len(home.server.received("GET", GROUP)) == 2


def test_lease_and_orphans_are_read(home: HomeCluster, capsys: pytest.CaptureFixture[str]) -> None:
    """The lease of each operator, and what was left behind, are read from the operator's namespace."""
    deployment = {"metadata": {"name": "mck"}, "spec": {"replicas": 1}, "status": {"readyReplicas": 1}}
    body = {"kind": "DeploymentList", "metadata": {}, "items": [deployment]}
    home.server.on("GET", "/apis/apps/v1/namespaces/cassandra/deployments", answer(body))
    alone(home)
    meta = {"name": "mck", "namespace": "cassandra"}
    lease = {"kind": "Lease", "metadata": meta, "spec": {"holderIdentity": "pod-1", "leaseDurationSeconds": 15}}
    home.server.on("GET", "/apis/coordination.k8s.io/v1/namespaces/cassandra/leases/mck", answer(lease))
    left = {"kind": "ConfigMap", "metadata": {**meta, "name": ORPHANS}, "data": {"one": "{}"}}
    home.server.on("GET", f"/api/v1/namespaces/cassandra/configmaps/{ORPHANS}", answer(left))
    main.run(["doctor", *home.flags])
    out = capsys.readouterr().out
    assert "pod-1 leads" in out
    assert "1 children were left behind: one" in out
