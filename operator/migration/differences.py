"""What of one MultiCasskop means something else here than to the Go operator; told before anything is written."""

from collections.abc import Iterator
from typing import Any, Final

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.problem import Problem, path_of, shown
from multicasskop.reconcilers.multicasskop.desire import TRIGGERS
from multicasskop.reconcilers.multicasskop.merge import merge
from multicasskop.reconcilers.same import is_zero, same_json

Parts = tuple[str | int, ...]
# free-form JSON, of which Go knows no parts
_WHOLE: Final = "config"


def differences(spec: Json) -> Iterator[Problem]:
    """Everything in a spec that is read in another way now, each with its path, all of them warnings."""
    base = spec.get("base")
    overrides = spec.get("override")
    if spec.get("deleteCassandraCluster") is None:
        found, allowed = "missing", "the Go operator crashes on that, here it means false: children outlive the object"
        yield _note("spec.deleteCassandraCluster", found, allowed, Code.CASCADE_MISSING)
    yield from _triggers(base, ("spec", "base"))
    for member, override in overrides.items() if isinstance(overrides, dict) else ():
        path: Parts = ("spec", "override", member)
        yield from _zero_values(override, base, path)
        yield from _merged_config(override, base, path)
        yield from _triggers(override, path)


def _zero_values(override: object, base: object, path: Parts) -> Iterator[Problem]:
    """What counts now and did not: `false`, `0`, `""`, an empty list, and null, where base says something else."""
    if not isinstance(override, dict) or path[-1] == _WHOLE:
        return
    below = base if isinstance(base, dict) else {}
    for key, value in override.items():
        if isinstance(value, dict) and value:
            yield from _zero_values(value, below.get(key), (*path, key))
        elif is_zero(value) and not isinstance(value, dict) and not is_zero(below.get(key)):
            effect = "it removes the key now" if value is None else "it counts now"
            allowed = f"{effect}; Go ignored it, and took {shown(below[key])} from base"
            yield _note(path_of([*path, key]), shown(value), allowed, Code.ZERO_VALUE_COUNTS)


def _merged_config(override: object, base: object, path: Parts) -> Iterator[Problem]:
    """A config in both: laid one over the other now, where Go took that of the override alone."""
    own, below = (_config(part) for part in (override, base))
    if own and below and not same_json(merge(below, own), own):
        found, allowed = "config here and in base", "that of base shows through now; Go took this one alone"
        yield _note(path_of([*path, "spec", _WHOLE]), found, allowed, Code.CONFIG_MERGES)


def _config(part: object) -> Json:
    spec = part.get("spec") if isinstance(part, dict) else None
    found = spec.get(_WHOLE) if isinstance(spec, dict) else None
    return found if isinstance(found, dict) else {}


def _triggers(value: Any, path: Parts) -> Iterator[Problem]:  # noqa: ANN401  plain data
    match value:
        case dict():
            for key, item in value.items():
                if key in TRIGGERS:
                    allowed = "left out now; Go set it again and again"
                    yield _note(path_of([*path, key]), shown(item), allowed, Code.TRIGGER_IN_SPEC)
                yield from _triggers(item, (*path, key))
        case list():
            for index, item in enumerate(value):
                yield from _triggers(item, (*path, index))


def _note(path: str, found: str, allowed: str, code: Code) -> Problem:
    return Problem(path, found, allowed, warning=True, code=code)
