"""One entry of `status.clusters` per member: what was seen there, and what is waited for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.multicasskop import MemberState
from multicasskop.informers.errors import one_line
from multicasskop.reconcilers.conditions import timestamp
from multicasskop.reconcilers.multicasskop.desire import Desired, topology
from multicasskop.reconcilers.multicasskop.drain import Leaving, Retained
from multicasskop.reconcilers.multicasskop.facts import RUNNING, Child, MemberFacts
from multicasskop.reconcilers.multicasskop.members import (
    Absent,
    Dark,
    Failed,
    Progressing,
    Soaking,
    State,
)
from multicasskop.reconcilers.multicasskop.restart import restarted_for
from multicasskop.reconcilers.multicasskop.telling import message_of, name_of

TEXT_MAX: Final = 1000
_NODES: Final = re.compile(r"(?P<ready>[0-9]{1,6})/(?P<wanted>[0-9]{1,6})\??", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shown:
    """One member as it is to be reported: what was seen of it, and its state after this reconcile's writes."""

    facts: MemberFacts
    desired: Desired
    state: State
    in_step: bool = False
    """Whether it was written and has not been Ready since."""
    begun: bool = False
    """Whether that step began in this very reconcile."""
    seen_at: datetime | None = None
    """When that reconcile looked: a step that it begins begins then."""

    @property
    def name(self) -> str:
        """The member's name."""
        return self.facts.name

    @property
    def child(self) -> Child | None:
        """Its child, as last seen."""
        return self.facts.child

    def with_child(self, obj: Json) -> "Shown":
        """The same with the child as the server answered it, which the cache does not show yet."""
        return replace(self, facts=replace(self.facts, child=Child.of(obj)))


@dataclass(frozen=True, slots=True)
class Nodes:
    """Cassandra nodes of a member; `exact` is False when its CassKop does not tell how many are ready."""

    ready: int
    wanted: int
    exact: bool = True


def entry(shown: Shown, now: datetime, deadline: float) -> Json:
    """The entry of a member; `deadline` is how long a step may take, in seconds."""
    facts, child, told = shown.facts, shown.child, shown.facts.told
    state, counted = name_of(shown.state), nodes_of(shown)
    found: Json = {
        "name": facts.name,
        "state": state.value,
        "child": str(shown.desired.key),
        "uid": child.meta.uid if child else _last_uid(shown),
        "desiredHash": shown.desired.hash,
        "phase": child.phase if child else "",
        "lastClusterAction": child.action if child else "",
        "lastClusterActionStatus": child.action_status if child else "",
        "restart": restarted_for(child) if child else "",
        "reachable": facts.registered and facts.reach.ok,
        "since": told.since if told.since and told.state == state.value else timestamp(now),
        "message": one_line(message_of(shown.state), TEXT_MAX),
        "gate": _gate(shown, now, deadline),
        "nodes": {"ready": counted.ready, "wanted": counted.wanted} if counted.exact else None,
        "lastContact": timestamp(facts.reach.last_contact) if facts.reach.last_contact else None,
    }
    return {key: value for key, value in found.items() if value not in (None, "")}


def leaving_entry(leaving: Leaving, now: datetime) -> Json:
    """The entry of a member whose override was taken out; what cannot be seen now stays as it was last seen."""
    facts, child, told = leaving.member, leaving.member.child, leaving.member.told
    state = _leaving_state(leaving.state)
    found: Json = {
        "name": facts.name,
        "state": state.value,
        "child": str(child.key) if child else told.child,
        "uid": child.meta.uid if child else told.uid,
        "phase": child.phase if child else told.phase,
        "lastClusterAction": child.action if child else "",
        "lastClusterActionStatus": child.action_status if child else "",
        "reachable": facts.registered and facts.reach.ok,
        "since": told.since if told.since and told.state == state.value else timestamp(now),
        "message": one_line(leaving_text(leaving.state), TEXT_MAX),
    }
    return {key: value for key, value in found.items() if value not in (None, "")}


def leaving_text(state: State | Retained) -> str:
    """How far it is, in words."""
    return state.why if isinstance(state, Retained) else message_of(state)


def _leaving_state(state: State | Retained) -> MemberState:
    match state:
        case Retained():
            return MemberState.RETAINED
        case Dark() | Failed():
            return name_of(state)
        case _:
            return MemberState.DRAINING


def nodes_of(shown: Shown) -> Nodes:
    """How many nodes of a member are ready: what CassKop tells, else what its phases imply."""
    child, wanted = shown.child, shown.desired.nodes
    if child is None:
        return Nodes(0, wanted, exact=isinstance(shown.state, Absent) or shown.facts.visible)
    told = _NODES.fullmatch(str(child.status.get("nodes", "")))
    if told:
        return Nodes(int(told["ready"]), wanted, exact=shown.facts.visible)
    live = topology(child.spec)
    if child.phase == RUNNING:
        return Nodes(min(wanted, sum(datacenter.nodes for datacenter in live)), wanted, exact=shown.facts.visible)
    racks = child.status.get("cassandraRackStatus")
    phases = {name: rack.get("phase") for name, rack in _maps(racks).items()}
    running = ((dc.name, rack) for dc in live for rack in dc.racks if phases.get(f"{dc.name}-{rack.name}") == RUNNING)
    ready = sum(rack.nodes for _, rack in running)
    # a rack that is Pending may have any number of nodes ready
    return Nodes(min(wanted, ready), wanted, exact=shown.facts.visible and "Pending" not in phases.values())


def _gate(shown: Shown, now: datetime, deadline: float) -> Json | None:
    """What a step waits for, while it lasts; this is how a new process knows since when it lasts."""
    if not shown.in_step or not isinstance(shown.state, Progressing | Soaking):
        return None
    began = timestamp(shown.seen_at or now) if shown.begun else shown.facts.told.step_since or timestamp(now)
    has = shown.state.has if isinstance(shown.state, Progressing) else "Running + Done, soaking"
    wants = shown.state.wants if isinstance(shown.state, Progressing) else "Running + Done"
    return {
        "wants": wants,
        "has": one_line(has, TEXT_MAX),
        "since": began,
        "deadline": timestamp(datetime.fromisoformat(began) + timedelta(seconds=deadline)),
    }


def _last_uid(shown: Shown) -> str:
    """The child that cannot be seen now is still known; one that was seen to be gone is not."""
    return "" if shown.facts.visible else shown.facts.told.uid


def _maps(value: object) -> Mapping[str, Json]:
    return {name: item for name, item in value.items() if isinstance(item, dict)} if isinstance(value, dict) else {}
