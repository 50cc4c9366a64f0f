"""Plan files: a workload, a seed, the rules. One file alone says how a failure is brought about again."""

from pathlib import Path

import msgspec
import yaml
from multicasskop.world.errors import WorldError
from multicasskop.world.proxy.rules import Rule


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One disturbed run. `phases` name what a rule's `phase` may say; `why` is for people.

    `workload` is what is done meanwhile, `more_writes` how many writes beyond the undisturbed run's are no finding.
    """

    workload: str
    rules: tuple[Rule, ...] = ()
    seed: int = 0
    more_writes: int = 2
    why: str = ""


def read(path: Path) -> Plan:
    """Read a plan from YAML or JSON. WorldError says which part of which file is wrong."""
    try:
        return msgspec.convert(yaml.safe_load(path.read_text()), Plan)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise WorldError(f"{path}: no plan that can be read: {error}") from error


def write(path: Path, plan: Plan) -> Path:
    """Write a plan, without what is as it is by default."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(shortened(plan), sort_keys=False))
    return path


def shortened(plan: Plan) -> object:
    """A plan as plain data, without what is as it is by default."""
    return without_defaults(plan)


def without_defaults(value: object) -> object:
    """A value as plain data; fields of structs that have their default are left out, the tag of a fault stays."""
    if isinstance(value, tuple | list):
        return [without_defaults(item) for item in value]
    if not isinstance(value, msgspec.Struct):
        return value
    config = value.__struct_config__
    tag = {config.tag_field: config.tag} if config.tag_field and config.tag is not None else {}
    told = {
        field.name: without_defaults(getattr(value, field.name))
        for field in msgspec.structs.fields(value)
        if not is_default(field, getattr(value, field.name))
    }
    return {**tag, **told}


def is_default(field: msgspec.structs.FieldInfo, value: object) -> bool:
    """Whether a field has what it has when nothing is said."""
    made = field.default_factory
    default = field.default if made is msgspec.NODEFAULT else made()
    return bool(value == default)
