"""Rings: every MultiCasskop as this release judges it, and what its status says that a person has to do."""

from collections.abc import Iterator

from multicasskop.crds.base import Json
from multicasskop.crds.conditions import ConditionType
from multicasskop.operator.doctor.check import Category, Check, attention, good
from multicasskop.operator.doctor.seen import Home
from multicasskop.reconcilers.multicasskop.facts import Parent
from multicasskop.reconcilers.multicasskop.validate import judge


def rings(home: Home) -> Category:
    """Look at each ring; names of datacenters that two members share are found here.

    None of it is a failure of the installation. Members are not judged: another operator may look after the ring.
    """
    return Category("rings", tuple(check for obj in home.objects for check in of_one(obj)))


def of_one(obj: Json) -> Iterator[Check]:
    """One ring: a line when all is well."""
    parent = Parent.of(obj)
    key = str(parent.meta.key)
    known = tuple(parent.spec.get("override") or ())
    findings = judge(parent.meta.key, parent.spec, known, allow_cross_namespace=True).findings
    for finding in findings:
        yield attention(key, str(finding), hint="multicasskop lint says where in its file")
    told = list(_told(key, parent))
    yield from told
    if not findings and not told:
        yield good(key, f"valid, {parent.status.get('phase') or 'not looked at yet'}")


def _told(key: str, parent: Parent) -> Iterator[Check]:
    hint = f"multicasskop status {parent.meta.key.name} -n {parent.meta.key.namespace}"
    for condition in parent.status.get("conditions") or ():
        match condition.get("type"), condition.get("status"):
            case ((ConditionType.STALLED.value | ConditionType.DEGRADED.value | ConditionType.DRIFTED.value), "True"):
                yield attention(key, str(condition.get("message")), hint=hint)
            case ConditionType.SEEDS_RESOLVED.value, "False":
                yield attention(key, f"seeds: {condition.get('message')}", hint=hint)
