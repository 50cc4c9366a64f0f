"""What the doctor makes of rings, leases, orphans, and of a member that is another cluster now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.home import mck
from fakes.stage import datacenter, ring
from multicasskop.operator.doctor.check import Category
from multicasskop.operator.doctor.home import home
from multicasskop.operator.doctor.members import members
from multicasskop.operator.doctor.rings import rings
from multicasskop.operator.doctor.seen import Answer, Home, Member
from multicasskop.operator.lease.record import LeaseRecord
from multicasskop.operator.registering.operators import Installed

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
ANSWER = Answer(0.018, "v1.34.1", 0.2)
KINDS = frozenset({"multicasskops", "multicasskops/status", "cassandraclusters"})
OPERATOR = Installed("mck", "op", "eu-west", ("eu-north",), 1, 1)
HOME = Home("https://home", "id-home", ANSWER, KINDS, (OPERATOR,), ())
LEASE = LeaseRecord("pod-1", 15.0, renewed="2026-11-23T13:59:55.000000Z")
Json = dict[str, Any]


def brief(category: Category) -> list[tuple[str, str, str]]:
    """Result, subject and text of each check."""
    return [(check.mark.name, check.subject, check.text) for check in category.checks]


def with_condition(type_: str, status: str, message: str) -> Json:
    """A valid ring whose status has a condition."""
    obj = ring("eu-west", "eu-north")
    status_of = {"phase": "Ready", "conditions": [{"type": type_, "status": status, "message": message}]}
    return {**obj, "status": status_of}


def twice() -> Json:
    """A ring in which two members have a datacenter of one name."""
    obj = ring("eu-west", "eu-north")
    obj["spec"]["override"]["eu-north"] = {"spec": {"topology": datacenter(1)}}
    return obj


@pytest.mark.parametrize(
    ("obj", "mark", "words"),
    [
        pytest.param(with_condition("Ready", "True", "x"), "GOOD", "valid, Ready", id="well"),
        pytest.param(twice(), "ATTENTION", "dc1", id="a datacenter's name used twice"),
        pytest.param(with_condition("Stalled", "True", "needs you"), "ATTENTION", "needs you", id="stalled"),
        pytest.param(with_condition("Degraded", "True", "one is dark"), "ATTENTION", "one is dark", id="degraded"),
        pytest.param(with_condition("Drifted", "True", "by hand"), "ATTENTION", "by hand", id="drifted"),
        pytest.param(with_condition("SeedsResolved", "False", "no domain"), "ATTENTION", "no domain", id="seeds"),
    ],
)
def test_ring(obj: Json, mark: str, words: str) -> None:
    """Each ring is judged by this release's own rules, and what its status asks a person for is repeated."""
    (check,) = brief(rings(replace(HOME, objects=(obj,))))
    assert check[:2] == (mark, "cassandra/demo")
    assert words in check[2]


def test_members_of_a_ring_are_not_judged() -> None:
    """A ring whose members this operator does not know may be another operator's: nothing is said of that."""
    (check,) = brief(rings(replace(HOME, objects=(mck(),))))
    assert "registered" not in check[2]


@pytest.mark.parametrize(
    ("lease", "mark", "words"),
    [
        pytest.param(LEASE, "GOOD", "pod-1 leads", id="alive"),
        pytest.param(replace(LEASE, holder=""), "ATTENTION", "held by nobody", id="given back"),
        pytest.param(
            replace(LEASE, renewed="2026-11-23T13:50:00Z"), "BROKEN", "renewed 10m ago by pod-1", id="not renewed"
        ),
        pytest.param(replace(LEASE, renewed=""), "GOOD", "pod-1 leads", id="without a time"),
    ],
)
def test_lease(lease: LeaseRecord, mark: str, words: str) -> None:
    """A lease that nobody holds, or that was not renewed for twice its time, is told."""
    *_, (found, _, text) = brief(home(replace(HOME, leases=(("mck", lease),)), NOW))
    assert (found, words in text) == (mark, True), text


def test_orphans() -> None:
    """Children that were left behind are named."""
    found = brief(home(replace(HOME, orphans=("a", "b")), NOW))
    assert ("ATTENTION", "home", "2 children were left behind: a, b") in found


@pytest.mark.parametrize(
    ("is_now", "found"), [("id-north", 0), ("", 0), ("other", 1)], ids=["the same", "may not be read", "another"]
)
def test_identity(is_now: str, found: int) -> None:
    """A member that answers as another cluster than it was registered as is broken; one that does not tell is not."""
    member = Member("eu-north", "https://north", "id-north", NOW + timedelta(hours=20), ANSWER, is_now=is_now)
    checks = members((member,), NOW).checks
    assert sum(check.code == "MCK304" for check in checks) == found
