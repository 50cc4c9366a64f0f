"""The conditions of a CassandraCluster: what programs wait for, and people read first."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from multicasskop.crds.conditions import ConditionType
from multicasskop.reconcilers.cassandracluster.belongings import taken
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.gates import NodeFails, unready
from multicasskop.reconcilers.cassandracluster.rack_status import is_finished
from multicasskop.reconcilers.cassandracluster.seeds import from_annotation
from multicasskop.reconcilers.cassandracluster.summary import Summary
from multicasskop.reconcilers.cassandracluster.words import Phase, Status
from multicasskop.reconcilers.conditions import condition

Json = dict[str, Any]


class Reason(StrEnum):
    """Reasons beside Kubernetes' own words for pods that are stuck, and beside the names of actions."""

    RUNNING = "Running"
    ACCEPTED = "Accepted"
    INVALID = "Invalid"
    REFUSED = "ChangeRefused"
    FIXED = "CannotBeChanged"
    DONE = "Done"
    DELETING = "Deleting"
    AS_EXPECTED = "AsExpected"
    MISSING = "ReferenceMissing"
    NODE_FAILS = "NodeFails"
    NODES_MISSING = "NodesMissing"
    WRITE_REFUSED = "WriteRefused"
    NAME_TAKEN = "NameTaken"
    HANDED = "GivenByMultiCasskop"
    COMPUTED = "Computed"
    NO_SEED = "NoSeed"


_C, _R = ConditionType, Reason
CATALOGUE: Final = (
    (_C.READY, "True", _R.RUNNING, "all racks run, and nothing is due"),
    (_C.READY, "False", "the action", "it is under way; the message says in which rack, and whom it waits for"),
    (_C.READY, "False", _R.INVALID, "see Valid"),
    (_C.PROGRESSING, "True", "the action", "as in Ready"),
    (_C.PROGRESSING, "False", _R.DONE, "nothing is under way"),
    (_C.DEGRADED, "True", _R.WRITE_REFUSED, "the API server refused a write: no right, invalid, or the name is taken"),
    (_C.DEGRADED, "True", _R.NAME_TAKEN, "a service or budget of a name that is needed belongs to somebody else"),
    (_C.DEGRADED, "True", _R.MISSING, "a ConfigMap, Secret or StorageClass that the spec names is not there"),
    (_C.DEGRADED, "True", "Kubernetes' word", "a pod is stuck: Unschedulable, ImagePullBackOff, CrashLoopBackOff, ..."),
    (_C.DEGRADED, "True", _R.NODE_FAILS, "a node that is waited for does not answer as it must, or refuses to leave"),
    (_C.DEGRADED, "True", _R.NODES_MISSING, "pods are not there, or not ready, although nothing is being done"),
    (_C.DEGRADED, "False", _R.AS_EXPECTED, "none of these"),
    (_C.VALID, "True", _R.ACCEPTED, "the spec is what is being done"),
    (
        _C.VALID,
        "False",
        _R.INVALID,
        "no StatefulSet can be made of the spec, or one is somebody else's; all is left as it is",
    ),
    (_C.VALID, "False", _R.REFUSED, "a change was taken back; the message has path, old and new value, and why"),
    (_C.VALID, "False", _R.FIXED, "a field differs that a StatefulSet cannot change; all else is done"),
    (_C.SEEDS_RESOLVED, "True", _R.HANDED, "the seeds are those that a MultiCasskop has handed over"),
    (_C.SEEDS_RESOLVED, "True", _R.COMPUTED, "they are those of the status, or of the topology"),
    (_C.SEEDS_RESOLVED, "False", _R.NO_SEED, "no datacenter has a node"),
)
"""Type, status, reason, and when: in the order in which they are documented."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look has found out: what is wrong with the spec, what was refused, and who waits for what."""

    invalid: str = ""
    refused: str = ""
    fixed: str = ""
    """What a StatefulSet that stands cannot get."""
    rack: str = ""
    waiting: str = ""
    ending: bool = False
    """Whether it is being deleted."""


def conditions(facts: Facts, summary: Summary, findings: Findings) -> tuple[Json, ...]:
    """All conditions, without times, in the order in which they stand in the status."""
    ready, progressing = _ready(summary, findings), _progressing(summary, findings)
    return (
        _at(facts, ready),
        _at(facts, progressing),
        degraded(facts, findings),
        _at(facts, _valid(facts, findings)),
        _at(facts, _seeds(facts)),
    )


def degraded(facts: Facts, findings: Findings | None = None) -> Json:
    """Whether something keeps nodes away, or holds up what is to be done, that does not go by itself."""
    reason, message = next(_troubles(facts, findings or Findings()), (Reason.AS_EXPECTED, ""))
    return _at(facts, condition(ConditionType.DEGRADED, reason != Reason.AS_EXPECTED, reason, message))


def is_ready(summary: Summary) -> bool:
    """Whether all racks run, and nothing is due."""
    return (summary.phase, summary.status) == (Phase.RUNNING, Status.DONE)


def _ready(summary: Summary, findings: Findings) -> Json:
    if findings.ending:
        return condition(ConditionType.READY, False, Reason.DELETING, _waiting(findings))
    if findings.invalid:
        return condition(ConditionType.READY, False, Reason.INVALID, findings.invalid)
    if is_ready(summary):
        return condition(ConditionType.READY, True, Reason.RUNNING)
    return condition(ConditionType.READY, False, summary.action or summary.phase, _waiting(findings))


def _progressing(summary: Summary, findings: Findings) -> Json:
    if findings.ending:
        return condition(ConditionType.PROGRESSING, True, Reason.DELETING, _waiting(findings))
    if is_ready(summary) or findings.invalid:
        return condition(ConditionType.PROGRESSING, False, Reason.DONE if is_ready(summary) else Reason.INVALID)
    return condition(ConditionType.PROGRESSING, True, summary.action or summary.phase, _waiting(findings))


def _waiting(findings: Findings) -> str:
    where = f"rack {findings.rack}: " if findings.rack else ""
    return f"{where}waits for {findings.waiting}" if findings.waiting else ""


def _at(facts: Facts, found: Json) -> Json:
    return {"observedGeneration": facts.cluster.metadata.generation, **found}


def _troubles(facts: Facts, findings: Findings) -> Iterator[tuple[str, str]]:
    """What keeps nodes away, the most telling first."""
    if facts.failure:
        yield Reason.WRITE_REFUSED, facts.failure
    for theirs in taken(facts):
        yield Reason.NAME_TAKEN, theirs
    for missing in facts.missing:
        yield Reason.MISSING, missing
    for rack in facts.racks:
        pod = rack.stuck
        if pod is not None and pod.trouble is not None:
            yield pod.trouble.reason, f"pod {pod.name}: {pod.trouble.message or pod.trouble.reason}"
    if isinstance(findings.waiting, NodeFails):
        yield Reason.NODE_FAILS, str(findings.waiting)
    for rack in facts.racks:
        if is_finished(rack.status) and not rack.settled and not rack.initializing:
            yield Reason.NODES_MISSING, unready(rack)


def _valid(facts: Facts, findings: Findings) -> Json:
    if findings.invalid:
        return condition(ConditionType.VALID, False, Reason.INVALID, findings.invalid)
    if findings.refused:
        return condition(ConditionType.VALID, False, Reason.REFUSED, findings.refused)
    if findings.fixed:
        what = "set it back, or move the data to another datacenter; all else is done"
        return condition(ConditionType.VALID, False, Reason.FIXED, f"{findings.fixed}; {what}")
    return _refused_before(facts) or condition(ConditionType.VALID, True, Reason.ACCEPTED)


def _refused_before(facts: Facts) -> Json | None:
    """What was refused of the last edit: it stays said, although it is taken back, until the spec changes again."""
    for found in facts.cluster.status.conditions or ():
        # taking it back is a change, too, and the only one that came since
        since = facts.cluster.metadata.generation - found.observed_generation
        if (found.type, found.reason) == (ConditionType.VALID, Reason.REFUSED) and since <= 1:
            return condition(found.type, False, found.reason, found.message, generation=found.observed_generation)
    return None


def _seeds(facts: Facts) -> Json:
    if not facts.seeds:
        return condition(ConditionType.SEEDS_RESOLVED, False, Reason.NO_SEED, "no datacenter has a node")
    handed = from_annotation(facts.cluster.metadata) is not None
    return condition(ConditionType.SEEDS_RESOLVED, True, Reason.HANDED if handed else Reason.COMPUTED)
