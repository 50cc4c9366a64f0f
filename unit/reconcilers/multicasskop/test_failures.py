"""What a member's refusal means."""

import pytest
from fakes.stage import NAMESPACE
from multicasskop.informers.errors import (
    ApiError,
    Cause,
    ConnectError,
    InformerError,
    MemberUnreachable,
    TlsError,
    UnexpectedAnswer,
)
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.failures import Attempt, explain
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS


def api(
    status: int, message: str = "m", *, kind: str = "", name: str = "demo", causes: tuple[Cause, ...] = ()
) -> ApiError:
    """An answer of the server."""
    return ApiError("c2", status, "", message, causes, object_kind=kind, object_name=name)


@pytest.mark.parametrize(
    ("error", "reason", "says", "wait", "refused"),
    [
        pytest.param(
            api(403), "Forbidden", "MCK311 the operator may not create cassandraclusters", 0.0, True, id="right"
        ),
        pytest.param(api(403, "exceeded quota: x"), "QuotaExceeded", "MCK313 quota", 5.0, True, id="quota"),
        pytest.param(
            api(403, causes=(Cause("NamespaceTerminating", "", ""),)),
            "NamespaceTerminating",
            "MCK314 namespace cassandra is being deleted",
            5.0,
            True,
            id="namespace goes",
        ),
        pytest.param(
            api(404, kind="namespaces"), "NamespaceMissing", "does not exist; create it", 5.0, True, id="no namespace"
        ),
        pytest.param(api(404, name=""), "KindNotServed", "MCK312 CassandraCluster", 5.0, True, id="no CRD"),
        pytest.param(api(401), "Unauthorized", "MCK303", 5.0, True, id="credentials"),
        pytest.param(api(413), "TooLarge", "MCK315", 5.0, True, id="too large"),
        pytest.param(api(422, "spec.x: bad"), "Rejected", "spec.x: bad", 5.0, True, id="content"),
        pytest.param(api(500), "ConnectionRefused", "failed", 0.0, False, id="server error"),
        pytest.param(ConnectError("c2", "no"), "ConnectionRefused", "MCK301", 0.0, False, id="no connection"),
        pytest.param(TlsError("c2", "no"), "TLSFailed", "MCK301", 0.0, False, id="no trust"),
        pytest.param(
            MemberUnreachable("c2", "dark", "ConnectTimeout"), "ConnectTimeout", "MCK301", 0.0, False, id="dark"
        ),
        pytest.param(UnexpectedAnswer("c2", "no JSON"), "Error", "no JSON", 0.0, False, id="no sense"),
    ],
)
def test_explained(error: InformerError, reason: str, says: str, wait: float, refused: bool) -> None:
    """Each failure has a reason, a text with its code, and a pause after which it is worth trying again."""
    tried = Attempt("c2", "create", CASSANDRACLUSTERS, Key(NAMESPACE, "demo"))
    found = explain(error, tried)
    assert (found.reason, found.wait, found.refused) == (reason, wait, refused)
    assert says in found.message


def test_missing_right_names_verb_and_sub_resource() -> None:
    """A missing right is named as RBAC names it."""
    tried = Attempt("c2", "patch", CASSANDRACLUSTERS, Key("ns", "demo"), "status")
    assert explain(api(403), tried).message == "MCK311 the operator may not patch cassandraclusters/status in ns"


def test_long_answers_are_cut() -> None:
    """What a server answers is shown in one line of reasonable length."""
    tried = Attempt("c2", "create", CASSANDRACLUSTERS, Key("ns", "demo"))
    found = explain(api(422, "x\n" * 5000), tried)
    assert len(found.message) < 400
    assert "\n" not in found.message
