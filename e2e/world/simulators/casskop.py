"""A stand-in for the Go CassKop of one member: `python -m multicasskop.world.simulators.casskop`."""

import signal
import threading
from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
import typer
from multicasskop.crds.names import CASSKOP_FIELD_MANAGER
from multicasskop.informers.clock import Clock, SystemClock
from multicasskop.world import kubeconfig
from multicasskop.world.api import Api, Json
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CASSANDRACLUSTERS, PODS
from multicasskop.world.simulators import pods
from multicasskop.world.simulators.agenda import Agenda
from multicasskop.world.simulators.draft import Surroundings
from multicasskop.world.simulators.instant import Instant
from multicasskop.world.simulators.modes import (
    Behaviour,
    Contract,
    Mode,
    ModeFile,
    SimulatorOptions,
    behaviour_of,
)
from multicasskop.world.simulators.passes import make_pass
from multicasskop.world.simulators.timing import Timing
from multicasskop.world.simulators.traces import Traces
from multicasskop.world.watching import Watcher, key_of

Key = tuple[str, str]
Work = tuple[str, Key]

CLUSTER, POD = "cluster", "pod"
AGAIN = 0.05
FILE_POLL = 0.05


class CassKop:
    """Watches the CassandraClusters of one member and treats them like the Go CassKop; their pods become ready.

    It speaks to the API server only. An error is logged and the object is looked at again, like after any pass.
    """

    def __init__(self, api: Api, options: SimulatorOptions, *, clock: Clock | None = None) -> None:
        self._api = api
        self._clock = clock = clock or SystemClock()
        self._timing = Timing(pod=options.pod).scaled(options.scale)
        self._behaviour = Behaviour(options.mode, options.refuse)
        self._stopped = threading.Event()
        self._traces = Traces(options.otlp, api.member)
        self._around = Surroundings(api, options.contract, clock, self._stopped, self._traces)
        self._instant = Instant(api, options.contract, clock)
        self._known: dict[Work, Json] = {}
        self._lock = threading.Lock()
        self._agenda: Agenda[Work] = Agenda(clock)
        kinds = ((CLUSTER, CASSANDRACLUSTERS), (POD, PODS))
        self._watchers = [
            Watcher(api, kind, partial(self.seen, what), namespace=options.namespace) for what, kind in kinds
        ]
        names = [f"casskop/{api.member}/{number}" for number in range(options.workers)]
        self._workers = [threading.Thread(target=self._work, name=name) for name in names]
        self._log = structlog.get_logger("casskop").bind(member=api.member)

    def start(self) -> None:
        """Begin to watch and to work."""
        for watcher in self._watchers:
            watcher.start()
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """End; a pass that is under way is finished."""
        self._stopped.set()
        self._agenda.close()
        for watcher in self._watchers:
            watcher.stop()
        for worker in self._workers:
            worker.join()
        self._traces.stop()

    def behave(self, behaviour: Behaviour) -> None:
        """Treat all objects in another way from now on; those with an annotation of their own keep it."""
        self._behaviour = behaviour
        with self._lock:
            for work in self._known:
                self._agenda.add(work)

    def seen(self, what: str, kind: str, item: Json) -> None:
        """Take an event of a watch."""
        work = what, key_of(item)
        if kind == "DELETED":
            with self._lock:
                self._known.pop(work, None)
        elif self._remember(work, item):
            self._agenda.add(work, self._timing.pod if what == POD else 0.0)

    def next_due(self) -> float | None:
        """The moment of the monotonic clock at which there is something to do; None when nothing is."""
        return self._agenda.next_due()

    def work_once(self) -> bool:
        """Wait for the next object that is due and do the next thing for it; False when there will be no more."""
        work = self._agenda.take()
        if work is None:
            return False
        try:
            delay = self._pass(work)
        except (ApiError, ValueError) as error:
            delay = self._failed(work, error)
        finally:
            self._agenda.done(work)
        if delay is not None:
            self._agenda.add(work, delay)
        return True

    def _work(self) -> None:
        while self.work_once():
            pass

    def _pass(self, work: Work) -> float | None:
        """Make a pass over an object; return in how many seconds to look at it again, None to wait for news."""
        with self._lock:
            item = self._known.get(work)
        if item is None:
            return None
        return self._cluster(work, item) if work[0] == CLUSTER else self._pod(item)

    def _cluster(self, work: Work, cluster: Json) -> float | None:
        behaviour = behaviour_of(cluster, self._behaviour)
        if behaviour.mode is Mode.INSTANT:
            settled = self._traces.settled(cluster, self._instant.settle)
            self._remember(work, settled)
            return None
        delay, cluster = make_pass(self._around, behaviour, self._timing, cluster)
        self._traces.saw(cluster)
        self._remember(work, cluster)
        return delay

    def _pod(self, pod: Json) -> float | None:
        if pods.is_waiting(pod):
            namespace, name = key_of(pod)
            self._api.patch(PODS, namespace, name, {"status": pods.ready(pod, self._clock.now())}, subresource="status")
        return None

    def _remember(self, work: Work, item: Json) -> bool:
        """Keep the object unless we know a newer one, which our own writes give us before the watch does."""
        with self._lock:
            known = self._known.get(work)
            if known is not None and version_of(known) >= version_of(item):
                return False
            self._known[work] = item
            return True

    def _failed(self, work: Work, error: Exception) -> float | None:
        if isinstance(error, ApiError) and error.is_not_found:
            return None
        self._log.warning("pass failed", what=work[0], object="/".join(work[1]), error=str(error))
        return AGAIN if self._behaviour.mode is Mode.INSTANT else self._timing.requeue


def version_of(item: Json) -> int:
    """The version as a number: etcd's revision, and these servers are ours."""
    return int(item["metadata"]["resourceVersion"])


def main(
    config: Annotated[
        Path | None, typer.Option("--kubeconfig", help="a kubeconfig with the member's context; else the pod's account")
    ] = None,
    context: Annotated[str, typer.Option(help="the context of the member, and in a pod its name")] = "in-cluster",
    mode: Annotated[Mode, typer.Option(help="how changes are treated")] = Mode.NORMAL,
    contract: Annotated[Contract, typer.Option(help="go, or own: also observedGeneration and seeds by annotation")] = (
        Contract.GO
    ),
    scale: Annotated[float, typer.Option(help="all times are multiplied by it")] = 1.0,
    pod: Annotated[float, typer.Option(help="seconds until a pod is ready, before scaling")] = 0.0,
    workers: Annotated[int, typer.Option(help="passes at the same time; the Go CassKop has one")] = 1,
    refuse: Annotated[str, typer.Option(help="mode refusing: the path whose changes are put back")] = "",
    namespace: Annotated[str, typer.Option(help="look at this namespace only")] = "",
    mode_file: Annotated[
        Path | None, typer.Option(help="`MODE [PATH]` in this file changes the mode at any time")
    ] = None,
    otlp: Annotated[str, typer.Option(help="where traces that objects carry are continued")] = "",
) -> None:
    """Play CassKop in one member until SIGTERM or SIGINT."""
    entry = kubeconfig.in_cluster(context) if config is None else kubeconfig.read(config, context)
    api = Api.of(entry, agent=CASSKOP_FIELD_MANAGER)
    options = SimulatorOptions(mode, contract, scale, pod, workers, refuse, namespace, otlp)
    casskop = CassKop(api, options)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    casskop.start()
    if mode_file is not None:
        follow(casskop, ModeFile(mode_file), Behaviour(mode, refuse), stopped)
    stopped.wait()
    casskop.stop()


def follow(casskop: CassKop, file: ModeFile, behaviour: Behaviour, stopped: threading.Event) -> None:
    """Have the simulator behave as the file says, whenever it says something else."""
    current = behaviour
    while not stopped.wait(FILE_POLL):
        found = file.read(behaviour)
        if found != current:
            current = found
            casskop.behave(found)
        if not file.is_followed(found):
            file.follow(found)


if __name__ == "__main__":
    typer.run(main)
