"""Plan files: a workload, a seed, the rules. One file alone says how a failure is brought about again."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import yaml
from multicasskop.world.errors import WorldError
from multicasskop.world.proxy.requests import MUTATING
from multicasskop.world.proxy.rules import Rule


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One disturbed run: what is done meanwhile, the rules, and for people `why`.

    So many seconds after a rule has first struck all are healed; without `heal_after` they last as long as the run.
    `more_writes` beyond those of the undisturbed run, and two for each fault, are no finding.
    """

    workload: str | tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    seed: int = 0
    heal_after: float | None = None
    more_writes: int = 0
    why: str = ""

    def each(self) -> "Iterator[Plan]":
        """The plan once for each of its workloads."""
        for workload in [self.workload] if isinstance(self.workload, str) else self.workload:
            yield msgspec.structs.replace(self, workload=workload)

    @property
    def touches_streams(self) -> bool:
        """Whether streams or connections are disturbed: their patience afterwards is no matter of the next plan."""
        return any(set(rule.match.verbs) - MUTATING or rule.action.is_for_connections for rule in self.rules)


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
