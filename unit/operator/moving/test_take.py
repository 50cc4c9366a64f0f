"""Writing the mark: one annotation, for the version that was judged."""

from collections.abc import Iterator
from typing import Any

import pytest
from fakes import cases
from fakes.api_server import FakeApiServer
from fakes.clock import FakeClock
from fakes.exchange import answer, failure
from fakes.stage import ring
from multicasskop.crds.names import OWNER
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError
from multicasskop.operator.access import Access
from multicasskop.operator.moving.judge import Homes, Leave
from multicasskop.operator.moving.survey import Case, judged
from multicasskop.operator.moving.take import TRIES, Taken, take
from multicasskop.operator.moving.wanted import ring_of
from multicasskop.reconcilers.multicasskop.ownership import Mark, read_mark

WHOLE = ring("c1")
RING = ring_of({"metadata": WHOLE["metadata"] | {"uid": "new"}, "spec": WHOLE["spec"]})
HOMES = Homes("here", frozenset({"new"}), "gone")
KEY = RING.key
PATH = f"/apis/db.orange.com/v2/namespaces/{KEY.namespace}/cassandraclusters/{KEY.name}"
LOST = Mark("gone", KEY.namespace, KEY.name, "old", "created")
CONFLICT = failure(409, "Conflict", "the object has been modified", details={"name": KEY.name})
Json = dict[str, Any]


def child(version: str = "5", mark: Mark = LOST, uid: str = "child") -> Json:
    """The child on the server."""
    found = cases.child(cases.parent(WHOLE["spec"]), "c1")
    annotations = {**found.meta.annotations, OWNER: mark.text()}
    metadata = {"name": KEY.name, "namespace": KEY.namespace, "uid": uid, "resourceVersion": version}
    return {"kind": "CassandraCluster", "metadata": metadata | {"annotations": annotations}, "spec": found.spec}


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """The member."""
    with FakeApiServer() as found:
        yield found


def taken(server: FakeApiServer) -> Taken:
    """Take the child that was seen in version 5."""
    clock = FakeClock()
    access = Access("c1", Credentials(server=server.url, source="context"), clock, Deadline(clock, 30.0), "member")
    case = judged(Case(RING, "c1", RING.children["c1"], Leave("")), child(), HOMES)
    return take(case, access, HOMES)


def test_one_annotation_for_one_version(server: FakeApiServer) -> None:
    """The patch holds the mark, and the UID and version of what was judged; it tells who wrote."""
    server.on("PATCH", PATH, answer(child("6")))
    assert taken(server).ours
    (request,) = server.received("PATCH")
    metadata = request.json["metadata"]
    assert set(request.json) == {"metadata"}
    assert (metadata["uid"], metadata["resourceVersion"]) == ("child", "5")
    assert set(metadata["annotations"]) == {OWNER}
    assert read_mark(metadata["annotations"][OWNER]) == Mark("here", KEY.namespace, KEY.name, "new", "created")
    assert request.query["fieldManager"] == "multicasskop-move-home"


def test_changed_meanwhile_it_is_judged_again(server: FakeApiServer) -> None:
    """After a conflict the child is read anew, and written in its new version."""
    server.on("PATCH", PATH, CONFLICT, answer(child("7")))
    server.on("GET", PATH, answer(child("6")))
    assert taken(server).ours
    assert [request.json["metadata"]["resourceVersion"] for request in server.received("PATCH")] == ["5", "6"]


@pytest.mark.parametrize(
    ("found", "ours", "why"),
    [
        pytest.param(answer(child("6", Mark("third", *KEY, "x", "created"))), False, "of home third", id="somebody's"),
        pytest.param(answer(child("6", Mark("here", *KEY, "new", "created"))), True, "", id="ours by now"),
        pytest.param(failure(404, "NotFound", details={"name": KEY.name}), False, "is not there", id="gone"),
    ],
)
def test_what_is_found_after_a_conflict(server: FakeApiServer, found: Any, ours: bool, why: str) -> None:  # noqa: ANN401
    """Whose the child is by then decides, and nobody's mark is written over."""
    server.on("PATCH", PATH, CONFLICT)
    server.on("GET", PATH, found)
    outcome = taken(server)
    assert outcome.ours is ours
    assert why in outcome.why
    assert len(server.received("PATCH")) == 1


def test_busy_child_is_left(server: FakeApiServer) -> None:
    """A child that changes all the time is left after a few tries, and said to be."""
    server.on("PATCH", PATH, CONFLICT)
    server.on("GET", PATH, answer(child("6")))
    outcome = taken(server)
    assert (outcome.ours, outcome.why) == (False, f"changed {TRIES} times while it was written to")


def test_refusal_comes_up(server: FakeApiServer) -> None:
    """A member that does not let us is not asked twice."""
    server.on("PATCH", PATH, failure(403, "Forbidden", "no"))
    with pytest.raises(ApiError, match="403 Forbidden"):
        taken(server)
    assert len(server.requests) == 1
