"""A list while it comes in."""

import pytest
from fakes.objects import item
from multicasskop.informers.snapshot import Snapshot


def held(*steps: tuple[str, str, int | str]) -> list[str]:
    """Return what a snapshot holds after objects were put into it and removed from it."""
    found = Snapshot()
    for what, name, version in steps:
        (found.put if what == "put" else found.remove)([item(name, version)])
    return [f"{each.record.key.name}@{each.record.version}" for each in found.items()]


@pytest.mark.parametrize(
    ("steps", "then"),
    [
        pytest.param([("put", "b", 5), ("put", "a", 6)], ["b@5", "a@6"], id="in the order of the list"),
        pytest.param([("put", "a", 5), ("put", "b", 5), ("put", "a", 6)], ["a@6", "b@5"], id="changed"),
        pytest.param([("put", "a", 5), ("remove", "a", 6)], [], id="deleted"),
        pytest.param([("put", "a", 5), ("remove", "b", 6)], ["a@5"], id="another is deleted"),
        pytest.param([("put", "a", 5), ("remove", "a", 6), ("put", "a", 7)], ["a@7"], id="made again"),
        pytest.param([("put", "a", 6), ("put", "a", 5)], ["a@6"], id="late"),
        pytest.param([("put", "a", 6), ("remove", "a", 5)], ["a@6"], id="late deletion"),
        pytest.param([("put", "a", 5), ("remove", "a", 6), ("put", "a", 5)], [], id="late, of the dead"),
        pytest.param([("remove", "a", 6), ("put", "a", 5)], [], id="late, of one that was dead before"),
        pytest.param([("put", "a", "x6"), ("put", "a", "x5")], ["a@x5"], id="not comparable: the last one"),
    ],
)
def test_snapshot(steps: list[tuple[str, str, int | str]], then: list[str]) -> None:
    """The last state of each object counts, and nothing that is older than what was known."""
    assert held(*steps) == then
