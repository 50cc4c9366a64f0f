"""The one merge patch."""

import copy

import pytest
from fakes.patches import apply_merge_patch
from multicasskop.reconcilers.patch import (
    Json,
    merge_patch,
    owned_paths,
    parse_paths,
    print_paths,
    with_preconditions,
)
from multicasskop.reconcilers.same import same


def spec(**fields: object) -> Json:
    """An object with this spec."""
    return {"spec": fields}


def topology(*datacenters: Json) -> Json:
    """An object with these datacenters."""
    return spec(topology={"dc": list(datacenters)})


PATCHES: dict[str, tuple[Json, Json, Json, Json | None]] = {
    # before, desired, live, patch
    "nothing to do": ({}, spec(a=1), spec(a=1, b=2), None),
    "a value": ({}, spec(a=1), spec(a=2, b=2), spec(a=1)),
    "a new value in a new map": ({}, spec(pod={"a": 1, "zero": 0}), {}, spec(pod={"a": 1})),
    "an explicit false over true": ({}, spec(hard=False), spec(hard=True), spec(hard=False)),
    "a false over nothing": ({}, spec(hard=False), spec(), None),
    "another spelling": ({}, spec(dataCapacity="1024Mi"), spec(dataCapacity="1Gi"), None),
    "dropped": (spec(a=1, b=2), spec(a=1), spec(a=1, b=2), spec(b=None)),
    "dropped deep": (
        spec(pod={"a": {"b": 1}}),
        spec(),
        spec(pod={"a": {"b": 1, "c": 2}}),
        spec(pod={"a": {"b": None}}),
    ),
    "dropped and changed by another": (spec(b=2), spec(), spec(b=3), spec(b=None)),
    "dropped and gone already": (spec(b=2), spec(), spec(), None),
    "dropped and zero": (spec(b=2), spec(), spec(b=0), None),
    "not ours, not wanted": ({}, spec(), spec(b=2), None),
    "a list": ({}, spec(env=[1, 2]), spec(env=[1]), spec(env=[1, 2])),
    "a list dropped": (spec(env=[1]), spec(), spec(env=[1, 2]), spec(env=None)),
    "a list emptied": (spec(env=[1]), spec(env=[]), spec(env=[1]), spec(env=[])),
    "a value where a map was": (spec(pod={"a": 1}), spec(pod="text"), spec(pod={"a": 1}), spec(pod="text")),
    "a map where a value was": (spec(pod="text"), spec(pod={"a": 1}), spec(pod="text"), spec(pod={"a": 1})),
    "a null is not wanted": (spec(a=1), spec(a=None), spec(a=1), spec(a=None)),
    "a trigger is neither set nor dropped": (
        spec(unlockNextOperation=True),
        spec(unlockNextOperation=True),
        spec(),
        None,
    ),
    "a trigger that was ours": (spec(unlockNextOperation=True), spec(), spec(unlockNextOperation=True), None),
    "free-form JSON is replaced": (
        spec(config={"a": 1}),
        spec(config={"b": {"c": 1}}),
        spec(config={"a": 1, "b": {"c": 1, "d": 2}}),
        spec(config={"a": None, "b": {"d": None}}),
    ),
    "free-form JSON in place of text": ({}, spec(config={"a": {}}), spec(config="x"), spec(config={"a": {}})),
    "free-form JSON dropped": (spec(config={"a": 1}), spec(), spec(config={"a": 1}), spec(config=None)),
    "annotations": (
        {"metadata": {"annotations": {"x/a": "1", "x/b": "1"}}},
        {"metadata": {"annotations": {"x/a": "2"}}},
        {"metadata": {"annotations": {"x/a": "1", "x/b": "1", "y/c": "1"}}},
        {"metadata": {"annotations": {"x/a": "2", "x/b": None}}},
    ),
    "dropped inside an element: the list goes whole": (
        topology({"name": "dc1", "labels": {"a": "1"}}),
        topology({"name": "dc1"}),
        topology({"name": "dc1", "labels": {"a": "1"}, "resources": {}}),
        topology({"name": "dc1", "resources": {}}),
    ),
    "in a list that goes whole, what is the same keeps its spelling, and triggers stand": (
        {},
        topology(
            {"name": "dc1", "resources": {"cpu": "0.1"}, "rack": [{"name": "r1"}, {"name": "r2"}]},
            {"name": "dc2", "nodes": 0},
        ),
        topology(
            {
                "name": "dc1",
                "resources": {"cpu": "100m"},
                "numTokens": 0,
                "rack": [{"name": "r1", "rollingRestart": True, "rollingPartition": 1}],
            }
        ),
        topology(
            {
                "name": "dc1",
                "resources": {"cpu": "100m"},
                "numTokens": 0,
                "rack": [{"name": "r1", "rollingRestart": True, "rollingPartition": 1}, {"name": "r2"}],
            },
            {"name": "dc2", "nodes": 0},
        ),
    ),
    "elements are known by their names when a list moves": (
        {},
        topology({"name": "dc0"}, {"name": "dc1", "rack": [{"name": "r1"}]}),
        topology({"name": "dc1", "rack": [{"name": "r1", "rollingRestart": True}]}),
        topology({"name": "dc0"}, {"name": "dc1", "rack": [{"name": "r1", "rollingRestart": True}]}),
    ),
    "a wanted trigger gives way to the living one": (
        {},
        topology({"name": "dc1", "nodes": 3, "rack": [{"name": "r1", "rollingPartition": 5}]}),
        topology({"name": "dc1", "nodes": 2, "rack": [{"name": "r1", "rollingPartition": 1}]}),
        topology({"name": "dc1", "nodes": 3, "rack": [{"name": "r1", "rollingPartition": 1}]}),
    ),
    "elements without names are known by their place": (
        {},
        spec(limits=[{"cpu": "0.1"}, {"cpu": "2"}]),
        spec(limits=[{"cpu": "100m"}]),
        spec(limits=[{"cpu": "100m"}, {"cpu": "2"}]),
    ),
}


@pytest.mark.parametrize(("before", "desired", "live", "patch"), PATCHES.values(), ids=PATCHES)
def test_patch(before: Json, desired: Json, live: Json, patch: Json | None) -> None:
    """The patch sets what differs, nulls what was ours, and does its work."""
    kept = copy.deepcopy((desired, live))
    assert merge_patch(desired, live, owned_paths(before)) == patch
    assert same(desired, apply_merge_patch(live, patch or {}))
    assert (desired, live) == kept


def test_preconditions_join_the_metadata() -> None:
    """Uid and version are added to what the patch does to the metadata, and the patch given stays as it is."""
    patch = {"metadata": {"annotations": {"a": "1"}}, "spec": {"nodes": 3}}
    guarded = with_preconditions(patch, "u1", "42")
    assert guarded["metadata"] == {"annotations": {"a": "1"}, "uid": "u1", "resourceVersion": "42"}
    assert guarded["spec"] == {"nodes": 3}
    assert patch["metadata"] == {"annotations": {"a": "1"}}


def test_owned_paths_go_into_lists_and_stop_at_free_form_json() -> None:
    """Every scalar and list is a path, also inside elements; free-form JSON is one, triggers and nulls are none."""
    wanted = spec(
        topology={"dc": [{"name": "dc1", "rack": [{"name": "r1", "rollingRestart": True}]}]},
        config={"a": {"b": 1}},
        env=["x"],
        pod={},
        gone=None,
        hard=False,
    )
    assert {"/".join(path) for path in owned_paths(wanted)} == {
        "spec/topology/dc",
        "spec/topology/dc/0/name",
        "spec/topology/dc/0/rack",
        "spec/topology/dc/0/rack/0/name",
        "spec/config",
        "spec/env",
        "spec/hard",
    }


def test_paths_are_printed_sorted_and_escaped() -> None:
    """The text is a sorted list of JSON pointers."""
    paths = {("spec", "b"), ("metadata", "labels", "example.com/a~b"), ("spec", "a")}
    assert print_paths(paths) == '["/metadata/labels/example.com~1a~0b","/spec/a","/spec/b"]'
    assert parse_paths(print_paths(paths)) == paths


TAMPERED = [
    "",
    "nonsense",
    "{}",
    "[1]",
    '["spec/a"]',
    '["/spec"]',
    '["/metadata/finalizers"]',
    '["/metadata/uid"]',
    '["/status/a"]',
    "[" * 5000,
]


@pytest.mark.parametrize("text", TAMPERED, ids=lambda text: text[:24])
def test_what_is_not_ours_to_take_away_counts_as_nothing(text: str) -> None:
    """An annotation that was tampered with cannot make the patch null metadata or status."""
    assert parse_paths(text) == frozenset()
