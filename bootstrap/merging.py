"""Cassandra's own configuration with what is asked for laid over it. Pure; nothing given is changed."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

Json = dict[str, Any]

# read_request_timeout_in_ms of old releases is read_request_timeout of 4.1 and later, which may refuse to see both
_UNIT: Final = re.compile(r"_in_(ms|s|seconds|min|minutes|kb|mb|kb_per_sec|mb_per_sec|megabits_per_sec)$")
SEED_PROVIDER: Final = "org.apache.cassandra.locator.SimpleSeedProvider"


def overlaid(base: Mapping[str, Any], *layers: Mapping[str, Any]) -> Json:
    """The base with each layer's keys in place of its own; a null takes a key out.

    A key under its name of old releases takes the place of the same under its new name, and the other way round.
    """
    result = dict(base)
    for layer in layers:
        for key, value in layer.items():
            for other in [each for each in result if each != key and _stem(each) == _stem(key)]:
                del result[other]
            result[key] = value
    return {key: value for key, value in result.items() if value is not None}


def seed_provider(seeds: Iterable[str]) -> list[Json]:
    """The value of `seed_provider` for these seeds."""
    return [{"class_name": SEED_PROVIDER, "parameters": [{"seeds": ",".join(seeds)}]}]


def seeds_of(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The seeds of a configuration; none when another provider than Cassandra's simple one gives them."""
    providers = config.get("seed_provider") or [{}]
    parameters = providers[0].get("parameters") or [{}]
    return tuple(seed for seed in map(str.strip, str(parameters[0].get("seeds") or "").split(",")) if seed)


def is_me(seed: str, hostname: str, address: str) -> bool:
    """Whether a seed is the node with this host name and address: names of pods are unique in a ring."""
    return seed == address or seed.partition(".")[0] == hostname


def _stem(key: str) -> str:
    # names that changed in another way than by losing their unit are two settings here
    return _UNIT.sub("", key)
