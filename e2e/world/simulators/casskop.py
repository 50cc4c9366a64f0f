"""A stand-in for the Go CassKop of one member: `python -m multicasskop.world.simulators.casskop`."""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import structlog
import typer
from multicasskop.crds.names import CASSKOP_FIELD_MANAGER
from multicasskop.world import kubeconfig
from multicasskop.world.api import Api, Json
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CASSANDRACLUSTERS
from multicasskop.world.simulators.agenda import Agenda
from multicasskop.world.simulators.instant import Instant
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.watching import Watcher, key_of

log = structlog.get_logger("casskop")
Key = tuple[str, str]


class CassKop:
    """Watches the CassandraClusters of one member and treats them like the Go CassKop.

    It speaks to the API server only. Errors are logged and the object is looked at again.
    """

    def __init__(self, api: Api, options: SimulatorOptions, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._options = options
        self._known: dict[Key, Json] = {}
        self._lock = threading.Lock()
        self._agenda: Agenda[Key] = Agenda(clock)
        self._instant = Instant(api, options.contract)
        self._watcher = Watcher(api, CASSANDRACLUSTERS, self._seen, namespace=options.namespace)
        names = [f"casskop/{api.member}/{number}" for number in range(options.workers)]
        self._workers = [threading.Thread(target=self._work, name=name) for name in names]

    def start(self) -> None:
        """Begin to watch and to work."""
        self._watcher.start()
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """End; what is under way is finished."""
        self._watcher.stop()
        self._agenda.close()
        for worker in self._workers:
            worker.join()

    def _seen(self, kind: str, cluster: Json) -> None:
        key = key_of(cluster)
        if kind == "DELETED":
            self._known.pop(key, None)
        elif self._remember(key, cluster):
            self._agenda.add(key)

    def _remember(self, key: Key, cluster: Json) -> bool:
        """Keep the object unless we know a newer one, which our own writes give us before the watch does."""
        with self._lock:
            known = self._known.get(key)
            if known is not None and version_of(known) >= version_of(cluster):
                return False
            self._known[key] = cluster
            return True

    def _work(self) -> None:
        while (key := self._agenda.take()) is not None:
            try:
                self._pass(key)
            except ApiError as failure:
                if not failure.is_not_found:
                    log.warning("pass failed", cluster="/".join(key), error=str(failure))
                    self._agenda.add(key, 0.05)
            finally:
                self._agenda.done(key)

    def _pass(self, key: Key) -> None:
        cluster = self._known.get(key)
        if cluster is not None:
            self._remember(key, self._instant.settle(cluster))


def version_of(item: Json) -> int:
    """The version as a number: etcd's revision, and these servers are ours."""
    return int(item["metadata"]["resourceVersion"])


def main(
    config: Annotated[Path, typer.Option("--kubeconfig", help="a kubeconfig with the member's context")],
    context: Annotated[str, typer.Option(help="the context of the member")],
    mode: Annotated[Mode, typer.Option(help="how changes are treated")] = Mode.NORMAL,
    contract: Annotated[Contract, typer.Option(help="go, or own: also observedGeneration and seeds by annotation")] = (
        Contract.GO
    ),
    scale: Annotated[float, typer.Option(help="all times are multiplied by it")] = 1.0,
    workers: Annotated[int, typer.Option(help="passes at the same time; the Go CassKop has one")] = 1,
    refuse: Annotated[str, typer.Option(help="mode refusing: the path whose changes are put back")] = "",
    namespace: Annotated[str, typer.Option(help="look at this namespace only")] = "",
) -> None:
    """Play CassKop in one member until SIGTERM or SIGINT."""
    entry = kubeconfig.read(config, context)
    api = Api(context, entry.server, entry.authority, entry.token, agent=CASSKOP_FIELD_MANAGER)
    casskop = CassKop(api, SimulatorOptions(mode, contract, scale, workers, refuse, namespace))
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    casskop.start()
    stopped.wait()
    casskop.stop()


if __name__ == "__main__":
    typer.run(main)
