"""Verdicts are kept for as long as they hold, and never more than memory has room for."""

from typing import Any

import pytest
from fakes.cases import parent
from fakes.stage import ring
from multicasskop.reconcilers.multicasskop import verdicts
from multicasskop.reconcilers.multicasskop.facts import Parent
from multicasskop.reconcilers.multicasskop.validate import judge
from multicasskop.reconcilers.multicasskop.verdicts import CHILDREN_KEPT, Verdicts

MEMBERS = tuple(f"c{number}" for number in range(40))


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the objects that are judged, one after the other."""
    names: list[str] = []

    def note(key: object, *arguments: object, **options: object) -> object:
        names.append(str(key))
        return judge(key, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(verdicts, "judge", note)
    return names


def named(name: str, members: int = 1, **changes: Any) -> Parent:  # noqa: ANN401 - any metadata
    """A MultiCasskop with so many members."""
    spec = ring()["spec"]
    spec["override"] = {member: {} for member in MEMBERS[:members]}
    return parent(spec, name=name, **changes)


@pytest.mark.parametrize(
    ("changes", "registered", "again"),
    [
        pytest.param({}, MEMBERS, False, id="the same"),
        pytest.param({"resourceVersion": "9"}, MEMBERS, False, id="another status"),
        pytest.param({"generation": 2}, MEMBERS, True, id="another spec"),
        pytest.param({"uid": "other"}, MEMBERS, True, id="made again"),
        pytest.param({}, MEMBERS[:1], True, id="other members"),
    ],
)
def test_kept_as_long_as_it_holds(
    judged: list[str], changes: dict[str, Any], registered: tuple[str, ...], again: bool
) -> None:
    """An object is judged once per generation, UID and set of members."""
    kept = Verdicts()
    first = kept.of(named("one"), MEMBERS)
    assert (kept.of(named("one", **changes), registered) is not first) is again
    assert len(judged) == 1 + again


def test_forgotten(judged: list[str]) -> None:
    """One that is gone is judged again when it comes back."""
    kept, found = Verdicts(), named("one")
    kept.of(found, MEMBERS)
    kept.forget(found.meta.key)
    kept.of(found, MEMBERS)
    assert len(judged) == 2


@pytest.mark.parametrize("members", [1, 40])
def test_room_is_counted_in_children(judged: list[str], members: int) -> None:
    """As many objects are kept as have that many children between them, the last ones that were asked for."""
    kept, room = Verdicts(), CHILDREN_KEPT // (members + 1)
    objects = [named(f"n{number}", members) for number in range(room + 1)]
    for each in objects:
        kept.of(each, MEMBERS)
    judged.clear()
    for each in objects[1:]:
        kept.of(each, MEMBERS)
    assert judged == []
    kept.of(objects[0], MEMBERS)
    assert judged == [str(objects[0].meta.key)]
