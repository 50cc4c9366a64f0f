"""What is remembered of nodes, and which pods are made anew."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.rack_scene import node
from fakes.spec_change import changed_spec, seen_rack
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.questions import HostIds
from multicasskop.reconcilers.cassandracluster.node_status import RETRY_SECONDS, node_status
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.ring import Ask, Ring, Unanswered
from multicasskop.reconcilers.cassandracluster.sets import Claim
from multicasskop.reconcilers.cassandracluster.writes import Delete

RACK = "dc1-rack1"
ZERO, ONE, TWO = (f"demo-dc1-rack1-{number}" for number in range(3))
PODS = (node(RACK, 0), node(RACK, 1))
MEMBERS = {"10.0.1.0": "h0", "10.0.1.1": "h1"}


def seen(pods: tuple[Pod, ...] = PODS, known: dict[str, tuple[str, str]] | None = None, **spec: Any) -> Facts:  # noqa: ANN401
    """A rack of two nodes; `known` is what is remembered: host id and address."""
    told = {name: {"hostId": host, "nodeIp": address} for name, (host, address) in (known or {}).items()}
    wanted = {"nodesPerRacks": 2, **spec}
    facts = changed_spec(wanted, wanted, status={"cassandraNodeStatus": told})
    return replace(facts, racks=(seen_rack(facts.racks[0].plan, 2, pods=pods),))


def ring(facts: Facts, members: object = MEMBERS) -> Ring:
    """A ring whose nodes give these host ids."""
    return Ring({Ask(pod.uid, HostIds()): members for pod in facts.pods})


KNOWN = {ZERO: ("h0", "10.0.1.0"), ONE: ("h1", "10.0.1.1")}
TOLD = {name: {"hostId": host, "nodeIp": address} for name, (host, address) in KNOWN.items()}


def test_nodes_are_remembered() -> None:
    """Host id and address of every node that is ready and in the ring are remembered."""
    facts = seen()
    with pytest.raises(Unanswered):
        node_status(facts, Ring({}))
    assert node_status(facts, ring(facts)).told == TOLD


def test_nobody_is_asked_at_rest() -> None:
    """When all is as it is remembered no node is asked."""
    assert node_status(seen(known=KNOWN), Ring({})).told == TOLD


@pytest.mark.parametrize(
    ("pods", "members", "expected"),
    [
        pytest.param((PODS[0], node(RACK, 1, ready=False)), MEMBERS, "10.9.9.9", id="not ready"),
        pytest.param(PODS, {"10.0.1.0": "h0"}, "10.9.9.9", id="not in the ring yet"),
        pytest.param(PODS, {**MEMBERS, "10.0.1.1": "h0"}, "10.9.9.9", id="the ring has it for another still"),
        pytest.param(PODS, MEMBERS, "10.0.1.1", id="moved"),
        pytest.param(PODS, Failed("timeout", "silent"), "10.9.9.9", id="nobody says"),
    ],
)
def test_moved(pods: tuple[Pod, ...], members: object, expected: str) -> None:
    """The new address of a node is remembered when the ring knows it; until then the old one is, and asked again."""
    facts = seen(pods, {ZERO: KNOWN[ZERO], ONE: ("h1", "10.9.9.9")})
    found = node_status(facts, ring(facts, members))
    assert found.known[ONE].node_ip == expected
    waits = expected == "10.9.9.9" and pods[1].ready
    assert found.again == (RETRY_SECONDS if waits else None)


def test_addresses_that_were_exchanged() -> None:
    """Two nodes that came up with each other's address are both remembered anew."""
    facts = seen(known={ZERO: ("h0", "10.0.1.1"), ONE: ("h1", "10.0.1.0")})
    assert node_status(facts, ring(facts)).told == TOLD


def test_addresses_in_two_spellings() -> None:
    """An address of IPv6 is known in whichever way the node writes it."""
    facts = seen((replace(PODS[0], ip="fd00::1"),), nodesPerRacks=1)
    assert node_status(facts, ring(facts, {"fd00:0:0:0:0:0:0:1": "h0"})).told == {
        ZERO: {"hostId": "h0", "nodeIp": "fd00::1"}
    }


GONE = {**KNOWN, TWO: ("h2", "10.0.1.2"), "demo-dc9-rack1-0": ("h9", "10.0.9.0"), "odd": ("h", "x")}


def test_what_will_not_come_back_is_forgotten() -> None:
    """A pod that is not there, not asked for, and has left nothing is forgotten, and so is what is no pod of ours."""
    assert node_status(seen(known=GONE), Ring({})).told == TOLD


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"pods": (*PODS, node(RACK, 2, ready=False))}, id="it is there"),
        pytest.param({"claims": (Claim("data-demo-dc1-rack1-2", "c", "1", 2),)}, id="it has left a claim"),
    ],
)
def test_what_may_come_back_is_remembered(fields: dict[str, Any]) -> None:
    """While a node leaves the ring it is needed to know which one it was."""
    facts = seen(known=GONE)
    facts = replace(facts, racks=(replace(facts.racks[0], **fields),))
    assert TWO in node_status(facts, ring(facts)).known


def test_node_of_a_rack_that_is_to_have_it() -> None:
    """A node that is wanted, and not there now, is remembered."""
    facts = seen(PODS[:1], KNOWN)
    assert ONE in node_status(facts, Ring({})).known


LOOPS = node(RACK, 1, ready=False, restarts=4, ip="10.0.1.9")
CROSSED = {"10.0.1.0": "h0", "10.0.1.9": "h7"}


def test_crossed_pod_is_made_anew() -> None:
    """A pod that does not come up where the ring knows another node is deleted, by its UID."""
    facts = seen((PODS[0], LOOPS), KNOWN, restartCountBeforePodDeletion=3)
    (write,) = node_status(facts, ring(facts, CROSSED)).writes
    assert isinstance(write, Delete)
    assert (write.name, write.uid, write.at_once) == (ONE, LOOPS.uid, False)
    assert "10.0.1.9" in write.why


@pytest.mark.parametrize(
    ("pod", "known", "limit", "members"),
    [
        pytest.param(LOOPS, KNOWN, 0, CROSSED, id="not asked for"),
        pytest.param(LOOPS, KNOWN, 4, CROSSED, id="not often enough"),
        pytest.param(LOOPS, {}, 3, CROSSED, id="never seen in the ring"),
        pytest.param(LOOPS, KNOWN, 3, {"10.0.1.9": "h1"}, id="the ring has it there"),
        pytest.param(LOOPS, KNOWN, 3, {"10.0.1.0": "h0"}, id="the ring has nobody there"),
        pytest.param(LOOPS, KNOWN, 3, Failed("timeout", "silent"), id="nobody says"),
        pytest.param(replace(LOOPS, deleting=True), KNOWN, 3, CROSSED, id="it goes already"),
        pytest.param(replace(LOOPS, ip=""), KNOWN, 3, CROSSED, id="without an address"),
    ],
)
def test_pod_is_left_alone(pod: Pod, known: dict[str, tuple[str, str]], limit: int, members: object) -> None:
    """No pod is deleted unless the ring says that another node has its address, and a person allows it."""
    facts = seen((PODS[0], pod), known, restartCountBeforePodDeletion=limit)
    assert node_status(facts, ring(facts, members)).writes == ()


def test_one_pod_at_a_time() -> None:
    """Of several crossed pods one is made anew, and the next look decides on the others."""
    pods = (PODS[0], LOOPS, node(RACK, 2, ready=False, restarts=9, ip="10.0.1.8"))
    facts = seen(pods, GONE, restartCountBeforePodDeletion=3)
    found = node_status(facts, ring(facts, {**CROSSED, "10.0.1.8": "h6"}))
    assert [write.name for write in found.writes] == [ONE]


HOSTS = st.dictionaries(st.sampled_from(["10.0.1.0", "10.0.1.1"]), st.sampled_from(["h0", "h1", "h2"]))
RECORDS = st.dictionaries(
    st.sampled_from([ZERO, ONE]), st.tuples(st.sampled_from(["h0", "h1"]), st.sampled_from(["10.0.1.0", "10.0.1.1"]))
)


@given(known=RECORDS.filter(lambda known: len({host for host, _ in known.values()}) == len(known)), members=HOSTS)
def test_memory_law(known: dict[str, tuple[str, str]], members: dict[str, str]) -> None:
    """A ready pod is remembered as the ring has it, or as it was, and nothing is deleted while all are well."""
    facts = seen(known=known, restartCountBeforePodDeletion=1)
    found = node_status(facts, ring(facts, members))
    assert found.writes == ()
    for name, told in found.told.items():
        assert told in ({"hostId": members.get(told["nodeIp"]), "nodeIp": told["nodeIp"]}, _record(known.get(name)))


def _record(known: tuple[str, str] | None) -> dict[str, str] | None:
    return None if known is None else {"hostId": known[0], "nodeIp": known[1]}
