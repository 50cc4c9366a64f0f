"""What a rack's status becomes, seen from its StatefulSet: end of an action, next action, phase. No effects."""

from dataclasses import dataclass, replace
from typing import Any

from multicasskop.world.simulators import statefulsets
from multicasskop.world.simulators.actions import Action, Phase, Progress
from multicasskop.world.simulators.topology import Rack

Json = dict[str, Any]

BUSY = (Progress.TODO, Progress.ONGOING, Progress.FINALIZING)
FIRST_POD = "FirstPodPerRack"
NEXT_POD = "NextPodPerRack"


@dataclass(frozen=True, slots=True)
class RackState:
    """The status of one rack. `started` and `ended` are times as text, empty for none."""

    phase: Phase
    action: Action
    progress: Progress
    sub_phase: str = ""
    started: str = ""
    ended: str = ""

    @classmethod
    def new(cls) -> "RackState":
        """A rack that CassKop has just seen for the first time."""
        return cls(Phase.INITIALIZING, Action.INITIALIZING, Progress.ONGOING, FIRST_POD)

    @classmethod
    def read(cls, status: Json) -> "RackState":
        """Read a rack's status."""
        action = status.get("cassandraLastAction") or {}
        return cls(
            Phase(status["phase"]),
            Action(action["name"]),
            Progress(action["status"]),
            status.get("initializingSubPhase") or "",
            action.get("startTime") or "",
            action.get("endTime") or "",
        )

    def written(self) -> Json:
        """The status as it is stored; what is empty is left out."""
        times = {"startTime": self.started, "endTime": self.ended}
        action = {"name": self.action, "status": self.progress, **{k: v for k, v in times.items() if v}}
        sub_phase = {"initializingSubPhase": self.sub_phase} if self.sub_phase else {}
        return {"phase": self.phase, **sub_phase, "cassandraLastAction": action}

    def asked(self, action: Action) -> "RackState":
        """An action was found to be needed."""
        progress = Progress.CONFIGURING if action is Action.UPDATE_SEEDS else Progress.TODO
        return replace(self, action=action, progress=progress, started="", ended="")

    def began(self, at: str) -> "RackState":
        """The action's StatefulSet was written."""
        return replace(self, progress=Progress.ONGOING, started=at, ended="")

    def finished(self, at: str) -> "RackState":
        """The action ended."""
        return replace(self, progress=Progress.DONE, ended=at)

    @property
    def is_settled(self) -> bool:
        """Whether the next rack may be looked at."""
        return self.phase is Phase.RUNNING and self.progress not in (Progress.ONGOING, Progress.FINALIZING)


def phase_of(state: RackState, live: Json, nodes: int, at: str) -> RackState:
    """The rack with the phase that its StatefulSet shows; an initializing one becomes Running when it is complete."""
    ready = statefulsets.is_ready(live)
    if state.phase is Phase.INITIALIZING:
        complete = ready and state.sub_phase != FIRST_POD and live["spec"]["replicas"] >= nodes
        return replace(state, phase=Phase.RUNNING, sub_phase="").finished(at) if complete else state
    return replace(state, phase=Phase.RUNNING if ready else Phase.PENDING)


def ended(state: RackState, live: Json, nodes: int, age: float, settle: float, at: str) -> RackState:
    """The rack with its action Done when that is so; no action ends before it is `settle` seconds old."""
    if state.progress not in (Progress.ONGOING, Progress.CONTINUE) or age < settle:
        return state
    match state.action:
        case Action.INITIALIZING:
            return state
        case Action.SCALE_UP | Action.SCALE_DOWN:
            over = statefulsets.is_ready(live) and live["spec"]["replicas"] == nodes
        case Action.UPSIZE:
            over = statefulsets.is_ready(live)
        case _:
            over = statefulsets.is_updated(live)
    return state.finished(at) if over else state


def next_action(cluster: Json, rack: Rack, state: RackState, live: Json, seeds: list[str], at: str) -> RackState:
    """The rack with the first action that its StatefulSet calls for; an unfinished action is left alone."""
    if state.phase is Phase.INITIALIZING or state.progress in (*BUSY, Progress.CONTINUE, Progress.CONFIGURING):
        return state
    spec = cluster["spec"]
    replicas = live["spec"]["replicas"]
    needed = (
        (Action.UPDATE_CONFIG_MAP, statefulsets.config_map_of(live) != (spec.get("configMapName") or "")),
        (Action.UPDATE_IMAGE, statefulsets.image_of(live) != spec["cassandraImage"]),
        (Action.UPSIZE, statefulsets.capacity_of(live) != statefulsets.capacity(spec, rack)),
        (Action.SCALE_UP, replicas < rack.nodes),
        (Action.SCALE_DOWN, replicas > rack.nodes),
        (Action.UPDATE_SEEDS, statefulsets.seeds_of(live) != seeds),
        (Action.ROLLING_RESTART, bool(rack.rack_spec.get("rollingRestart"))),
    )
    found = next((state.asked(action) for action, is_needed in needed if is_needed), state)
    if found is state and not statefulsets.is_updated(live):  # somebody else changed it, or our status was lost
        return state.asked(Action.UPDATE_STATEFULSET).began(at)
    return found


def replicas_next(state: RackState, live: Json | None, nodes: int) -> int:
    """How many pods the StatefulSet shall have now: one more or less at a time, and only one for a new rack."""
    if live is None and state.action is Action.UPSIZE:
        return nodes
    if live is None or state.sub_phase == FIRST_POD:
        return min(nodes, 1)
    now: int = live["spec"]["replicas"]
    if not statefulsets.is_ready(live):
        return now
    return now + (nodes > now) - (nodes < now)
