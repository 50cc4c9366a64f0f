"""One look at a CassandraCluster: what is written in which order, and what becomes of what goes wrong."""

from contextlib import suppress
from typing import Any

import pytest
from fakes.kop_desk import NAMESPACE, PLURAL, KopDesk
from fakes.server import Call, forbidden
from multicasskop.crds.names import SEEDLIST
from multicasskop.informers.errors import ApiError, is_conflict
from multicasskop.informers.freshness import FreshnessState
from multicasskop.reconcilers.cassandracluster.act import NameTaken
from multicasskop.reconcilers.request import Result

Json = dict[str, Any]
SPEC: Json = {"cassandraImage": "cassandra:4.1.10", "nodesPerRacks": 1, "dataCapacity": "1Gi"}


@pytest.fixture
def desk() -> KopDesk:
    """A CassandraCluster that nobody has looked at, and what it refers to."""
    found = KopDesk()
    account = {"metadata": {"name": "cassandra-cluster-node", "namespace": NAMESPACE}}
    found.server.put("serviceaccounts", account)
    found.submit(SPEC)
    return found


def begun(desk: KopDesk) -> KopDesk:
    """The same when the services are made, and the StatefulSet comes next."""
    desk.until_written("services")
    return desk


def test_what_is_begun_was_said_before(desk: KopDesk) -> None:
    """The status that says what is going on is written first."""
    begun(desk)
    assert desk.written[0] == "patch status"
    assert desk.written[-1] == "create statefulsets/demo-dc1-rack1"
    assert desk.told[0] == ("ActionStarted", "Initializing of rack dc1-rack1 has begun")


def test_second_look_writes_nothing(desk: KopDesk) -> None:
    """What was done and said is not done and said again, and no call is made for it but for what is referred to."""
    begun(desk)
    desk.look()
    told = list(desk.told)
    desk.look()
    assert (desk.written, desk.told) == ([], told)


def test_conflict_is_raised_and_nothing_is_begun(desk: KopDesk) -> None:
    """Where the status cannot be written because the object has changed nothing else is; the controller tries again."""

    def edit(call: Call) -> None:
        if call.subresource == "status":
            desk.edit({"metadata": {"labels": {"a": "b"}}})

    desk.server.before = edit
    with pytest.raises(ApiError) as caught:
        begun(desk)
    assert is_conflict(caught.value)
    assert desk.written == ["patch status"]
    assert desk.told == []


def test_object_that_goes_meanwhile_is_no_error(desk: KopDesk) -> None:
    """Whoever deletes it between the look and the write ends the matter."""

    def remove(call: Call) -> None:
        if call.subresource == "status":
            desk.server.before = lambda call: None
            desk.server.remove(PLURAL, NAMESPACE, "demo")

    desk.server.before = remove
    for _ in range(6):
        assert desk.look().requeue_after is None or desk.server.find(PLURAL, NAMESPACE, "demo")
    assert desk.server.find("statefulsets", NAMESPACE, "demo-dc1-rack1") is None
    assert desk.server.calls == []


def test_nothing_is_kept_of_what_is_gone(desk: KopDesk) -> None:
    """Neither what was written for it nor what was refused, nor what was told of it."""
    desk.server.fail("create", forbidden)
    with pytest.raises(ApiError):
        begun(desk)
    desk.server.remove(PLURAL, NAMESPACE, "demo")
    assert desk.look() == Result()
    assert desk.server.calls == []
    reconciler = desk.reconciler
    assert (reconciler._failures, reconciler._own._places, reconciler._own._observed._written) == ({}, {}, {})
    assert desk.gone == [("CassandraCluster", NAMESPACE, "demo")]


def test_own_writes_are_waited_for(desk: KopDesk) -> None:
    """Nothing is decided on a cache that does not show what this process wrote."""
    begun(desk)
    desk.cluster.lag()
    desk.look()
    assert desk.written == ["patch status"]
    assert desk.look() == Result(0.1)
    assert desk.server.calls == []
    desk.cluster.lag(lagging=False)
    assert desk.look() != Result(0.1)


@pytest.mark.parametrize("plural", [PLURAL, "pods", "poddisruptionbudgets"])
def test_nothing_is_done_on_a_stale_view(desk: KopDesk, plural: str) -> None:
    """Whichever cache is stale; and as nobody may tell when it is not any more, it is looked at again."""
    desk.cluster.informer_of(plural).state = FreshnessState.STALE
    assert desk.look().requeue_after == 5.0
    assert desk.server.calls == []


class TestUnreadable:
    """An object that the model cannot read, as an API server with an older definition may keep it."""

    def test_is_said_with_the_path_and_left_alone(self, desk: KopDesk) -> None:
        """The conditions say what is wrong where; nothing else is written, and it is not tried again."""
        desk.edit({"spec": {"topology": {"dc": [{"name": "dc1", "nodesPerRacks": "many"}]}, "imagepullpolicy": 7}})
        assert desk.look() == Result()
        assert desk.written == ["patch status"]
        where = "spec.topology.dc[0].nodesPerRacks: Input should be a valid integer"
        status, reason, message = desk.condition("Valid")
        assert (status, reason) == ("False", "Invalid")
        assert where in message
        assert "imagepullpolicy" in message
        assert desk.condition("Ready")[:2] == ("False", "Invalid")
        assert [reason for reason, _ in desk.told] == ["Invalid"]
        assert desk.look() == Result()
        assert (desk.written, len(desk.told)) == ([], 1)

    def test_is_gone_on_with_once_it_is_mended(self, desk: KopDesk) -> None:
        """What it was is still in the status, and all goes on."""
        begun(desk)
        desk.edit({"spec": {"nodesPerRacks": "many"}})
        desk.look()
        assert desk.status["cassandraRackStatus"].keys() == {"dc1-rack1"}
        desk.edit({"spec": {"nodesPerRacks": 1}})
        desk.look()
        assert desk.condition("Valid")[:2] == ("True", "Accepted")

    @pytest.mark.parametrize("status", [{"conditions": 7}, {"conditions": [7, {}]}, {"seedlist": "a"}])
    def test_status_of_whatever_shape(self, desk: KopDesk, status: Json) -> None:
        """A status that nobody can read is said, too."""
        desk.edit({"status": status}, status=True)
        assert desk.look() == Result()
        assert "status." in desk.condition("Valid")[2]

    def test_shows_no_value(self, desk: KopDesk) -> None:
        """What stands at a wrong place may be a password."""
        desk.edit({"spec": {"imageJolokiaSecret": "geheim"}})
        desk.look()
        assert "spec.imageJolokiaSecret" in desk.condition("Valid")[2]
        assert "geheim" not in str(desk.status)


class TestRefused:
    """A write that is refused for lack of a right, or as invalid."""

    def test_is_said_from_the_next_look_on(self, desk: KopDesk) -> None:
        """As long as it is refused; and no longer when it is not."""
        fault = desk.server.fail("create", forbidden, plural="statefulsets")
        with pytest.raises(ApiError):
            begun(desk)
        for _ in range(2):
            with pytest.raises(ApiError):
                desk.look()
            assert desk.condition("Degraded")[:2] == ("True", "WriteRefused")
            assert "cannot create statefulsets" in desk.condition("Degraded")[2]
        fault.times = 0
        desk.look()
        desk.look()
        assert desk.condition("Degraded")[:2] == ("False", "AsExpected")

    def test_is_told_once(self, desk: KopDesk) -> None:
        """However often it is tried again."""
        desk.server.fail("create", forbidden, plural="statefulsets")
        for _ in range(8):
            try:
                desk.look()
            except ApiError:
                continue
        assert [reason for reason, _ in desk.told] == ["ActionStarted", "WriteRefused"]

    def test_is_said_where_nothing_else_can_be_said(self, desk: KopDesk) -> None:
        """Without the right to change CassandraClusters the very first write fails; the status may be written."""

        def refused(call: Call) -> Exception:
            return ApiError("m", 403, "Forbidden", "cannot patch cassandraclusters")

        desk.server.fail("patch", refused, plural=PLURAL, subresource="")
        for _ in range(2):
            with pytest.raises(ApiError):
                desk.look()
        assert desk.condition("Degraded")[:2] == ("True", "WriteRefused")
        assert "observedGeneration" not in desk.status

    def test_news_of_what_was_said_is_not_lost(self, desk: KopDesk) -> None:
        """What the status says now is told, although the writes after it have failed."""
        desk.server.fail("create", forbidden)
        with pytest.raises(ApiError):
            begun(desk)
        assert [reason for reason, _ in desk.told] == ["ActionStarted"]


class TestTaken:
    """A name that is needed, and that somebody else has."""

    @pytest.mark.parametrize("labels", [{}, {"app": "cassandracluster", "cassandracluster": "demo-dc1"}])
    def test_statefulset_is_left_alone_and_said(self, desk: KopDesk, labels: dict[str, str]) -> None:
        """Whether the caches show it or not; once it is gone all goes on."""
        owner = {"kind": "CassandraCluster", "name": "demo-dc1", "uid": "x"}
        meta = {"name": "demo-dc1-rack1", "namespace": NAMESPACE, "labels": labels, "ownerReferences": [owner]}
        desk.server.put("statefulsets", {"metadata": meta, "spec": {"replicas": 3}})
        for _ in range(8):
            with suppress(NameTaken):
                desk.look()
            assert not any(call.plural == "statefulsets" and call.verb == "patch" for call in desk.server.writes)
        said = [desk.condition("Valid")[2], desk.condition("Degraded")[2]]
        assert any("StatefulSet" in text and "demo-dc1-rack1" in text and "belongs to" in text for text in said)
        assert desk.condition("Ready")[0] == "False"
        desk.server.remove("statefulsets", NAMESPACE, "demo-dc1-rack1")
        desk.until_written("statefulsets")
        desk.look()
        assert (desk.condition("Valid")[0], desk.condition("Degraded")[0]) == ("True", "False")

    def test_service_without_our_labels_is_said(self, desk: KopDesk) -> None:
        """It cannot be seen, only met."""
        desk.server.put("services", {"metadata": {"name": "demo", "namespace": NAMESPACE}, "spec": {}})
        for _ in range(6):
            with suppress(NameTaken):
                desk.look()
        assert desk.condition("Degraded")[:2] == ("True", "WriteRefused")
        assert "Service ns/demo is there, and belongs to somebody else" in desk.condition("Degraded")[2]


def test_missing_reference_is_looked_for_soon(desk: KopDesk) -> None:
    """Nobody tells when it comes; whatever else is waited for."""
    desk.edit({"spec": {"configMapName": "given"}})
    assert desk.look().requeue_after == 3.0


def test_seeds_that_are_handed_over_are_said(desk: KopDesk) -> None:
    """The list of a MultiCasskop is in the status at once."""
    desk.edit({"metadata": {"annotations": {SEEDLIST: "a.example,b.example"}}})
    begun(desk)
    assert desk.status["seedlist"] == ["a.example", "b.example"]
