"""A child as home last wrote it: known by its hash, or not known."""

from typing import Any

import pytest
from fakes.cases import parent, wish
from multicasskop.reconcilers.multicasskop.drift import compare
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.last_written import last_written
from multicasskop.reconcilers.multicasskop.ownership import Mine, ownership
from multicasskop.reconcilers.multicasskop.validate import Verdict

SEEDS = ["a.example", "b.example"]


def status(hashed: str = "", *, state: str = "Ready", uid: str = "child", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A status that speaks of the first member."""
    right = wish(parent()).children["c1"].hash
    entry = {"name": "c1", "state": state, "uid": uid, "desiredHash": hashed or right}
    return {"clusters": [entry], "seedlist": SEEDS, **more}


ENDED = [{"generation": 1, "result": "Succeeded"}]


@pytest.mark.parametrize(
    ("said", "known"),
    [
        pytest.param(status(), True, id="ready"),
        pytest.param(status(state="Progressing"), True, id="written, at work"),
        pytest.param(status(state="Applying"), False, id="not written yet"),
        pytest.param(status("other"), False, id="for another spec"),
        pytest.param(status(uid=""), False, id="no child"),
        pytest.param(status(state="Dark"), False, id="dark in the middle"),
        pytest.param(status(state="Dark", rollouts=ENDED), True, id="dark after the end"),
        pytest.param({}, False, id="nothing said"),
    ],
)
def test_known(said: dict[str, Any], known: bool) -> None:
    """Home vouches for a child only where the status says that it has what the stored spec asks for."""
    found = parent(status=said)
    assert (last_written(found, Verdict(wish(found)), "c1", "home") is not None) is known


def test_it_is_what_was_written() -> None:
    """The child that is made up is ours, has the seeds of the ring, and nothing is to be done about it."""
    found = parent(status=status())
    obj = last_written(found, Verdict(wish(found)), "c1", "home")
    assert obj is not None
    child = Child.of(obj)
    assert compare(wish(found).children["c1"], child) is None
    assert child.seeds == tuple(SEEDS)
    assert child.caught_up
    assert isinstance(ownership(child, found.meta, "home", {"u"}, home_fresh=True), Mine)


def test_a_refused_object_tells_nothing() -> None:
    """Without a wish nothing is known."""
    assert last_written(parent(status=status()), Verdict(None), "c1", "home") is None
