"""The seeds of a cluster."""

from typing import Any

import pytest
from fakes.cassandra import bare, cluster, dc, topology
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.names import SEEDLIST
from multicasskop.reconcilers.cassandracluster.naming import Rack
from multicasskop.reconcilers.cassandracluster.seeds import computed, from_annotation, merged, seed_name

Json = dict[str, Any]
LISTS = st.lists(st.sampled_from("abcdef"), max_size=6, unique=True)


def short(seeds: tuple[str, ...]) -> list[str]:
    """Seeds without what all of them have."""
    for seed in seeds:
        assert seed.startswith("demo-")
        assert seed.endswith(".demo.cassandra")
    return [seed.removeprefix("demo-").removesuffix(".demo.cassandra") for seed in seeds]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            topology(dc("dc1", 2, nodesPerRacks=6), dc("dc2", 2, nodesPerRacks=2)),
            [f"{name}-{pod}" for name in ("dc1", "dc2") for pod in ("rack1-0", "rack1-1", "rack2-0")],
            id="scenario 23: two datacenters of two racks",
        ),
        pytest.param({"nodesPerRacks": 8}, [f"dc1-rack1-{n}" for n in range(3)], id="scenario 24: no topology"),
        pytest.param(topology(dc(racks=2)), ["dc1-rack1-0", "dc1-rack2-0"], id="scenario 24: one node in each of two"),
        pytest.param({"nodesPerRacks": 2}, ["dc1-rack1-0", "dc1-rack1-1"], id="fewer nodes than seeds"),
        pytest.param(
            topology(dc(racks=2, nodesPerRacks=7)), ["dc1-rack1-0", "dc1-rack1-1", "dc1-rack2-0"], id="7 nodes in two"
        ),
        pytest.param(
            {"nodesPerRacks": 9, **topology(dc("a", 5), dc("b", 4))},
            [f"{name}-rack{n}-0" for name in "ab" for n in (1, 2, 3)],
            id="more racks than seeds",
        ),
        pytest.param(topology(dc("dc1", 3, nodesPerRacks=0), dc("dc2")), ["dc2-rack1-0"], id="no nodes, no seeds"),
    ],
)
def test_scenarios_23_24_computed(spec: Json, expected: list[str]) -> None:
    """At most three nodes of each datacenter are seeds, spread over its racks, in topology order."""
    assert short(computed(cluster(spec))) == expected


def test_scenario_25_membership() -> None:
    """Whether a pod is a seed is told by its full name there."""
    found = computed(cluster())
    name = seed_name(cluster().metadata, Rack("dc1", "rack1"), 0)
    assert name == "demo-dc1-rack1-0.demo.cassandra"
    assert name in found
    assert "demo-dc1-rack1-0" not in found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            topology(dc("dc1"), dc("dc2", nodesPerRacks=1)),
            topology(dc("dc1"), dc("dc2", nodesPerRacks=2)),
            ["dc1-rack1-0", "dc2-rack1-0", "dc2-rack1-1"],
            id="scenario 26: the second datacenter grows",
        ),
        pytest.param(
            {"nodesPerRacks": 1, **topology(dc("dc1"), dc("dc2", nodesPerRacks=1))},
            {"nodesPerRacks": 2, **topology(dc("dc1"), dc("dc2", nodesPerRacks=1))},
            ["dc1-rack1-0", "dc2-rack1-0", "dc1-rack1-1"],
            id="scenario 27: the first grows",
        ),
        pytest.param(
            topology(dc("dc1"), dc("dc2")), topology(dc("dc1"), dc("dc2", nodesPerRacks=0)), ["dc1-rack1-0"], id="gone"
        ),
    ],
)
def test_scenarios_26_27_merged(before: Json, after: Json, expected: list[str]) -> None:
    """Seeds that stay keep their order, and new ones follow them."""
    assert short(merged(computed(cluster(before)), computed(cluster(after)))) == expected


@given(LISTS, LISTS)
def test_merging_is_stable(known: list[str], wanted: list[str]) -> None:
    """Merging gives exactly what is wanted, changes nothing when done again, and never changes an order that was."""
    once = merged(known, wanted)
    assert set(once) == set(wanted)
    assert len(once) == len(wanted)
    assert merged(once, wanted) == once
    assert [seed for seed in known if seed in wanted] == list(once)[: len(set(known) & set(wanted))]


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({SEEDLIST: ""}, None, id="an empty one"),
        pytest.param({SEEDLIST: "a.example"}, ("a.example",), id="one"),
        pytest.param({SEEDLIST: "b, a,,b"}, ("b", "a"), id="blanks and one that stands twice"),
    ],
)
def test_from_annotation(annotations: dict[str, str], expected: tuple[str, ...] | None) -> None:
    """The list of a MultiCasskop is taken in its order; an empty one is none, since pods cannot do without seeds."""
    assert from_annotation(bare(annotations=annotations).metadata) == expected
