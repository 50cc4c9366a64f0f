"""The rules: first what the operator itself refuses or warns of, by its own validators; then what is hardly meant."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from multicasskop.crds.cassandracluster.spec import CassandraClusterSpec
from multicasskop.crds.codes import Code
from multicasskop.crds.multicasskop import Deletion, MultiCasskopSpec, Rollout, Seeds
from multicasskop.crds.names import is_reserved
from multicasskop.crds.partial import MEMBER_NAME_MAX, MEMBER_PATTERN
from multicasskop.crds.problem import Problem, path_of, repeated
from multicasskop.informers.key import Key
from multicasskop.operator.lint.finding import Flaw, did_you_mean, error, warning
from multicasskop.operator.manifests import parts_of
from multicasskop.operator.planning.redacted import without_secrets
from multicasskop.reconcilers.multicasskop.desire import TRIGGERS, Wish, too_deep
from multicasskop.reconcilers.multicasskop.facts import MemberFacts
from multicasskop.reconcilers.multicasskop.seeds import first_pods, plan_seeds
from multicasskop.reconcilers.multicasskop.validate import Verdict, judge, without_null_members
from pydantic import BaseModel, ValidationError

Json = dict[str, Any]
_CLOSED: Final[Mapping[tuple[str, ...], type[BaseModel]]] = {
    (): MultiCasskopSpec,
    ("rollout",): Rollout,
    ("seeds",): Seeds,
    ("deletion",): Deletion,
}
_UNNAMED: Final = "unnamed"


@dataclass(frozen=True, slots=True)
class Subject:
    """One MultiCasskop as the rules look at it."""

    obj: Json
    spec: Json
    members: tuple[str, ...]
    """Those that are registered, home first; empty when that is not known."""
    verdict: Verdict

    @property
    def overrides(self) -> Mapping[str, Json]:
        """The overrides that are objects."""
        found = self.spec.get("override")
        items = found.items() if isinstance(found, dict) else ()
        return {name: value for name, value in items if isinstance(value, dict)}

    @property
    def parts(self) -> Mapping[str, Json]:
        """Base and overrides, by their paths."""
        base = self.spec.get("base")
        overrides = {path_of(["spec", "override", name]): value for name, value in self.overrides.items()}
        return ({"spec.base": base} if isinstance(base, dict) else {}) | overrides


def flaws(obj: Json, members: tuple[str, ...] = ()) -> list[Flaw]:
    """All that is wrong with a MultiCasskop, errors first; without `members`, names of members are not judged."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return [error(Code.MISSING_FIELD, "spec", "an object with base and override is needed")]
    subject = Subject(obj, spec, members, _verdict(obj, spec, members))
    found = [flaw for rule in RULES for flaw in rule(subject)]
    return sorted(dict.fromkeys(found), key=lambda flaw: flaw.severity)


def _verdict(obj: Json, spec: Json, members: tuple[str, ...]) -> Verdict:
    """The operator's own verdict; what is wrong beside base and override does not hide what is wrong in them."""
    if too_deep(spec):
        return judge(_key(obj), spec, members)
    spec = without_null_members(spec)
    overrides = spec.get("override")
    registered = members or tuple(overrides if isinstance(overrides, dict) else ())
    found = judge(_key(obj), spec, registered)
    beside = _wrong_beside(spec) if found.wish is None else frozenset()
    if not beside:
        return found
    rest = judge(_key(obj), {key: value for key, value in spec.items() if key not in beside}, registered)
    return Verdict(rest.wish, (*found.findings, *rest.findings), rest.warnings)


def _key(obj: Json) -> Key:
    metadata = obj.get("metadata")
    found = metadata if isinstance(metadata, dict) else {}
    return Key(str(found.get("namespace") or "default"), str(found.get("name") or _UNNAMED))


def _wrong_beside(spec: Json) -> frozenset[str]:
    try:
        MultiCasskopSpec.model_validate(spec)
    except ValidationError as wrong:
        places = {str(detail["loc"][0]) for detail in wrong.errors() if detail["loc"]}
        return frozenset(places) if places.isdisjoint({"base", "override"}) else frozenset()
    return frozenset()


# what the operator or the server refuses


def refused(subject: Subject) -> Iterator[Flaw]:
    """What the operator says of it."""
    for finding in subject.verdict.findings:
        if not (finding.code is Code.NO_REGISTERED_MEMBER and not subject.members):
            yield error(finding.code, finding.path, f"{finding.found}; {finding.allowed}.")


def warned(subject: Subject) -> Iterator[Flaw]:
    """What the operator warns of, with what may have been meant."""
    for problem in subject.verdict.warnings:
        yield warning(problem.code, problem.path, _with_proposal(problem))


def _with_proposal(problem: Problem) -> str:
    text = f"{problem.found}; {problem.allowed}."
    if problem.code is not Code.UNKNOWN_FIELD:
        return text
    parts = parts_of(problem.path)
    # only fields of the child's spec itself are told apart by name
    known = _fields(CassandraClusterSpec) if len(parts) > 1 and parts[-2] == "spec" else ()
    return text + did_you_mean(str(parts[-1]), known)


def closed_fields(subject: Subject) -> Iterator[Flaw]:
    """Fields that the server drops without a word, and what may have been meant."""
    for path, model in _CLOSED.items():
        part: Any = subject.spec
        for name in path:
            part = part.get(name) if isinstance(part, dict) else None
        known = _fields(model)
        for name in part if isinstance(part, dict) else ():
            if name not in known:
                where = ".".join(("spec", *path))
                text = f'"{name}" is not a field of {where} (known: {", ".join(known)}).{did_you_mean(name, known)}'
                yield error(Code.UNKNOWN_FIELD, path_of([*where.split("."), name]), text)


def _fields(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(sorted(field.alias or name for name, field in model.model_fields.items()))


def names(subject: Subject) -> Iterator[Flaw]:
    """Name and parts without which there is nothing to do."""
    if _key(subject.obj).name == _UNNAMED:
        yield error(Code.MISSING_FIELD, "metadata.name", "a name is needed")
    for part, what in (("base", "the CassandraCluster that members share"), ("override", "at least one member")):
        if not subject.spec.get(part):
            yield error(Code.MISSING_FIELD, f"spec.{part}", f"missing or empty; it is needed: {what}.")


def member_names(subject: Subject) -> Iterator[Flaw]:
    """Names that no member can have, and members that stand twice in the order."""
    for name in subject.overrides:
        if len(name) > MEMBER_NAME_MAX or not re.fullmatch(MEMBER_PATTERN, name):
            text = f'"{name}" is no name: a-z, 0-9, inner dashes and dots, at most {MEMBER_NAME_MAX}.'
            yield error(Code.BAD_NAME, path_of(["spec", "override", name]), text)
    for index, name in repeated(_order(subject)):
        yield error(Code.BAD_VALUE, path_of(["spec", "rollout", "order", index]), f'"{name}" stands there twice.')


def unknown_members(subject: Subject) -> Iterator[Flaw]:
    """Members that nobody registered, where it is known who is."""
    named = {path_of(["spec", "override", name]): name for name in subject.overrides}
    named |= {path_of(["spec", "rollout", "order", index]): name for index, name in enumerate(_order(subject))}
    for path, name in named.items() if subject.members else ():
        if name not in subject.members:
            known = ", ".join(sorted(subject.members))
            text = f"no member of this name is registered (registered: {known})."
            yield warning(Code.UNKNOWN_MEMBER, path, text + did_you_mean(name, subject.members))


def _order(subject: Subject) -> list[str]:
    rollout = subject.spec.get("rollout")
    order = rollout.get("order") if isinstance(rollout, dict) else None
    return [name for name in order if isinstance(name, str)] if isinstance(order, list) else []


# what is hardly meant


def ignored_fields(subject: Subject) -> Iterator[Flaw]:
    """Triggers, bookkeeping and states that are taken out before anything is sent."""
    for path, part in subject.parts.items():
        for trigger in _triggers(part.get("spec"), f"{path}.spec"):
            yield warning(Code.IGNORED_FIELD, trigger, "left out: set it on one child, where it acts once.")
        status = part.get("status")
        for name in status if isinstance(status, dict) else ():
            if name != "seedlist":
                yield warning(Code.IGNORED_FIELD, f"{path}.status.{name}", "left out: only seedlist counts.")


def _triggers(value: object, path: str) -> Iterator[str]:
    match value:
        case dict():
            for key, item in value.items():
                place = path_of([*parts_of(path), key])
                if key in TRIGGERS:
                    yield place
                yield from _triggers(item, place)
        case list():
            for index, item in enumerate(value):
                yield from _triggers(item, f"{path}[{index}]")


def reserved_keys(subject: Subject) -> Iterator[Flaw]:
    """Labels and annotations that are the business of Kubernetes, CassKop or this operator."""
    for path, part in subject.parts.items():
        metadata = part.get("metadata")
        for field in ("labels", "annotations"):
            keys = metadata.get(field) if isinstance(metadata, dict) else None
            for key in filter(is_reserved, keys if isinstance(keys, dict) else ()):
                where = path_of([*parts_of(path), "metadata", field, key])
                yield warning(Code.RESERVED_KEY, where, "it belongs to Kubernetes, to CassKop or to this operator.")


def literal_secrets(subject: Subject) -> Iterator[Flaw]:
    """Passwords that everybody can read who can read the object."""
    for path, part in subject.parts.items():
        for where in _hidden(part.get("spec"), without_secrets(part.get("spec")), f"{path}.spec"):
            text = "it looks like a password, and everybody can read it here: take it from a Secret (valueFrom)."
            yield warning(Code.SECRET_LITERAL, where, text)


def _hidden(value: object, shown: object, path: str) -> Iterator[str]:
    """The paths at which two values differ, of which one is the other with secrets hidden."""
    match value, shown:
        case dict(), dict():
            for key, item in value.items():
                yield from _hidden(item, shown.get(key), path_of([*parts_of(path), key]))
        case list(), list():
            for index, (item, other) in enumerate(zip(value, shown, strict=True)):
                yield from _hidden(item, other, f"{path}[{index}]")
        case _ if value != shown:
            yield path


def shared_datacenters(subject: Subject) -> Iterator[Flaw]:
    """One name of a datacenter in two members: one datacenter over two clusters, which is rarely meant."""
    wish, seen = subject.verdict.wish, dict[str, str]()
    refused = {finding.path for finding in subject.verdict.findings}
    for member, child in wish.children.items() if wish is not None else ():
        for index, datacenter in enumerate(child.datacenters):
            path = path_of(["spec", "override", member, "spec", "topology", "dc", index, "name"])
            if datacenter.name in seen and path not in refused:
                text = f'"{datacenter.name}" is also a datacenter of {seen[datacenter.name]}: both will be one.'
                yield warning(Code.DUPLICATE_DATACENTER, path, text)
        seen |= {datacenter.name: member for datacenter in child.datacenters}


def seeds(subject: Subject) -> Iterator[Flaw]:
    """Seeds that are no pod of the ring, and members from which none can be made."""
    wish = subject.verdict.wish
    if wish is None:
        return
    pods = _pods(wish)
    for path, part in subject.parts.items():
        status = part.get("status")
        given = status.get("seedlist") if isinstance(status, dict) else None
        for index, seed in enumerate(given if isinstance(given, list) else ()):
            if isinstance(seed, str) and seed.partition(".")[0] not in pods:
                text = f'"{seed}" is no pod of any topology given here.'
                yield warning(Code.SEED_OUTSIDE, f"{path}.status.seedlist[{index}]", text)
    nobody = {name: MemberFacts(name) for name in wish.children}
    for member in plan_seeds(wish, nobody).missing if len(wish.children) > 1 else ():
        text = (
            "its pods have no names outside their cluster, so no child is made: set spec.seeds.domain, or the"
            " annotation external-dns.alpha.kubernetes.io/hostname in spec.service.annotations."
        )
        yield warning(Code.NO_SEED_DOMAIN, path_of(["spec", "override", member]), text)


def _pods(wish: Wish) -> frozenset[str]:
    return frozenset(
        pod
        for child in wish.children.values()
        for datacenter in child.datacenters
        for pod in first_pods(datacenter, child.key.name)
    )


RULES: Final[tuple[Callable[[Subject], Iterator[Flaw]], ...]] = (
    names,
    closed_fields,
    refused,
    member_names,
    unknown_members,
    warned,
    ignored_fields,
    reserved_keys,
    literal_secrets,
    shared_datacenters,
    seeds,
)
