"""Members of a plan: which there are, which is home, by which context each is asked."""

from typing import Any

import pytest
from multicasskop.operator.output.exit_codes import CommandError
from multicasskop.operator.planning.members import Asked, home_member, registered

Json = dict[str, Any]


def obj(*override: str, **states: str) -> Json:
    """A MultiCasskop whose status speaks of members; the UID of each one's child is its name."""
    clusters = [{"name": name, "state": state, "uid": name} for name, state in states.items()]
    metadata = {"name": "demo", "namespace": "ns"}
    return {"metadata": metadata, "spec": {"override": dict.fromkeys(override)}, "status": {"clusters": clusters}}


@pytest.mark.parametrize(
    ("asked", "wanted", "stored", "names"),
    [
        pytest.param(Asked(("x", "y")), obj("a"), obj(a="Ready"), ("x", "y"), id="told by flag"),
        pytest.param(Asked(), obj("b", "a"), None, ("b", "a"), id="new: as the file has them"),
        pytest.param(Asked(), obj("a", "b"), obj(b="Ready", a="Dark"), ("b", "a"), id="as the status has them"),
        pytest.param(Asked(), obj("a", "new"), obj(b="Ready", a="Ready"), ("b", "a", "new"), id="one more"),
        pytest.param(Asked(), obj("a", "z"), obj(a="Ready", z="Unknown"), ("a",), id="known to be unknown"),
        pytest.param(Asked(), {"spec": {"override": 3}}, None, (), id="nonsense"),
    ],
)
def test_registered(asked: Asked, wanted: Json, stored: Json | None, names: tuple[str, ...]) -> None:
    """The members that are known, in their order."""
    assert registered(asked, wanted, stored) == names


@pytest.mark.parametrize(
    ("asked", "uids", "context", "home"),
    [
        pytest.param(Asked(("b", "a")), ["a"], "a", "b", id="the first of the flag"),
        pytest.param(Asked(), ["other", "b"], "a", "b", id="whose child lives in home"),
        pytest.param(Asked(), [], "b", "b", id="called like the context"),
        pytest.param(Asked(), [], "prod", "", id="nobody knows"),
    ],
)
def test_home(asked: Asked, uids: list[str], context: str, home: str) -> None:
    """Which member is home."""
    assert home_member(asked, ("a", "b"), obj(a="Ready", b="Ready"), uids, context) == home


def test_contexts() -> None:
    """A member is asked by its mapped context, by its own name with --live, and else not at all."""
    asked = Asked.of("", True, ["a=prod-a"])
    assert (asked.context_of("a"), asked.context_of("b")) == ("prod-a", "b")
    assert Asked.of("", False, ["a=prod-a"]).context_of("b") is None


@pytest.mark.parametrize(("members", "mapped"), [("A B", []), ("", ["x"]), ("", ["=y"]), ("", ["x="])])
def test_bad_flags(members: str, mapped: list[str]) -> None:
    """Flags that cannot be meant are refused."""
    with pytest.raises(CommandError):
        Asked.of(members, False, mapped)
