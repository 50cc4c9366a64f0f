"""What there is to say about one MultiCasskop, read from the object in the home cluster alone.

The status is display, not truth, and anybody may have written it: whatever is missing or of the wrong type is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from multicasskop.operator.output.ages import age_since

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    """What a member must meet before the next one is touched."""

    wants: str
    has: str
    deadline: str


@dataclass(frozen=True, slots=True)
class Member:
    """One member and its child, as last written down."""

    name: str
    state: str
    child: str
    datacenters: str
    nodes: str
    phase: str
    action: str
    reachable: bool
    since: str
    message: str
    racks: tuple[str, ...]
    gate: Gate | None


@dataclass(frozen=True, slots=True)
class Report:
    """One MultiCasskop. Times are RFC 3339, as they stand in the object; empty where nothing is known."""

    namespace: str
    name: str
    generation: int
    observed: int
    phase: str
    ready: str
    nodes: str
    waiting_for: str
    since: str
    message: str
    step: int
    steps: int
    started: str
    manager: str
    seeds: tuple[str, ...]
    members: tuple[Member, ...]
    conditions: tuple[Json, ...]
    deleting: bool

    @property
    def seen(self) -> bool:
        """Whether the operator has looked at this generation."""
        return self.observed >= self.generation

    @property
    def next_members(self) -> tuple[str, ...]:
        """The members whose turn has not come."""
        return tuple(member.name for member in self.members if member.state == "Absent")


def report_of(obj: Json) -> Report:
    """The report of an object; never raises, whatever its status holds."""
    metadata, spec, status = (_map(obj.get(part)) for part in ("metadata", "spec", "status"))
    rollout = _map(status.get("rollout"))
    override = _map(spec.get("override"))
    return Report(
        namespace=_text(metadata, "namespace"),
        name=_text(metadata, "name"),
        generation=_number(metadata, "generation"),
        observed=_number(status, "observedGeneration"),
        phase=_text(status, "phase") or "Pending",
        ready=_text(status, "ready"),
        nodes=_text(status, "nodes"),
        waiting_for=_text(status, "waitingFor"),
        since=_text(status, "since"),
        message=_text(status, "message"),
        step=_number(rollout, "step"),
        steps=_number(rollout, "steps"),
        started=_text(rollout, "startedAt"),
        manager=_text(rollout, "manager"),
        seeds=tuple(str(seed) for seed in _list(status.get("seedlist"))),
        members=tuple(_member(_map(item), override) for item in _list(status.get("clusters"))),
        conditions=tuple(_map(item) for item in _list(status.get("conditions"))),
        deleting="deletionTimestamp" in metadata,
    )


def document_of(report: Report, now: datetime) -> dict[str, Any]:
    """The report as it is written in JSON and YAML; fields are only ever added."""
    return {
        "namespace": report.namespace,
        "name": report.name,
        "generation": report.generation,
        "observedGeneration": report.observed,
        "phase": report.phase,
        "ready": report.ready,
        "nodes": report.nodes,
        "waitingFor": report.waiting_for,
        "since": report.since,
        "age": age_since(report.since, now),
        "message": report.message,
        "rollout": {"step": report.step, "steps": report.steps, "startedAt": report.started},
        "seeds": list(report.seeds),
        "members": [_member_document(member) for member in report.members],
        "conditions": [dict(condition) for condition in report.conditions],
    }


def _member_document(member: Member) -> dict[str, Any]:
    gate = member.gate and {"wants": member.gate.wants, "has": member.gate.has, "deadline": member.gate.deadline}
    return {
        "name": member.name,
        "state": member.state,
        "child": member.child,
        "nodes": member.nodes,
        "phase": member.phase,
        "action": member.action,
        "reachable": member.reachable,
        "since": member.since,
        "message": member.message,
        "gate": gate,
    }


def _member(status: Json, override: Json) -> Member:
    gate, action = _map(status.get("gate")), _text(status, "lastClusterAction")
    done = _text(status, "lastClusterActionStatus")
    name = _text(status, "name")
    return Member(
        name=name,
        state=_text(status, "state") or "Unknown",
        child=_text(status, "child"),
        datacenters=",".join(_datacenters(_map(override.get(name)))),
        nodes=_nodes(_map(status.get("nodes"))),
        phase=_text(status, "phase"),
        action=f"{action} {done}".strip(),
        reachable=status.get("reachable") is not False,
        since=_text(status, "since"),
        message=_text(status, "message"),
        racks=tuple(_rack(_map(rack)) for rack in _list(status.get("racks"))),
        gate=Gate(_text(gate, "wants"), _text(gate, "has"), _text(gate, "deadline")) if gate else None,
    )


def _datacenters(override: Json) -> list[str]:
    topology = _map(_map(override.get("spec")).get("topology"))
    return [_text(_map(item), "name") for item in _list(topology.get("dc"))]


def _rack(rack: Json) -> str:
    return f"{_text(rack, 'name')}  {_nodes(rack)}  {_text(rack, 'message')}".rstrip()


def _nodes(count: Json) -> str:
    return f"{_number(count, 'ready')}/{_number(count, 'wanted')}" if "wanted" in count else ""


def _map(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Json, field: str) -> str:
    found = value.get(field)
    return found if isinstance(found, str) else ""


def _number(value: Json, field: str) -> int:
    found = value.get(field)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
