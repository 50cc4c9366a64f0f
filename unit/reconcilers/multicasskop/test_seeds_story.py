"""Seeds over the life of a ring."""

from typing import Any

from fakes.server import Call
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, datacenter, ring
from multicasskop.crds.names import EXTERNAL_DNS, SEEDLIST

GIVEN = ["a.example", "b.example"]


def seeds(stage: Stage, member: str) -> list[str]:
    """The seeds that a child has in use."""
    child = stage.child(member)
    assert child is not None
    found: list[str] = (child.get("status") or {}).get("seedlist") or []
    return found


def running(*members: str, **spec: Any) -> Stage:  # noqa: ANN401  any field of the spec
    """A stage on which the demo runs everywhere."""
    stage = Stage(*(members or (HOME, OTHER)))
    stage.apply(ring(*stage.members, **spec))
    for member in stage.members:
        stage.own_casskop(member)
    stage.forget_calls()
    return stage


def manual(*given: str) -> dict[str, Any]:
    """A base with a seed list."""
    base: dict[str, Any] = ring()["spec"]["base"]
    return base | {"status": {"seedlist": list(given)}}


def seed_writes(stage: Stage) -> list[tuple[str, list[str]]]:
    """Every patch of seeds so far."""
    found = [(member, call) for member, call in stage.writes(CHILDREN) if call.subresource == "status"]
    return [(member, call.body["status"]["seedlist"]) for member, call in found]


def test_given_seeds_are_taken_as_they_are() -> None:
    """A list in base reaches all children in its order, without duplicates."""
    stage = running(base=manual("b.example", "a.example", "b.example"))
    assert seeds(stage, HOME) == seeds(stage, OTHER) == ["b.example", "a.example"]
    assert stage.condition("SeedsResolved")["reason"] == "GivenByUser"


def test_replaced_list_goes_from_member_to_member() -> None:
    """Another list reaches the second member when the first is done with it."""
    stage = running(base=manual(*GIVEN))
    stage.change({"spec": {"base": {"status": {"seedlist": ["c.example"]}}}})
    assert seeds(stage, HOME) == ["c.example"]
    assert seeds(stage, OTHER) == GIVEN
    stage.casskop_says(HOME, "Pending", "UpdateSeedList", "Ongoing")
    stage.casskop_says(HOME, "Running", "UpdateSeedList", "Done")
    assert seeds(stage, OTHER) == ["c.example"]
    child = stage.child(OTHER)
    assert child is not None
    assert child["metadata"]["annotations"][SEEDLIST] == "c.example"
    assert stage.child(HOME)["metadata"]["generation"] == 1  # type: ignore[index]


def test_casskop_that_is_faster_than_our_second_write_is_not_waited_for() -> None:
    """A CassKop that acts on the annotation before the status has the seeds has acted, also on a second list."""
    stage = running(base=manual(*GIVEN))
    server = stage.home.server

    def at_once(call: Call) -> None:
        if call.subresource == "status" and call.plural == CHILDREN:
            found = {"phase": "Pending", "lastClusterAction": "UpdateSeedList", "lastClusterActionStatus": "Ongoing"}
            server.before = lambda call: None
            server.edit(CHILDREN, NAMESPACE, "demo", {"status": found}, by="casskop", status=True)

    for seed in ("c.example", "d.example"):
        server.before = at_once
        stage.change({"spec": {"base": {"status": {"seedlist": [seed]}}}})
        assert seeds(stage, HOME) == [seed]
        stage.own_casskop(HOME, action="UpdateSeedList")
        assert (stage.entry(HOME)["state"], seeds(stage, OTHER)) == ("Ready", [seed])
        seeds_done(stage, OTHER)
        assert stage.status()["phase"] == "Ready"


def test_casskop_at_work_is_not_taken_to_have_acted_on_new_seeds() -> None:
    """What a CassKop was busy with when the seeds came does not count for them."""
    stage = running(base=manual(*GIVEN))
    stage.change({"spec": {"base": {"status": {"seedlist": ["c.example"]}}}})
    stage.casskop_says(HOME, "Pending", "UpdateSeedList", "Ongoing")
    stage.change({"spec": {"base": {"status": {"seedlist": ["d.example"]}}}})
    assert seeds(stage, HOME) == ["d.example"]
    stage.casskop_says(HOME, "Running", "UpdateSeedList", "Done")
    assert stage.entry(HOME)["state"] == "Progressing"
    seeds_done(stage, HOME)
    assert stage.entry(HOME)["state"] == "Ready"


def test_longer_list_restarts_nobody() -> None:
    """A list that only grew is kept from members that run, which are named; with Roll they get it."""
    stage = running(base=manual(*GIVEN))
    stage.change({"spec": {"base": {"status": {"seedlist": [*GIVEN, "c.example"]}}}})
    assert seed_writes(stage) == []
    assert "c1, c2 with fewer" in stage.condition("SeedsResolved")["message"]
    assert stage.condition("SeedsResolved")["status"] == "True"
    stage.change({"spec": {"seeds": {"onChange": "Roll"}}})
    assert seeds(stage, HOME) == [*GIVEN, "c.example"]


def test_new_member_gets_the_full_list() -> None:
    """A member that joins later gets all seeds, the others keep theirs."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER))
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.forget_calls()
    stage.change({"spec": {"override": {THIRD: {"spec": {"topology": datacenter(3)}}}}})
    assert seeds(stage, THIRD) == [f"demo-dc{number}-rack1-0.ring.example" for number in (1, 2, 3)]
    assert seed_writes(stage) == []
    stage.own_casskop(THIRD)
    assert stage.status()["phase"] == "Ready"
    assert "c1, c2 with fewer" in stage.condition("SeedsResolved")["message"]


def test_scaling_up_adds_no_seed() -> None:
    """More nodes change no list: a node that finds itself among its seeds does not bootstrap."""
    stage = running()
    stage.change({"spec": {"base": {"spec": {"nodesPerRacks": 3}}}})
    for member in stage.members:
        stage.own_casskop(member)
    assert seed_writes(stage) == []
    assert stage.status()["phase"] == "Ready"


def test_seed_leaves_every_list_before_its_pod_goes() -> None:
    """A pod that is to go leaves all seed lists first, and only then its spec changes."""
    stage = running(base=three_nodes())
    assert len(seeds(stage, HOME)) == 6
    stage.change({"spec": {"override": {HOME: {"spec": {"nodesPerRacks": 2}}}}})
    child = stage.child(HOME)
    assert child is not None
    assert child["spec"]["nodesPerRacks"] == 3
    assert "demo-dc1-rack1-2.ring.example" not in seeds(stage, HOME)
    assert "demo-dc1-rack1-2.ring.example" in seeds(stage, OTHER)
    seeds_done(stage, HOME)
    assert "demo-dc1-rack1-2.ring.example" not in seeds(stage, OTHER)
    child = stage.child(HOME)
    assert child is not None
    assert child["spec"]["nodesPerRacks"] == 3
    seeds_done(stage, OTHER)
    child = stage.child(HOME)
    assert child is not None
    assert child["spec"]["nodesPerRacks"] == 2
    stage.own_casskop(HOME)
    assert stage.status()["phase"] == "Ready"


def three_nodes() -> dict[str, Any]:
    """A base with three nodes in each rack."""
    base: dict[str, Any] = ring()["spec"]["base"]
    return base | {"spec": base["spec"] | {"nodesPerRacks": 3}}


def seeds_done(stage: Stage, member: str) -> None:
    """Let the CassKop of a member take its new seeds."""
    stage.casskop_says(member, "Pending", "UpdateSeedList", "Ongoing")
    stage.casskop_says(member, "Running", "UpdateSeedList", "Done")


def test_seeds_changed_by_others_are_set_right_with_patience() -> None:
    """A list that something else keeps changing is set right with growing pauses, and told after the third time."""
    stage = running()
    mine = seeds(stage, OTHER)
    for _ in range(60):
        if seeds(stage, OTHER) == mine:
            stage.edit_child(OTHER, {"status": {"seedlist": ["evil"]}}, status=True)
        stage.wait(5)
    assert 3 <= len(seed_writes(stage)) <= 6
    assert "SeedsOverwritten" in stage.tape.reasons
    assert stage.condition("SeedsResolved")["reason"] == "Overwritten"


def test_another_order_is_left_alone() -> None:
    """The same seeds in another order are the same: to reorder them would restart every pod."""
    stage = running()
    turned = list(reversed(seeds(stage, OTHER)))
    stage.edit_child(OTHER, {"status": {"seedlist": turned}}, status=True)
    stage.wait(60, steps=3)
    assert seed_writes(stage) == []
    assert stage.status()["phase"] == "Ready"


def test_member_without_a_domain_is_named() -> None:
    """Without a domain no list can be made: nothing is created, and the member is named with what to do."""
    stage = Stage()
    base = ring()["spec"]["base"]
    base["spec"].pop("service")
    stage.apply(ring(base=base, seeds={"domain": {HOME: "one.example"}}))
    assert stage.child(HOME) is None
    assert stage.condition("SeedsResolved")["reason"] == "NoDomain"
    assert "seeds.domain.c2" in stage.condition("SeedsResolved")["message"]
    assert stage.condition("Ready")["reason"] == "SeedsPending"
    stage.change({"spec": {"seeds": {"domain": {OTHER: "two.example."}}}})
    assert seeds(stage, HOME) == ["demo-dc1-rack1-0.one.example", "demo-dc2-rack1-0.two.example"]


def test_lone_member_needs_no_domain() -> None:
    """With one member only, its pods are found inside the cluster."""
    stage = Stage(HOME)
    base = ring()["spec"]["base"]
    base["spec"].pop("service")
    stage.apply(ring(HOME, base=base))
    assert seeds(stage, HOME) == [f"demo-dc1-rack1-0.demo.{NAMESPACE}"]


def test_child_made_while_another_is_dark_gets_live_seeds_first() -> None:
    """A child that is made while a datacenter is dark gets that one's seeds last; the lists of others stay."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD, rollout={"onDark": "Skip"}))
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.members[THIRD].server.remove(CHILDREN, NAMESPACE, "demo")
    stage.members[OTHER].go_dark()
    before = seeds(stage, HOME)
    stage.run()
    assert seeds(stage, THIRD) == [f"demo-dc{number}-rack1-0.ring.example" for number in (1, 3, 2)]
    assert seeds(stage, HOME) == before


def test_domain_of_several_names_is_the_first() -> None:
    """Where the annotation lists several names the first counts, without its trailing dot."""
    stage = Stage(HOME)
    base = ring()["spec"]["base"]
    base["spec"]["service"]["annotations"][EXTERNAL_DNS] = "first.example., second.example."
    stage.apply(ring(HOME, base=base))
    assert seeds(stage, HOME) == ["demo-dc1-rack1-0.first.example"]


def test_computed_seeds_survive_a_restart() -> None:
    """What a list holds is remembered by the children: a new process changes none of them."""
    stage = running(base=three_nodes(), seeds={"perDatacenter": 2})
    stage.change({"spec": {"seeds": {"perDatacenter": 3}}})
    stage.restart()
    stage.run()
    assert seed_writes(stage) == []
    assert len(stage.status()["seedlist"]) == 4


def test_spec_that_waited_for_seeds_is_no_refusal_after_a_restart() -> None:
    """A process that has only written a member's seeds writes its spec too, which waited for them."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD))
    stage.change({"spec": {"base": {"spec": {"nodesPerRacks": 2}}}})
    stage.change({"spec": {"override": {OTHER: None}}})
    stage.change({"spec": {"override": {OTHER: {"spec": {"topology": datacenter(2)}}}}})
    stage.own_casskop(HOME, action="UpdateSeedList")
    stage.restart()
    stage.run()
    stage.change({"spec": {"base": {"spec": {"nodesPerRacks": 1}}}})
    for _ in range(6):
        for member in stage.members:
            if stage.child(member):
                stage.own_casskop(member, action="UpdateSeedList")
    assert [stage.entry(member).get("state") for member in (HOME, OTHER, THIRD)] == ["Ready"] * 3
