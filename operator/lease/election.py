"""Leader election as a state machine: decisions without network, clock or thread.

    Waiting ──▶ Looking ──▶ Taking ──▶ Holding ◀──▶ Renewing ◀──▶ Checking ◀──▶ Restoring
       ▲           │           │           └────────────┴─────────────┴─────────────┘
       └───────────┴───────────┘                              ▼
                                                            Lost

A record is free when its holder is empty, or when *we* have not seen it change, by our own monotonic clock, for longer
than the duration it states: the wall clocks of others do not matter. A leader believes in itself until the instant at
which its last successful renewal was *sent*, plus the renew deadline; since that is shorter than the duration, and the
server saw the renewal later than it was sent, a believing leader and a successor never overlap.

When the record was deleted, a candidate waits out what it saw last. One that never saw it takes the empty place at
once, and overlaps for at most a retry period with a leader that has not looked since: only who may delete leases in
the operator's namespace can bring that about, and the guards of single writes (UID, version) hold all the same.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from multicasskop.operator.lease.record import LeaseRecord, renewed, taken
from multicasskop.operator.lease.states import (
    Absent,
    Action,
    Answer,
    Checking,
    Create,
    Found,
    Holding,
    Leading,
    Leave,
    Looking,
    Lost,
    Observed,
    Read,
    Refused,
    Renewing,
    Restoring,
    State,
    Taking,
    Update,
    Wait,
    Waiting,
    Written,
)

_JITTER_MAX = 1.2


@dataclass(frozen=True, slots=True)
class LeaseOptions:
    """Where the Lease is, and the times of the election in seconds.

    Raises ValueError unless duration > renew_deadline > 1.2 x retry > 0.
    """

    namespace: str
    name: str = "multicasskop"
    duration: float = 15.0
    """How long the others wait for a sign of life."""
    renew_deadline: float = 10.0
    """How long a leader believes in itself after its last successful renewal."""
    retry: float = 2.0
    """How often a leader renews and a candidate looks."""
    call_timeout: float = 5.0
    """How long a single call may take; never beyond the renew deadline."""

    def __post_init__(self) -> None:
        if not self.duration > self.renew_deadline > _JITTER_MAX * self.retry > 0 or self.call_timeout <= 0:
            raise ValueError(
                f"lease: duration ({self.duration:g} s) must be longer than the renew deadline"
                f" ({self.renew_deadline:g} s), and that longer than 1.2 times the retry period ({self.retry:g} s)"
            )


@dataclass(frozen=True, slots=True)
class Election:
    """The decisions of one candidate. `identity` is unique per start of a process."""

    identity: str
    options: LeaseOptions

    def begin(self, now: float) -> State:
        """The state of a process that has just started."""
        return Waiting(None, now)

    def tick(self, state: State, now: float) -> State:
        """What time alone makes of a state."""
        match state:
            case Holding(until=until) | Renewing(until=until) | Checking(until=until) | Restoring(until=until) if (
                now >= until
            ):
                return Lost(f"the lease was not renewed for {self.options.renew_deadline:g} s")
            case Waiting(observed, until) if now >= until:
                return Looking(observed)
            case Holding(record, until, renew_at) if now >= renew_at:
                return Renewing(record, until)
            case _:
                return state

    def action(self, state: State, wall: datetime) -> Action:
        """What is to be done in a state; `wall` is written into records, for humans."""
        match state:
            case Waiting(_, until):
                return Wait(until)
            case Holding(_, until, renew_at):
                return Wait(min(until, renew_at))
            case Looking() | Checking():
                return Read()
            case Taking(observed):
                return _write(taken(observed.record if observed else None, self.identity, self.options.duration, wall))
            case Renewing(record) | Restoring(record):
                return _write(renewed(record, self.options.duration, wall))
            case Lost():
                return Leave()
            case never:
                assert_never(never)

    def learn(self, state: State, answer: Answer, sent: float, now: float, jitter: float = 1.0) -> State:
        """The state after an action was sent at `sent` and answered at `now`.

        `jitter`, between 1 and 1.2, keeps candidates from looking all at once.
        """
        state = self.tick(state, now)
        match state:
            case Looking(observed):
                return self._looked(observed, answer, now, now + self.options.retry * jitter)
            case Taking(observed):
                won = isinstance(answer, Written) and self.tick(self._held(answer.record, sent), now)
                return won if isinstance(won, Holding) else Waiting(observed, now + self.options.retry * jitter)
            case Renewing(record, until) | Checking(record, until) | Restoring(record, until):
                return self._answered(state, answer, sent, Holding(record, until, now + self.options.retry))
            case _:
                return state

    def _looked(self, observed: Observed | None, answer: Answer, now: float, again: float) -> State:
        match answer:
            case Found(record):
                seen = observe(observed, record, now)
                return Taking(seen) if self._may_take(seen, now) else Waiting(seen, self._next_look(seen, now, again))
            case Absent():
                # somebody deleted the record: its holder may still believe in itself for as long as it stated
                gone = None if observed is None else Observed(_unversioned(observed.record), observed.since)
                return Taking(gone) if gone is None or self._may_take(gone, now) else Waiting(gone, again)
            case _:
                return Waiting(observed, again)

    def _answered(self, state: Leading, answer: Answer, sent: float, later: Holding) -> State:
        match state, answer:
            case Renewing() | Restoring(), Written(record):
                return self._held(record, sent)
            case Renewing() | Restoring(), Refused():
                return Checking(state.record, state.until)
            case Checking(), Found(record) if record.holder == self.identity:
                return Renewing(record, state.until)
            case Checking(), Found(record):
                return Lost(f"the lease is held by {record.holder or 'nobody'}")
            case Checking(), Absent():
                return Restoring(_unversioned(state.record), state.until)
            case _:
                return later

    def _held(self, record: LeaseRecord, sent: float) -> Holding:
        return Holding(record, sent + self.options.renew_deadline, sent + self.options.retry)

    def _may_take(self, seen: Observed, now: float) -> bool:
        record = seen.record
        # our own name: a write of ours landed though its answer did not come; nobody else can be meant
        if record.holder in {"", self.identity}:
            return True
        return now > self._free_at(seen)

    def _next_look(self, seen: Observed, now: float, again: float) -> float:
        """Not later than the record becomes free: a crashed leader is replaced without another period of waiting."""
        free_at = self._free_at(seen)
        return min(again, free_at) if free_at > now else again

    def _free_at(self, seen: Observed) -> float:
        return seen.since + (seen.record.duration or self.options.duration)


def observe(observed: Observed | None, record: LeaseRecord, now: float) -> Observed:
    """What is known after a look: the time moves on only when the record says something else than before."""
    unchanged = observed is not None and observed.record.same_spec(record)
    return Observed(record, observed.since if observed and unchanged else now)


def _write(record: LeaseRecord) -> Create | Update:
    # a write without a version would be one without a condition
    return Update(record) if record.version else Create(record)


def _unversioned(record: LeaseRecord) -> LeaseRecord:
    return LeaseRecord(record.holder, record.duration, record.acquired, record.renewed, record.transitions)
