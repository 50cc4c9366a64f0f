"""One pass of the Go CassKop over one cluster, in its order."""

from functools import partial

from multicasskop.crds.names import PVC_FINALIZER
from multicasskop.world.api import Json
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import STATEFULSETS
from multicasskop.world.simulators import defaults, statefulsets, status
from multicasskop.world.simulators.actions import Action, Phase, Progress
from multicasskop.world.simulators.draft import Draft, Surroundings
from multicasskop.world.simulators.golang import applied
from multicasskop.world.simulators.modes import Behaviour, Mode, is_replicated
from multicasskop.world.simulators.rack_loop import RackLoop
from multicasskop.world.simulators.racks import FIRST_POD, RackState
from multicasskop.world.simulators.refusals import corrected
from multicasskop.world.simulators.seeds import wanted_seeds
from multicasskop.world.simulators.shared import shared
from multicasskop.world.simulators.timing import Timing
from multicasskop.world.simulators.topology import Rack, racks

AT_ONCE = 0.0


def make_pass(around: Surroundings, behaviour: Behaviour, timing: Timing, cluster: Json) -> tuple[float, Json]:
    """Look at a cluster once and do the next thing; return in how many seconds to look again, and the object as it is.

    Raises ApiError when somebody else wrote in between: nothing is lost, the next pass begins anew.
    """
    draft = Draft(around, cluster)
    delay = initialise(around, draft) if is_new(draft.status) else step(around, draft, behaviour, timing)
    return delay, draft.cluster


def step(around: Surroundings, draft: Draft, behaviour: Behaviour, timing: Timing) -> float:
    """Any pass but the first."""
    draft.cluster["spec"] = defaults.on_every_pass(draft.spec)
    seeds = wanted_seeds(draft.cluster, around.contract)
    set_finalizer(draft)
    if put_back(draft, behaviour):
        draft.write_back(seeds)
        return timing.refused
    note_changes(around, draft)
    ensure_shared(around, draft)
    loop = RackLoop(around, draft, behaviour.mode, timing, seeds)
    if draft.status.get("initializingSubPhase") == FIRST_POD:
        loop.first_pods()
    else:
        loop.run()
        derive(draft)
    finish(draft)
    draft.write_back(seeds)
    return timing.requeue


def is_new(content: Json) -> bool:
    """Whether no pass has ended yet: no phase, or the one of an older version without its sub-phase."""
    phase = content.get("phase")
    return not phase or (phase == Phase.INITIALIZING and not content.get("initializingSubPhase"))


def initialise(around: Surroundings, draft: Draft) -> float:
    """The first pass: store the defaults and the first status; the next pass follows at once."""
    draft.cluster["spec"] = defaults.at_first(draft.spec)
    set_finalizer(draft)
    seeds = wanted_seeds(draft.cluster, around.contract)
    draft.status |= status.initial(racks(draft.spec), seeds)
    draft.replace()
    return AT_ONCE


def set_finalizer(draft: Draft) -> None:
    """With `deletePVC` CassKop's finalizer is there if no other is; without it, all finalizers go."""
    metadata = draft.cluster["metadata"]
    if draft.is_deleted:
        return
    if draft.spec.get("deletePVC"):
        metadata["finalizers"] = metadata.get("finalizers") or [PVC_FINALIZER]
    elif PVC_FINALIZER in (metadata.get("finalizers") or []):
        metadata["finalizers"] = []


def put_back(draft: Draft, behaviour: Behaviour) -> bool:
    """Undo a change that is refused; the status of the last action stays what it was."""
    before = applied(draft.read)
    if before is None:
        return False
    refuse = behaviour.refuse if behaviour.mode is Mode.REFUSING else ""
    spec = corrected(before["spec"], draft.spec, refuse, partial(is_replicated, draft.read, behaviour.mode))
    if spec is None:
        return False
    draft.cluster["spec"] = spec
    draft.status["lastClusterAction"] = Action.CORRECT
    return True


def note_changes(around: Surroundings, draft: Draft) -> None:
    """Changes that only the comparison with the annotation shows: other resources, a datacenter that is gone."""
    before = applied(draft.read)
    if before is None or draft.status["phase"] == Phase.INITIALIZING:
        return
    described = racks(draft.spec)
    if (before["spec"].get("resources") or {}) != (draft.spec.get("resources") or {}):
        for rack, state in known(draft, described):
            draft.keep(rack, state.asked(Action.UPDATE_RESOURCES))
    wanted = {rack.id for rack in described}
    for rack, _ in known(draft, racks(before["spec"])):
        if rack.id not in wanted:
            remove(around, draft, rack)


def known(draft: Draft, described: list[Rack]) -> list[tuple[Rack, RackState]]:
    """The racks that have a status, with it."""
    return [(rack, state) for rack in described if (state := draft.state(rack)) is not None]


def remove(around: Surroundings, draft: Draft, rack: Rack) -> None:
    """Let a rack go whose datacenter was taken out."""
    del draft.rack_status()[rack.id]
    around.api.delete(STATEFULSETS, draft.namespace, statefulsets.name_of(draft.cluster, rack))
    draft.status |= {"lastClusterAction": Action.DELETE_DC, "lastClusterActionStatus": Progress.DONE}


def ensure_shared(around: Surroundings, draft: Draft) -> None:
    """Services and budget: made once, never changed."""
    uid = draft.read["metadata"]["uid"]
    if draft.is_deleted or uid in around.made:
        return
    for kind, body in shared(draft.cluster):
        try:
            around.api.create(kind, draft.namespace, body)
        except ApiError as failure:
            if not failure.is_already_exists:
                raise
    around.made.add(uid)


def derive(draft: Draft) -> None:
    """The cluster's status from that of its racks."""
    states = {rack.id: state for rack, state in known(draft, racks(draft.spec))}
    described = [rack for rack in racks(draft.spec) if rack.id in states]
    draft.status = status.derived(draft.status, described, states)


def finish(draft: Draft) -> None:
    """What ends with the pass: a one-shot override of the gates, and a deleted cluster whose volumes are gone."""
    draft.spec.pop("unlockNextOperation", None)
    if draft.is_deleted:
        draft.cluster["metadata"]["finalizers"] = []
