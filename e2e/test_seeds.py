"""What each field of `spec.seeds` promises, and how lists arrive and change: many rings over three members."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from multicasskop.crds.names import EXTERNAL_DNS, SEEDLIST
from multicasskop.world import oracles
from multicasskop.world.operators import ALONE
from multicasskop.world.recorder import Entry
from multicasskop.world.scenario import condition
from multicasskop.world.scene import Ring, Scene, raised
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes3

Json = dict[str, Any]
ONE, TWO, THREE = MEMBERS = ("k8s-cluster1", "k8s-cluster2", "k8s-cluster3")
QUICK = SimulatorOptions(Mode.INSTANT, Contract.OWN, workers=4)
PROBED = 8778


@pytest.fixture(scope="module")
def scene(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One operator beside CassKops that take seeds from the annotation, for the tests of this file."""
    with raised(world, "seeds", tmp_path_factory.mktemp("seeds"), QUICK, ALONE) as found:
        yield found


@pytest.fixture(autouse=True)
def cleared(scene: Scene) -> Iterator[None]:
    """The rings of a test go with it."""
    yield
    scene.clear()


def base(zone: str = "ring.example.", nodes: int = 1, **status: Any) -> Json:  # noqa: ANN401 - a seed list
    """A base whose pods have names in a zone."""
    service = {"annotations": {EXTERNAL_DNS: zone}} if zone else {}
    spec = {"cassandraImage": "cassandra:4.1.4", "nodesPerRacks": nodes, "maxPodUnavailable": 1, "service": service}
    return {"spec": spec} | ({"status": status} if status else {})


def override(racks: int, members: Sequence[str] = MEMBERS) -> Json:
    """A datacenter of so many racks in each member."""
    made = [{"name": f"rack{number}"} for number in range(1, racks + 1)]
    return {
        member: {"spec": {"topology": {"dc": [{"name": f"dc{number}", "rack": made}]}}}
        for number, member in enumerate(members, 1)
    }


def pods(name: str, numbers: Sequence[int], *ends: str, zone: str = "ring.example") -> list[str]:
    """Seeds: of each datacenter these pods, named by rack and ordinal."""
    return [f"{name}-dc{number}-{end}.{zone}" for number in numbers for end in ends]


def lists(ring: Ring, members: Sequence[str] = MEMBERS) -> list[list[str]]:
    """The seeds in use in each member."""
    return [(ring.child(member) or {}).get("status", {}).get("seedlist", []) for member in members]


def reseeded(ring: Ring) -> list[str]:
    """The members whose pods were ever restarted for another list."""
    return sorted({e.member for e in ring.history() if e.object["status"].get("lastClusterAction") == "UpdateSeedList"})


LISTS: dict[str, tuple[Json, Json, int, list[str]]] = {
    "three racks": ({}, base(), 3, pods("x", (1, 2, 3), "rack1-0", "rack2-0", "rack3-0")),
    "one each": ({"perDatacenter": 1}, base(nodes=2), 2, pods("x", (1, 2, 3), "rack1-0")),
    "second pods": ({}, base(nodes=2), 2, pods("x", (1, 2, 3), "rack1-0", "rack2-0", "rack1-1")),
    "several zones": ({}, base("a.example., b.example"), 1, pods("x", (1, 2, 3), "rack1-0", zone="a.example")),
    "a zone of its own": (
        {"domain": {TWO: "two.example."}},
        base(),
        1,
        ["x-dc1-rack1-0.ring.example", "x-dc2-rack1-0.two.example", "x-dc3-rack1-0.ring.example"],
    ),
    "given": ({}, base(seedlist=["c.x", "a.x", "c.x", "b.x"]), 1, ["c.x", "a.x", "b.x"]),
    "given, but computed": ({"mode": "Auto"}, base(seedlist=["a.x"]), 1, pods("x", (1, 2, 3), "rack1-0")),
}


@pytest.mark.parametrize("case", LISTS)
def test_list(scene: Scene, case: str) -> None:
    """All members start with one list, in annotation and status, and no pod is restarted to get it."""
    seeds, shared, racks, listed = LISTS[case]
    name = case.replace(" ", "-").replace(",", "")
    expected = [seed.replace("x-dc", f"{name}-dc") for seed in listed]
    ring = scene.running(name, base=shared, override=override(racks), seeds=seeds)
    assert lists(ring) == [expected] * 3
    assert [(ring.child(m) or {})["metadata"]["annotations"][SEEDLIST].split(",") for m in MEMBERS] == [expected] * 3
    assert ring.object["status"]["seedlist"] == expected
    assert reseeded(ring) == []


def test_member_without_a_domain(scene: Scene) -> None:
    """Without a zone no child is made, and the member is named with what to do; with one it goes on."""
    bare = {TWO: "two.example", THREE: "three.example"}
    ring = scene.apply("bare", base=base(""), override=override(1), seeds={"domain": bare})
    told = ring.until_waiting(f"{ONE}: a seed list that can be made")
    assert condition(told.object, "SeedsResolved")["reason"] == "NoDomain"
    assert f"seeds.domain.{ONE}" in condition(told.object, "SeedsResolved")["message"]
    assert [ring.child(member) for member in MEMBERS] == [None] * 3
    ring.change({"seeds": {"domain": {ONE: "one.example"}}})
    ring.until_ready()


def test_sticky(scene: Scene) -> None:
    """Scaling up, more racks asked for per datacenter, and a new operator change no list."""
    ring = scene.running("sticky", base=base(), override=override(1))
    before, written = lists(ring), [ring.writes(member, "status") for member in MEMBERS]
    ring.change({"base": base(nodes=3), "seeds": {"perDatacenter": 2}})
    ring.until_ready()
    scene.operator.kill()
    scene.operator.start()
    ring.change({"base": base(nodes=4)})
    ring.until_ready()
    assert lists(ring) == before
    assert [ring.writes(member, "status") for member in MEMBERS] == written
    assert reseeded(ring) == []


@pytest.mark.parametrize("on_change", ["Keep", "Roll"])
def test_new_datacenter(scene: Scene, on_change: str) -> None:
    """`seeds.onChange`: a longer list reaches new members only, or the old ones too, one after the other."""
    name = f"grow-{on_change.lower()}"
    ring = scene.running(name, (ONE, TWO), base=base(), override=override(1, (ONE, TWO)))
    short, full = pods(name, (1, 2), "rack1-0"), pods(name, (1, 2, 3), "rack1-0")
    ring.change({"override": {THREE: override(1)[THREE]}, "seeds": {"onChange": on_change}})
    status = ring.until_ready().object["status"]
    told = condition({"status": status}, "SeedsResolved")
    assert (lists(ring), told["status"]) == ([short if on_change == "Keep" else full] * 2 + [full], "True")
    if on_change == "Keep":
        assert reseeded(ring) == []
        assert f"{ONE}, {TWO} with fewer" in told["message"]
        return
    assert reseeded(ring) == [ONE, TWO]
    done = [until_seeds(ring, member, full) for member in MEMBERS]
    second = ring.until_child(TWO, lambda obj: obj["metadata"]["annotations"][SEEDLIST].split(",") == full)
    assert not oracles.is_before(second, done[0])
    assert not oracles.is_before(ring.until_child(THREE, bool), done[1])


def until_seeds(ring: Ring, member: str, wanted: list[str]) -> Entry:
    """When a child was Running and Done with these seeds."""

    def has(obj: Json) -> bool:
        return (obj.get("status") or {}).get("seedlist") == wanted and oracles.is_settled(obj)

    return ring.until_child(member, has)


def test_seed_leaves_before_its_pod(scene: Scene) -> None:
    """A pod that goes has left the lists of all members before the spec of its own asks for fewer."""
    ring = scene.running("shrink", base=base(nodes=3), override=override(1))
    ring.change({"override": {TWO: {"spec": {"nodesPerRacks": 1}}}})
    ring.until_ready()
    left = {f"shrink-dc2-rack1-{number}.ring.example" for number in (1, 2)}
    shrunk = ring.until_child(TWO, lambda obj: obj["spec"].get("nodesPerRacks") == 1)
    for member in MEMBERS:
        free = [e for e in ring.history(member) if is_free(e, left)]
        assert not oracles.is_before(shrunk, free[0])
    assert not any(left & set(seeds) for seeds in lists(ring))


def is_free(entry: Entry, left: set[str]) -> bool:
    """Whether a child has a list with none of these in it."""
    found = entry.object.get("status", {}).get("seedlist") or []
    return bool(found) and not left & set(found)


def uses(seeds: list[str], child: Json) -> bool:
    """Whether a child has these seeds."""
    return bool((child.get("status") or {}).get("seedlist") == seeds)


def test_list_that_somebody_changes(world: World, tmp_path: Path) -> None:
    """Beside the Go CassKop a list edited by hand is put right at once, and the next time with a pause."""
    with raised(world, "contest", tmp_path, SimulatorOptions(Mode.INSTANT, workers=4)) as scene:
        ring = scene.running("demo", base=base(), override=override(1), rollout={"settle": "0s"})
        wanted = pods("demo", (1, 2, 3), "rack1-0")
        moments = []
        for number in range(2):
            evil = f"evil-{number}.example"
            ring.edit(TWO, {"status": {"seedlist": [evil]}}, subresource="status")
            edited = ring.until_child(TWO, partial(uses, [evil]))
            again = ring.until_child(TWO, partial(uses, wanted), after=edited.at)
            moments.append(again.at - edited.at)
            ring.until_ready()
        assert moments[0] < 5 < moments[1]
        assert [lists(ring)[number] for number in (0, 2)] == [wanted] * 2


def test_seed_probe(world: World, tmp_path: Path) -> None:
    """`--seed-probe=require`: no later member is made until a seed of one that runs takes a connection on 8778."""
    quick = SimulatorOptions(Mode.INSTANT, Contract.OWN)
    with raised(world, "probe", tmp_path, quick, "--seed-probe=require") as scene:
        ring = scene.apply("demo", base=base(seedlist=["127.0.0.1"]), override=override(1))
        told = ring.until_waiting(f"{TWO}: a seed that answers on port {PROBED}")
        assert condition(told.object, "SeedsResolved")["reason"] == "SeedsSilent"
        ring.until_told("SeedsSilent", "MCK342 127.0.0.1 takes no connection on 8778")
        assert [child is None for child in map(ring.child, MEMBERS)] == [False, True, True]
        with closing(socket.create_server(("127.0.0.1", PROBED))):
            ring.until_ready()
