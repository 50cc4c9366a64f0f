"""Base and override become one child: maps by key, lists and scalars replaced, null removes."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from deepmerge import Merger
from multicasskop.crds.base import Json


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> Json:
    """Lay `override` over `base`, and share nothing with either.

    Maps are merged by key; lists and scalars are replaced as a whole; `false`, `0` and `""` count like any other
    value; `null` removes the key. Neither input is changed. `merge(x, {})` is `x`; for trees without null whose shapes
    agree `merge(x, x)` is `x`, and merging is associative.
    """
    merged: Json = _MERGER.merge(deepcopy(dict(base)), deepcopy(dict(override)))
    return merged


def without_nulls(value: Any) -> Any:  # noqa: ANN401  plain data
    """Return `value` with every map key gone whose value is null, at any depth outside lists."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value


def _merge_maps(merger: Merger, path: list[str], base: Json, override: Json) -> Json:
    for key, value in override.items():
        if value is None:
            base.pop(key, None)
        elif isinstance(value, dict) and isinstance(base.get(key), dict):
            base[key] = merger.value_strategy([*path, key], base[key], value)
        else:
            base[key] = without_nulls(value)
    return base


_MERGER = Merger([(dict, [_merge_maps])], ["override"], ["override"])
