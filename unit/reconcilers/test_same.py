"""The comparison of what is wanted with what lives."""

import pytest
from multicasskop.reconcilers.same import RULES, Path, differences, dotted, is_zero, same, same_json


def spec(**fields: object) -> dict[str, object]:
    """An object with this spec."""
    return {"spec": fields}


SAME = {
    "equal": (spec(nodes=3), spec(nodes=3)),
    "more fields on the server": (spec(nodes=3), spec(nodes=3, image="x", more={"a": 1})),
    "nothing wanted": ({}, spec(nodes=3)),
    "an empty map asks for nothing": (spec(pod={}), spec(pod={"a": 1})),
    "false and absent": (spec(hard=False), spec()),
    "zero and absent": (spec(nodes=0), spec()),
    "empty text and absent": (spec(text=""), spec()),
    "empty list and absent": (spec(env=[]), spec()),
    "empty list and null": (spec(env=[]), spec(env=None)),
    "null and anything": (spec(nodes=None), spec(nodes=3)),
    "null and free-form JSON": (spec(config=None), spec(config={"a": 1})),
    "map of zeros and absent": (spec(pod={"a": {"b": 0, "c": ""}}), spec()),
    "false and empty text": (spec(hard=False), spec(hard="")),
    "whole numbers written otherwise": (spec(nodes=3), spec(nodes=3.0)),
    "elements as subsets": (spec(dc=[{"name": "dc1"}]), spec(dc=[{"name": "dc1", "resources": {}, "nodes": 3}])),
    "zeros in elements": (spec(dc=[{"name": "dc1", "nodes": 0}]), spec(dc=[{"name": "dc1"}])),
    "quantities by value": (
        spec(resources={"limits": {"cpu": "0.1", "memory": "1024Mi"}}),
        spec(resources={"limits": {"cpu": "100m", "memory": "1Gi"}}),
    ),
    "a quantity written as a number": (
        spec(resources={"limits": {"cpu": 1}}),
        spec(resources={"limits": {"cpu": "1"}}),
    ),
    "the data capacity": (spec(dataCapacity="2048Mi"), spec(dataCapacity="2Gi")),
    "quantities in elements": (
        spec(sidecars=[{"name": "a", "resources": {"requests": {"memory": "131072Ki"}}}]),
        spec(sidecars=[{"name": "a", "resources": {"requests": {"memory": "128Mi"}}}]),
    ),
    "free-form JSON in another order": (spec(config={"a": 1, "b": [1, 2]}), spec(config={"b": [1.0, 2], "a": 1})),
    "empty free-form JSON and absent": (spec(config={}), spec()),
    "a trigger that a person set": (spec(nodes=3), spec(nodes=3, unlockNextOperation=True)),
    "a wanted trigger": (spec(unlockNextOperation=True), spec()),
    "a trigger in a rack": (
        spec(topology={"dc": [{"rack": [{"name": "r1", "rollingRestart": False, "rollingPartition": 2}]}]}),
        spec(topology={"dc": [{"rack": [{"name": "r1", "rollingRestart": True}]}]}),
    ),
}

DIFFERENT = {
    "a number": (spec(nodes=3), spec(nodes=4), "spec.nodes"),
    "absent": (spec(nodes=3), spec(), "spec.nodes"),
    "no spec at all": (spec(nodes=3), {}, "spec.nodes"),
    "false is wanted, true lives": (spec(hard=False), spec(hard=True), "spec.hard"),
    "zero is wanted, more lives": (spec(nodes=0), spec(nodes=2), "spec.nodes"),
    "empty text is wanted, text lives": (spec(text=""), spec(text="x"), "spec.text"),
    "an empty list is wanted, elements live": (spec(env=[]), spec(env=[1]), "spec.env"),
    "true is not one": (spec(hard=True), spec(hard=1), "spec.hard"),
    "text is not a number": (spec(nodes="3"), spec(nodes=3), "spec.nodes"),
    "a map where text lives": (spec(pod={"a": 1}), spec(pod="text"), "spec.pod.a"),
    "text where a map lives": (spec(pod="text"), spec(pod={"a": 1}), "spec.pod"),
    "shorter list": (spec(env=[1, 2]), spec(env=[1]), "spec.env"),
    "longer list": (spec(env=[1]), spec(env=[1, 2]), "spec.env"),
    "order of a list": (spec(env=[1, 2, 2]), spec(env=[2, 2, 2]), "spec.env[0]"),
    "a null in a list is an element": (spec(env=[None]), spec(env=[2]), "spec.env[0]"),
    "inside an element": (
        spec(topology={"dc": [{"name": "dc1", "nodes": 3}]}),
        spec(topology={"dc": [{"name": "dc1", "nodes": 2}]}),
        "spec.topology.dc[0].nodes",
    ),
    "quantities of other value": (spec(dataCapacity="2Gi"), spec(dataCapacity="2G"), "spec.dataCapacity"),
    "what looks like a quantity elsewhere": (spec(version="0.1"), spec(version="100m"), "spec.version"),
    "no quantity where one is usual": (
        spec(resources={"claim": "one"}),
        spec(resources={"claim": "two"}),
        "spec.resources.claim",
    ),
    "one more key in free-form JSON": (spec(config={"a": 1}), spec(config={"a": 1, "b": 2}), "spec.config"),
    "zero in free-form JSON": (spec(config={"a": 0}), spec(config={"b": 0}), "spec.config"),
    "false is not zero in free-form JSON": (spec(config={"a": False}), spec(config={"a": 0}), "spec.config"),
}


@pytest.mark.parametrize(("desired", "live"), SAME.values(), ids=SAME)
def test_same(desired: object, live: object) -> None:
    """What lives holds everything that is wanted, so there is no difference."""
    assert same(desired, live)
    assert differences(desired, live) == ()


@pytest.mark.parametrize(("desired", "live", "path"), DIFFERENT.values(), ids=DIFFERENT)
def test_different(desired: object, live: object, path: str) -> None:
    """What lives lacks something, and its path is told."""
    assert not same(desired, live)
    assert [dotted(found) for found in differences(desired, live)] == [path]


def test_all_differences_are_told_in_the_order_of_what_is_wanted() -> None:
    """Every path that differs is listed once."""
    wanted = spec(b=1, a={"y": 1, "x": 2}, same=1)
    assert differences(wanted, spec(same=1)) == (("spec", "b"), ("spec", "a", "y"), ("spec", "a", "x"))


def test_comparing_a_part_takes_its_place_in_the_object() -> None:
    """A part is compared by the rules of the path under which it stands."""
    assert same("0.1", "100m", RULES, ("spec", "resources", "limits", "cpu"))
    assert not same("0.1", "100m", RULES, ("spec", "version"))


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), (("spec",), "spec"), (("spec", "dc", "0", "name"), "spec.dc[0].name"), (("0", "a"), "[0].a")],
    ids=["root", "key", "index", "index first"],
)
def test_dotted(path: Path, text: str) -> None:
    """Paths are printed as people write them."""
    assert dotted(path) == text


@pytest.mark.parametrize("value", [None, 0, 0.0, False, "", [], {}], ids=repr)
def test_zero(value: object) -> None:
    """Everything that Go leaves out is zero."""
    assert is_zero(value)


@pytest.mark.parametrize("value", [1, True, "0", [0], {"a": None}, 0.1], ids=repr)
def test_not_zero(value: object) -> None:
    """Text that says zero, and containers that hold something, are not."""
    assert not is_zero(value)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (True, 1, False),
        ([1, {"a": 1}], [1, {"a": 1.0}], True),
        ([1], [1, 2], False),
        ({"a": None}, {}, True),
        ({"a": []}, {}, False),
        ("1", 1, False),
    ],
    ids=repr,
)
def test_json_equality(one: object, other: object, equal: bool) -> None:
    """JSON is compared by value, with numbers apart from booleans, and null like absent."""
    assert same_json(one, other) is equal
    assert same_json(other, one) is equal
