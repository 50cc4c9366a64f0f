"""In what children differ from what the new home wants."""

from fakes import cases
from fakes.stage import ring
from multicasskop.operator.moving.wanted import Ring, changes, ring_of

BOTH = ("demo-dc1-rack1-0.ring.example", "demo-dc2-rack1-0.ring.example")
PARENT = cases.parent(ring("c1", "c2")["spec"])


def seeds() -> tuple[str, ...]:
    """What the ring's children have."""
    return cases.case(PARENT, c1=None, c2=None).seeds.ring


def wanted(without: str = "") -> Ring:
    """The ring as the new home wants it, without one member if it says so."""
    whole = ring("c1", "c2")
    whole["spec"]["override"].pop(without, None)
    return ring_of({"metadata": whole["metadata"] | {"uid": "new"}, "spec": whole["spec"]})


def test_what_the_lost_home_made_is_what_is_wanted() -> None:
    """The same object in another home wants the same, and so nothing is written, seeds included."""
    children = {name: cases.child(PARENT, name, seeds=seeds()) for name in ("c1", "c2")}
    assert changes(wanted(), children) == {"c1": (), "c2": ()}
    assert changes(wanted(), {"c2": children["c2"]}) == {"c2": ()}


def test_another_image_is_a_change() -> None:
    """What the operator would write is named by its path."""
    child = cases.child(PARENT, "c2", seeds=seeds(), spec={"cassandraImage": "other"})
    assert changes(wanted(), {"c2": child}) == {"c2": ("spec.cassandraImage",)}


def test_taking_the_lost_member_out_restarts_the_others() -> None:
    """Without the lost home's own override its seeds leave all lists, which restarts every pod: that is a change."""
    child = cases.child(PARENT, "c2", seeds=seeds())
    assert changes(wanted(without="c1"), {"c2": child}) == {"c2": ("status.seedlist",)}


def test_invalid_object() -> None:
    """What an object that is refused wants cannot be told, and nothing is made of it."""
    whole = ring("c1")
    whole["spec"]["rollout"] = {"soak": "soon"}
    found = ring_of({"metadata": whole["metadata"], "spec": whole["spec"]})
    assert "spec" in found.problem
    assert (dict(found.children), changes(found, {})) == ({}, {})
