"""The object that a pass works on: a copy as the cache had it, changed in memory, written back at the end."""

import threading
from copy import deepcopy
from dataclasses import dataclass, field

from multicasskop.crds.names import LAST_APPLIED
from multicasskop.informers.clock import Clock
from multicasskop.world.api import Api, Json
from multicasskop.world.kinds import CASSANDRACLUSTERS
from multicasskop.world.simulators import status
from multicasskop.world.simulators.golang import as_written, last_applied
from multicasskop.world.simulators.modes import Contract
from multicasskop.world.simulators.racks import RackState
from multicasskop.world.simulators.topology import Rack
from multicasskop.world.simulators.traces import Traces


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all passes have in common.

    `starts` remembers when an action of a rack began, finer than its status tells; `made` the clusters, by uid, whose
    services are known to be there.
    """

    api: Api
    contract: Contract
    clock: Clock
    stopped: threading.Event
    traces: Traces
    starts: dict[tuple[str, str], float] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)


class Draft:
    """Object and status of one pass. Writes carry the version that was read: who was faster wins, we look again."""

    def __init__(self, around: Surroundings, cluster: Json) -> None:
        self.read = cluster
        self.cluster = deepcopy(cluster)
        self.cluster["spec"] = as_written(cluster.get("spec") or {})
        self.status: Json = deepcopy(cluster.get("status") or {})
        self.at = status.timestamp(around.clock.now())
        self._around = around

    @property
    def spec(self) -> Json:
        """The spec, as far as it is changed."""
        spec: Json = self.cluster["spec"]
        return spec

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        namespace: str = self.read["metadata"]["namespace"]
        return namespace

    @property
    def is_deleted(self) -> bool:
        """Whether somebody asked for its end."""
        return "deletionTimestamp" in self.read["metadata"]

    def state(self, rack: Rack) -> RackState | None:
        """The rack's status, None for one that was never seen."""
        found = self.rack_status().get(rack.id)
        return None if found is None else RackState.read(found)

    def keep(self, rack: Rack, state: RackState) -> None:
        """Change the rack's status."""
        self.rack_status()[rack.id] = state.written()

    def rack_status(self) -> Json:
        """The status of all racks by their id."""
        found: Json = self.status.setdefault("cassandraRackStatus", {})
        return found

    def age(self, rack: Rack) -> float:
        """For how many seconds the rack's action has been going on, since it was first looked at if nobody knows."""
        now = self._around.clock.monotonic()
        return now - self._around.starts.setdefault(self._key(rack), now)

    def begin(self, rack: Rack) -> None:
        """The rack's action begins now."""
        self._around.starts[self._key(rack)] = self._around.clock.monotonic()

    def write_back(self, seeds: list[str]) -> None:
        """Write object and status, in two requests, when status or annotation changed."""
        self.status["seedlist"] = seeds
        if self._around.contract is Contract.OWN:
            self.status["observedGeneration"] = self.read["metadata"]["generation"]
        annotation = last_applied(self.cluster)
        annotations = self.cluster["metadata"].setdefault("annotations", {})
        if self.status == self.read.get("status") and annotation == annotations.get(LAST_APPLIED):
            return
        annotations[LAST_APPLIED] = annotation
        self.replace()

    def replace(self) -> None:
        """Write the object, then its status."""
        api = self._around.api
        stored = api.replace(CASSANDRACLUSTERS, self.namespace, self.cluster)
        body = {**stored, "status": self.status}
        self.cluster = api.replace(CASSANDRACLUSTERS, self.namespace, body, subresource="status")

    def _key(self, rack: Rack) -> tuple[str, str]:
        return self.read["metadata"]["uid"], rack.id
