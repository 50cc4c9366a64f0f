"""The thread that takes the lease, keeps it, and opens the write guard for as long as it may believe in itself."""

import threading
from collections.abc import Callable
from random import Random
from typing import Any, Final, Protocol

import structlog
from multicasskop.informers.clock import Clock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import InformerError, is_already_exists, is_conflict, is_not_found
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.metrics import Family, Metrics
from multicasskop.informers.resource import Resource
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.lease.election import Election, LeaseOptions
from multicasskop.operator.lease.record import LEASES, LeaseRecord, released
from multicasskop.operator.lease.states import (
    Absent,
    Action,
    Answer,
    Create,
    Failed,
    Found,
    Leading,
    Leave,
    Lost,
    Read,
    Refused,
    State,
    Update,
    Wait,
    Written,
)

Json = dict[str, Any]

LEASE_FAMILIES: Final = (
    Family("leader", "gauge", "1 while leading"),
    Family("leader_transitions_total", "counter", "changes of the leader that were seen"),
    Family("lease_renew_duration_seconds", "histogram", "from sending a renewal to its answer"),
)

# beyond the duration of the lease; a leader that is so late and still runs is stuck
_STUCK_SECONDS: Final = 20.0


class LeaseClient(Protocol):
    """The calls of a client that the election makes; it needs connections of its own, and no write guard."""

    def get(self, resource: Resource, namespace: str, name: str, *, deadline: Deadline | None = None) -> Json:
        """Read one object."""
        ...

    def create(self, resource: Resource, namespace: str, body: Json, *, deadline: Deadline | None = None) -> Json:
        """Make one object."""
        ...

    def merge_patch(
        self, resource: Resource, namespace: str, name: str, body: Json, *, deadline: Deadline | None = None
    ) -> Json:
        """Change one object."""
        ...


class LeaseLoop:
    """Runs the election in a thread that does nothing else.

    Guarantees: the guard is opened only until the instant at which the last successful renewal was sent plus the renew
    deadline, so that it shuts by itself when this thread hangs. On loss it is closed for good before `on_lost` is
    called, once, with the reason, in this thread; there is no way back to being a candidate. `on_started` is called
    once, when leading begins.

    Assumes: both callbacks return soon; whatever must end within `duration - renew_deadline` of a loss, the process
    sees to in `on_lost`. A lease is given back only by `stop(release=True)`, which is for when all workers have ended.
    """

    def __init__(
        self,
        client: LeaseClient,
        clock: Clock,
        random: Random,
        guard: WriteGuard,
        supervisor: Supervisor,
        options: LeaseOptions,
        identity: str,
        on_started: Callable[[], None],
        on_lost: Callable[[str], None],
        *,
        metrics: Metrics | None = None,
    ) -> None:
        self._client, self._clock, self._random, self._guard = client, clock, random, guard
        self._supervisor, self._options = supervisor, options
        self._on_started, self._on_lost = on_started, on_lost
        self._metrics = metrics or Metrics.none()
        self._election = Election(identity, options)
        self._state: State = self._election.begin(clock.monotonic())
        self._holder = self._last_leader = ""
        self._trouble = ""
        self._stop = threading.Event()
        self._release = False
        self._thread: threading.Thread | None = None
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("multicasskop.lease").bind(
            lease=f"{options.namespace}/{options.name}", identity=identity
        )
        self._metrics.set("leader", 0)

    def start(self) -> None:
        """Begin as a candidate."""
        self._thread = self._supervisor.spawn("lease", self._run)

    def stop(self, *, release: bool) -> None:
        """End the thread and close the guard; `release` gives the lease back, if it is still ours."""
        self._release = release
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    @property
    def leading(self) -> bool:
        """Whether we believe to lead at this moment."""
        state = self._state
        return isinstance(state, Leading) and self._clock.monotonic() < state.until

    @property
    def holder(self) -> str:
        """Who held the lease when it was last seen; empty when nobody did."""
        return self._holder

    @property
    def healthy(self) -> bool:
        """False when this process still thinks that it leads long after it may: the election is stuck."""
        state = self._state
        if not isinstance(state, Leading):
            return True
        renewed = state.until - self._options.renew_deadline
        return self._clock.monotonic() - renewed <= self._options.duration + _STUCK_SECONDS

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and not isinstance(self._state, Lost):
                self._turn()
        finally:
            # however this thread ends, nothing is renewed any more
            self._guard.close()
            self._metrics.set("leader", 0)
        if self._release and isinstance(self._state, Leading):
            self._give_back(self._state.record)

    def _turn(self) -> None:
        now = self._clock.monotonic()
        self._become(self._election.tick(self._state, now))
        match self._election.action(self._state, self._clock.now()):
            case Wait(until):
                self._clock.sleep(self._stop, until - now)
            case Leave():
                pass
            case request:
                answer = self._ask(request)
                jitter = self._random.uniform(1.0, 1.2)
                self._become(self._election.learn(self._state, answer, now, self._clock.monotonic(), jitter))

    def _become(self, new: State) -> None:
        old, self._state = self._state, new
        if isinstance(new, Leading):
            self._guard.open_until(new.until)
        match isinstance(old, Leading), new:
            case False, state if isinstance(state, Leading):
                self._metrics.set("leader", 1)
                self._log.info("leading")
                self._on_started()
            case _, Lost(reason) if new is not old:
                self._guard.close()
                self._log.error("not leading any more", reason=reason)
                self._on_lost(reason)

    def _give_back(self, record: LeaseRecord) -> None:
        answer = self._ask(Update(released(record, self._clock.now())))
        if isinstance(answer, Refused):
            found = self._ask(Read())
            if isinstance(found, Found) and found.record.holder == self._election.identity:
                answer = self._ask(Update(released(found.record, self._clock.now())))
        self._log.info("lease given back" if isinstance(answer, Written) else "lease left to run out")

    def _ask(self, request: Action) -> Answer:
        sent = self._clock.monotonic()
        answer = self._answer(request, Deadline(self._clock, self._seconds_for_call(sent)))
        self._note(answer)
        if isinstance(answer, Written):
            self._metrics.observe("lease_renew_duration_seconds", self._clock.monotonic() - sent)
        return answer

    def _seconds_for_call(self, now: float) -> float:
        left = self._state.until - now if isinstance(self._state, Leading) else self._options.renew_deadline
        return min(self._options.call_timeout, max(left, 0.0))

    def _answer(self, request: Action, deadline: Deadline) -> Answer:
        place = (LEASES, self._options.namespace)
        name = self._options.name
        try:
            match request:
                case Create(record):
                    lease = record.to_object(self._options.namespace, name)
                    return Written(LeaseRecord.of(self._client.create(*place, lease, deadline=deadline)))
                case Update(record):
                    patch = record.to_patch()
                    return Written(LeaseRecord.of(self._client.merge_patch(*place, name, patch, deadline=deadline)))
                case _:
                    return Found(LeaseRecord.of(self._client.get(*place, name, deadline=deadline)))
        except InformerError as error:
            return _refusal(request, error)

    def _note(self, answer: Answer) -> None:
        """Log what is new; the same trouble every two seconds is said once."""
        match answer:
            case Found(record) | Written(record):
                self._trouble = ""
                self._holder = record.holder
                if record.holder and record.holder != self._last_leader:
                    self._metrics.inc("leader_transitions_total", 1 if self._last_leader else 0)
                    self._last_leader = record.holder
                    if record.holder != self._election.identity:
                        self._log.info("another leads", holder=record.holder)
            case Failed(message) if message != self._trouble:
                self._trouble = message
                self._log.warning("lease call failed, tried again", error=message)


def _refusal(request: Action, error: InformerError) -> Answer:
    if isinstance(request, Read):
        return Absent() if is_not_found(error) else Failed(str(error))
    overtaken = is_conflict(error) or is_already_exists(error) or is_not_found(error)
    return Refused() if overtaken else Failed(str(error))
