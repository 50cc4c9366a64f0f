"""Which places are changed to make one object of another."""

from typing import Any

import pytest
from fakes.cassandra import dc
from fakes.patches import apply_json_patch
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.places import operations, step

Json = dict[str, Any]
NAMED = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from("abcd")}, optional={"labels": st.just({"x/y": "1"}), "n": st.booleans()}
    ),
    max_size=4,
)
VALUES = st.one_of(st.integers(0, 2), NAMED, st.dictionaries(st.sampled_from("xy"), NAMED, max_size=2))
OBJECTS = st.dictionaries(st.sampled_from(["a", "b/c", "d~e"]), VALUES, max_size=3)


@given(before=OBJECTS, after=OBJECTS)
def test_places_law(before: Json, after: Json) -> None:
    """Carried out in order, the operations make the one of the other, and none are needed where nothing differs."""
    assert apply_json_patch(before, list(operations(before, after))) == after
    assert operations(after, after) == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([dc()], [dc(dataCapacity="1Gi")], ["add /l/0/dataCapacity"], id="field of an element"),
        pytest.param([dc(), dc("dc2")], [dc("dc2")], ["remove /l/0"], id="element goes"),
        pytest.param(
            [dc("dc2")], [dc(), dc("dc2", n=1)], ["add /l/0", "add /l/1/n"], id="element comes, another changes"
        ),
        pytest.param([dc(), dc("dc2")], [dc("dc2"), dc()], ["replace /l"], id="another order"),
        pytest.param([dc(), dc()], [dc()], ["replace /l"], id="a name twice"),
        pytest.param([1, 2], [2], ["replace /l"], id="no names"),
        pytest.param(None, [2], ["add /l"], id="no list"),
    ],
)
def test_lists(before: list[Any] | None, after: list[Any], expected: list[str]) -> None:
    """Elements that stay are not sent, as long as the order of what stays is the same."""
    found = operations({} if before is None else {"l": before}, {"l": after})
    assert [f"{each['op']} {each['path']}" for each in found] == expected


def test_step() -> None:
    """Keys are escaped in paths."""
    assert step("/metadata/annotations", "a/b~c") == "/metadata/annotations/a~1b~0c"
