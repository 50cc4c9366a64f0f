"""Cassandra's own configuration with what is asked for laid over it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.bootstrap.merging import is_me, overlaid, seed_provider, seeds_of

Json = dict[str, Any]
KEYS = st.sampled_from(["read_request_timeout", "read_request_timeout_in_ms", "num_tokens", "key_cache_size_in_mb"])
CONFIGS = st.dictionaries(KEYS, st.integers() | st.none(), max_size=4)


@pytest.mark.parametrize(
    ("base", "layer", "result"),
    [
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="beside each other"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 2}, id="in its place"),
        pytest.param({"a": 1}, {"a": None}, {}, id="null takes out"),
        pytest.param({"t": "5s"}, {"t_in_ms": 9}, {"t_in_ms": 9}, id="old name for a new one"),
        pytest.param({"t_in_ms": 9}, {"t": "5s"}, {"t": "5s"}, id="new name for an old one"),
        pytest.param({"c": [1, 2]}, {"c": [3]}, {"c": [3]}, id="a list as a whole"),
        pytest.param({"commitlog_sync": "periodic"}, {"commitlog_sync_period": "1s"},
                     {"commitlog_sync": "periodic", "commitlog_sync_period": "1s"}, id="names that begin alike"),
    ],
)  # fmt: skip
def test_overlaid(base: Json, layer: Json, result: Json) -> None:
    """A layer's keys win, by whichever name; the rest of the base stays."""
    assert overlaid(base, layer) == result


def stem(key: str) -> str:
    """A key as all releases would write it."""
    return key.partition("_in_")[0]


@given(CONFIGS, CONFIGS.filter(lambda layer: len(set(map(stem, layer))) == len(layer)))
def test_law_a_layer_wins(base: Json, layer: Json) -> None:
    """What a layer says is there, what it takes out is not, by any name, and laying it over again changes nothing."""
    before = dict(base)
    result = overlaid(base, layer)
    for key, value in layer.items():
        alike = {other: found for other, found in result.items() if stem(other) == stem(key)}
        assert alike == ({} if value is None else {key: value})
    assert base == before
    assert overlaid(result, layer) == result


@pytest.mark.parametrize(
    ("config", "seeds"),
    [
        pytest.param({"seed_provider": seed_provider(["a", "b"])}, ("a", "b"), id="written here"),
        pytest.param({"seed_provider": [{"parameters": [{"seeds": " a , b ,"}]}]}, ("a", "b"), id="by hand"),
        pytest.param({}, (), id="none"),
        pytest.param({"seed_provider": [{"class_name": "of.others"}]}, (), id="another provider"),
    ],
)  # fmt: skip
def test_seeds_of(config: Json, seeds: tuple[str, ...]) -> None:
    """Seeds are read from where they are written."""
    assert seeds_of(config) == seeds


@pytest.mark.parametrize(
    ("seed", "mine"),
    [("demo-dc1-rack1-0.zone.net", True), ("demo-dc1-rack1-0", True), ("10.0.0.7", True),
     ("demo-dc1-rack1-01.zone.net", False), ("other.demo-dc1-rack1-0", False), ("10.0.0.70", False)],
)  # fmt: skip
def test_is_me(seed: str, mine: bool) -> None:
    """A node knows itself by the first label of a name, or by its address."""
    assert is_me(seed, "demo-dc1-rack1-0", "10.0.0.7") is mine
