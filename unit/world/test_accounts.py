"""Accounts with exactly the rights that they are given."""

from collections.abc import Iterator

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.exchange import answer, failure
from multicasskop.world import accounts
from multicasskop.world.accounts import rule
from multicasskop.world.api import Api
from multicasskop.world.errors import ApiError

AUTHORITY = Authority()
RULES = [rule("get list", "pods")]
CORE, RBAC = "/api/v1/namespaces/ns", "/apis/rbac.authorization.k8s.io/v1"


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """An API server that answers what a test says."""
    with FakeApiServer(AUTHORITY) as found:
        yield found


@pytest.fixture
def api(server: FakeApiServer) -> Api:
    """A client of it."""
    return Api("m", server.url, AUTHORITY.pem.decode(), "admin")


def test_rule_is_one_of_rbac() -> None:
    """Verbs, resources, groups and names are where RBAC wants them."""
    assert rule("get list", "pods", "secrets", groups=["", "x"], names=["a"]) == {
        "apiGroups": ["", "x"],
        "resources": ["pods", "secrets"],
        "verbs": ["get", "list"],
        "resourceNames": ["a"],
    }
    assert "resourceNames" not in rule("get", "pods")


def test_account_is_bound_to_its_role_in_its_namespace(server: FakeApiServer, api: Api) -> None:
    """ServiceAccount, Role and RoleBinding have one name and one namespace."""
    for path in (f"{CORE}/serviceaccounts", f"{RBAC}/namespaces/ns/roles", f"{RBAC}/namespaces/ns/rolebindings"):
        server.on("POST", path, answer({}))
    accounts.grant(api, "ns", "op", RULES)
    account, role, binding = (request.json for request in server.requests)
    assert account["metadata"] == role["metadata"] == binding["metadata"] == {"name": "op", "namespace": "ns"}
    assert role["rules"] == RULES
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "op"}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "op", "namespace": "ns"}]


def test_cluster_wide_rights_have_a_name_of_their_own(server: FakeApiServer, api: Api) -> None:
    """ClusterRoles carry the namespace in their name, so that two accounts of one name don't share them."""
    for path in (f"{CORE}/serviceaccounts", f"{RBAC}/clusterroles", f"{RBAC}/clusterrolebindings"):
        server.on("POST", path, answer({}))
    accounts.grant(api, "ns", "op", RULES, cluster_wide=True)
    _, role, binding = (request.json for request in server.requests)
    assert (role["kind"], role["metadata"]) == ("ClusterRole", {"name": "ns-op"})
    assert binding["roleRef"]["name"] == "ns-op"


def test_rights_of_an_older_account_are_replaced(server: FakeApiServer, api: Api) -> None:
    """What is there is replaced, not added to."""
    for path in (f"{CORE}/serviceaccounts", f"{RBAC}/namespaces/ns/roles", f"{RBAC}/namespaces/ns/rolebindings"):
        server.on("POST", path, failure(409, "AlreadyExists"))
        server.on("PUT", f"{path}/op", answer({}))
    accounts.grant(api, "ns", "op", [])
    assert [request.json.get("rules") for request in server.received("PUT")] == [None, [], None]


def test_missing_namespace_is_told(server: FakeApiServer, api: Api) -> None:
    """Accounts need a namespace that exists."""
    server.on("POST", f"{CORE}/serviceaccounts", failure(404, "NotFound", 'namespaces "ns" not found'))
    with pytest.raises(ApiError, match='namespaces "ns" not found'):
        accounts.grant(api, "ns", "op", RULES)


def test_token_is_asked_for(server: FakeApiServer, api: Api) -> None:
    """A token comes from TokenRequest, with a length of life."""
    server.on("POST", f"{CORE}/serviceaccounts/op/token", answer({"status": {"token": "t"}}))
    assert accounts.token(api, "ns", "op", 600) == "t"
    assert server.requests[0].json["spec"] == {"expirationSeconds": 600}
