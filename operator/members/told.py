"""What the log says of one member: dark, back, synced; and which version its server has."""

import threading
from typing import Final

import structlog
from multicasskop.crds.codes import Code
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import InformerError, one_line
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.multicasskop.telling import code_of

log = structlog.get_logger("members")
CALL_SECONDS: Final = 10.0


class Told:
    """What was told of one member: called whenever something about it may have changed, logs what is new."""

    def __init__(
        self, cluster: Cluster, role: str, clock: Clock, metrics: Metrics, supervisor: Supervisor, *, answering: bool
    ) -> None:
        self._cluster, self._role, self._clock = cluster, role, clock
        self._metrics, self._supervisor = metrics, supervisor
        self._began = clock.monotonic()
        self._lock = threading.Lock()
        self._code = None if answering else Code.BAD_CREDENTIALS
        self._synced = self._over = False

    def __call__(self, cluster: Cluster) -> None:
        """Look at the member; runs in the thread that noticed, so it makes no call."""
        reachability = cluster.reachability
        code = None if reachability.ok else code_of(reachability.reason)
        with self._lock:
            changed, self._code = code is not self._code, code
            synced = not self._synced and bool(cluster.informers()) and all(i.has_synced for i in cluster.informers())
            self._synced = self._synced or synced
        if changed and reachability.ok:
            log.info("member back", member=cluster.name)
        elif changed:
            log.warning("member dark", member=cluster.name, code=code, error=reachability.message)
        if synced:
            self._log_synced(cluster)

    def end(self) -> None:
        """Measure the member no more: it is about to be forgotten, and its version may still be asked for."""
        with self._lock:
            self._over = True

    def _log_synced(self, cluster: Cluster) -> None:
        objects = sum(len(informer.store) for informer in cluster.informers())
        took = round(self._clock.monotonic() - self._began, 3)
        log.info("member synced", member=cluster.name, objects=objects, took=took)
        self._supervisor.spawn(f"version/{cluster.name}", self._note_version)

    def _note_version(self) -> None:
        name = self._cluster.name
        try:
            found = self._cluster.client.raw_get("/version", deadline=Deadline(self._clock, CALL_SECONDS))
        except InformerError as error:
            log.debug("version unknown", member=name, error=str(error))
            return
        version = one_line(str(found.get("gitVersion") or ""), 64)
        with self._lock:
            if not self._over:
                self._metrics.forget(member=name, role=self._role, server_version="")
                self._metrics.set("member_info", 1, member=name, role=self._role, server_version=version)
