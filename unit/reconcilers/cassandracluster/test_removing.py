"""What goes of a datacenter that was taken out, in which order, and what does not."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.cassandra import bare, dc, topology
from fakes.rack_scene import RUNS, node, stateful
from fakes.spec_change import changed_spec, seen_rack
from multicasskop.reconcilers.cassandracluster.defaults import completed
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS
from multicasskop.reconcilers.cassandracluster.rack_status import action_of, due
from multicasskop.reconcilers.cassandracluster.removing import former_plans, removing
from multicasskop.reconcilers.cassandracluster.sets import Claim
from multicasskop.reconcilers.cassandracluster.words import Action
from multicasskop.reconcilers.cassandracluster.writes import Delete, Guard

ONE = topology(dc())
STATUS = {"cassandraRackStatus": {"dc1-rack1": {"phase": "Running"}, "dc2-rack1": {"phase": "Running"}}}
SET = stateful("dc2-rack1", 0, owners=("u1",))
LABELS = {"app": "cassandracluster", "cassandracluster": "demo", "dc-rack": "dc2-rack1"}
CLAIM = Claim("data-demo-dc2-rack1-0", "c0", "9", 0, labels=LABELS)
NAME = "dc2-rack1"


def going(spec: dict[str, Any] | None = None, *, said: bool = True, services: Any = None, **fields: Any) -> Facts:  # noqa: ANN401
    """What is seen when dc2 was taken out; `said` is whether its status tells so already."""
    facts = changed_spec(ONE, {**ONE, **(spec or {})}, status=STATUS)
    (plan,) = former_plans(facts.cluster, facts.wanted)
    status = due(RUNS, Action.DELETE_DATACENTER, facts.now) if said else RUNS
    rack = seen_rack(plan, 0, **{"status": status, "statefulset": None, **fields})
    return replace(facts, former=(rack,), services=services or {})


def names(facts: Facts) -> list[str]:
    """What is deleted, in order."""
    writes = removing(facts).writes
    assert all(isinstance(write, Delete) for write in writes)
    return [write.name for write in writes]


def test_former_racks_are_those_of_the_status() -> None:
    """A rack that the status knows, and the topology does not, is a former one, of no nodes."""
    cluster = bare(ONE, status=STATUS)
    (plan,) = former_plans(cluster, completed(cluster))
    assert (plan.rack.id, plan.rack.datacenter, plan.nodes) == (NAME, "dc2", 0)
    whole = bare(topology(dc(), dc("dc2")), status=STATUS)
    assert former_plans(whole, completed(whole)) == ()
    assert former_plans(bare(ONE), completed(bare(ONE))) == ()


def test_it_is_said_first() -> None:
    """Before anything is taken away the status says what is done."""
    found = removing(going(said=False, statefulset=SET))
    assert action_of(found.statuses[NAME]) == (Action.DELETE_DATACENTER, "ToDo")
    assert found.writes == ()


def test_statefulset_goes_as_it_was_seen() -> None:
    """The StatefulSet is deleted in the version that asks for no pod; its claims wait until it is gone."""
    found = removing(going({"deletePVC": True}, statefulset=SET, claims=(CLAIM,)))
    (write,) = found.writes
    assert isinstance(write, Delete)
    assert (write.name, write.uid, write.version, write.orphan) == (SET.name, SET.uid, SET.version, False)
    assert NAME in found.statuses


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"statefulset": SET, "pods": (node(NAME, 0),)}, id="a pod"),
        pytest.param({"statefulset": replace(SET, replicas=1)}, id="a pod is asked for"),
        pytest.param({"statefulset": replace(SET, exist=1)}, id="a pod is said to be there"),
        pytest.param({"pods": (node(NAME, 0, deleting=True),), "claims": (CLAIM,)}, id="a pod ends"),
    ],
)
def test_nodes_are_left_alone(fields: dict[str, Any]) -> None:
    """Of a rack that has a node nothing is taken away, and it is said what is waited for."""
    found = removing(going({"deletePVC": True}, **fields))
    assert found.writes == ()
    assert NAME in found.waiting
    assert NAME in found.statuses


def test_statefulset_of_somebody_else_stays() -> None:
    """A StatefulSet that belongs to another is not deleted, nor one that goes already."""
    assert names(going(statefulset=replace(SET, owners=("other",)))) == []
    assert names(going(statefulset=replace(SET, deleting=True))) == []


def test_claims_go_with_delete_pvc() -> None:
    """When the StatefulSet is gone, so do the claims, as long as the CassandraCluster is as it was seen."""
    ends = replace(CLAIM, name="data-demo-dc2-rack1-1", deleting=True)
    facts = going({"deletePVC": True}, claims=(CLAIM, ends))
    (write,) = removing(facts).writes
    assert isinstance(write, Delete)
    assert (write.name, write.uid) == (CLAIM.name, "c0")
    assert write.guards == (Guard(CASSANDRACLUSTERS, "demo", "u1", "41"),)
    kept = removing(going(claims=(CLAIM,)))
    assert (kept.writes, kept.statuses) == ((), {})


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"labels": {**LABELS, "cassandracluster": "demo-dc2"}}, id="of another cluster"),
        pytest.param({"labels": {**LABELS, "dc-rack": "dc2-rack2"}}, id="of another rack"),
        pytest.param({"labels": {}}, id="without labels"),
        pytest.param({"name": "backup", "ordinal": -1}, id="by labels only"),
        pytest.param({"name": "data-demo-dc2-dc2-rack1-0"}, id="the name of a cluster that begins the same"),
    ],
)
def test_claims_of_others_stay(fields: dict[str, Any]) -> None:
    """A claim is taken away only when labels and name both say that it is one of the rack's."""
    assert names(going({"deletePVC": True}, claims=(replace(CLAIM, **fields),))) == []


def test_claims_of_every_volume_go() -> None:
    """Claims of further volumes go as those of the data do."""
    logs = replace(CLAIM, name="gc-logs-demo-dc2-rack1-12", ordinal=12)
    assert names(going({"deletePVC": True}, claims=(CLAIM, logs))) == [CLAIM.name, logs.name]


def test_status_goes_last() -> None:
    """When nothing of the rack is there any more, its status goes."""
    assert removing(going({"deletePVC": True})).statuses == {}


@pytest.mark.parametrize(
    ("name", "owner", "expected"),
    [
        pytest.param("demo-dc2", "u1", True, id="of the datacenter"),
        pytest.param("demo-dc2-exporter-jmx", "u1", True, id="its metrics"),
        pytest.param("demo-dc2-rack1", "u1", True, id="of the rack"),
        pytest.param("demo-dc2", "another", False, id="of another cluster of that name"),
        pytest.param("demo", "u1", False, id="of the whole cluster"),
        pytest.param("demo-dc1", "u1", False, id="of another datacenter"),
    ],
)
def test_services_of_older_versions_go(name: str, owner: str, expected: bool) -> None:
    """Services that were made for the datacenter, and are ours, go with it."""
    service = {"metadata": {"name": name, "uid": "s", "ownerReferences": [{"uid": owner}]}}
    assert names(going(services={name: service})) == ([name] if expected else [])


def test_rack_of_a_datacenter_that_stays() -> None:
    """Where only a rack goes, the services of its datacenter stay; what the whole cluster needs always does."""
    service = {"metadata": {"name": "demo-dc1", "uid": "s", "ownerReferences": [{"uid": "u1"}]}}
    own = {"metadata": {"name": "demo-exporter-jmx", "uid": "s", "ownerReferences": [{"uid": "u1"}]}}
    status: dict[str, Any] = {"cassandraRackStatus": {"dc1-rack9": {}, "exporter-jmx": {}}}
    facts = changed_spec(ONE, ONE, status=status)
    gone = tuple(Rack(plan, RUNS) for plan in former_plans(facts.cluster, facts.wanted))
    found = replace(facts, former=gone, services={"demo-dc1": service, "demo-exporter-jmx": own})
    assert removing(found).statuses == {}
