"""What a manifest of the Go operator means otherwise now: each difference at its path, and nothing else."""

from typing import Any

import pytest
from fakes.stage import HOME, OTHER, ring
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.operator.migration.differences import differences
from multicasskop.reconcilers.multicasskop.merge import merge
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
ZERO, CONFIG, CASCADE, TRIGGER = "MCK501", "MCK502", "MCK503", "MCK508"
BASE = "spec.base.spec"
AT_OTHER = f"spec.override.{OTHER}"


def spec(base: Json, override: Json, **more: Any) -> Json:  # noqa: ANN401  any field of the spec
    """A spec with fields of base, and of the second member's override."""
    patch = {"base": {"spec": base}, "override": {OTHER: {"spec": override}}, **more}
    found: Json = merged(ring()["spec"], {})
    found["base"] = {**found["base"], "spec": {**found["base"]["spec"], **patch["base"]["spec"]}}
    found["override"] = {**found["override"], OTHER: {"spec": {**found["override"][OTHER]["spec"], **override}}}
    return {**found, **more}


CASES = [
    pytest.param(spec({}, {}), [], id="nothing"),
    pytest.param(spec({"debug": True}, {"debug": False}), [(ZERO, f"{AT_OTHER}.spec.debug")], id="false"),
    pytest.param(spec({}, {"debug": False}), [], id="false that base does not contradict"),
    pytest.param(spec({"fsGroup": 2}, {"fsGroup": 0}), [(ZERO, f"{AT_OTHER}.spec.fsGroup")], id="zero"),
    pytest.param(spec({}, {"cassandraImage": ""}), [(ZERO, f"{AT_OTHER}.spec.cassandraImage")], id="empty text"),
    pytest.param(spec({}, {"cassandraImage": None}), [(ZERO, f"{AT_OTHER}.spec.cassandraImage")], id="null"),
    pytest.param(
        spec({"envVars": [{"name": "A"}]}, {"envVars": []}), [(ZERO, f"{AT_OTHER}.spec.envVars")], id="empty list"
    ),
    pytest.param(
        spec({"backRestSidecar": {"enabled": True}}, {"backRestSidecar": {"enabled": False}}),
        [(ZERO, f"{AT_OTHER}.spec.backRestSidecar.enabled")],
        id="deeper",
    ),
    pytest.param(spec({"pod": {"annotations": {"a": "b"}}}, {"pod": {}}), [], id="an empty map adds nothing"),
    pytest.param(
        spec({"config": {"a": {"x": 1}}}, {"config": {"a": {"y": 2}}}),
        [(CONFIG, f"{AT_OTHER}.spec.config")],
        id="config",
    ),
    pytest.param(spec({"config": {"a": 1}}, {"config": {"a": 2}}), [], id="config that hides base's"),
    pytest.param(spec({"config": {"a": False}}, {"config": {"a": 0}}), [], id="zero in config"),
    pytest.param(
        spec({}, {}, deleteCassandraCluster=None), [(CASCADE, "spec.deleteCassandraCluster")], id="no cascade"
    ),
    pytest.param(spec({"unlockNextOperation": True}, {}), [(TRIGGER, f"{BASE}.unlockNextOperation")], id="trigger"),
    pytest.param(
        spec({}, {"topology": {"dc": [{"name": "dc2", "rack": [{"name": "r", "rollingRestart": True}]}]}}),
        [(TRIGGER, f"{AT_OTHER}.spec.topology.dc[0].rack[0].rollingRestart")],
        id="trigger in a rack",
    ),
]


@pytest.mark.parametrize(("spec", "expected"), CASES)
def test_difference(spec: Json, expected: list[tuple[str, str]]) -> None:
    """Each difference is told with its code and path, and says what the Go operator did."""
    found = list(differences(spec))
    assert [(problem.code, problem.path) for problem in found] == expected
    assert all(problem.warning for problem in found)


VALUES = st.recursive(
    st.sampled_from([None, False, True, 0, 1, "", "x"]),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)


def as_go_merges(base: Any, override: Any) -> Any:  # noqa: ANN401  plain data
    """What the Go operator makes of base and override, apart from free-form config: zero values never override."""
    if isinstance(base, dict) and isinstance(override, dict):
        return {key: as_go_merges(base.get(key), override.get(key)) for key in {**base, **override}}
    return base if override in (None, False, 0, "", [], {}) else override


def zeros_gone(value: Any) -> Any:  # noqa: ANN401  plain data
    """The value as Go writes it: without zero values."""
    if not isinstance(value, dict):
        return value
    kept = {key: zeros_gone(item) for key, item in value.items()}
    return {key: item for key, item in kept.items() if item not in (None, False, 0, "", [], {})}


def shapes_agree(base: Any, override: Any) -> bool:  # noqa: ANN401  plain data
    """Whether a field has one type in both, as Go's structs have it."""
    if isinstance(base, dict) and isinstance(override, dict):
        return all(shapes_agree(base[key], override[key]) for key in base.keys() & override.keys())
    kinds = [(isinstance(value, dict), isinstance(value, list)) for value in (base, override)]
    return base is None or override is None or kinds[0] == kinds[1]


@given(base=st.dictionaries(st.sampled_from("abc"), VALUES), override=st.dictionaries(st.sampled_from("abc"), VALUES))
def test_where_nothing_is_told_both_merge_alike(base: Json, override: Json) -> None:
    """Without a difference told, both operators make the same of base and override."""
    whole = {"deleteCassandraCluster": True, "base": {"spec": base}, "override": {HOME: {"spec": override}}}
    if shapes_agree(base, override) and not list(differences(whole)):
        assert zeros_gone(merge(base, override)) == zeros_gone(as_go_merges(base, override))


@given(VALUES, VALUES)
def test_any_data_is_looked_at(base: Any, override: Any) -> None:  # noqa: ANN401
    """Whatever stands in base and override, it is looked at without a failure."""
    assert isinstance(list(differences({"base": base, "override": {"m": override}})), list)
    assert isinstance(list(differences({"override": override})), list)
