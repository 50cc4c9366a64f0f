"""Laws of the comparison and of the merge patch, over any two objects."""

import copy

from fakes.law import law
from fakes.patches import apply_merge_patch
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.patch import Json, merge_patch, owned_paths, parse_paths, print_paths
from multicasskop.reconcilers.same import RULES, Path, differences, is_zero, same

# few keys, so that two objects meet; some of them with rules of their own
KEYS = st.sampled_from(["a", "b", "name", "resources", "config", "rollingRestart"])
SCALARS = st.sampled_from([None, 0, 1, 2, 1.0, True, False, "", "x", "0.1", "100m", "1Gi", "1024Mi"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.fixed_dictionaries({"spec": st.dictionaries(KEYS, VALUES, max_size=4)})


@st.composite
def edited(draw: st.DrawFn, objects: st.SearchStrategy[Json]) -> tuple[Json, Json]:
    """Two objects, of which the second is often much like the first."""
    first = draw(objects)
    second = draw(objects)
    return first, draw(st.sampled_from([second, {"spec": first["spec"] | second["spec"]}, copy.deepcopy(first)]))


def leaves(value: object, path: Path = ()) -> dict[Path, object]:
    """Everything in maps that is no map, by path."""
    if isinstance(value, dict) and value:
        return {place: leaf for key, inner in value.items() for place, leaf in leaves(inner, (*path, key)).items()}
    return {path: value}


def overlaps(one: Path, other: Path) -> bool:
    """Whether one path leads into the other."""
    short = min(len(one), len(other))
    return one[:short] == other[:short]


@given(OBJECTS)
def test_everything_is_the_same_as_itself(obj: Json) -> None:
    """An object holds all that it holds."""
    assert same(obj, copy.deepcopy(obj))
    assert merge_patch(obj, copy.deepcopy(obj), owned_paths(obj)) is None


@given(edited(OBJECTS))
def test_same_means_without_differences(pair: tuple[Json, Json]) -> None:
    """Two objects are the same exactly when no difference is listed, and when no patch is needed."""
    desired, live = pair
    assert same(desired, live) == (differences(desired, live) == ()) == (merge_patch(desired, live, ()) is None)


@law(300)
@given(OBJECTS, edited(OBJECTS))
def test_the_patch_makes_it_so(before: Json, pair: tuple[Json, Json]) -> None:
    """The patch applied to what lives makes it the same as what is wanted, and then nothing is left to do."""
    desired, live = pair
    owned = owned_paths(before)
    kept = copy.deepcopy((desired, live))
    applied = apply_merge_patch(live, merge_patch(desired, live, owned) or {})
    assert same(desired, applied)
    assert merge_patch(desired, applied, owned) is None
    assert (desired, live) == kept


@law(300)
@given(OBJECTS, edited(OBJECTS))
def test_foreign_fields_are_never_touched(before: Json, pair: tuple[Json, Json]) -> None:
    """What we neither want nor have set before is afterwards as it was."""
    desired, live = pair
    ours = owned_paths(before) | leaves(desired).keys()
    applied = leaves(apply_merge_patch(live, merge_patch(desired, live, owned_paths(before)) or {}))
    for path, value in leaves(live).items():
        free_form = not RULES.json.isdisjoint(path)
        if not free_form and not is_zero(value) and not any(overlaps(path, our) for our in ours):
            assert applied[path] == value


@given(OBJECTS, OBJECTS)
def test_what_is_not_wanted_any_more_goes(before: Json, foreign: Json) -> None:
    """Written once and then dropped, a field is gone, though others have written beside it."""
    live = apply_merge_patch({"spec": {"other": foreign["spec"]}}, before)
    applied = apply_merge_patch(live, merge_patch({"spec": {}}, live, owned_paths(before)) or {})
    left = leaves(applied)
    for path in owned_paths(before):
        assert is_zero(left.get(path))


@given(OBJECTS)
def test_paths_survive_being_printed(obj: Json) -> None:
    """What is printed is read back."""
    assert parse_paths(print_paths(owned_paths(obj))) == owned_paths(obj)
