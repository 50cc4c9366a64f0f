"""What is wrong with a MultiCasskop, found before anything is written for any member."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster.validate import Problem, path_of, validate_child
from multicasskop.crds.codes import Code
from multicasskop.crds.conditions import Reason
from multicasskop.crds.multicasskop import MultiCasskopSpec
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, api_version
from multicasskop.crds.quantity import DurationError
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.borders import parts_of, reserved, shut_out, too_large, too_much
from multicasskop.reconcilers.multicasskop.desire import (
    DEPTH_MAX,
    Desired,
    Wish,
    desire,
    merged_children,
    too_deep,
)
from multicasskop.reconcilers.multicasskop.finding import Finding
from multicasskop.reconcilers.multicasskop.policy import Policy
from pydantic import ValidationError

_NOTHING_WRITTEN: Final = "Nothing was written for any member."
_SHOWN_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a generation asks for, or why it is refused. Without a wish nothing is known of the children."""

    wish: Wish | None
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether anything may be written for it."""
        return self.wish is not None and not self.findings

    @property
    def message(self) -> str:
        """All findings, most severe first, cut to what a person reads."""
        return f"{some(self.findings)} {_NOTHING_WRITTEN}" if self.findings else ""


def judge(
    parent: Key,
    spec: Json,
    registered: Sequence[str],
    *,
    allow_cross_namespace: bool = False,
    closed_namespace: str = "",
) -> Verdict:
    """Merge and check one generation; `registered` are the members known here, in their order, home first.

    In `closed_namespace` none is accepted, whatever it asks for.
    """
    if too_deep(spec):
        deep = Finding(Reason.BAD_OVERRIDE, Code.BAD_VALUE, "spec", "objects inside each other", f"{DEPTH_MAX} levels")
        return Verdict(None, (deep,))
    if much := tuple(too_much(spec)):
        return Verdict(None, much)
    try:
        policy = Policy.of(MultiCasskopSpec.model_validate(without_null_members(spec)))
    except ValidationError as error:
        return Verdict(None, tuple(_spec_findings(error)))
    except DurationError as error:
        return Verdict(None, (Finding(Reason.BAD_OVERRIDE, Code.BAD_VALUE, "spec", str(error), "a Go duration"),))
    verdict = _judge_children(parent, spec, policy, registered, allow_cross_namespace=allow_cross_namespace)
    shut = tuple(shut_out(parent, closed_namespace))
    return replace(verdict, findings=(*shut, *verdict.findings)) if shut else verdict


def without_null_members(spec: Json) -> Json:
    """The spec with each member that is null made an empty override, as the schema's default does it."""
    overrides = spec.get("override")
    if not isinstance(overrides, dict):
        return spec
    return spec | {"override": {name: {} if value is None else value for name, value in overrides.items()}}


def some(items: Sequence[object]) -> str:
    """The first few, as text, and how many more there are."""
    more = f" And {len(items) - _SHOWN_MAX} more." if len(items) > _SHOWN_MAX else ""
    return " ".join(map(str, items[:_SHOWN_MAX])) + more


def _judge_children(
    parent: Key, spec: Json, policy: Policy, registered: Sequence[str], *, allow_cross_namespace: bool
) -> Verdict:
    merged = merged_children(spec, policy, registered)
    problems = [(name, problem) for name, child in merged.items() for problem in validate_child(_whole(parent, child))]
    failures = [(name, problem) for name, problem in problems if not problem.warning]
    warnings = tuple(dict.fromkeys(_in_spec(spec, *found) for found in problems if found[1].warning))
    if failures:
        placed = dict.fromkeys(_in_spec(spec, *found) for found in failures)
        return Verdict(None, tuple(map(_child_finding, placed)), warnings)
    wish = desire(parent, policy, merged, allow_cross_namespace=allow_cross_namespace)
    findings = list(_wish_findings(wish, registered))
    if not allow_cross_namespace:
        findings += _foreign_namespaces(parent, spec, merged)
    findings += (*_duplicates(wish), *too_large(wish))
    return Verdict(wish, tuple(findings), (*warnings, *_ignored(spec), *reserved(spec)))


def _whole(parent: Key, merged: Json) -> Json:
    """A merged child with what is defaulted from its parent, as it is going to be sent."""
    metadata = merged.get("metadata") or {}
    if not isinstance(metadata, dict):
        return merged
    named = {"name": parent.name, **{key: value for key, value in metadata.items() if value is not None}}
    return merged | {"apiVersion": api_version(), "kind": CASSANDRACLUSTER_KIND, "metadata": named}


def _in_spec(spec: Json, member: str, problem: Problem) -> Problem:
    """The problem with the path at which a person can mend it: in the override if it has that path, else in base."""
    override = (spec.get("override") or {}).get(member)
    top, *rest = _parts(problem.path)
    own = _has(override, (top, *rest))
    prefix = path_of(["spec", "override", member]) if own else "spec.base"
    return replace(problem, path=f"{prefix}.{problem.path}")


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.replace("[", ".").replace("]", "").split(".") if part)


def _has(value: object, parts: Sequence[str]) -> bool:
    """Whether a path leads somewhere; of a missing field it is enough that what should hold it is there."""
    for index, part in enumerate(parts):
        match value:
            case dict() if part.strip('"') in value:
                value = value[part.strip('"')]
            case list() if part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            case _:
                return index > 1 and index == len(parts) - 1
    return True


def _child_finding(problem: Problem) -> Finding:
    reason = Reason.NAME_TOO_LONG if problem.code is Code.NAME_TOO_LONG else Reason.BAD_CHILD
    return Finding(reason, problem.code, problem.path, problem.found, problem.allowed)


def _spec_findings(error: ValidationError) -> Iterator[Finding]:
    for detail in error.errors(include_url=False, include_input=False):
        path = path_of(["spec", *detail["loc"]])
        yield Finding(Reason.BAD_OVERRIDE, Code.BAD_VALUE, path, "not what it should be", detail["msg"])


def _wish_findings(wish: Wish, registered: Sequence[str]) -> Iterator[Finding]:
    if not any(name in registered for name in wish.children):
        known = ", ".join(registered)
        code = Code.NO_REGISTERED_MEMBER
        yield Finding(Reason.NO_REGISTERED_MEMBER, code, "spec.override", _names(wish), f"a registered member: {known}")


def _names(wish: Wish) -> str:
    return "names only " + ", ".join(wish.children) if wish.children else "is empty"


def _foreign_namespaces(parent: Key, spec: Json, merged: Mapping[str, Json]) -> Iterator[Finding]:
    for name, child in merged.items():
        namespace = (child.get("metadata") or {}).get("namespace") or parent.namespace
        if namespace != parent.namespace:
            shown, allowed = f'"{namespace}"', f'"{parent.namespace}", the namespace of the MultiCasskop'
            found = Problem("metadata.namespace", shown, allowed)
            where = _in_spec(spec, name, found)
            yield Finding(Reason.FOREIGN_NAMESPACE, Code.FOREIGN_NAMESPACE, where.path, where.found, where.allowed)
            if where.path.startswith("spec.base"):
                return


def _duplicates(wish: Wish) -> Iterator[Finding]:
    """Two pods of one DNS name: same child, datacenter and rack in two members."""
    seen: dict[str, str] = {}
    for name, child in wish.children.items():
        for index, racks in _stateful_sets(child):
            other = next((seen[rack] for rack in racks if rack in seen), None)
            if other is not None:
                path = path_of(["spec", "override", name, "spec", "topology", "dc", index, "name"])
                found = f'"{child.datacenters[index].name}" gives pods of the same names as in {other}'
                allowed = "another name for the datacenter or its racks"
                yield Finding(Reason.DUPLICATE_DATACENTER, Code.DUPLICATE_POD_NAME, path, found, allowed)
        seen |= {rack: name for _, racks in _stateful_sets(child) for rack in racks}


def _stateful_sets(child: Desired) -> Iterator[tuple[int, tuple[str, ...]]]:
    for index, datacenter in enumerate(child.datacenters):
        yield index, tuple(f"{child.key.name}-{datacenter.name}-{rack.name}" for rack in datacenter.racks)


def _ignored(spec: Json) -> Iterator[Problem]:
    for path, part in parts_of(spec).items():
        inner = part.get("spec") if isinstance(part, dict) else None
        if isinstance(inner, dict) and inner.get("autoUpdateSeedList"):
            where, why = f"{path}.spec.autoUpdateSeedList", "it is left out, since this operator keeps the seeds"
            yield Problem(where, "true", why, warning=True, code=Code.IGNORED_FIELD)
