"""Services and budget: made, corrected, made again, and never taken from somebody else."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.cassandra import bare
from fakes.rack_scene import node, scene, stateful
from multicasskop.reconcilers.cassandracluster.belongings import belongings, taken, withdrawn
from multicasskop.reconcilers.cassandracluster.defaults import completed
from multicasskop.reconcilers.cassandracluster.disruption import budget
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.kinds import BUDGETS, SERVICES
from multicasskop.reconcilers.cassandracluster.naming import owner_reference
from multicasskop.reconcilers.cassandracluster.services import services
from multicasskop.reconcilers.cassandracluster.writes import Create, Delete, Patch, Write

Json = dict[str, Any]
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def facts(spec: Json | None = None) -> Facts:
    """A cluster of which nothing is there yet."""
    stored = bare(spec)
    return Facts(stored, completed(stored), NOW)


def living(obj: Json, **changes: Any) -> Json:  # noqa: ANN401
    """An object as the server has it."""
    metadata = {**obj["metadata"], "uid": f"uid-{obj['metadata']['name']}", "resourceVersion": "7"}
    return {**obj, "metadata": metadata} | changes


def complete(found: Facts) -> Facts:
    """The same cluster with all that belongs to it."""
    there = {service["metadata"]["name"]: living(service) for service in services(found.wanted)}
    return replace(found, services=there, budget=living(budget(found.wanted)))


def described(writes: tuple[Write, ...]) -> list[tuple[str, str]]:
    """What is done to which object."""
    return [(type(write).__name__, write.name) for write in writes]


def test_what_is_missing_is_made() -> None:
    """Both services and the budget are made, each owned by the cluster."""
    writes = belongings(facts())
    assert described(writes) == [("Create", "demo"), ("Create", "demo-exporter-jmx"), ("Create", "demo")]
    assert all(
        isinstance(write, Create) and write.body["metadata"]["ownerReferences"][0]["uid"] == "u1" for write in writes
    )
    assert [write.resource for write in writes if isinstance(write, Create)] == [SERVICES, SERVICES, BUDGETS]


def test_what_is_as_wanted_is_left_alone() -> None:
    """At rest nothing is written."""
    assert belongings(complete(facts())) == ()


def test_budget_follows_the_spec() -> None:
    """Another number of pods that may be away changes the budget that is there, as it was seen."""
    before = complete(facts())
    after = replace(facts({"maxPodUnavailable": 2}), services=before.services, budget=before.budget)
    [write] = belongings(after)
    assert isinstance(write, Patch)
    assert (write.uid, write.version, write.patch) == ("uid-demo", "7", {"spec": {"maxUnavailable": 2}})


def test_annotations_of_the_service_follow_the_spec() -> None:
    """A zone for external-dns that is given later reaches the service (the Go CassKop reads it once)."""
    before = complete(facts())
    spec = {"service": {"annotations": {"external-dns.alpha.kubernetes.io/hostname": "ring.example."}}}
    [write] = belongings(replace(facts(spec), services=before.services, budget=before.budget))
    assert isinstance(write, Patch)
    assert write.patch["metadata"]["annotations"] == spec["service"]["annotations"]


def edited(before: Json, after: Json, **theirs: str) -> Facts:
    """A service whose annotations were accepted, and others of it, and a spec that gives others now."""
    was = complete(facts({"service": {"annotations": before}}))
    service = was.services["demo"]
    metadata = {**service["metadata"], "annotations": {**before, **theirs}}
    seen = {**was.services, "demo": {**service, "metadata": metadata}}
    now = facts({"service": {"annotations": after}})
    return replace(now, services=seen, budget=was.budget, accepted=was.cluster)


@pytest.mark.parametrize(
    ("after", "gone"),
    [
        pytest.param({"a": "1", "b": "2"}, None, id="as before"),
        pytest.param({"a": "1"}, {"b": None}, id="one is taken out"),
        pytest.param({"a": "3", "c": "4"}, {"b": None}, id="beside other changes"),
        pytest.param({}, {"a": None, "b": None}, id="all are taken out"),
    ],
)
def test_annotations_that_the_spec_gives_no_more_go(after: Json, gone: Json | None) -> None:
    """And those of others stay, of whatever name."""
    writes = withdrawn(edited({"a": "1", "b": "2"}, after, theirs="x"))
    assert [(each.name, each.version, each.patch["metadata"]["annotations"]) for each in writes] == (
        [("demo", "7", gone)] if gone else []
    )


def test_annotations_of_a_service_of_somebody_else_stay() -> None:
    """Also those that have the names of ours."""
    found = edited({"a": "1"}, {})
    found.services["demo"]["metadata"]["ownerReferences"] = [{"uid": "another"}]
    assert withdrawn(found) == ()


@pytest.mark.parametrize("which", ["service", "budget"])
def test_object_of_somebody_else_is_left_alone(which: str) -> None:
    """What stands under the name and is not owned by this very cluster is neither changed nor deleted."""
    found = complete(facts())
    foreign = {"spec": {"clusterIP": "10.0.0.1", "ports": [], "selector": {}}}
    metadata = {"name": "demo", "uid": "f", "resourceVersion": "3", "ownerReferences": [{"uid": "another"}]}
    obj = {"metadata": metadata, **foreign}
    changed = {"budget": obj} if which == "budget" else {"services": {**found.services, "demo": obj}}
    seen = replace(found, **changed)
    assert belongings(seen) == ()
    kind = "Service" if which == "service" else "PodDisruptionBudget"
    assert list(taken(seen)) == [f"{kind} demo belongs to somebody else, and is left as it is"]


@pytest.mark.parametrize("references", [[], None], ids=["none left", "no list"])
def test_object_that_has_lost_its_owner_is_taken_over(references: list[Json] | None) -> None:
    """What was left behind when a cluster of this name was deleted goes with this one; the rest is mended later."""
    found = complete(facts())
    bereft = living(budget(found.wanted), spec={"maxUnavailable": 9, "selector": {}})
    bereft["metadata"]["ownerReferences"] = references
    seen = replace(found, budget=bereft)
    [write] = belongings(seen)
    assert isinstance(write, Patch)
    assert (write.resource, write.uid, write.version) == (BUDGETS, "uid-demo", "7")
    assert write.patch == {"metadata": {"ownerReferences": [owner_reference(found.cluster)]}}
    assert list(taken(seen)) == []


def test_statefulset_that_has_lost_its_owner_is_taken_over() -> None:
    """So that it goes with the cluster, and can be taken away by it."""
    found = replace(complete(facts()), racks=scene([node("dc1-rack1", 0)], []).facts.racks)
    owned = replace(stateful("dc1-rack2", 0), owners=("u1",))
    found = replace(found, racks=(found.racks[0], replace(found.racks[1], statefulset=owned)))
    assert described(belongings(found)) == [("Patch", "demo-dc1-rack1")]


def test_service_with_an_address_is_made_again() -> None:
    """A service that does not name each pod is deleted, this one and no other (C#84)."""
    found = complete(facts())
    service = found.services["demo"]
    with_address = {**service, "spec": {**service["spec"], "clusterIP": "10.0.0.1"}}
    writes = belongings(replace(found, services={**found.services, "demo": with_address}))
    assert [write for write in writes if isinstance(write, Delete)] == [
        Delete(SERVICES, "demo", "uid-demo", why="it does not name each pod")
    ]
