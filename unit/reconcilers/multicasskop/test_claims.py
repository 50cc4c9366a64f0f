"""Which MultiCasskops there are, and which children they want."""

import weakref
from typing import Any

import pytest
from fakes.cache import item_of
from fakes.cases import parent
from fakes.stage import NAMESPACE, ring
from fakes.weight import weighed
from multicasskop.crds.base import Json
from multicasskop.informers.changes import added, deleted, updated
from multicasskop.informers.key import Key
from multicasskop.informers.record import Record
from multicasskop.reconcilers.multicasskop.claims import Claims, children_of
from multicasskop.reconcilers.multicasskop.facts import Rival

CHILD = Key(NAMESPACE, "demo")


def record(name: str = "demo", *, child: str = "", version: str = "1", **more: Any) -> Record:  # noqa: ANN401
    """A MultiCasskop in the cache; with `child`, its children are called so."""
    return stored(ring(name=name), child, version, **more)


def stored(parent: Json, child: str = "", version: str = "1", **more: Any) -> Record:  # noqa: ANN401
    """A MultiCasskop as the cache has it."""
    name = parent["metadata"]["name"]
    if child:
        parent["spec"]["base"]["metadata"] = {"name": child}
    metadata = {"uid": f"uid-{name}", "resourceVersion": version, "generation": 1, "creationTimestamp": "t"}
    return item_of(parent | {"metadata": parent["metadata"] | metadata | more}).record


def test_claims_follow_the_objects() -> None:
    """A MultiCasskop claims its children while it is there, under the names that it gives them."""
    claims = Claims()
    claims.saw(added(record()))
    assert claims.claimants("c1", CHILD) == (Key(NAMESPACE, "demo"),)
    assert claims.wanting("c2") == (Key(NAMESPACE, "demo"),)
    assert set(claims.living) == {"uid-demo"}
    claims.saw(updated(record(), record(child="other", generation=2, version="2")))
    assert claims.claimants("c1", CHILD) == ()
    assert claims.claimants("c1", Key(NAMESPACE, "other")) == (Key(NAMESPACE, "demo"),)
    claims.saw(deleted(record(child="other"), final_state_known=True))
    assert claims.claimants("c1", Key(NAMESPACE, "other")) == ()
    assert set(claims.living) == set()


def test_names_are_found_by_uid() -> None:
    """A MultiCasskop is found by its UID while it is there."""
    claims = Claims()
    claims.saw(added(record()))
    assert claims.named(["nobody", "uid-demo"]) == (Key(NAMESPACE, "demo"),)
    claims.saw(deleted(record(), final_state_known=True))
    assert claims.named(["uid-demo"]) == ()


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        pytest.param({"override": {"c1": None, "c2": {}}}, {("c1", CHILD), ("c2", CHILD)}, id="names from the parent"),
        pytest.param(
            {"base": {"metadata": {"name": "x"}}, "override": {"c1": {}}}, {("c1", (NAMESPACE, "x"))}, id="base"
        ),
        pytest.param({}, set(), id="no override"),
        pytest.param({"override": "nonsense"}, set(), id="one that cannot be read"),
    ],
)
def test_children_of_an_object_that_was_read_live(spec: dict[str, Any], wanted: set[Any]) -> None:
    """What a MultiCasskop wants follows from its spec, also without a cache."""
    assert children_of(parent(spec)) == wanted


def test_rivals_are_the_others() -> None:
    """Of those that want one child, each sees the others as rivals."""
    claims = Claims()
    for name in ("first", "second"):
        claims.saw(added(record(name, child="shared")))
    shared = Key(NAMESPACE, "shared")
    rivals = claims.rivals(Key(NAMESPACE, "first"), "c1", shared)
    assert rivals == (Rival("t", "uid-second", Key(NAMESPACE, "second")),)
    assert claims.rivals(Key(NAMESPACE, "first"), "c1", CHILD) == ()


def test_one_that_goes_wakes_its_rivals() -> None:
    """When one of two that want a child goes, the other is to be looked at."""
    claims = Claims()
    for name in ("first", "second"):
        claims.saw(added(record(name, child="shared")))
    gone = deleted(record("first", child="shared"), final_state_known=True)
    claims.saw(gone)
    assert claims.contested(gone) == (Key(NAMESPACE, "second"),)


def test_status_alone_is_no_news() -> None:
    """A change of nothing but the status is our own writing, and needs no look."""
    claims = Claims()
    old = record()
    assert claims.saw(added(old))
    assert not claims.saw(updated(old, record(version="2")))
    assert claims.saw(updated(old, record(version="3", annotations={"a": "b"})))
    assert claims.saw(updated(old, record(version="4", annotations={"a": "b"}, finalizers=["x"])))
    assert claims.saw(updated(old, record(version="5", annotations={"a": "b"}, finalizers=["x"], generation=2)))
    assert claims.saw(updated(old, record(version="6", annotations={"a": "b"}, finalizers=["x"], labels={"c": "d"})))


def test_unreadable_object_claims_nothing() -> None:
    """An object of strange types lives, and claims no child."""
    claims = Claims()
    obj = {"metadata": {"name": "odd", "namespace": NAMESPACE, "uid": "u", "resourceVersion": "1"}, "spec": {"base": 7}}
    assert claims.saw(added(item_of(obj).record))
    assert set(claims.living) == {"u"}
    assert claims.wanting("c1") == ()


def test_sources_are_wired_once() -> None:
    """The first look at a source is told from later ones, and keeps none alive."""
    claims, source = Claims(), Claims()
    assert claims.first_look(source)
    assert not claims.first_look(source)
    alive = weakref.ref(source)
    del source
    assert alive() is None
    assert claims.first_look(Claims())


def test_claims_are_cheap() -> None:
    """Of each child of a ring of a hundred members less than 200 bytes are kept."""
    claims = Claims()
    members = [f"m{number}" for number in range(100)]
    rings = [stored(ring(*members, name=f"ring-{number}")) for number in range(20)]
    with weighed() as weight:
        for each in rings:
            claims.saw(added(each))
        assert weight() < 200 * 2000
