"""What is seen of a CassandraCluster, and what is none of it although it looks like it."""

from typing import Any

import pytest
from fakes.kop_desk import NAMESPACE, KopDesk
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.informers.freshness import FreshnessState
from multicasskop.informers.key import Key
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.naming import RACK_LABEL, selector
from multicasskop.reconcilers.cassandracluster.observe import Observer
from multicasskop.reconcilers.cassandracluster.rack_status import NEW

Json = dict[str, Any]
R1, R2 = "dc1-rack1", "dc1-rack2"
SPEC: Json = {"nodesPerRacks": 1, "topology": {"dc": [{"name": "dc1", "rack": [{"name": "rack1"}, {"name": "rack2"}]}]}}


class View:
    """A cluster `demo` of two racks, and what stands around it."""

    def __init__(self) -> None:
        self.desk = KopDesk()
        self.desk.submit(SPEC)
        self.observer = Observer(self.desk.scope, self.desk.clock)

    @property
    def uid(self) -> str:
        """The UID of the CassandraCluster."""
        record = self.observer.record(Key(NAMESPACE, "demo"))
        assert record is not None
        return record.uid

    def put(self, plural: str, name: str, *, cluster: str = "demo", rack: str = R1, **metadata: Any) -> None:  # noqa: ANN401
        """Have an object, with the labels of a cluster's rack."""
        labels = {**selector(cluster), RACK_LABEL: rack}
        meta = {"name": name, "namespace": NAMESPACE, "labels": labels, **metadata}
        self.desk.server.put(plural, {"metadata": meta, "spec": {"replicas": 1}})

    def look(self) -> Facts:
        """What is seen."""
        record = self.observer.record(Key(NAMESPACE, "demo"))
        assert record is not None
        return self.observer.look(record.view(CassandraCluster))


@pytest.fixture
def view() -> View:
    """A cluster of which nothing is there."""
    return View()


def owned(uid: str, name: str = "demo", kind: str = "CassandraCluster") -> list[Json]:
    """An owner."""
    return [{"kind": kind, "name": name, "uid": uid}]


def test_nothing_is_there(view: View) -> None:
    """Racks that no status knows are new, and have nothing."""
    found = view.look()
    assert [(rack.id, rack.status, rack.statefulset, rack.pods, rack.claims) for rack in found.racks] == [
        (R1, NEW, None, (), ()),
        (R2, NEW, None, (), ()),
    ]
    assert (found.services, found.budget, found.former, found.taken, found.fresh) == ({}, None, (), (), True)


def test_each_rack_has_what_carries_its_label(view: View) -> None:
    """Pods and claims by ordinal, as numbers; StatefulSets by their names."""
    view.put("statefulsets", "demo-dc1-rack1", ownerReferences=owned(view.uid))
    for number in (10, 9, 0):
        view.put("pods", f"demo-dc1-rack1-{number}")
        view.put("persistentvolumeclaims", f"data-demo-dc1-rack1-{number}")
    view.put("pods", "demo-dc1-rack2-0", rack=R2)
    one, two = view.look().racks
    assert one.statefulset is not None
    assert [pod.ordinal for pod in one.pods] == [claim.ordinal for claim in one.claims] == [0, 9, 10]
    assert (two.statefulset, [pod.name for pod in two.pods]) == (None, ["demo-dc1-rack2-0"])


@pytest.mark.parametrize(
    ("plural", "name", "changes"),
    [
        pytest.param("pods", "demo-dc1-rack1-0", {"cluster": "demo-2"}, id="of a cluster whose name begins the same"),
        pytest.param("pods", "demo-dc1-rack1-0", {"namespace": "other"}, id="of another namespace"),
        pytest.param("pods", "demo-dc1-rack1-0", {"labels": {}}, id="a pod without labels"),
        pytest.param("pods", "demo-dc1-rack1-0", {"labels": selector("demo")}, id="a pod without a rack"),
        pytest.param("pods", "demo-dc1-rack3-0", {"rack": "dc1-rack3"}, id="of a rack that nobody knows"),
        pytest.param("pods", "demo-debug", {}, id="a copy of a pod, with its labels"),
        pytest.param("pods", "demo-dc1-rack1-00", {}, id="a name that no StatefulSet makes"),
        pytest.param("persistentvolumeclaims", "data-demo-dc1-rack1-0", {"cluster": "demo-2"}, id="of another cluster"),
        pytest.param("persistentvolumeclaims", "backup-9", {}, id="a claim that somebody has labelled"),
    ],
)
def test_what_is_none_of_it(view: View, plural: str, name: str, changes: Json) -> None:
    """Neither a rack's pods nor its claims are more than what its StatefulSet makes."""
    view.put(plural, name, **changes)
    assert all((rack.pods, rack.claims) == ((), ()) for rack in view.look().racks)


@pytest.mark.parametrize(
    ("metadata", "whose"),
    [
        pytest.param({"ownerReferences": owned("x", "demo-dc1")}, "CassandraCluster demo-dc1", id="another cluster"),
        pytest.param({"ownerReferences": owned("x")}, "an earlier cluster of this name", id="an earlier one"),
        pytest.param({"ownerReferences": owned("x", "a", "Job"), "cluster": "b"}, "Job a", id="another kind"),
        pytest.param({"cluster": "other"}, "another cluster", id="no owner, and other labels"),
    ],
)
def test_statefulset_of_somebody_else_is_told(view: View, metadata: Json, whose: str) -> None:
    """Names of clusters and racks are joined by dashes, so that two clusters may need the same one."""
    view.put("statefulsets", "demo-dc1-rack1", **metadata)
    assert view.look().taken == (f"StatefulSet demo-dc1-rack1 belongs to {whose}",)


def test_statefulset_without_an_owner_is_ours_by_its_labels(view: View) -> None:
    """It was left behind when a cluster of this name was deleted without it."""
    view.put("statefulsets", "demo-dc1-rack1")
    found = view.look()
    assert found.taken == ()
    assert found.racks[0].statefulset is not None


def test_racks_that_only_the_status_knows_are_former(view: View) -> None:
    """They are looked at like others, and want no nodes."""
    view.desk.edit({"status": {"cassandraRackStatus": {"dc9-rack1": {"phase": "Running"}}}}, status=True)
    view.put("pods", "demo-dc9-rack1-0", rack="dc9-rack1")
    [former] = view.look().former
    assert (former.id, former.plan.nodes, [pod.name for pod in former.pods]) == ("dc9-rack1", 0, ["demo-dc9-rack1-0"])


def test_services_and_budget_are_found_by_name(view: View) -> None:
    """Of all that carries the labels, the budget is the one that is wanted."""
    for name in ("demo", "demo-exporter-jmx", "theirs"):
        view.put("services", name)
    view.put("poddisruptionbudgets", "theirs")
    view.put("poddisruptionbudgets", "demo")
    found = view.look()
    assert found.services.keys() == {"demo", "demo-exporter-jmx", "theirs"}
    assert found.budget is not None
    assert found.budget["metadata"]["name"] == "demo"


@pytest.mark.parametrize(
    "plural",
    ["cassandraclusters", "statefulsets", "services", "poddisruptionbudgets", "pods", "persistentvolumeclaims"],
)
def test_view_is_as_fresh_as_its_oldest_part(view: View, plural: str) -> None:
    """One cache that does not follow is enough to know nothing of what is not there."""
    view.desk.cluster.informer_of(plural).state = FreshnessState.STALE
    assert not view.look().fresh


def test_cache_that_comes_back_while_one_looks(view: View) -> None:
    """What a stale cache did not show may be there, although the cache is fresh a moment later."""
    cache = view.desk.cluster.informer_of("statefulsets")
    cache.state, cache.lagging = FreshnessState.STALE, True
    view.put("statefulsets", "demo-dc1-rack1", ownerReferences=owned(view.uid))
    cache.overtake()
    found = view.look()
    assert (found.racks[0].statefulset, found.fresh) == (None, False)


def test_own_write_that_shows_while_one_looks(view: View) -> None:
    """A CassandraCluster from before the last thing said of it is not worked on."""
    view.desk.look()
    view.desk.cluster.informer_of("cassandraclusters").lagging = True
    view.desk.look()
    assert view.desk.written, "something is said"
    view.desk.cluster.informer_of("cassandraclusters").overtake()
    view.desk.look()
    assert not view.desk.written


def test_cluster_that_may_be_another_is_not_fresh(view: View) -> None:
    """As long as it is not known which cluster answers, nothing of it is believed."""
    view.desk.cluster.certain = False
    assert not view.look().fresh


def test_what_is_seen_is_not_shared(view: View) -> None:
    """Whoever changes what was seen changes no cache."""
    view.put("services", "demo")
    view.look().services["demo"]["metadata"]["name"] = "changed"
    assert view.look().services["demo"]["metadata"]["name"] == "demo"
