"""How a new child gets its seeds before its CassKop has looked at it.

The annotation it carries is enough for our CassKop. For the Go CassKop the list must stand in the status: our own
CassandraCluster CRD serves a version without a status sub-resource, through which a create carries it whole; elsewhere
the status is patched while the create is still under way, which is a race.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from cachetools import TTLCache
from multicasskop.crds.base import Json
from multicasskop.crds.names import CASSANDRACLUSTER_WHOLE_VERSION, FIELD_MANAGER
from multicasskop.informers.client import Client
from multicasskop.informers.clock import Clock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, InformerError, is_conflict, is_not_found
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.seeds import Seeds
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS
from multicasskop.reconcilers.multicasskop.writes import CreateChild, first_seeds, seeds_body

_KNOWN_FOR: Final = 600.0
_EVERY: Final = 0.005
# a share of the member's connections: the create itself needs one, and other workers do
_IN_FLIGHT: Final = 4
_PATIENCE: Final = 5.0
_GONE: Final = 404


class Discovery:
    """Which members take a create together with its status; asked once in ten minutes. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        """Know nothing yet."""
        self._lock = threading.Lock()
        self._known: TTLCache[str, bool] = TTLCache(1024, _KNOWN_FOR, timer=clock.monotonic)

    def takes_status(self, client: Client, deadline: Deadline) -> bool:
        """Whether the member serves a version of the kind without a status sub-resource.

        Raises what the client raises, except for a version that is not served at all.
        """
        with self._lock:
            known = self._known.get(client.member)
        if known is None:
            known = _served_without_status(client, deadline)
            with self._lock:
                self._known[client.member] = known
        return known

    def forget(self, member: str) -> None:
        """Ask again next time: the member does not do what it said."""
        with self._lock:
            self._known.pop(member, None)


def _served_without_status(client: Client, deadline: Deadline) -> bool:
    path = CASSANDRACLUSTERS.with_version(CASSANDRACLUSTER_WHOLE_VERSION).group_path()
    try:
        served = client.raw_get(path, deadline=deadline)
    except ApiError as error:
        if error.status == _GONE:
            return False
        raise
    names = {item.get("name") for item in served.get("resources") or () if isinstance(item, dict)}
    return CASSANDRACLUSTERS.plural in names and f"{CASSANDRACLUSTERS.plural}/status" not in names


def patch_seeds(client: Client, key: Key, seeds: Seeds, deadline: Deadline, uid: str) -> Json:
    """Set the seed list in a child's status, and nothing else of it; return the child.

    For any other child than that of the `uid` it is refused as invalid.
    """
    return client.merge_patch(
        CASSANDRACLUSTERS,
        key.namespace,
        key.name,
        seeds_body(seeds, uid),
        subresource="status",
        field_manager=FIELD_MANAGER,
        deadline=deadline,
    )


class Courier:
    """Sends the seeds after a create that has not been answered yet, until one of the patches finds the child.

    Use as a context manager around the create; its threads end with it. A member that is far away has made the child,
    and its CassKop has begun, before the answer is here: therefore the patches are sent blindly, one every 5 ms, few
    at a time, until one succeeds, the create has been answered, or 5 s are over. None of them touches another child
    than the one of this create, nor one whose CassKop has written a status already.
    """

    def __init__(self, client: Client, write: CreateChild, clock: Clock, deadline: Deadline) -> None:
        self._client, self._key, self._operations = client, write.key, first_seeds(write)
        self._clock, self._deadline = clock, deadline
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_IN_FLIGHT + 1, thread_name_prefix=f"seeds/{client.member}/{write.key}")
        self._free = threading.Semaphore(_IN_FLIGHT)
        self.answer: Json | None = None
        """The child as the successful patch returned it."""

    def __enter__(self) -> "Courier":
        self._pool.submit(self._send)
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True)

    def _send(self) -> None:
        end = self._clock.monotonic() + _PATIENCE
        while self._clock.monotonic() < end and not self._stop.is_set():
            if self._free.acquire(blocking=False):
                self._pool.submit(self._try)
            self._clock.sleep(self._stop, _EVERY)

    def _try(self) -> None:
        try:
            if not self._stop.is_set():
                self._keep(self._patch())
        except InformerError as error:
            # anything but "not there yet" will be said again, and heard, after the create
            if not (is_not_found(error) or is_conflict(error)):
                self._stop.set()
        finally:
            self._free.release()

    def _patch(self) -> Json:
        return self._client.json_patch(
            CASSANDRACLUSTERS,
            self._key.namespace,
            self._key.name,
            self._operations,
            subresource="status",
            field_manager=FIELD_MANAGER,
            deadline=self._deadline,
        )

    def _keep(self, answer: Json) -> None:
        with self._lock:
            self.answer = self.answer or answer
        self._stop.set()
