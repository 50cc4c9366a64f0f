"""The finalizer of a CassandraCluster, and what goes before it does."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.cassandra import dc, topology
from fakes.patches import apply_json_patch
from fakes.rack_scene import node, stateful
from fakes.spec_change import changed_spec, seen_rack
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.names import PVC_FINALIZER
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.finalizing import Finalizing, finalizing
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS
from multicasskop.reconcilers.cassandracluster.removing import former_plans
from multicasskop.reconcilers.cassandracluster.sets import Claim
from multicasskop.reconcilers.cassandracluster.writes import Delete, Edit, Guard

Json = dict[str, Any]
OTHER = "example.com/other"
DELETED = {"deletionTimestamp": "2026-11-26T12:00:00Z"}
MARKED = {"finalizers": [OTHER, PVC_FINALIZER]}
RACK = "dc1-rack1"
NODES = (node(RACK, 0), node(RACK, 1))
SET = stateful(RACK, 2, owners=("u1",))


def claim(name: str = "data-demo-dc1-rack1-0", rack: str = RACK, cluster: str = "demo", **fields: Any) -> Claim:  # noqa: ANN401
    """A claim with the labels of a rack."""
    labels = {"app": "cassandracluster", "cassandracluster": cluster, "dc-rack": rack}
    return Claim(name, f"uid-{name}", "1", int(name[-1]), **{"labels": labels, **fields})


def seen(meta: Json, *, wanted: bool = True, **fields: Any) -> Facts:  # noqa: ANN401
    """One rack with these things in it; `wanted` is whether claims are to go."""
    spec = {"deletePVC": wanted, **topology(dc())}
    status: Json = {"cassandraRackStatus": {"dc2-rack1": {}}}
    facts = changed_spec(spec, spec, status=status, **meta)
    nothing = {"statefulset": None, "pods": ()}
    return replace(facts, racks=(seen_rack(facts.racks[0].plan, 0, **{**nothing, **fields}),))


def kept(facts: Facts, found: Finalizing) -> list[str]:
    """The finalizers after the one write."""
    (edit,) = found.writes
    assert isinstance(edit, Edit)
    meta = {"uid": "u1", "finalizers": list(facts.cluster.metadata.finalizers)}
    left: list[str] = apply_json_patch({"metadata": meta}, edit.guarded)["metadata"]["finalizers"]
    return left


def gone(found: Finalizing) -> list[str]:
    """What is deleted, in order, each only while the CassandraCluster is as it was seen."""
    deletes = [write for write in found.writes if isinstance(write, Delete)]
    assert len(deletes) == len(found.writes)
    assert all(write.guards == (Guard(CASSANDRACLUSTERS, "demo", "u1", "41"),) for write in deletes)
    return [write.name for write in deletes]


def test_d8_mark_is_added_beside_those_of_others() -> None:
    """A cluster whose claims are to go gets the finalizer; others' stay (D8: the list was overwritten)."""
    facts = seen({"finalizers": [OTHER]})
    assert kept(facts, finalizing(facts)) == [OTHER, PVC_FINALIZER]
    assert finalizing(seen(MARKED)).writes == ()


@pytest.mark.parametrize("meta", [{}, DELETED], ids=["alive", "deleted"])
def test_d8_mark_goes_alone(meta: Json) -> None:
    """When claims are not to go any more the mark goes, others' stay, and nothing is cleaned up."""
    facts = seen({**MARKED, **meta}, wanted=False, statefulset=SET, pods=NODES, claims=(claim(),))
    assert kept(facts, finalizing(facts)) == [OTHER]


@pytest.mark.parametrize("wanted", [True, False])
def test_what_was_never_marked_goes_as_it_is(wanted: bool) -> None:
    """A deleted cluster without the mark is left alone: it is too late to mark it."""
    assert finalizing(seen({"finalizers": [OTHER], **DELETED}, wanted=wanted, claims=(claim(),))).writes == ()


LEAVING = {**MARKED, **DELETED}


def test_nodes_go_first() -> None:
    """While the StatefulSet is there, no claim is deleted: a pod would get an empty one."""
    found = finalizing(seen(LEAVING, statefulset=SET, pods=NODES, claims=(claim(),)))
    assert gone(found) == [SET.name]
    assert RACK in found.waiting


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"statefulset": replace(SET, deleting=True), "pods": NODES}, id="it goes already"),
        pytest.param({"statefulset": replace(SET, deleting=True)}, id="it goes, without pods"),
        pytest.param({"pods": (node(RACK, 0, deleting=True),)}, id="a pod ends"),
    ],
)
def test_claims_wait_for_the_last_node(fields: Json) -> None:
    """Nothing is written while what uses the claims is ending."""
    found = finalizing(seen(LEAVING, claims=(claim(),), **fields))
    assert found.writes == ()
    assert found.waiting


def test_pods_that_were_left_behind_go() -> None:
    """Pods that lost their StatefulSet when volumes were being resized are deleted."""
    found = finalizing(seen(LEAVING, pods=(node(RACK, 0), node(RACK, 1, deleting=True)), claims=(claim(),)))
    assert gone(found) == ["demo-dc1-rack1-0"]


def test_statefulset_of_somebody_else() -> None:
    """A StatefulSet that another owns is not deleted, and does not keep the cluster."""
    found = finalizing(seen(LEAVING, statefulset=replace(SET, owners=("other",)), claims=(claim(),)))
    assert gone(found) == [claim().name]


def test_claims_go_next() -> None:
    """When no node is left the claims of all volumes go, and the mark stays while one is seen."""
    logs, ends = claim("logs-demo-dc1-rack1-0"), claim("data-demo-dc1-rack1-1", deleting=True)
    found = finalizing(seen(LEAVING, claims=(claim(), ends, logs)))
    assert gone(found) == [claim().name, logs.name]
    last = finalizing(seen(LEAVING, claims=(ends,)))
    assert last.writes == ()
    assert "1 claims to go" in last.waiting


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(claim(cluster="demo-dc1"), id="by its label"),
        pytest.param(claim("data-demo-dc1-dc1-rack1-0", cluster="demo-dc1"), id="whose name begins the same"),
        pytest.param(claim("data-demo-dc1-dc1-rack1-0"), id="whose name begins the same, with labels of this one"),
        pytest.param(claim("backup-0"), id="that a person made"),
        pytest.param(claim(labels={}), id="without labels"),
    ],
)
def test_d21_claims_of_others_stay(other: Claim) -> None:
    """What is not surely a claim of this cluster is neither deleted nor waited for (D21, #316)."""
    facts = seen(LEAVING, claims=(other,))
    assert kept(facts, finalizing(facts)) == [OTHER]


def test_former_racks_are_cleaned_up() -> None:
    """Racks that the topology has lost go as the others do."""
    facts = seen(LEAVING)
    (plan,) = former_plans(facts.cluster, facts.wanted)
    left = Rack(plan, claims=(claim("data-demo-dc2-rack1-0", "dc2-rack1"),))
    assert gone(finalizing(replace(facts, former=(left,)))) == ["data-demo-dc2-rack1-0"]


def test_mark_goes_last() -> None:
    """When nothing is left the cluster is let go, and others' finalizers stay."""
    facts = seen(LEAVING)
    assert kept(facts, finalizing(facts)) == [OTHER]


@given(
    sets=st.booleans(), deleting=st.booleans(), pods=st.integers(0, 2), claims=st.integers(0, 2), marked=st.booleans()
)
def test_order_law(sets: bool, deleting: bool, pods: int, claims: int, marked: bool) -> None:
    """A claim is deleted only when no node is left, and the mark goes only when nothing is."""
    held = tuple(claim(f"data-demo-dc1-rack1-{number}") for number in range(claims))
    there = replace(SET, deleting=deleting) if sets else None
    meta = {**DELETED, "finalizers": [PVC_FINALIZER] if marked else []}
    found = finalizing(seen(meta, statefulset=there, pods=NODES[:pods], claims=held))
    kinds = {type(write).__name__ if isinstance(write, Edit) else write.resource.kind for write in found.writes}  # type: ignore[union-attr]
    assert len(kinds) <= 1
    assert "PersistentVolumeClaim" not in kinds or not (sets or pods)
    assert ("Edit" in kinds) == (marked and not (sets or pods or claims))
