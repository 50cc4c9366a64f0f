"""Base and override become one child."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.multicasskop.merge import merge, without_nulls

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
FULL_SCALARS = st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
KEYS = st.sampled_from("abcd")
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=3) | st.lists(inner, max_size=2), max_leaves=8
    ),
    max_size=4,
)
# one shape for all: m and n are maps wherever they stand, the rest are leaves
LEAVES = st.dictionaries(KEYS, FULL_SCALARS | st.lists(FULL_SCALARS, max_size=2), max_size=3)
AGREEING = st.builds(
    lambda leaves, m, n: leaves | ({} if m is None else {"m": m}) | ({} if n is None else {"n": {"m": n}}),
    LEAVES,
    st.none() | LEAVES,
    st.none() | LEAVES,
)


@pytest.mark.parametrize(
    ("base", "override", "merged"),
    [
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="keys of both"),
        pytest.param({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}, id="maps by key"),
        pytest.param({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, id="lists replaced"),
        pytest.param({"a": [1, 2]}, {"a": []}, {"a": []}, id="an empty list replaces too"),
        pytest.param({"a": True}, {"a": False}, {"a": False}, id="false counts"),
        pytest.param({"a": 5}, {"a": 0}, {"a": 0}, id="zero counts"),
        pytest.param({"a": "x"}, {"a": ""}, {"a": ""}, id="empty text counts"),
        pytest.param({"a": 1, "b": 2}, {"a": None}, {"b": 2}, id="null removes"),
        pytest.param({"a": {"x": 1, "y": 2}}, {"a": {"x": None}}, {"a": {"y": 2}}, id="null removes inside"),
        pytest.param({}, {"a": {"x": None, "y": 1}}, {"a": {"y": 1}}, id="null in a new map leaves nothing"),
        pytest.param({"a": 1}, {"a": {"x": 1}}, {"a": {"x": 1}}, id="a map over a scalar"),
        pytest.param({"a": {"x": 1}}, {"a": 1}, {"a": 1}, id="a scalar over a map"),
        pytest.param({"a": [{"x": None}]}, {}, {"a": [{"x": None}]}, id="lists are not looked into"),
    ],
)
def test_merge(base: dict[str, Any], override: dict[str, Any], merged: dict[str, Any]) -> None:
    """An override is laid over the base key by key, and every explicit value of it counts."""
    assert merge(base, override) == merged


@given(TREES)
def test_empty_override_changes_nothing(tree: dict[str, Any]) -> None:
    """merge(x, {}) is x, whatever x holds."""
    assert merge(tree, {}) == tree


@given(TREES, TREES)
def test_inputs_are_left_alone(base: dict[str, Any], override: dict[str, Any]) -> None:
    """Neither input is changed by a merge."""
    before = deepcopy((base, override))
    merge(base, override)
    assert (base, override) == before


@given(TREES, TREES)
def test_the_result_shares_nothing(base: dict[str, Any], override: dict[str, Any]) -> None:
    """No map or list of the result is one of the inputs'."""
    parts = {id(part) for tree in (base, override) for part in containers(tree)}
    assert not parts & {id(part) for part in containers(merge(base, override))}


@given(AGREEING)
def test_merging_with_itself_changes_nothing(tree: dict[str, Any]) -> None:
    """merge(x, x) is x for trees without null."""
    assert merge(tree, tree) == tree


@given(AGREEING, AGREEING, AGREEING)
def test_associative(first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]) -> None:
    """For trees without null whose shapes agree it does not matter which two are merged first."""
    assert merge(merge(first, second), third) == merge(first, merge(second, third))


@given(TREES, TREES)
def test_order_of_keys_does_not_matter(base: dict[str, Any], override: dict[str, Any]) -> None:
    """The same maps with their keys in another order merge to the same."""
    assert merge(dict(reversed(base.items())), dict(reversed(override.items()))) == merge(base, override)


def test_without_nulls_reaches_every_map() -> None:
    """Keys whose value is null are gone at every depth, other falsy values stay."""
    assert without_nulls({"a": None, "b": {"c": None, "d": 0}, "e": False}) == {"b": {"d": 0}, "e": False}


def containers(tree: Any) -> list[Any]:  # noqa: ANN401  plain data
    """Every map and list in a tree, itself included."""
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    own = [tree] if isinstance(tree, dict | list) else []
    return own + [part for item in inner for part in containers(item)]
