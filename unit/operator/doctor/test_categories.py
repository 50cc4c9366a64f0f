"""What the doctor makes of what was seen: one line when all is well, the cause and the next step when not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.home import mck
from multicasskop.informers.errors import ApiError, ConnectError, CredentialsError, InformerError
from multicasskop.informers.key import Key
from multicasskop.operator.doctor.between import between
from multicasskop.operator.doctor.check import Category
from multicasskop.operator.doctor.home import home
from multicasskop.operator.doctor.members import members
from multicasskop.operator.doctor.rights import rights
from multicasskop.operator.doctor.seen import Answer, Home, Member, ahead_of
from multicasskop.operator.doctor.show import document_of, lines
from multicasskop.operator.registering.operators import Installed
from multicasskop.operator.registering.rights import Right
from multicasskop.reconcilers.multicasskop.ownership import Mark

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
ANSWER = Answer(0.018, "v1.34.1", 0.2)
KINDS = frozenset({"multicasskops", "multicasskops/status", "cassandraclusters"})
OPERATOR = Installed("mck", "op", "eu-west", (), 1, 1)
HOME = Home("https://home", "id-home", ANSWER, KINDS, (OPERATOR,), (mck(),))
NORTH = Member("eu-north", "https://north", "id-north", NOW + timedelta(hours=20), ANSWER, None, KINDS, 8)
MARK = Mark("id-home", "cassandra", "demo", "uid-demo", "created")


def brief(category: Category) -> list[tuple[str, str, str]]:
    """Result, subject and code of each check."""
    return [(check.mark.name, check.subject, check.code) for check in category.checks]


def texts(category: Category) -> str:
    """All that is said."""
    return "\n".join(f"{check.text} -> {check.hint}" for check in category.checks)


def test_all_is_well() -> None:
    """Nothing but passed checks, and a line for each."""
    seen = (replace(NORTH, marks=((Key("cassandra", "demo"), MARK),)),)
    found = (home(HOME, NOW), members(seen, NOW), rights(seen), between(HOME, seen, lambda _: True))
    shown = list(lines(found, 0.4, short=False))
    assert shown == [
        "home",
        "  ✔ home  reached https://home in 18ms, v1.34.1",
        "  ✔ home  custom resources are served in version v2, with status as a sub-resource",
        "  ✔ home  operator mck: 1 of 1 ready, home is eu-west",
        "members",
        "  ✔ eu-north  reached in 18ms, v1.34.1, clock differs 0s",
        "rights",
        "  ✔ eu-north  8 of 8 allowed",
        "between members",
        "  ✔ ids     clusters are all different",
        "  ✔ owners  no child has an owner that is not here",
        "",
        "7 passed, 0 warnings, 0 failed, 0 skipped in 0.4s",
    ]
    assert list(lines(found, 0.4, short=True)) == ["", shown[-1]]
    assert document_of(found[2])["checks"][0]["result"] == "good"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"kinds": frozenset({"multicasskops"})}, ("BROKEN", "home", "MCK114"), id="old definitions"),
        pytest.param({"operators": ()}, ("ATTENTION", "home", ""), id="no operator seen"),
        pytest.param({"operators": (replace(OPERATOR, ready=0),)}, ("BROKEN", "home", ""), id="operator not ready"),
    ],
)
def test_home(changes: dict[str, Any], expected: tuple[str, str, str]) -> None:
    """What is missing in home is told."""
    assert expected in brief(home(replace(HOME, **changes), NOW))


@pytest.mark.parametrize(
    ("error", "code", "hint"),
    [
        pytest.param(ConnectError("eu-north", "refused"), "MCK301", "check route", id="dark"),
        pytest.param(ApiError("eu-north", 401, "Unauthorized", "no"), "MCK303", "--new-token", id="not let in"),
        pytest.param(CredentialsError("secret eu-north", "has no token"), "MCK113", "register", id="no credentials"),
    ],
)
def test_member_that_does_not_answer(error: InformerError, code: str, hint: str) -> None:
    """A member that does not answer is broken by its cause, and its rights were not asked."""
    silent = replace(NORTH, answer=None, error=error)
    assert brief(members([silent], NOW)) == [("BROKEN", "eu-north", code)]
    assert hint in texts(members([silent], NOW))
    assert brief(rights([silent])) == [("UNKNOWN", "eu-north", "")]


def test_no_members() -> None:
    """A home without members is worth a look."""
    assert brief(members([], NOW)) == [("ATTENTION", "members", "")]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        pytest.param({"answer": replace(ANSWER, ahead=65.0)}, "", "its clock is ahead by 1m05s", id="clock ahead"),
        pytest.param({"answer": replace(ANSWER, ahead=-9.0)}, "", "its clock is behind by 9.0s", id="clock behind"),
        pytest.param(
            {"expires": NOW + timedelta(minutes=5)}, "MCK305", "its token ends at 2026-11-23T14:05", id="token"
        ),
        pytest.param({"error": ConnectError("eu-north", "cut")}, "", "not all of it could be asked", id="half"),
    ],
)
def test_member_that_is_worth_a_look(changes: dict[str, Any], code: str, words: str) -> None:
    """What works and will not last is a warning."""
    found = members([replace(NORTH, **changes)], NOW)
    assert brief(found)[1] == ("ATTENTION", "eu-north", code)
    assert words in texts(found)


def test_missing_rights_are_named() -> None:
    """A verb that is denied is named with its namespace, and with the command that gives it."""
    missing = (("billing", Right("db.orange.com", "cassandraclusters/status", "patch")),)
    found = rights([replace(NORTH, missing=missing)])
    assert brief(found) == [("BROKEN", "eu-north", "MCK311")]
    assert texts(found) == (
        "denied: patch cassandraclusters/status in billing"
        " -> multicasskop register --context CONTEXT --as eu-north -n billing --rbac-only"
    )


def test_rights_that_cannot_be_asked() -> None:
    """A Secret that does not say where children are leaves a doubt; a kind that is not served is a warning."""
    assert brief(rights([replace(NORTH, asked=0)])) == [("UNKNOWN", "eu-north", "")]
    assert ("ATTENTION", "eu-north", "MCK312") in brief(rights([replace(NORTH, kinds=frozenset())]))


def test_one_cluster_twice() -> None:
    """Two names for one cluster, or for home itself, are broken; what is not known is said."""
    twice = between(HOME, [NORTH, replace(NORTH, name="copy")], lambda _: True)
    assert brief(twice)[0] == ("BROKEN", "eu-north, copy", "MCK324")
    itself = between(HOME, [replace(NORTH, identity="id-home")], lambda _: True)
    assert brief(itself)[0] == ("BROKEN", "home, eu-north", "MCK324")
    assert "not known of eu-north" in texts(between(HOME, [replace(NORTH, identity="")], lambda _: True))


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        pytest.param(replace(MARK, uid="x"), "belongs to cassandra/demo that is gone", id="stale"),
        pytest.param(replace(MARK, uid="x", home="h2"), "belongs to cassandra/demo of home h2", id="another home"),
    ],
)
def test_children_of_strangers(mark: Mark, words: str) -> None:
    """A child whose owner is not here is told with whose it is."""
    found = between(HOME, [replace(NORTH, marks=((Key("cassandra", "demo"), mark),))], lambda _: True)
    assert ("ATTENTION", "eu-north", "MCK401") in brief(found)
    assert words in texts(found)


def test_seeds() -> None:
    """Names that do not resolve are named; it is this machine's view, and says so."""
    obj = mck()
    obj["status"]["seedlist"] = ["a.example", "b.example"]
    seen = replace(HOME, objects=(obj,))
    found = between(seen, [], lambda name: name == "a.example")
    assert ("ATTENTION", "seeds", "MCK341") in brief(found)
    assert "1 of 2 names resolve from here; not: b.example" in texts(found)
    assert ("GOOD", "seeds", "") in brief(between(seen, [], lambda _: True))


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Mon, 23 Nov 2026 14:00:07 GMT", 7.0),
        ("Mon, 23 Nov 2026 13:59:00 GMT", -60.0),
        ("", None),
        ("yesterday", None),
        ("Mon, 23 Nov 2026 14:00:07", None),
    ],
)
def test_clock(date: str, ahead: float | None) -> None:
    """A server's clock is that of its Date; what is none tells nothing."""
    assert ahead_of(date, NOW) == ahead
