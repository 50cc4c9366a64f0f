"""Racks in the order of the topology: one StatefulSet at most is written in a pass, and no rack overtakes another."""

from dataclasses import replace

from multicasskop.world.api import Json
from multicasskop.world.kinds import CLAIMS, STATEFULSETS
from multicasskop.world.simulators import racks, statefulsets
from multicasskop.world.simulators.actions import Action, Phase, Progress
from multicasskop.world.simulators.draft import Draft, Surroundings
from multicasskop.world.simulators.modes import Mode
from multicasskop.world.simulators.racks import FIRST_POD, NEXT_POD, RackState
from multicasskop.world.simulators.timing import Timing
from multicasskop.world.simulators.topology import Rack
from multicasskop.world.simulators.topology import racks as racks_of


class RackLoop:
    """The racks of one pass."""

    def __init__(self, around: Surroundings, draft: Draft, mode: Mode, timing: Timing, seeds: list[str]) -> None:
        self._around = around
        self._draft = draft
        self._mode = mode
        self._timing = timing
        self._seeds = seeds

    def first_pods(self) -> None:
        """One pod in each rack, rack after rack, before any rack gets its second."""
        for rack in racks_of(self._draft.spec):
            state = self._draft.state(rack) or RackState.new()
            if state.sub_phase != FIRST_POD:
                continue
            live = self._live(rack)
            if live is None:
                self._create(rack, state)
                return
            if not (statefulsets.is_ready(live) and self._may_end(rack)):
                return
            self._draft.keep(rack, replace(state, sub_phase=NEXT_POD))
        self._draft.status["initializingSubPhase"] = NEXT_POD

    def run(self) -> None:
        """Bring the racks a step further."""
        for rack in racks_of(self._draft.spec):
            state = self._draft.state(rack)
            if state is None:
                self._draft.keep(rack, replace(RackState.new(), sub_phase=NEXT_POD))
            elif self._draft.is_deleted:
                self._delete_claims(rack)
            elif not self._step(rack, state):
                return

    def _step(self, rack: Rack, state: RackState) -> bool:
        """Look at one rack and write its StatefulSet if need be; True when the next rack may be looked at."""
        live = self._live(rack)
        if live is None:
            self._create(rack, state)
            return False
        state = self._look(rack, state, live)
        if self._mode is Mode.NO_JOLOKIA and state.phase is not Phase.INITIALIZING:
            return state.phase is Phase.RUNNING and state.progress not in racks.BUSY
        if self._update(rack, state, live):
            return False
        return state.is_settled

    def _look(self, rack: Rack, state: RackState, live: Json) -> RackState:
        """Phase, end of the action, next action. What may not end stays as it began, and looks unready."""
        at = self._draft.at
        if self._may_end(rack) or state.progress is Progress.DONE:
            state = racks.phase_of(state, live, rack.nodes, at)
            state = racks.ended(state, live, rack.nodes, self._draft.age(rack), self._timing.settle, at)
        elif state.phase is not Phase.INITIALIZING:
            state = replace(state, phase=Phase.PENDING)
        state = racks.next_action(self._draft.cluster, rack, state, live, self._seeds, at)
        self._draft.keep(rack, state)
        return state

    def _may_end(self, rack: Rack) -> bool:
        if self._mode is Mode.STUCK:
            return False
        return self._mode is not Mode.SLOW or self._draft.age(rack) >= self._timing.slow

    def _create(self, rack: Rack, state: RackState) -> None:
        body = self._generate(rack, state, None)
        with self._around.traces.applying(self._draft.cluster, rack.id):
            self._around.api.create(STATEFULSETS, self._draft.namespace, body)
        self._draft.begin(rack)

    def _update(self, rack: Rack, state: RackState, live: Json) -> bool:
        """Write the StatefulSet when it differs, then wait until the write shows; True when it was written."""
        wanted = self._generate(rack, state, live)
        if wanted["spec"] == statefulsets.generated(live):
            return False
        with self._around.traces.applying(self._draft.cluster, rack.id):
            self._write(wanted, live)
        if state.progress is Progress.DONE:
            state = state.asked(Action.UPDATE_STATEFULSET)
        if state.phase is not Phase.INITIALIZING and state.progress is not Progress.ONGOING:
            state = state.began(self._draft.at)
            self._draft.begin(rack)
        self._draft.keep(rack, state)
        self._around.clock.sleep(self._around.stopped, self._timing.write)
        return True

    def _write(self, wanted: Json, live: Json) -> None:
        """Replace the StatefulSet. Its claims cannot change: for these it goes, without its pods, and is made again."""
        api, namespace = self._around.api, self._draft.namespace
        if wanted["spec"]["volumeClaimTemplates"] != statefulsets.generated(live)["volumeClaimTemplates"]:
            api.delete(STATEFULSETS, namespace, live["metadata"]["name"], propagation="Orphan")
            return
        wanted["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
        api.replace(STATEFULSETS, namespace, wanted)

    def _generate(self, rack: Rack, state: RackState, live: Json | None) -> Json:
        """The StatefulSet as it shall be now; seeds and restarts of a live one change by their own action only."""
        seeds, restarted = self._seeds, ""
        if live is not None:
            asked = state.progress in (Progress.TODO, Progress.CONFIGURING)
            seeds = seeds if asked and state.action is Action.UPDATE_SEEDS else statefulsets.seeds_of(live)
            restarted = statefulsets.restart_of(live)
            if asked and state.action is Action.ROLLING_RESTART:
                restarted = self._draft.at.replace("-", "").replace(":", "").rstrip("Z")
                rack.rack_spec.pop("rollingRestart", None)  # the trigger is spent
        replicas = racks.replicas_next(state, live, rack.nodes)
        return statefulsets.generate(self._draft.cluster, rack, replicas, seeds, restarted)

    def _delete_claims(self, rack: Rack) -> None:
        labels = ",".join(f"{k}={v}" for k, v in statefulsets.rack_labels(self._draft.cluster, rack).items())
        api, namespace = self._around.api, self._draft.namespace
        for claim in api.items(CLAIMS, namespace, labels=labels):
            api.delete(CLAIMS, namespace, claim["metadata"]["name"])

    def _live(self, rack: Rack) -> Json | None:
        name = statefulsets.name_of(self._draft.cluster, rack)
        return self._around.api.find(STATEFULSETS, self._draft.namespace, name)
