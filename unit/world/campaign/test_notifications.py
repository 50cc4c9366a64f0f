"""What was told of objects is held against what happened to them."""

import pytest
from multicasskop.world.campaign.notifications import Notification, faithful
from multicasskop.world.recorder import Entry

# letters are objects of one name, numbers their versions
LIFE = ("ADDED a 1", "MODIFIED a 2", "MODIFIED a 3", "DELETED a 4", "ADDED b 5")


def events(*texts: str) -> list[Entry]:
    """What happened."""
    words = (text.split() for text in texts)
    return [
        Entry(0.0, "m", "configmaps", type_, {"metadata": {"name": "x", "uid": uid, "resourceVersion": version}})
        for type_, uid, version in words
    ]


def judged(*texts: str, complete: bool = False) -> str:
    """What is wrong with this being told."""
    told = [Notification("m", "x", *text.split()) for text in texts]
    return "; ".join(faithful(events(*LIFE), told, complete=complete))


ALL = ("add a 1", "update a 2", "update a 3", "delete a 4", "add b 5")


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(ALL, id="all of it"),
        pytest.param(("add a 3", "delete a 3", "add b 5"), id="the last states, and the last that is known of it"),
        pytest.param(("add b 5",), id="the end alone"),
    ],
)
def test_right(told: tuple[str, ...]) -> None:
    """Whatever is told in order and ends as it ended is right."""
    assert not judged(*told)


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        pytest.param((), "known as", id="lost altogether"),
        pytest.param(("add a 1", "delete a 1"), "known as", id="the end lost"),
        pytest.param(("add a 1", "add b 5"), "add 5 of what is there", id="the deletion lost"),
        pytest.param(("add a 1", "update b 5"), "update of b, and a is there", id="another object as the same"),
        pytest.param((*ALL, "delete b 6"), "delete b 6 never happened", id="a deletion invented"),
        pytest.param(("add a 1", "update a 9", "delete a 4", "add b 5"), "update a 9 never", id="a version invented"),
        pytest.param(("add a 3", "update a 2", "delete a 4", "add b 5"), "after a later event", id="back in time"),
        pytest.param(("add b 5", "update b 5"), "after a later event", id="told twice"),
        pytest.param(("update a 2", "delete a 4", "add b 5"), "update 2 of what is not there", id="never added"),
    ],
)
def test_wrong(told: tuple[str, ...], wrong: str) -> None:
    """What cannot be told after what was, and what is missing in the end, is named."""
    assert wrong in judged(*told)


def test_left_out() -> None:
    """Where nobody has listed anew, every event is to be told."""
    assert not judged(*ALL, complete=True)
    assert "1 events before update 3 were left out" in judged("add a 1", *ALL[2:], complete=True)
