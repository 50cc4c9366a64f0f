"""Whose child it is."""

import json
from typing import Any

import pytest
from fakes.cases import child, parent
from multicasskop.crds.names import ADOPT, OWNER
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.facts import Rival
from multicasskop.reconcilers.multicasskop.ownership import (
    Foreign,
    Mark,
    Mine,
    Origin,
    Ownership,
    Unowned,
    first_claim,
    mark_of,
    may_adopt,
    ownership,
    read_mark,
)

OURS = {"uid": "u", "namespace": "cassandra", "name": "demo"}


def whose(
    mark: Any,  # noqa: ANN401
    *,
    living: tuple[str, ...] = ("u",),
    home_fresh: bool = True,
    home_id: str = "home",
) -> Ownership:
    """Whose a child with this owner annotation is, seen from the parent with uid u at home."""
    text = mark if isinstance(mark, str) else json.dumps(mark)
    found = child(parent(), "c1", annotations={OWNER: text})
    return ownership(found, parent().meta, home_id, living, home_fresh=home_fresh)


@pytest.mark.parametrize(
    ("mark", "verdict"),
    [
        pytest.param(OURS | {"origin": "created"}, Mine("created"), id="ours"),
        pytest.param(OURS | {"home": "y", "x": 1}, Mine(""), id="ours, whatever else it says"),
        pytest.param("", Unowned(), id="no mark"),
        pytest.param("nonsense", Unowned(), id="no JSON"),
        pytest.param([1], Unowned(), id="no object"),
        pytest.param({"home": "home"}, Unowned(), id="no UID"),
        pytest.param({"uid": 7}, Unowned(), id="a UID that is no text"),
        pytest.param({"uid": "old", "home": "home"}, Unowned(), id="stale: a parent of this home that is gone"),
    ],
)
def test_ours_or_nobodys(mark: Any, verdict: Ownership) -> None:  # noqa: ANN401  any annotation
    """UID and name decide; what cannot be read, and what names a parent that is gone, counts as no mark."""
    assert whose(mark) == verdict


@pytest.mark.parametrize(
    ("mark", "seen"),
    [
        pytest.param({"uid": "other", "home": "home"}, {"living": ("u", "other")}, id="a living parent of this home"),
        pytest.param({"uid": "other", "home": "elsewhere"}, {}, id="a parent of another home"),
        pytest.param({"uid": "other", "home": ""}, {}, id="a parent of a home that is not known"),
        pytest.param(OURS | {"name": "x", "home": "home"}, {}, id="S9: our UID, and another name"),
        pytest.param(OURS | {"namespace": "x", "home": "home"}, {}, id="S9: our UID, and another namespace"),
        pytest.param({"uid": "other", "home": "home"}, {"home_fresh": False}, id="home is not seen freshly"),
    ],
)
def test_somebody_elses(mark: dict[str, str], seen: dict[str, Any]) -> None:
    """The mark of a parent that may be alive is respected."""
    assert isinstance(whose(mark, **seen), Foreign)


@pytest.mark.parametrize(
    ("mark", "seen", "namesake"),
    [
        pytest.param({"home": ""}, {"home_id": ""}, True, id="both without an id"),
        pytest.param({"home": ""}, {}, True, id="made before our id was known"),
        pytest.param({"home": "home"}, {"home_id": ""}, True, id="our id cannot be read any more"),
        pytest.param({"home": "elsewhere"}, {}, False, id="certainly of another home"),
        pytest.param({"home": "", "name": "x"}, {"home_id": ""}, False, id="of another name"),
        pytest.param({"home": ""}, {"home_id": "", "living": ("u", "old")}, False, id="of one that lives here"),
        pytest.param({"home": ""}, {"home_id": "", "home_fresh": False}, False, id="home is not seen freshly"),
    ],
)
def test_home_without_an_id(mark: dict[str, str], seen: dict[str, Any], namesake: bool) -> None:
    """Where homes cannot be told apart, a mark that may be of a living parent is respected; a person may say more."""
    found = whose(OURS | {"uid": "old"} | mark, **seen)
    assert isinstance(found, Foreign)
    assert found.namesake is namesake


def test_mark_is_read_back() -> None:
    """A mark says home, parent and origin, as JSON."""
    mark = mark_of(parent().meta, "home", Origin.ADOPTED)
    assert read_mark(mark.text()) == mark == Mark("home", "cassandra", "demo", "u", "adopted")
    assert mark.key == Key("cassandra", "demo")
    assert read_mark(None) is None


@pytest.mark.parametrize(
    ("rivals", "winner"),
    [
        pytest.param([], None, id="alone"),
        pytest.param([("2030-01-02", "a")], None, id="the other is younger"),
        pytest.param([("2029-01-01", "z")], "z", id="the other is older"),
        pytest.param([("2030-01-01T00:00:00Z", "a")], "a", id="same time: the smaller UID"),
        pytest.param([("2030-01-01T00:00:00Z", "z")], None, id="same time: the greater UID"),
        pytest.param([("2029-01-02", "x"), ("2029-01-01", "y")], "y", id="the oldest of several"),
    ],
)
def test_first_claim(rivals: list[tuple[str, str]], winner: str | None) -> None:
    """Of several that want an unmarked child the oldest may have it, then the one with the smaller UID."""
    found = first_claim(parent().meta, [Rival(created, uid, Key("ns", uid)) for created, uid in rivals])
    assert (found.uid if found else None) == winner


def test_adoption_names_the_member() -> None:
    """A person names the members whose children are to be taken over."""
    found = parent(annotations={ADOPT: "c1, c3"}).meta
    assert [may_adopt(found, member) for member in ("c1", "c2", "c3")] == [True, False, True]
