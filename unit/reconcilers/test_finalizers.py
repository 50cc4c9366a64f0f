"""The finalizer protocol."""

from collections.abc import Callable
from itertools import permutations

import pytest
from fakes.patches import PatchRefusedError, apply_json_patch
from multicasskop.informers.errors import ApiError
from multicasskop.reconcilers.finalizers import (
    Add,
    CleanUp,
    Json,
    Nothing,
    Reconcile,
    Remove,
    Step,
    add_patch,
    already_gone,
    finalizer_step,
    finalizers,
    overtaken,
    remove_patch,
)

MINE = "kubernetes.io/multi-casskop"


def thing(*finalizers: str, deleting: bool = False, uid: str = "u1") -> Json:
    """An object with these finalizers."""
    metadata: Json = {"name": "ring", "namespace": "shop", "uid": uid}
    if finalizers:
        metadata["finalizers"] = list(finalizers)
    if deleting:
        metadata["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    return {"metadata": metadata}


@pytest.mark.parametrize(
    ("obj", "wanted", "step"),
    [
        pytest.param(thing(), True, Add(), id="absent, alive"),
        pytest.param(thing(), False, Reconcile(), id="absent, alive, not wanted"),
        pytest.param(thing("other", MINE), True, Reconcile(), id="present, alive"),
        pytest.param(thing(MINE), False, Remove(), id="present, alive, not wanted"),
        pytest.param(thing(MINE, deleting=True), True, CleanUp(), id="present, deleting"),
        pytest.param(thing(MINE, deleting=True), False, Remove(), id="present, deleting, not wanted"),
        pytest.param(thing("other", deleting=True), True, Nothing(), id="absent, deleting"),
        pytest.param(thing(deleting=True), False, Nothing(), id="absent, deleting, not wanted"),
    ],
)
def test_the_four_arms(obj: Json, wanted: bool, step: Step) -> None:
    """What comes next depends on whether ours is there, whether the object goes, and whether ours is wanted."""
    present, deleting = MINE in finalizers(obj), "deletionTimestamp" in obj["metadata"]
    assert finalizer_step(present, deleting, wanted) == step


@pytest.mark.parametrize("others", [(), ("a",), ("a", "b")], ids=len)
def test_adding_and_removing_leaves_the_others(others: tuple[str, ...]) -> None:
    """Ours is appended and taken out again, and the others stand as they stood."""
    added = apply_json_patch(thing(*others), add_patch(thing(*others), MINE))
    assert added["metadata"]["finalizers"] == [*others, MINE]
    assert apply_json_patch(added, remove_patch(added, MINE))["metadata"]["finalizers"] == list(others)


def test_an_empty_list_is_like_none() -> None:
    """An object whose list is empty gets one that holds ours."""
    obj: Json = {"metadata": {"name": "ring", "finalizers": None}}
    assert apply_json_patch(obj, add_patch(obj, MINE))["metadata"]["finalizers"] == [MINE]


def test_nothing_is_sent_for_what_is_so_already() -> None:
    """Adding what is there and removing what is not give empty patches."""
    assert add_patch(thing("a", MINE), MINE) == []
    assert remove_patch(thing("a"), MINE) == []


EDITS: dict[str, Callable[[list[str]], list[str]]] = {
    "nothing": lambda known: known,
    "one more in front": lambda known: ["new", *known],
    "one more at the end": lambda known: [*known, "new"],
    "first one gone": lambda known: known[1:],
    "last one gone": lambda known: known[:-1],
    "turned round": lambda known: known[::-1],
    "all gone": lambda known: [],
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("before", [["a", "b"], *map(list, permutations(["a", MINE, "b"]))], ids=str)
def test_no_interleaving_harms_foreign_finalizers(before: list[str], edit: str) -> None:
    """Whatever others did to the list after it was read, the patch fails or changes nothing but ours."""
    read = thing(*before)
    on_server = thing(*EDITS[edit](before))
    known = on_server["metadata"].get("finalizers") or []
    patch = remove_patch(read, MINE) if MINE in before else add_patch(read, MINE)
    try:
        after = apply_json_patch(on_server, patch)
    except PatchRefusedError:
        return
    assert [name for name in after["metadata"]["finalizers"] if name != MINE] == [
        name for name in known if name != MINE
    ]


def test_another_incarnation_is_left_alone() -> None:
    """The patch for a deleted object does not touch its successor of the same name."""
    with pytest.raises(PatchRefusedError):
        apply_json_patch(thing(MINE, uid="u2"), remove_patch(thing(MINE, uid="u1"), MINE))


@pytest.mark.parametrize(
    ("status", "reason", "name", "is_overtaken", "is_gone"),
    [
        (422, "Invalid", "ring", True, False),
        (409, "Conflict", "ring", True, False),
        (404, "NotFound", "ring", False, True),
        (403, "Forbidden", "ring", False, False),
    ],
    ids=["failed test", "stale version", "gone", "forbidden"],
)
def test_what_failures_mean(status: int, reason: str, name: str, is_overtaken: bool, is_gone: bool) -> None:
    """A failed test and a conflict mean look again, an absent object means removed, all else is an error."""
    error = ApiError("home", status, reason, "no", object_kind="multicasskops", object_name=name)
    assert (overtaken(error), already_gone(error)) == (is_overtaken, is_gone)
