"""The seed list of the ring: computed, kept, and replaced with care."""

import sys
from dataclasses import replace
from typing import Any

import pytest
from fakes.cases import RUNNING, child, parent, wish
from fakes.stage import ring
from hypothesis import given, settings
from hypothesis import strategies as st
from multicasskop.crds.multicasskop import SeedMode
from multicasskop.crds.names import EXTERNAL_DNS
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.desire import Datacenter, Rack
from multicasskop.reconcilers.multicasskop.facts import Child, MemberFacts, Parent, Reach
from multicasskop.reconcilers.multicasskop.seeds import (
    SeedPlan,
    delivered,
    first_pods,
    in_use,
    plan_seeds,
    read_list,
    write_list,
)

Json = dict[str, Any]


def topology(*names: str, racks: int = 1, nodes: int | None = None) -> Json:
    """Datacenters with so many racks each."""
    rack = [{"name": f"r{number}"} for number in range(1, racks + 1)]
    own = {} if nodes is None else {"nodesPerRacks": nodes}
    return {"dc": [{"name": name, "rack": rack} | own for name in names]}


def shaped(overrides: dict[str, Json], *, nodes: int = 1, seeds: Json | None = None, domain: str = "ex") -> Parent:
    """A MultiCasskop of these topologies."""
    spec = ring()["spec"]
    spec["base"]["spec"] = {"nodesPerRacks": nodes}
    if domain:
        spec["base"]["spec"]["service"] = {"annotations": {EXTERNAL_DNS: domain}}
    spec["override"] = {name: {"spec": {"topology": given}} for name, given in overrides.items()}
    return parent(spec | ({"seeds": seeds} if seeds else {}))


def plan(found: Parent, **children: Child | None) -> SeedPlan:
    """The seeds for these children."""
    members = {name: MemberFacts(name, Key("cassandra", "demo"), child=given) for name, given in children.items()}
    return plan_seeds(wish(found), members)


def short(seeds: tuple[str, ...]) -> list[str]:
    """Seeds without what they have in common."""
    return [seed.removeprefix("demo-").removesuffix(".ex") for seed in seeds]


@pytest.mark.parametrize(
    ("racks", "nodes", "per_datacenter", "seeds"),
    [
        pytest.param(1, 1, 3, ["a-r1-0"], id="as many as there are"),
        pytest.param(1, 7, 3, ["a-r1-0", "a-r1-1", "a-r1-2"], id="one rack: its first pods"),
        pytest.param(2, 7, 3, ["a-r1-0", "a-r2-0", "a-r1-1"], id="two racks: first pods, then second ones"),
        pytest.param(5, 2, 3, ["a-r1-0", "a-r2-0", "a-r3-0"], id="many racks: the first ones"),
        pytest.param(3, 2, 1, ["a-r1-0"], id="one for each datacenter"),
        pytest.param(2, 0, 3, [], id="none of an empty datacenter"),
    ],
)
def test_first_list(racks: int, nodes: int, per_datacenter: int, seeds: list[str]) -> None:
    """A new datacenter gives the first pod of each rack, then second pods, up to the number asked for."""
    found = shaped({"c1": topology("a", racks=racks, nodes=nodes)}, seeds={"perDatacenter": per_datacenter})
    assert short(plan(found, c1=None).ring) == seeds


def calls(members: int, given: bool) -> int:
    """How many calls of Python functions it takes to plan for so many members, with our children or taken over ones."""
    found = shaped({f"c{number}": topology(f"dc{number}") for number in range(members)})
    ring_of_all = plan(found, **dict.fromkeys(found.spec["override"])).ring
    ours = {name: child(found, name, seeds=ring_of_all) for name in found.spec["override"]}
    bare = {name: replace(each, meta=replace(each.meta, annotations={})) for name, each in ours.items()}
    children = ours if given else bare
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    wanted, facts = wish(found), {name: MemberFacts(name, child=each) for name, each in children.items()}
    sys.setprofile(count)
    try:
        plan_seeds(wanted, facts)
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("given", [True, False], ids=["ours", "taken over"])
def test_many_members_cost_no_more_than_their_lists_are_long(given: bool) -> None:
    """Four times as many members, with four times as many seeds each, are at most sixteen times the work."""
    assert calls(40, given) <= 16 * calls(10, given)


def test_all_datacenters_in_rollout_order() -> None:
    """The list of the ring goes through members and datacenters in order, and is the same for all."""
    found = plan(shaped({"c1": topology("a", "b"), "c2": topology("c")}), c1=None, c2=None)
    assert short(found.ring) == ["a-r1-0", "b-r1-0", "c-r1-0"]
    assert set(found.wanted.values()) == {found.ring}
    assert found.mode is SeedMode.AUTO
    assert found.resolved


def test_scaling_up_changes_nothing() -> None:
    """More racks and more nodes add no entry to a datacenter that has its own."""
    before = shaped({"c1": topology("a")})
    old = plan(before, c1=None).ring
    after = shaped({"c1": topology("a", racks=3)}, nodes=4)
    found = plan(after, c1=child(before, "c1", seeds=old))
    assert found.ring == old
    assert found.wanted["c1"] == old


def test_entry_that_leaves_is_replaced_by_a_pod_that_runs() -> None:
    """A pod that goes gives its place to one that runs; a pod that is yet to come does not get it."""
    before = shaped({"c1": topology("a", racks=3)}, nodes=2)
    old = plan(before, c1=None).ring
    after = shaped({"c1": topology("a", racks=2)}, nodes=3)
    found = plan(after, c1=child(before, "c1", seeds=old))
    assert short(found.ring) == ["a-r1-0", "a-r2-0", "a-r1-1"]
    assert found.leaving == {"demo-a-r3-0"}
    assert found.holds(wish(after).children["c1"])


def test_nothing_replaces_while_nothing_runs() -> None:
    """While a member is not Running none of its pods becomes a seed."""
    before = shaped({"c1": topology("a", racks=3)}, nodes=2)
    down = child(before, "c1", seeds=plan(before, c1=None).ring, status=RUNNING | {"phase": "Pending"})
    after = shaped({"c1": topology("a", racks=2)}, nodes=2)
    assert short(plan(after, c1=down).ring) == ["a-r1-0", "a-r2-0"]


def test_new_datacenter_of_a_running_member() -> None:
    """A datacenter that is added gets its entries; who runs keeps its list, unless it is asked to roll."""
    before = shaped({"c1": topology("a"), "c2": topology("b")})
    old = plan(before, c1=None, c2=None).ring
    running = {name: child(before, name, seeds=old) for name in ("c1", "c2")}
    kept = plan(shaped({"c1": topology("a"), "c2": topology("b", "c")}), **running)
    assert short(kept.ring) == ["a-r1-0", "b-r1-0", "c-r1-0"]
    assert kept.wanted == {"c1": old, "c2": old}
    assert kept.lagging == ("c1", "c2")
    rolled = plan(shaped({"c1": topology("a"), "c2": topology("b", "c")}, seeds={"onChange": "Roll"}), **running)
    assert rolled.wanted["c1"] == rolled.ring


def test_list_that_must_change_becomes_complete() -> None:
    """A member that is restarted anyway, because an entry leaves, gets everything that it lacks."""
    before = shaped({"c1": topology("a", racks=2)})
    old = plan(before, c1=None).ring
    after = shaped({"c1": topology("a"), "c2": topology("b")})
    found = plan(after, c1=child(before, "c1", seeds=old), c2=None)
    assert short(found.wanted["c1"]) == ["a-r1-0", "b-r1-0"]


def test_dark_datacenter_comes_last_for_a_newcomer() -> None:
    """A child that is made while a member is dark finds that one's seeds at the end."""
    found = shaped({"c1": topology("a"), "c2": topology("b"), "c3": topology("c")})
    members = {name: MemberFacts(name, Key("cassandra", "demo")) for name in ("c1", "c3")}
    members["c2"] = MemberFacts("c2", Key("cassandra", "demo"), reach=Reach(ok=False))
    assert short(plan_seeds(wish(found), members).wanted["c3"]) == ["a-r1-0", "c-r1-0", "b-r1-0"]


def test_another_domain_renames_the_same_pods() -> None:
    """With another domain the same pods are named anew, in their places."""
    before = shaped({"c1": topology("a", racks=2)}, domain="old")
    old = plan(before, c1=None).ring
    found = plan(shaped({"c1": topology("a", racks=2)}), c1=child(before, "c1", seeds=old))
    assert short(found.wanted["c1"]) == ["a-r1-0", "a-r2-0"]


def adopted(found: Parent, *seeds: str) -> Child:
    """A child of c1 that we never gave seeds: these are its own CassKop's."""
    ours = child(found, "c1", seeds=seeds)
    return replace(ours, meta=replace(ours.meta, annotations={}))


INTERNAL = ("demo-a-r1-0.demo.cassandra", "demo-a-r2-0.demo.cassandra")


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(INTERNAL, id="names inside the cluster"),
        pytest.param(INTERNAL[::-1], id="in an order of its own"),
        pytest.param(("10.0.0.1", "seed.example"), id="what may be anything"),
    ],
)
def test_seeds_of_before_the_taking_over_stay(own: tuple[str, ...]) -> None:
    """A child that is taken over keeps its own seeds, which is told; members that are made get the list of the ring."""
    found = shaped({"c1": topology("a", racks=2), "c2": topology("b")})
    made = plan(found, c1=adopted(found, *own), c2=None)
    assert (made.wanted["c1"], made.own, made.lagging) == (own, ("c1",), ())
    assert short(made.wanted["c2"]) == ["a-r1-0", "a-r2-0", "b-r1-0"] if own == INTERNAL else made.wanted["c2"]


def test_seeds_of_before_stay_when_the_ring_grows() -> None:
    """More racks and more members change nothing for a child that has its own seeds."""
    found = shaped({"c1": topology("a", racks=3), "c2": topology("b", "c")}, nodes=2)
    assert plan(found, c1=adopted(found, *INTERNAL), c2=None).wanted["c1"] == INTERNAL


@pytest.mark.parametrize(
    ("racks", "seeds", "own"),
    [
        pytest.param(1, None, INTERNAL, id="a pod leaves"),
        pytest.param(2, {"onChange": "Roll"}, INTERNAL, id="asked to roll"),
        pytest.param(2, None, (), id="it has none"),
    ],
)
def test_list_of_the_ring_replaces_those_of_before(racks: int, seeds: Json | None, own: tuple[str, ...]) -> None:
    """A child that must be restarted for its seeds, or is meant to be, gets the list of the ring by its names."""
    found = shaped({"c1": topology("a", racks=racks), "c2": topology("b")}, seeds=seeds)
    made = plan(found, c1=adopted(found, *own), c2=None)
    assert (set(made.wanted["c1"]), made.own) == (set(made.ring), ())


def test_member_without_domain_is_missing() -> None:
    """Without a domain, and with more than one member, no list can be made."""
    found = plan(shaped({"c1": topology("a"), "c2": topology("b")}, domain=""), c1=None, c2=None)
    assert found.missing == ("c1", "c2")
    assert not found.resolved


@pytest.mark.parametrize(
    ("old", "new", "roll", "wanted"),
    [
        pytest.param("ab", "ab", False, "ab", id="the same"),
        pytest.param("ab", "ba", False, "ab", id="another order is the same"),
        pytest.param("ab", "abc", False, "ab", id="grown: kept"),
        pytest.param("ab", "abc", True, "abc", id="grown: rolled when asked so"),
        pytest.param("ab", "a", False, "a", id="shrunk"),
        pytest.param("ab", "cd", False, "cd", id="replaced"),
        pytest.param("", "ab", False, "ab", id="none before"),
    ],
)
def test_given_list(old: str, new: str, roll: bool, wanted: str) -> None:
    """A given list reaches a child that runs unless it only says more than before, or the same in another order."""
    spec = ring("c1")["spec"]
    spec["base"]["status"] = {"seedlist": list(new)}
    found = parent(spec | {"seeds": {"onChange": "Roll" if roll else "Keep"}})
    assert plan(found, c1=child(found, "c1", seeds=tuple(old))).wanted["c1"] == tuple(wanted)


def test_given_without_a_list() -> None:
    """Given seeds without a list name the member that has none."""
    spec = ring("c1")["spec"] | {"seeds": {"mode": "Manual"}}
    assert plan(parent(spec), c1=None).missing == ("c1",)


def test_what_we_gave_counts_before_what_is_used() -> None:
    """A child's memory is the list that we gave it; without one, what it uses of itself."""
    found = shaped({"c1": topology("a")})
    given = child(found, "c1", seeds=("a",))
    assert delivered(Child(given.meta, given.spec, {"seedlist": ["changed"]})) == ("a",)
    bare = child(found, "c1", seeds=("a",), annotations={})
    adopted = Child(bare.meta.__class__.of({"metadata": {"name": "demo"}}), bare.spec, {"seedlist": ["own"]})
    assert delivered(adopted) == ("own",)


def test_order_in_use_does_not_matter() -> None:
    """The same seeds in another order are in use."""
    found = child(shaped({"c1": topology("a")}), "c1", seeds=("a", "b"))
    assert in_use(found, ("b", "a"))
    assert not in_use(found, ("a",))


@given(st.lists(st.text("abc.-", min_size=1, max_size=4), unique=True).map(tuple))
def test_list_survives_its_text(seeds: tuple[str, ...]) -> None:
    """What is written into the annotation is read back."""
    assert read_list(write_list(seeds)) == seeds


shapes = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=2)
members = st.lists(shapes, min_size=1, max_size=3)


def built(shape: list[list[tuple[int, int]]]) -> dict[str, Json]:
    """Topologies out of numbers: for each member its datacenters, each with racks and nodes."""
    return {
        f"c{number}": {
            "dc": [topology(f"d{number}{dc}", racks=r, nodes=n)["dc"][0] for dc, (r, n) in enumerate(datacenters)]
        }
        for number, datacenters in enumerate(shape, 1)
    }


@settings(max_examples=40)
@given(members, members, st.integers(1, 3))
def test_laws_of_a_computed_list(
    before: list[list[tuple[int, int]]], after: list[list[tuple[int, int]]], per_datacenter: int
) -> None:
    """At most three seeds of a datacenter; each a pod that is wanted; what stays keeps its place; who runs is kept."""
    old = shaped(built(before), seeds={"perDatacenter": per_datacenter})
    first = plan(old, **dict.fromkeys(built(before)))
    assert plan(old, **dict.fromkeys(built(before))) == first
    running = {name: child(old, name, seeds=first.ring) for name in built(before)}
    new = shaped(built(after), seeds={"perDatacenter": per_datacenter})
    kept = {name: running.get(name) for name in built(after)}
    found = plan(new, **kept)
    pods = {pod for want in wish(new).children.values() for dc in want.datacenters for pod in first_pods(dc, "demo")}
    assert {seed.split(".")[0] for seed in found.ring} <= pods
    for want in wish(new).children.values():
        for dc in want.datacenters:
            own = [seed for seed in found.ring if seed.startswith(f"demo-{dc.name}-")]
            assert len(own) <= per_datacenter
    stays = [seed for seed in first.ring if seed.split(".")[0] in pods]
    for name in kept:
        if kept[name] is not None:
            assert [seed for seed in found.wanted[name] if seed in stays] == stays


@settings(max_examples=30)
@given(members)
def test_same_wish_changes_no_list(shape: list[list[tuple[int, int]]]) -> None:
    """With the lists delivered and nothing else wanted, every child keeps exactly what it has."""
    found = shaped(built(shape))
    first = plan(found, **dict.fromkeys(built(shape)))
    again = plan(found, **{name: child(found, name, seeds=first.ring) for name in built(shape)})
    assert again.ring == first.ring
    assert set(again.wanted.values()) <= {first.ring}
    assert again.lagging == ()
    assert again.leaving == frozenset()


def test_pods_in_the_order_of_seeds() -> None:
    """The pods of a datacenter are listed first ones first."""
    found = Datacenter("a", (Rack("x", 2), Rack("y", 1)))
    assert list(first_pods(found, "demo")) == ["demo-a-x-0", "demo-a-y-0", "demo-a-x-1"]
