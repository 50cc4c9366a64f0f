"""The mode `instant`: an object is Running and Done as fast as two writes can be."""

from copy import deepcopy

from multicasskop.crds.names import LAST_APPLIED, PVC_FINALIZER
from multicasskop.informers.clock import Clock
from multicasskop.world.api import Api, Json
from multicasskop.world.kinds import CASSANDRACLUSTERS
from multicasskop.world.simulators import status
from multicasskop.world.simulators.actions import Action, Progress, action_of
from multicasskop.world.simulators.golang import applied, applied_generation, last_applied
from multicasskop.world.simulators.modes import Contract
from multicasskop.world.simulators.seeds import wanted_seeds
from multicasskop.world.simulators.topology import racks


class Instant:
    """Brings objects to their end at once: annotation first, then status, by PUT with the version, as CassKop does.

    A conflict is the caller's to try again.
    """

    def __init__(self, api: Api, contract: Contract, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._contract = contract
        self._seeds: dict[str, list[str]] = {}

    def settle(self, cluster: Json) -> Json:
        """Write what is missing for the object to be Running and Done; return the object as it is then."""
        metadata = cluster["metadata"]
        if metadata.get("deletionTimestamp"):
            release_claims(self._api, cluster)
            return cluster
        action = self._action(cluster)
        if applied_generation(cluster) != metadata["generation"]:
            annotations = {**metadata.get("annotations", {}), LAST_APPLIED: last_applied(cluster, managed_fields=False)}
            metadata = {**metadata, "annotations": annotations}
            noted = {**cluster, "metadata": metadata, "spec": without_triggers(cluster["spec"])}
            cluster = self._api.replace(CASSANDRACLUSTERS, metadata["namespace"], noted)
        seeds = wanted_seeds(cluster, self._contract)
        cluster = self._observe(cluster) if action is None else self._finish(cluster, action, seeds)
        # not before: what met a conflict is still to be done the next time
        self._seeds[metadata["uid"]] = seeds
        return cluster

    def _observe(self, cluster: Json) -> Json:
        """Say that a change was seen of which no pod is concerned, or whose action a conflict has cut off."""
        generation, content = cluster["metadata"]["generation"], cluster.get("status") or {}
        if self._contract is not Contract.OWN or content.get("observedGeneration") == generation:
            return cluster
        return self._write_status(cluster, {"observedGeneration": generation})

    def _action(self, cluster: Json) -> Action | None:
        content = cluster.get("status") or {}
        before = applied(cluster)
        if not content.get("phase") or before is None:
            return Action.INITIALIZING
        seeds = wanted_seeds(cluster, self._contract)
        if seeds != self._seeds.get(cluster["metadata"]["uid"], seeds):
            return Action.UPDATE_SEEDS
        if content.get("lastClusterActionStatus") != Progress.DONE:
            return Action(content["lastClusterAction"])
        return action_of(before["spec"], cluster["spec"])

    def _finish(self, cluster: Json, action: Action, seeds: list[str]) -> Json:
        metadata = cluster["metadata"]
        content = status.settled(racks(cluster["spec"]), action, seeds, status.timestamp(self._clock.now()))
        if self._contract is Contract.OWN:
            content["observedGeneration"] = metadata["generation"]
        if action is not Action.INITIALIZING:
            begun = {"lastClusterAction": action, "lastClusterActionStatus": Progress.ONGOING}
            cluster = self._write_status(cluster, begun)
        return self._write_status(cluster, content)

    def _write_status(self, cluster: Json, content: Json) -> Json:
        told = {**cluster, "status": {**cluster.get("status", {}), **content}}
        return self._api.replace(CASSANDRACLUSTERS, cluster["metadata"]["namespace"], told, subresource="status")


def without_triggers(spec: Json) -> Json:
    """The spec after its restarts: CassKop takes each trigger out when it begins."""
    spent = deepcopy(spec)
    for rack in racks(spent):
        rack.rack_spec.pop("rollingRestart", None)
    return spent


def release_claims(api: Api, cluster: Json) -> None:
    """Let a deleted object go: with `deletePVC` CassKop wipes all finalizers, those of others included."""
    metadata = cluster["metadata"]
    if PVC_FINALIZER in (metadata.get("finalizers") or []):
        api.patch(CASSANDRACLUSTERS, metadata["namespace"], metadata["name"], {"metadata": {"finalizers": None}})
