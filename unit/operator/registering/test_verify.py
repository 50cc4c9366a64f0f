"""The look at the end: the operator's own credentials, used once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.clock import FakeClock
from fakes.exchange import Answer, Exchange, answer, failure
from fakes.registration import AUTHORITY, Leaping
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.operator.registering.verify import Account, Finding, verify

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
GROUP = "/apis/db.orange.com/v2"
ACCOUNT = Account("us-east", "prod-us-east", "multicasskop", ("cassandra", "billing"))
SERVED = answer({"kind": "APIResourceList", "resources": [{"name": "cassandraclusters"}]})


def review(*denied: str, later: int = 0) -> Answer:
    """Allow all but these rights (`verb resource/subresource`); allow those, too, from a number of questions on."""
    asked: dict[str, int] = {}

    def send(exchange: Exchange) -> None:
        attributes = exchange.request.json["spec"]["resourceAttributes"]
        below = f"/{attributes['subresource']}" if "subresource" in attributes else ""
        right = f"{attributes['verb']} {attributes['resource']}{below}"
        asked[right] = asked.get(right, 0) + 1
        allowed = right not in denied or (later > 0 and asked[right] > later)
        answer({"kind": "SelfSubjectAccessReview", "status": {"allowed": allowed}}, 201)(exchange)

    return send


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """A member that lets us in and serves our kind."""
    with FakeApiServer(AUTHORITY) as found:
        found.on("GET", "/version", answer({"gitVersion": "v1.34.1"}))
        yield found


@pytest.fixture
def clock() -> FakeClock:
    """A clock on which waiting takes no time."""
    return Leaping()


def look(server: FakeApiServer, clock: FakeClock | None = None, url: str = "", account: Account = ACCOUNT) -> Finding:
    """Log in and look."""
    used = clock or FakeClock()
    where = url or server.url
    credentials = Credentials(server=where, source="secret us-east", ca=AUTHORITY.pem, token="a.b.c")  # noqa: S106
    return verify(account, credentials, used, Deadline(used, 30.0))


def test_all_is_right(server: FakeApiServer) -> None:
    """Version, rights in all namespaces, and the kind are told in one line; each right is asked for once."""
    server.on("POST", REVIEWS, review())
    server.on("GET", GROUP, SERVED)
    found = look(server)
    assert found == Finding(
        "reached with it in 0ms: v1.34.1, 15 of 15 rights, cassandraclusters v2 served", (), recognized=True
    )
    *asked, identity = [request.json["spec"]["resourceAttributes"] for request in server.received("POST", REVIEWS)]
    assert identity == {
        "namespace": "kube-system",
        "verb": "get",
        "group": "",
        "resource": "namespaces",
        "name": "kube-system",
    }
    assert len(asked) == 15
    assert {each["namespace"] for each in asked} == {"cassandra", "billing"}
    assert asked[-1] == {
        "namespace": "cassandra",
        "verb": "create",
        "group": "",
        "resource": "serviceaccounts",
        "subresource": "token",
        "name": "multicasskop",
    }
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer a.b.c"}


def test_missing_right_is_named_with_its_remedy(server: FakeApiServer, clock: FakeClock) -> None:
    """A right that is still missing after a while is named by verb, resource and namespace, with the command for it."""
    server.on("POST", REVIEWS, review("patch cassandraclusters/status"))
    server.on("GET", GROUP, SERVED)
    found = look(server, clock)
    (problem,) = found.problems
    assert problem.text == (
        "us-east: the account multicasskop may not"
        " patch cassandraclusters/status in cassandra, patch cassandraclusters/status in billing"
    )
    assert problem.hint == "multicasskop register --context prod-us-east --as us-east -n cassandra,billing --rbac-only"
    assert (problem.code, problem.exit_code) == ("MCK311", ExitCode.NO)
    assert "13 of 15 rights" in found.good


def test_remedy_names_an_account_of_another_name() -> None:
    """The command that gives rights again gives them to the account that lacks them."""
    remedy = replace(ACCOUNT, name="second-home").remedy
    assert remedy.endswith("-n cassandra,billing --account second-home --rbac-only")


@pytest.mark.parametrize("given", [True, False], ids=["given just now", "not given"])
@pytest.mark.parametrize("later", [0, 3], ids=["never", "taken in late"])
def test_identity_that_may_not_be_read(server: FakeApiServer, clock: FakeClock, given: bool, later: int) -> None:
    """Without the right to recognize its cluster an account is good; it is waited for only where it was given."""
    server.on("POST", REVIEWS, review("get namespaces", later=later))
    server.on("GET", GROUP, SERVED)
    found = look(server, clock, account=replace(ACCOUNT, recognized=given))
    assert (found.problems, found.recognized) == ((), given and later > 0)
    counted = {(True, 0): "15 of 16", (True, 3): "16 of 16"}.get((given, later), "15 of 15")
    assert f"{counted} rights" in found.good
    assert (clock.monotonic() > FakeClock().monotonic()) == given


def test_server_that_takes_its_time(server: FakeApiServer, clock: FakeClock) -> None:
    """A server that has not taken in the new Role yet is asked again."""
    server.on("POST", REVIEWS, review("delete cassandraclusters", later=3))
    server.on("GET", GROUP, SERVED)
    assert look(server, clock).problems == ()


def test_kind_is_missing(server: FakeApiServer) -> None:
    """A member without the definition is named, and what brings it."""
    server.on("POST", REVIEWS, review())
    (problem,) = look(server).problems
    assert (problem.code, problem.exit_code) == ("MCK312", ExitCode.NO)
    assert "kubectl --context prod-us-east create -f crds/manifests/cassandraclusters.yaml" in problem.hint


@pytest.mark.parametrize(
    ("refusal", "code", "exit_code"),
    [
        pytest.param(failure(401, "Unauthorized"), "MCK303", ExitCode.NO, id="unauthorized"),
        pytest.param(failure(403, "Forbidden"), "MCK311", ExitCode.NO, id="forbidden"),
    ],
)
def test_nobody_is_let_in(server: FakeApiServer, refusal: Answer, code: str, exit_code: ExitCode) -> None:
    """Credentials that are not accepted are one problem, and nothing else is asked."""
    with FakeApiServer(AUTHORITY) as closed:
        closed.on("GET", "/version", refusal)
        (problem,) = look(server, url=closed.url).problems
        assert {request.path for request in closed.requests} == {"/version"}
    assert (problem.code, problem.exit_code) == (code, exit_code)
    assert "--new-token" in problem.hint
    assert "a.b.c" not in problem.text


def test_server_of_another_ca(server: FakeApiServer) -> None:
    """A server of another CA never gets the token."""
    with FakeApiServer(Authority("another")) as other:
        (problem,) = look(server, url=other.url).problems
        assert other.requests == []
    assert (problem.code, problem.exit_code) == ("MCK302", ExitCode.NO)


def test_nobody_answers(server: FakeApiServer) -> None:
    """A server that is not reached from here may be reached from home: it could not be asked."""
    url = server.url
    server.stop()
    (problem,) = look(server, url=url).problems
    assert (problem.code, problem.exit_code) == ("MCK301", ExitCode.PARTLY)
    assert "from the operator's pods it may be there" in problem.hint
