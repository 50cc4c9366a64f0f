"""Whether a living object is what we want it to be, though others write to it too.

What is wanted is compared by key, as a subset: fields that are not named are not looked at. A zero value, an empty map,
an empty list and an absent field are one and the same, since a controller written in Go cannot tell them apart.
Quantities are compared by value (`0.1` is `100m`), lists by index and equal length with their elements as subsets.
Fields that hold free-form JSON are compared as JSON. Triggers, which people set on the living object, are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from multicasskop.crds.quantity import QuantityError, parse_quantity

Path = tuple[str, ...]

ABSENT: Final = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Which field names are compared in a way of their own, wherever they stand."""

    quantities: frozenset[str]
    """Scalars anywhere below these are quantities, where both sides look like one."""
    json: frozenset[str]
    """What stands under these is compared whole, as JSON."""
    ignored: frozenset[str]
    """These are neither compared nor written."""


RULES: Final = Rules(
    quantities=frozenset({"resources", "requests", "limits", "capacity", "dataCapacity", "storage", "sizeLimit"}),
    json=frozenset({"config"}),
    ignored=frozenset({"unlockNextOperation", "rollingRestart", "rollingPartition"}),
)


def same(desired: object, live: object, rules: Rules = RULES, path: Path = ()) -> bool:
    """Whether `live` holds everything that `desired` asks for; both are plain data, at `path` of the object."""
    return next(_differences(desired, live, rules, path), None) is None


def differences(desired: object, live: object, rules: Rules = RULES) -> tuple[Path, ...]:
    """The paths of everything that `desired` asks for and `live` does not hold, in the order of `desired`."""
    return tuple(_differences(desired, live, rules, ()))


def dotted(path: Path) -> str:
    """A path as people write it: `spec.topology.dc[0].name`."""
    return "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in path).removeprefix(".")


def is_zero(value: object) -> bool:
    """Whether a value is what Go leaves out: zero, empty, or nothing."""
    return value is ABSENT or value == "" or (isinstance(value, int | float | list | dict) and not value)


def same_json(one: object, other: object) -> bool:
    """Whether two values are equal as JSON: numbers by value, and never a number to a boolean."""
    match one, other:
        case dict(), dict():
            keys = one.keys() | other.keys()
            return all(same_json(one.get(key), other.get(key)) for key in keys)
        case list(), list():
            return len(one) == len(other) and all(map(same_json, one, other))
        case _:
            return isinstance(one, bool) == isinstance(other, bool) and one == other


def _differences(desired: object, live: object, rules: Rules, path: Path) -> Iterator[Path]:
    if desired is ABSENT or (path and path[-1] in rules.ignored):
        return
    if path and path[-1] in rules.json:
        yield from () if same_json(desired, live) or (is_zero(desired) and is_zero(live)) else (path,)
        return
    match desired:
        case dict():
            yield from _in_map(desired, live if isinstance(live, dict) else {}, rules, path)
        case list() if isinstance(live, list) and len(desired) == len(live):
            yield from _in_list(desired, live, rules, path)
        case _ if not _same_leaf(desired, live, rules, path):
            yield path


def _in_map(desired: Mapping[str, Any], live: Mapping[str, Any], rules: Rules, path: Path) -> Iterator[Path]:
    for key, value in desired.items():
        yield from _differences(value, live.get(key), rules, (*path, key))


def _in_list(desired: Sequence[Any], live: Sequence[Any], rules: Rules, path: Path) -> Iterator[Path]:
    for index, (wanted, found) in enumerate(zip(desired, live, strict=True)):
        place = (*path, str(index))
        # a null in a list is an element, not an absent one
        yield from _differences(wanted, found, rules, place) if wanted is not None or is_zero(found) else (place,)


def _same_leaf(desired: object, live: object, rules: Rules, path: Path) -> bool:
    if is_zero(desired) and is_zero(live):
        return True
    if same_json(desired, live):
        return True
    return not rules.quantities.isdisjoint(path) and _same_quantity(desired, live)


def _same_quantity(desired: object, live: object) -> bool:
    if not isinstance(desired, str | int | float) or not isinstance(live, str | int | float):
        return False
    try:
        return parse_quantity(desired) == parse_quantity(live)
    except QuantityError:
        return False
