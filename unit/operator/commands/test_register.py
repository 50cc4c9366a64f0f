"""`register` and `unregister`: what goes wrong has its exit code, names its cluster, and shows no secret."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from fakes.api_server import FakeApiServer
from fakes.exchange import Answer, answer, close, failure
from fakes.home import HomeCluster, listed, mck
from fakes.members import kubeconfig
from fakes.registration import AUTHORITY, live, request, there, token
from multicasskop.crds.names import NAMESPACES
from multicasskop.operator import main
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.operator.output.marks import Mark
from multicasskop.operator.registering.manifests import Wanted, home_objects, identity_objects, member_objects

Capture = pytest.CaptureFixture[str]
ASKED = request(home_id="id-home", home_namespace="ops", operator_account="multi-casskop", member_id="id-member")
ACCOUNTS = "/api/v1/namespaces/cassandra/serviceaccounts"
SECRETS = "/api/v1/namespaces/ops/secrets"
ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/ops/roles"
TOKEN = token("new-account")
FORBIDDEN = failure(403, "Forbidden", "no")
UNCHECKED = "us-east  its identity will not be checked"
ISSUED = answer({"status": {"token": TOKEN, "expirationTimestamp": "2126-01-01T00:00:00Z"}}, 201)


def identity(server: FakeApiServer, name: str) -> None:
    """Let a cluster be known."""
    for space in ("kube-system", "cassandra", "ops"):
        uid = name if space == "kube-system" else space
        body = {"kind": "Namespace", "metadata": {"name": space, "uid": uid}}
        server.on("GET", f"/api/v1/namespaces/{space}", answer(body))


def absent(server: FakeApiServer, wanted: Wanted) -> None:
    """Let an object not be there, and be made."""
    missing = failure(404, "NotFound", details={"name": wanted.name, "kind": wanted.resource.plural})
    server.on("GET", wanted.resource.path(wanted.namespace, wanted.name), missing)


def makes(server: FakeApiServer, *wanted: Wanted) -> None:
    """Let these objects be made, in this order."""
    for each in wanted:
        made = answer(live({"kind": each.resource.kind, **each.body}), 201)
        server.on("POST", each.resource.path(each.namespace), made)


@pytest.fixture
def member() -> Iterator[FakeApiServer]:
    """A member without anything of ours."""
    with FakeApiServer() as found:
        identity(found, "id-member")
        yield found


@pytest.fixture
def ready(home: HomeCluster) -> FakeApiServer:
    """A home that an operator could work in."""
    server = home.server
    identity(server, "id-home")
    server.on("GET", "/apis/apps/v1/namespaces/ops/deployments", answer({"kind": "DeploymentList", "items": []}))
    server.on("GET", "/apis/db.orange.com/v2/multicasskops", listed(mck()))
    return server


@pytest.fixture
def flags(home: HomeCluster, member: FakeApiServer, tmp_path: Path) -> list[str]:
    """What is said for a registration, at an address where nobody is."""
    authority = tmp_path / "ca.crt"
    authority.write_bytes(AUTHORITY.pem)
    server = [f"--ca-file={authority}", "--server=https://127.0.0.1:1", "--allow-local-servers"]
    return ["register", "--as=us-east", "--context=c2", "-n", "cassandra", *server, *where(home, member, tmp_path)]


def where(home: HomeCluster, member: FakeApiServer, folder: Path) -> list[str]:
    """The flags that lead to both clusters."""
    file = kubeconfig(folder / "both", c1=home.server.url, c2=member.url)
    return [f"--kubeconfig={file}", "--home-context=c1", "--home-namespace=ops", "--timeout=8s"]


@pytest.mark.parametrize(
    ("refusal", "code", "words"),
    [
        pytest.param(failure(403, "Forbidden", "no"), 6, "MCK311 us-east: ", id="not allowed"),
        pytest.param(failure(401, "Unauthorized"), 5, "MCK303 us-east: ", id="not let in"),
        pytest.param(close, 5, "MCK301 us-east: ", id="cut"),
    ],
)
def test_member_that_cannot_be_looked_at(
    ready: FakeApiServer,
    member: FakeApiServer,
    flags: list[str],
    capsys: Capture,
    refusal: Answer,
    code: int,
    words: str,
) -> None:
    """What the member answers has its exit code, and nothing was changed anywhere."""
    member.on("GET", f"{ACCOUNTS}/multicasskop", refusal)
    assert main.run([*flags, "--yes"]) == code
    err = capsys.readouterr().err
    assert err.splitlines()[-1].startswith(words)
    assert "Nothing was changed" in err
    assert {request.method for request in (*ready.requests, *member.requests)} == {"GET"}


def test_home_that_is_not_there(ready: FakeApiServer, flags: list[str], capsys: Capture) -> None:
    """Home has its own exit code."""
    ready.stop()
    assert main.run([*flags, "--yes"]) == ExitCode.HOME
    assert capsys.readouterr().err.startswith("MCK301 home: ")


def emptied(ready: FakeApiServer, member: FakeApiServer, *, refused: str = "", by: Answer = FORBIDDEN) -> None:
    """Nothing is registered, and all can be made in the member, but what is `refused` in kube-system (`VERB kind`)."""
    for wanted in member_objects(ASKED):
        absent(member, wanted)
        makes(member, wanted)
    for wanted in identity_objects(ASKED):
        path = wanted.resource.path(wanted.namespace, wanted.name)
        if refused == f"GET {wanted.resource.kind}":
            member.on("GET", path, by)
        absent(member, wanted)
        if refused == f"POST {wanted.resource.kind}":
            member.on("POST", wanted.resource.path(wanted.namespace), by)
        makes(member, wanted)
    member.on("POST", f"{ACCOUNTS}/multicasskop/token", ISSUED)
    for wanted in home_objects(ASKED, TOKEN.encode()):
        absent(ready, wanted)


@pytest.fixture
def empty(ready: FakeApiServer, member: FakeApiServer) -> None:
    """Nothing is registered, and all can be made."""
    emptied(ready, member)


@pytest.mark.usefixtures("empty")
def test_failure_in_the_middle(ready: FakeApiServer, flags: list[str], capsys: Capture) -> None:
    """A write that fails ends it: what was done is marked, the rest was not done, and no token is to be seen."""
    sent = base64.b64encode(TOKEN.encode()).decode()
    ready.on("POST", f"{SECRETS}", failure(422, "Invalid", f"Secret is invalid: {sent}"))
    assert main.run([*flags, "--yes"]) == ExitCode.REFUSED
    written = capsys.readouterr()
    assert written.out.count("✔") == 6
    assert "token issued, good until 2126-01-01" in written.out
    assert "What is marked as done stays; the rest was not done" in written.err
    assert ready.received("POST", ROLES) == []
    assert not [text for text in (TOKEN, sent) if text in written.out + written.err]


@pytest.mark.usefixtures("empty")
def test_member_that_cannot_be_tried_from_here(ready: FakeApiServer, flags: list[str], capsys: Capture) -> None:
    """All is made, the address is not reached from this machine: that is said, and has the exit code for it."""
    makes(ready, *home_objects(ASKED, TOKEN.encode()))
    assert main.run([*flags, "--yes"]) == ExitCode.PARTLY
    written = capsys.readouterr()
    assert written.out.count("✔") == 9
    assert UNCHECKED not in written.out
    assert "Registered us-east, and it is not right yet" in written.out
    assert "It is the operator's pods that must reach it" in written.err
    assert TOKEN not in written.out + written.err
    (made,) = ready.received("POST", SECRETS)
    assert made.query["fieldManager"] == "multicasskop-register"


@pytest.mark.parametrize("refused", ["GET Role", "POST Role", "POST RoleBinding"])
def test_who_may_not_give_the_right_to_recognize(
    ready: FakeApiServer, member: FakeApiServer, flags: list[str], capsys: Capture, refused: str
) -> None:
    """Registering works for who has no rights in kube-system; that the member is not recognized is said, with a way."""
    emptied(ready, member, refused=refused)
    makes(ready, *home_objects(ASKED, TOKEN.encode()))
    assert main.run([*flags, "--yes"]) == ExitCode.PARTLY
    written = capsys.readouterr()
    assert (
        f"{Mark.ATTENTION.sign} {UNCHECKED}: the account multicasskop may not get namespace kube-system" in written.out
    )
    assert "there: multicasskop register --context c2 --as us-east -n cassandra --rbac-only" in written.out
    assert "home     Secret ops/us-east created" in written.out
    assert ("Warning: you may not look into kube-system of us-east" in written.err) == (refused == "GET Role")


def test_right_to_recognize_that_fails_otherwise(
    ready: FakeApiServer, member: FakeApiServer, flags: list[str], capsys: Capture
) -> None:
    """What is no matter of rights ends the registration there, too."""
    emptied(ready, member, refused="POST Role", by=failure(422, "Invalid", "no"))
    assert main.run([*flags, "--yes"]) == ExitCode.REFUSED
    assert "the rest was not done" in capsys.readouterr().err


def test_rights_alone_tell_of_it_too(
    ready: FakeApiServer, member: FakeApiServer, flags: list[str], capsys: Capture
) -> None:
    """With `--rbac-only` the right to recognize is given, or missed, as the others are."""
    emptied(ready, member, refused="POST Role")
    assert main.run([*flags, "--yes", "--rbac-only"]) == ExitCode.OK
    assert UNCHECKED in capsys.readouterr().out


@pytest.mark.usefixtures("empty")
def test_dry_run_sends_nothing(ready: FakeApiServer, member: FakeApiServer, flags: list[str], capsys: Capture) -> None:
    """With `--dry-run` clusters are read, and the objects are written to stdout."""
    assert main.run([*flags, "--dry-run"]) == ExitCode.OK
    assert capsys.readouterr().out.count("\nkind: Role\n") == 3
    assert {request.method for request in (*ready.requests, *member.requests)} == {"GET"}


EVERYWHERE = replace(ASKED, everywhere=True)


@pytest.mark.usefixtures("empty")
def test_rights_everywhere(ready: FakeApiServer, member: FakeApiServer, flags: list[str], capsys: Capture) -> None:
    """With `--cluster-wide` the cluster's objects are made with the rest."""
    for wanted in member_objects(EVERYWHERE)[3:]:
        absent(member, wanted)
        makes(member, wanted)
    makes(ready, *home_objects(EVERYWHERE, TOKEN.encode()))
    assert main.run([*flags, "--yes", "--cluster-wide"]) == ExitCode.PARTLY
    assert "ClusterRoleBinding cassandra.multicasskop created" in capsys.readouterr().out
    (made,) = ready.received("POST", SECRETS)
    assert made.json["metadata"]["annotations"][NAMESPACES] == "*"


def test_rights_everywhere_are_taken_back(
    ready: FakeApiServer, home: HomeCluster, member: FakeApiServer, tmp_path: Path, capsys: Capture
) -> None:
    """Where the Secret says that rights are everywhere, the cluster's objects go with the rest."""
    for wanted in (*member_objects(EVERYWHERE), *identity_objects(EVERYWHERE)):
        there(member, wanted)
    for wanted in home_objects(EVERYWHERE, b"t"):
        there(ready, wanted)
    asked = ["unregister", "us-east", "--context=c2", *where(home, member, tmp_path), "--yes"]
    assert main.run(asked) == ExitCode.OK
    written = capsys.readouterr().out
    assert written.count("deleted") == 3 + 5 + 2
    assert "ClusterRole cassandra.multicasskop deleted" in written


@pytest.mark.usefixtures("empty")
def test_document(ready: FakeApiServer, flags: list[str], capsys: Capture) -> None:
    """As a document a registration tells what was done, what was found and what is wrong, and holds no credential."""
    makes(ready, *home_objects(ASKED, TOKEN.encode()))
    assert main.run([*flags, "--yes", "-o", "json"]) == ExitCode.PARTLY
    written = capsys.readouterr()
    report = json.loads(written.out)
    assert (report["kind"], report["member"], report["done"]) == ("Registration", "us-east", True)
    assert [(each["cluster"], each["kind"]) for each in report["objects"]][-4:] == [
        ("us-east", "RoleBinding"),
        ("home", "Secret"),
        ("home", "Role"),
        ("home", "RoleBinding"),
    ]
    assert {each["action"] for each in report["objects"]} == {"create"}
    assert [each["code"] for each in report["problems"]] == ["MCK301"]
    assert (report["issuesToken"], report["identityChecked"]) == (True, True)
    assert "Secret ops/us-east created" in written.err
    assert TOKEN not in written.out + written.err


@pytest.mark.usefixtures("empty")
def test_document_of_a_dry_run(ready: FakeApiServer, member: FakeApiServer, flags: list[str], capsys: Capture) -> None:
    """What would be done is a document, too, and nothing is sent."""
    assert main.run([*flags, "--dry-run", "-o", "yaml"]) == ExitCode.OK
    report = yaml.safe_load(capsys.readouterr().out)
    assert (report["done"], report["problems"], len(report["objects"])) == (False, [], 8)
    assert {request.method for request in (*ready.requests, *member.requests)} == {"GET"}


def operated(*args: str) -> Answer:
    """The list of Deployments, with one operator of the chart."""
    pod = {"serviceAccountName": "multi-casskop", "containers": [{"args": ["run", *args]}]}
    items = [{"metadata": {"name": "multi-casskop", "namespace": "ops"}, "spec": {"template": {"spec": pod}}}]
    return answer({"kind": "DeploymentList", "items": items})


@pytest.mark.parametrize(
    ("operator", "more", "warned", "guessed"),
    [
        pytest.param(None, [], True, True, id="no operator"),
        pytest.param(None, ["--operator-account=multi-casskop"], True, False, id="its account was named"),
        pytest.param(operated(), [], True, False, id="one that does not follow Secrets"),
        pytest.param(operated("--member-secrets"), [], False, False, id="one that does"),
        pytest.param(None, ["--rbac-only"], False, False, id="no token"),
    ],
)
def test_a_token_that_nobody_renews(
    home: HomeCluster,
    member: FakeApiServer,
    flags: list[str],
    capsys: Capture,
    operator: Answer | None,
    more: list[str],
    warned: bool,
    guessed: bool,
) -> None:
    """Who registers is told that a token will end, what to do, and to whom the right to renew it is given."""
    identity(home.server, "id-home")
    nobody = answer({"kind": "DeploymentList", "items": []})
    home.server.on("GET", "/apis/apps/v1/namespaces/ops/deployments", operator or nobody)
    emptied(home.server, member)
    assert main.run([*flags, *more]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert ("Warning: the token ends 24h after it was issued, and nobody renews it" in told) is warned
    assert ("--set members.secrets=true" in told) is warned
    assert ("given to ServiceAccount multi-casskop, the chart's" in told) is guessed


WRONG = [
    pytest.param(["--as=Not_A_Name"], '--as: "Not_A_Name" is not a name', id="member"),
    pytest.param(["--context="], "--context: name the context of the member", id="context"),
    pytest.param(["--account=A_B"], '--account: "A_B" is not a name', id="account"),
    pytest.param(["-n", "a.b"], '"a.b" is not the name of a namespace', id="namespace"),
    pytest.param(["--cluster-wide", "-n", "billing"], "-n: with --cluster-wide there is one", id="two accounts"),
    pytest.param(["--token-life=5m"], "--token-life: no API server gives tokens for less", id="short life"),
    pytest.param(["--token-life=soon"], '--token-life: "soon" is not a duration', id="no life"),
    pytest.param(["--ca-file=/nowhere"], "--ca-file /nowhere: cannot be read", id="no file"),
]


@pytest.mark.parametrize(("more", "words"), WRONG)
def test_wrong_use(ready: FakeApiServer, flags: list[str], capsys: Capture, more: list[str], words: str) -> None:
    """What cannot be meant is told by the flag, and nothing is written."""
    assert main.run([*flags, "--yes", *more]) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith(f"MCK111 {words}")
    assert {request.method for request in ready.requests} <= {"GET"}


def test_unregister_who_is_not_there(
    ready: FakeApiServer, home: HomeCluster, member: FakeApiServer, tmp_path: Path, capsys: Capture
) -> None:
    """A name that nobody registered is told with those that are near."""
    items = [{"metadata": {"name": name, "namespace": "ops"}} for name in ("us-east", "us-west", "eu-north")]
    ready.on("GET", SECRETS, answer({"kind": "SecretList", "items": items}))
    for wanted in home_objects(replace(ASKED, member="us-eas"), b"t"):
        absent(ready, wanted)
    assert main.run(["unregister", "us-eas", *where(home, member, tmp_path)]) == ExitCode.NOT_FOUND
    err = capsys.readouterr().err
    assert err.startswith("MCK322 us-eas: no member of this name is registered in namespace ops")
    assert "Did you mean us-east" in err


def test_unregister_home_s_part_alone(
    ready: FakeApiServer, home: HomeCluster, member: FakeApiServer, tmp_path: Path, capsys: Capture
) -> None:
    """Without a context of the member its account is left, and said to be."""
    for wanted in home_objects(ASKED, TOKEN.encode()):
        there(ready, wanted)
    assert main.run(["unregister", "us-east", *where(home, member, tmp_path), "--yes"]) == ExitCode.OK
    written = capsys.readouterr()
    assert "leave ServiceAccount cassandra/multicasskop: name a --context to take it back, too" in written.err
    assert written.out.count("deleted") == 3
    assert member.requests == []


@pytest.mark.parametrize("may_look", [True, False], ids=["may look", "may not look"])
def test_unregister_takes_the_right_to_recognize_back(
    ready: FakeApiServer, home: HomeCluster, member: FakeApiServer, tmp_path: Path, capsys: Capture, may_look: bool
) -> None:
    """The Role in kube-system goes, too, and last; who may not look there is told what may be left."""
    for server, objects in ((ready, home_objects(ASKED, b"t")), (member, member_objects(ASKED))):
        for wanted in objects:
            there(server, wanted)
    for wanted in identity_objects(ASKED):
        if not may_look:
            member.on("GET", wanted.resource.path(wanted.namespace, wanted.name), FORBIDDEN)
        there(member, wanted)
    asked = ["unregister", "us-east", "--context=c2", "-n", "cassandra", *where(home, member, tmp_path), "--yes"]
    assert main.run(asked) == ExitCode.OK
    written = capsys.readouterr()
    left = "leave Role kube-system/cassandra.multicasskop.identity, if it is there: you may not look"
    assert (left in written.err) == (not may_look)
    assert written.out.count("deleted") == 6 + 2 * may_look
    last = "Role kube-system/cassandra.multicasskop.identity" if may_look else "ServiceAccount cassandra/multicasskop"
    assert written.out.splitlines()[-2].endswith(f"{last} deleted")
