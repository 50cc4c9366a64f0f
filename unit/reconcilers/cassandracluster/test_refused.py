"""Which changes of a spec are taken back, and that nothing else is."""

import json
from dataclasses import replace
from typing import Any

import pytest
from fakes.cassandra import bare, dc, plan, topology
from fakes.rack_scene import node
from fakes.spec_change import after_write, answering, changed_spec, seen_rack
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.names import LAST_APPLIED
from multicasskop.reconcilers.cassandracluster.defaults import completed
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.refused import refused
from multicasskop.reconcilers.cassandracluster.ring import Ring, Unanswered
from multicasskop.reconcilers.cassandracluster.writes import Edit, Patch

Json = dict[str, Any]
NOBODY = Ring({})
TWO = topology(dc(), dc("dc2"))
EMPTY = topology(dc(), dc("dc2", nodesPerRacks=0))
FREE = {"dc1": "", "dc2": ""}


def former(nodes: int, name: str = "dc2") -> Rack:
    """A rack that the topology has lost."""
    return seen_rack(plan(completed(bare(topology(dc(name)))), f"{name}-rack1"), nodes)


SAME = [
    pytest.param({}, {}, id="nothing"),
    pytest.param({}, {"nodesPerRacks": 1, "maxPodUnavailable": 1, **topology(dc())}, id="defaults"),
    pytest.param({"nodesPerRacks": 3}, {"nodesPerRacks": 2}, id="fewer nodes"),
    pytest.param({"dataCapacity": "1Gi"}, {"dataCapacity": "2Gi"}, id="larger volumes"),
    pytest.param({"dataCapacity": "1Gi"}, {"dataCapacity": "1024Mi"}, id="another spelling"),
    pytest.param({"dataStorageClass": ""}, {}, id="the same as none"),
    pytest.param(
        {"dataCapacity": "1Gi"}, {"dataCapacity": "2Gi", **topology(dc(dataCapacity="1Gi"))}, id="own, the same"
    ),
    pytest.param(
        {"dataCapacity": "9Gi", **topology(dc(dataCapacity="1Gi"))}, topology(dc(dataCapacity="1Gi")), id="not in use"
    ),
    pytest.param(
        topology(dc(racks=2)), topology({**dc(), "rack": dc(racks=2)["rack"][::-1]}), id="racks change places"
    ),
    pytest.param(TWO, topology(dc("dc2"), dc()), id="datacenters change places"),
    pytest.param(topology(dc()), topology(dc(labels={"a": "b"}, config={"x": 1})), id="other fields"),
    pytest.param(topology(dc()), topology(dc(), dc("dc2"), dc("dc3")), id="datacenters come"),
    pytest.param(EMPTY, EMPTY, id="no nodes as before"),
    pytest.param(topology(dc(nodesPerRacks=2)), {"nodesPerRacks": 2, **topology(dc())}, id="a number moves"),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_accepted(before: Json, after: Json) -> None:
    """What can be done is not refused; what says something else is remembered in the annotation."""
    facts = changed_spec(before, after)
    verdict = refused(facts, NOBODY)
    assert (verdict.refusals, str(verdict)) == ((), "")
    assert isinstance(verdict.write, Patch | None)
    written = after_write(facts, verdict.write)
    assert written["spec"] == facts.cluster.spec.to_json()
    if verdict.write is not None:
        assert verdict.write.version == "41"
        assert json.loads(written["metadata"]["annotations"][LAST_APPLIED])["spec"] == written["spec"]


RACKS = topology(dc(racks=2))
REFUSED = [
    pytest.param({"nodesPerRacks": 3}, {"nodesPerRacks": 0}, "spec.nodesPerRacks", id="no nodes at all"),
    pytest.param({"nodesPerRacks": 3}, {}, "spec.nodesPerRacks", id="number taken out"),
    pytest.param({"dataCapacity": "2Gi"}, {"dataCapacity": "1Gi"}, "spec.dataCapacity", id="smaller volumes"),
    pytest.param({"dataCapacity": "2Gi"}, {}, "spec.dataCapacity", id="no volumes any more"),
    pytest.param({"dataStorageClass": "a"}, {"dataStorageClass": "b"}, "spec.dataStorageClass", id="another class"),
    pytest.param({"dataStorageClass": "a"}, {}, "spec.dataStorageClass", id="class taken out"),
    pytest.param({}, {"dataStorageClass": "a"}, "spec.dataStorageClass", id="a class"),
    pytest.param(
        topology(dc(dataCapacity="2Gi")), topology(dc(dataCapacity="1Gi")), "spec.topology.dc[0].dataCapacity", id="own"
    ),
    pytest.param(
        {"dataCapacity": "1Gi", **topology(dc(dataCapacity="2Gi"))},
        {"dataCapacity": "1Gi", **topology(dc())},
        "spec.topology.dc[0].dataCapacity",
        id="own capacity taken out",
    ),
    pytest.param(RACKS, topology(dc()), "spec.topology.dc[0].rack", id="a rack goes"),
    pytest.param(topology(dc()), RACKS, "spec.topology.dc[0].rack", id="a rack comes"),
    pytest.param(
        topology(dc()), topology({**dc(), "rack": [{"name": "other"}]}), "spec.topology.dc[0].rack", id="rack renamed"
    ),
    pytest.param(topology(dc(racks=2)), topology({"name": "dc1"}), "spec.topology.dc[0].rack", id="no racks"),
    pytest.param({}, RACKS, "spec.topology.dc[0].rack", id="a rack beside the default one"),
    pytest.param(TWO, topology(dc()), "spec.topology.dc", id="datacenter with nodes goes"),
    pytest.param(TWO, topology(dc(), dc("other")), "spec.topology.dc", id="datacenter renamed"),
    pytest.param(TWO, {}, "spec.topology.dc", id="no topology any more"),
    pytest.param({}, topology(dc("other")), "spec.topology.dc", id="the default one renamed"),
    pytest.param(EMPTY, topology(dc(), dc("other")), "spec.topology.dc", id="an empty one renamed"),
    pytest.param(
        topology(dc(), dc("dc2", nodesPerRacks=0), dc("dc3", nodesPerRacks=0)),
        topology(dc()),
        "spec.topology.dc",
        id="two empty ones go",
    ),
]


@pytest.mark.parametrize(("before", "after", "path"), REFUSED)
def test_refused(before: Json, after: Json, path: str) -> None:
    """What cannot be done is named, and the spec goes back to what was accepted, where the rest did not change."""
    facts = changed_spec(before, after)
    verdict = refused(facts, NOBODY)
    assert [each.path for each in verdict.refusals] == [path]
    assert all((each.why, each.what_to_do, each.old != each.new) for each in verdict.refusals)
    assert isinstance(verdict.write, Edit)
    assert verdict.write.version == "41"
    restored = completed(bare(after_write(facts, verdict.write)["spec"]))
    assert restored.spec == completed(bare(before)).spec


@pytest.mark.parametrize(("before", "after", "path"), REFUSED)
def test_what_is_allowed_stays(before: Json, after: Json, path: str) -> None:
    """A change that is allowed, made in the same edit, is kept."""
    facts = changed_spec(before, {**after, "cassandraImage": "cassandra:4.1.7"})
    written = after_write(facts, refused(facts, NOBODY).write)
    assert written["spec"].pop("cassandraImage") == "cassandra:4.1.7"
    assert completed(bare(written["spec"])).spec == completed(bare(before)).spec


def test_only_the_refused_places_are_written() -> None:
    """Of a topology single places are written: what others keep beside them is not lost."""
    before = topology(dc(racks=2, dataCapacity="2Gi"), dc("dc2"))
    after = topology(dc(racks=1, dataCapacity="1Gi", labels={"a": "b"}), dc("dc2", labels={"c": "d"}))
    write = refused(changed_spec(before, after), NOBODY).write
    assert isinstance(write, Edit)
    assert sorted((each["op"], each["path"]) for each in write.operations) == [
        ("add", "/spec/topology/dc/0/rack/1"),
        ("replace", "/spec/topology/dc/0/dataCapacity"),
    ]


def test_both_capacities_are_put_back() -> None:
    """Where neither the datacenter's new capacity nor the cluster's is enough, both go back."""
    facts = changed_spec({"dataCapacity": "9Gi"}, {"dataCapacity": "1Gi", **topology(dc(dataCapacity="5Gi"))})
    spec = after_write(facts, refused(facts, NOBODY).write)["spec"]
    assert (spec["dataCapacity"], "dataCapacity" in spec["topology"]["dc"][0]) == ("9Gi", False)


def test_volumes_that_are_not_made_may_be_any() -> None:
    """Before anything of a datacenter is there, its volumes can be corrected."""
    facts = changed_spec({"dataCapacity": "9Gi"}, {"dataCapacity": "1Gi", "dataStorageClass": "fast"}, made=False)
    assert refused(facts, NOBODY).refusals == ()


def test_d2_datacenter_with_smaller_volumes_comes() -> None:
    """A datacenter that is added may have less than the others (D2: every pass panicked)."""
    own = dc("dc2", dataCapacity="1Gi", dataStorageClass="slow")
    facts = changed_spec({"dataCapacity": "9Gi", **topology(dc())}, {"dataCapacity": "9Gi", **topology(dc(), own)})
    assert refused(facts, NOBODY).refusals == ()


def test_d7_volumes_cannot_come_later() -> None:
    """A cluster that was made without volumes does not get any (D7: its StatefulSets were deleted)."""
    facts = changed_spec({}, {"dataCapacity": "1Gi"})
    verdict = refused(facts, NOBODY)
    assert [each.path for each in verdict.refusals] == ["spec.dataCapacity"]
    assert "dataCapacity" not in after_write(facts, verdict.write)["spec"]


# no nodes in a datacenter


def test_no_nodes_are_refused_while_data_is_there() -> None:
    """A datacenter is not emptied while a keyspace has replicas in it; its number goes back."""
    facts = changed_spec(topology(dc(), dc("dc2", nodesPerRacks=2)), EMPTY)
    with pytest.raises(Unanswered):
        refused(facts, NOBODY)
    verdict = refused(facts, answering(facts, {"dc2": "system_auth"}))
    assert "keyspace system_auth has replicas in dc2" in str(verdict)
    assert after_write(facts, verdict.write)["spec"]["topology"]["dc"][1]["nodesPerRacks"] == 2
    assert refused(facts, answering(facts, FREE)).refusals == ()


def test_own_number_is_taken_out_again() -> None:
    """A datacenter without a number of its own has none again."""
    facts = changed_spec(TWO, EMPTY)
    verdict = refused(facts, answering(facts, {"dc2": Failed("timeout", "silent")}))
    assert "does not say whether keyspaces have replicas in dc2: silent" in str(verdict)
    assert after_write(facts, verdict.write)["spec"] == TWO


def test_nobody_can_say() -> None:
    """While no node answers a datacenter with nodes is not emptied."""
    pods = {"dc1-rack1": 0, "dc2-rack1": 0}
    facts = changed_spec(TWO, EMPTY, nodes=pods)
    assert refused(facts, NOBODY).refusals == ()
    silent = seen_rack(facts.racks[1].plan, 1, pods=(node("dc2-rack1", 0, ready=False),))
    verdict = refused(changed(facts, silent), NOBODY)
    assert "no node answers" in str(verdict)


def test_nodes_that_never_joined_may_go() -> None:
    """Nobody is asked about a datacenter whose pods never got going, so that its creation can be given up."""
    facts = changed_spec(TWO, EMPTY, nodes={"dc2-rack1": 0})
    stuck = seen_rack(facts.racks[1].plan, 1, pods=(node("dc2-rack1", 0, ready=False, started=False),))
    assert refused(changed(facts, stuck), NOBODY).refusals == ()


def changed(facts: Facts, rack: Rack) -> Facts:
    """What is seen, with another second rack."""
    return replace(facts, racks=(facts.racks[0], rack))


# a datacenter that goes


def test_empty_datacenter_goes() -> None:
    """One without nodes is taken out when no keyspace has data in it, in the eyes of a node that remains."""
    facts = changed_spec(EMPTY, topology(dc()), former=[former(0)])
    with pytest.raises(Unanswered):
        refused(facts, NOBODY)
    assert "keyspace app has replicas in dc2" in str(refused(facts, answering(facts, {"dc2": "app"})))
    assert refused(facts, answering(facts, FREE)).refusals == ()


def test_datacenter_whose_nodes_still_leave_stays() -> None:
    """No nodes are wanted in it, and there are some: it stays until they have left."""
    facts = changed_spec(EMPTY, topology(dc()), former=[former(1)])
    assert "datacenter dc2 has nodes" in str(refused(facts, answering(facts, FREE)))


def test_no_datacenter_goes_while_nodes_leave() -> None:
    """While a scale-down is under way the topology stays."""
    status = {"lastClusterAction": "ScaleDown", "lastClusterActionStatus": "Ongoing"}
    facts = changed_spec(EMPTY, topology(dc()), status=status)
    verdict = refused(facts, answering(facts, FREE))
    assert "nodes are leaving" in str(verdict)
    assert after_write(facts, verdict.write)["spec"] == EMPTY


# without an accepted spec


def test_first_spec_is_accepted() -> None:
    """Before anything was accepted, and where the annotation cannot be read, the spec is taken as it is."""
    facts = changed_spec(None, {"dataCapacity": "1Gi"})
    verdict = refused(facts, NOBODY)
    assert verdict.refusals == ()
    assert LAST_APPLIED in after_write(facts, verdict.write)["metadata"]["annotations"]


def test_racks_with_nodes_are_not_forgotten() -> None:
    """Where nobody knows the topology before, a rack with nodes must be put back by hand, and nothing is written."""
    verdict = refused(changed_spec(None, topology(dc()), former=[former(1)]), NOBODY)
    assert "rack dc2-rack1 has nodes" in str(verdict)
    assert verdict.write is None
    assert refused(changed_spec(None, topology(dc()), former=[former(0)]), NOBODY).refusals == ()


DATACENTERS = st.lists(
    st.builds(dc, st.sampled_from(["dc1", "dc2", "dc3"]), st.integers(1, 2), nodesPerRacks=st.integers(1, 2)),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each["name"],
)
SPECS = st.builds(
    lambda datacenters, capacity, image: {**topology(*datacenters), "dataCapacity": capacity, "cassandraImage": image},
    DATACENTERS,
    st.sampled_from(["1Gi", "2Gi"]),
    st.sampled_from(["a", "b"]),
)


@given(before=SPECS, after=SPECS)
def test_restoring_settles_law(before: Json, after: Json) -> None:
    """Two looks leave what is accepted: a datacenter that is put back may need the cluster's capacity put back, too."""
    left = after
    for _ in range(2):
        facts = changed_spec(before, left)
        left = after_write(facts, refused(facts, NOBODY).write)["spec"]
    assert refused(changed_spec(before, left), NOBODY).refusals == ()
    assert left["cassandraImage"] == after["cassandraImage"]
