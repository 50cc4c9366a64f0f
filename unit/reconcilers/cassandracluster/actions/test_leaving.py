"""Whether a node is out of the ring, by what others say."""

from typing import Any

import pytest
from fakes.rack_scene import node, scene
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.actions.leaving import has_left, never_joined
from multicasskop.reconcilers.cassandracluster.facts import Scene
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.questions import HostIds, LeavingNodes, Question
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.ring import Unanswered

Json = dict[str, Any]
R1 = "dc1-rack1"
STAYS, NEXT, GOES = node(R1, 0), node(R1, 1), node(R1, 2, ready=False)
KNOWN = {"hostId": "h2", "nodeIp": GOES.ip}
MEMBERS, LEAVING = HostIds(), LeavingNodes()
REST = {STAYS.ip: "h0", NEXT.ip: "h1"}
SILENT = Failed("timeout", "no answer")


def seen(*pods: Pod, known: Json | None = None, **answers: Any) -> Scene:  # noqa: ANN401
    """The rack, what is remembered of the node that goes, and what the first node says (`next_`: the second one)."""
    status = {"cassandraNodeStatus": {GOES.name: known}} if known is not None else {}
    asked: dict[str, tuple[Pod, Question[Any]]] = {"members": (STAYS, MEMBERS), "leaving": (STAYS, LEAVING)}
    asked |= {"next_members": (NEXT, MEMBERS), "next_leaving": (NEXT, LEAVING)}
    return scene(pods, status=status, answers={asked[name]: said for name, said in answers.items()})


@pytest.mark.parametrize(
    ("known", "members", "leaving", "left"),
    [
        pytest.param(KNOWN, REST, (), True, id="nobody knows it any more"),
        pytest.param(KNOWN, {**REST, GOES.ip: "h2"}, (), False, id="it is a member"),
        pytest.param(KNOWN, {**REST, "10.9.9.9": "h2"}, (), False, id="it is a member under another address"),
        pytest.param(KNOWN, REST, (GOES.ip,), False, id="it is leaving"),
        pytest.param(
            {**KNOWN, "hostId": "old"}, {**REST, GOES.ip: "h2"}, (), False, id="an earlier node of that name has left"
        ),
        pytest.param(
            {**KNOWN, "nodeIp": "10.9.9.9"}, REST, (GOES.ip,), False, id="it is leaving under its present address"
        ),
        pytest.param(KNOWN, {}, (), False, id="who is asked knows no ring"),
        pytest.param(KNOWN, {"10.9.9.9": "x"}, (), False, id="who is asked is no member itself"),
        pytest.param(None, REST, (), False, id="nothing is remembered of it"),
        pytest.param({"nodeIp": GOES.ip}, REST, (), False, id="its host id is not known"),
        pytest.param(KNOWN, SILENT, (), False, id="nobody says who is a member"),
        pytest.param(KNOWN, REST, SILENT, False, id="nobody says who is leaving"),
    ],
)
def test_has_left(known: Json | None, members: object, leaving: object, left: bool) -> None:
    """A node has left when a member of the ring knows it neither by its host id nor by its address."""
    assert has_left(seen(STAYS, GOES, known=known, members=members, leaving=leaving), GOES.name) is left


def test_a_remembered_address_that_another_pod_has_now() -> None:
    """An address that has gone over to another pod's node says nothing of the one that has left."""
    reused = node(R1, 0, ip=GOES.ip)
    found = seen(reused, node(R1, 2, ready=False, ip=""), known=KNOWN, members={GOES.ip: "h0"}, leaving=())
    assert has_left(found, GOES.name)


@pytest.mark.parametrize(
    "others", [pytest.param((), id="alone"), pytest.param((node(R1, 0, ready=False),), id="others are away")]
)
def test_nobody_can_say(others: tuple[Pod, ...]) -> None:
    """A node is no witness of itself: without another one, it has not been seen to leave."""
    assert not has_left(seen(*others, node(R1, 2), known=KNOWN), GOES.name)


@pytest.mark.parametrize(
    ("members", "left"),
    [
        pytest.param({"fd00:0:0:0:0:0:0:1": "h0"}, True, id="gone"),
        pytest.param({"fd00:0:0:0:0:0:0:1": "h0", "fd00:0:0:0:0:0:0:2": "h9"}, False, id="there"),
    ],
)
def test_addresses_have_two_spellings(members: dict[str, str], left: bool) -> None:
    """Cassandra writes IPv6 addresses in full, Kubernetes does not: they are the same."""
    stays, goes = node(R1, 0, ip="fd00::1"), node(R1, 2, ready=False, ip="fd00::2")
    assert has_left(seen(stays, goes, known=KNOWN, members=members, leaving=()), GOES.name) is left


def test_the_next_one_is_asked() -> None:
    """A node that hangs does not keep another one from saying it (D11)."""
    found = seen(STAYS, NEXT, GOES, known=KNOWN, members=SILENT, leaving=SILENT, next_members=REST, next_leaving=())
    assert has_left(found, GOES.name)


def test_it_is_asked_for() -> None:
    """What no node was asked yet is asked, and nothing is concluded before."""
    with pytest.raises(Unanswered):
        has_left(seen(STAYS, GOES, known=KNOWN, members=REST), GOES.name)


@given(st.dictionaries(st.sampled_from([STAYS.ip, GOES.ip, "10.9.9.9"]), st.sampled_from(["h0", "h2", "h9"])))
def test_has_left_law(members: dict[str, str]) -> None:
    """Whatever the ring looks like, a node whose host id or address is in it has not left."""
    left = has_left(seen(STAYS, GOES, known=KNOWN, members=members, leaving=()), GOES.name)
    assert not (left and ("h2" in members.values() or GOES.ip in members))


@pytest.mark.parametrize(
    ("pod", "known", "never"),
    [
        pytest.param(node(R1, 2, ready=False, started=False), None, True, id="it never ran"),
        pytest.param(node(R1, 2, ready=False, started=False), KNOWN, False, id="D4: it ran in an earlier pod"),
        pytest.param(node(R1, 2, ready=False, started=True), None, False, id="it ran, and may have joined"),
        pytest.param(node(R1, 2, ready=True, started=False), None, False, id="it is ready"),
    ],
)
def test_never_joined(pod: Pod, known: Json | None, never: bool) -> None:
    """Only what never ran and was never seen among the nodes goes without leaving the ring."""
    assert never_joined(seen(STAYS, pod, known=known), pod) is never
