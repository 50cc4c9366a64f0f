"""Which request a rule is for, and which of several rules acts."""

import pytest
from multicasskop.world.proxy.actions import BlackHole, Status
from multicasskop.world.proxy.requests import Request
from multicasskop.world.proxy.rules import Match, Rule, Rules, holds

CHILD = "/apis/db.orange.com/v2/namespaces/team/cassandraclusters/demo"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/team/leases/ours"
BODY = b'{"spec": {"image": "4.1", "racks": [{"name": "a/b~c"}]}, "gone": null}'


def request(method: str = "PATCH", target: str = f"{CHILD}?fieldManager=ours", member: str = "one") -> Request:
    """A request to change a child."""
    return Request(member, 1, method, target, {}, BODY)


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        (Match(), True),
        (Match(member="one"), True),
        (Match(member="two"), False),
        (Match(member=("two", "one")), True),
        (Match(verb="patch", plural="cassandraclusters", group="db.orange.com"), True),
        (Match(verb=("get", "list")), False),
        (Match(group=""), False),
        (Match(namespace="team", name="demo"), True),
        (Match(name="other"), False),
        (Match(subresource=""), True),
        (Match(subresource="status"), False),
        (Match(manager="ours"), True),
        (Match(manager="theirs"), False),
        (Match(dry_run=False), True),
        (Match(dry_run=True), False),
        (Match(continued=False), True),
        (Match(continued=True), False),
        (Match(writes=True), True),
        (Match(phase="change"), True),
        (Match(phase="delete"), False),
        (Match(body={"/spec/image": "4.1"}), True),
        (Match(body={"/spec/image": "4.2"}), False),
        (Match(body={"/spec/image": "4.1", "/spec/size": None}), True),
    ],
    ids=str,
)
def test_every_part_that_is_told_must_fit(match: Match, fits: bool) -> None:
    """A part that is not told may be anything; one that is told must be as it says, or one of what it says."""
    assert match.fits(request(), "change") is fits


@pytest.mark.parametrize(
    ("pointer", "wanted", "found"),
    [
        ("", {"a": 1}, False),
        ("/spec/racks/0/name", "a/b~c", True),
        ("/spec/racks/1/name", None, True),
        ("/spec/racks/x", None, True),
        ("/gone", None, True),
        ("/spec/image/deeper", None, True),
        ("/spec/image", None, False),
    ],
)
def test_pointers_into_a_body(pointer: str, wanted: object, found: bool) -> None:
    """A pointer leads through maps and lists; None asks that nothing is there."""
    assert holds(request().body, pointer, wanted) is found


def test_pointer_with_escapes() -> None:
    """Slashes and tildes in keys are written as the standard says."""
    assert holds({"a/b": {"c~d": 1}}, "/a~1b/c~0d", 1)


def test_leases_are_no_writes() -> None:
    """A lease's renewal has no number among the writes."""
    assert not Match(writes=True).fits(request("PATCH", LEASE), "")


def hit(rules: Rules, *requests: Request) -> list[str]:
    """The names of the rules that act."""
    found = [rules.take(one) for one in requests]
    return [rule.name if rule else "" for rule in found]


def test_first_that_fits_wins() -> None:
    """Of several rules the first in order acts, and each counts what fits it."""
    rules = Rules()
    rules.arm(Rule(Match(verb="get"), BlackHole(), "get"), Rule(Match(), Status(500), "any"))
    rules.arm(Rule(Match(), BlackHole(), "late"))
    assert hit(rules, request(), request("GET", CHILD)) == ["any", "get"]
    assert [rules.hits(name) for name in ("get", "any", "late")] == [1, 1, 0]


@pytest.mark.parametrize(
    ("nth", "times", "acts"), [(0, 0, "11111"), (2, 0, "01000"), (2, 3, "01110"), (0, 2, "11000"), (9, 0, "00000")]
)
def test_which_occurrence(nth: int, times: int, acts: str) -> None:
    """A rule with a number acts once, from there on as often as is told; one without acts always."""
    rules = Rules()
    rules.arm(Rule(Match(nth=nth), BlackHole(), "x", times=times))
    assert [bool(name) for name in hit(rules, *[request()] * 5)] == [letter == "1" for letter in acts]


def test_chance_follows_the_seed() -> None:
    """The same seed strikes the same requests, and a share of them."""

    def strikes(seed: int) -> list[str]:
        rules = Rules(seed)
        rules.arm(Rule(Match(), BlackHole(), "x", chance=0.3))
        return hit(rules, *[request()] * 200)

    assert strikes(7) == strikes(7)
    assert 30 < strikes(7).count("x") < 90


def test_cleared_rules_act_no_more() -> None:
    """Rules are taken away by name, or all at once."""
    rules = Rules()
    one, two = rules.arm(Rule(Match(), BlackHole()), Rule(Match(), Status(500)))
    rules.clear([one])
    assert hit(rules, request()) == [two]
    rules.clear()
    assert hit(rules, request()) == [""]


def test_name_twice_is_refused() -> None:
    """A name says which rule, so there is one of it."""
    rules = Rules()
    rules.arm(Rule(Match(), BlackHole(), "x"))
    with pytest.raises(ValueError, match="x is armed already"):
        rules.arm(Rule(Match(), BlackHole(), "x"))


def test_open_stream_keeps_its_rule_and_meets_later_ones() -> None:
    """A stream keeps the rule it was opened under while that is armed; then one without a number may take it."""
    rules, watch = Rules(), request("GET", f"{CHILD}?watch=true")
    rules.arm(Rule(Match(nth=1), BlackHole(), "first"))
    first = rules.take(watch)
    rules.arm(Rule(Match(nth=2), BlackHole(), "second"), Rule(Match(), BlackHole(), "third"))
    assert rules.standing(watch, first) is first
    rules.clear(["first"])
    third = rules.standing(watch, first)
    assert third is not None
    assert third.name == "third"
    rules.clear()
    assert rules.standing(watch, third) is None


def test_waiting_for_a_hit_that_does_not_come() -> None:
    """Who waits in vain is told how often the rule acted."""
    rules = Rules()
    rules.arm(Rule(Match(), BlackHole(), "x"))
    rules.take(request())
    rules.wait_hit("x", 1)
    with pytest.raises(TimeoutError, match="x acted 1 times"):
        rules.wait_hit("x", 0.01, count=2)
