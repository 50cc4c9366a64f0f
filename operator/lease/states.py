"""The states of an election, what is to be done in them, and what can come of it: values, no behaviour."""

from dataclasses import dataclass

from multicasskop.operator.lease.record import LeaseRecord


@dataclass(frozen=True, slots=True)
class Observed:
    """A record, and since when (monotonic seconds) we have seen it say what it says."""

    record: LeaseRecord
    since: float


# states


@dataclass(frozen=True, slots=True)
class Waiting:
    """A candidate that looks again at an instant."""

    observed: Observed | None
    until: float


@dataclass(frozen=True, slots=True)
class Looking:
    """A candidate that reads the record."""

    observed: Observed | None


@dataclass(frozen=True, slots=True)
class Taking:
    """A candidate that writes itself into a free record, or makes the first one."""

    observed: Observed | None


@dataclass(frozen=True, slots=True)
class Holding:
    """A leader between two renewals."""

    record: LeaseRecord
    until: float
    renew_at: float


@dataclass(frozen=True, slots=True)
class Renewing:
    """A leader that writes a sign of life over the version it knows."""

    record: LeaseRecord
    until: float


@dataclass(frozen=True, slots=True)
class Checking:
    """A leader that met another version, and reads what has happened."""

    record: LeaseRecord
    until: float


@dataclass(frozen=True, slots=True)
class Restoring:
    """A leader whose record was deleted, and that makes it again."""

    record: LeaseRecord
    until: float


@dataclass(frozen=True, slots=True)
class Lost:
    """Not a leader any more, for good."""

    reason: str


Leading = Holding | Renewing | Checking | Restoring
State = Waiting | Looking | Taking | Leading | Lost


# what is to be done


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until an instant."""

    until: float


@dataclass(frozen=True, slots=True)
class Read:
    """Read the record."""


@dataclass(frozen=True, slots=True)
class Create:
    """Make the record, which must not exist."""

    record: LeaseRecord


@dataclass(frozen=True, slots=True)
class Update:
    """Write the record over the version in it, and over no other."""

    record: LeaseRecord


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing more."""


Action = Wait | Read | Create | Update | Leave


# what came of it


@dataclass(frozen=True, slots=True)
class Found:
    """The record was read."""

    record: LeaseRecord


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no record."""


@dataclass(frozen=True, slots=True)
class Written:
    """The record was written, and this is what the server made of it."""

    record: LeaseRecord


@dataclass(frozen=True, slots=True)
class Refused:
    """The write met another version, or an object where none was expected, or none where one was."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer, or none that says anything; a write may have landed or not."""

    message: str


Answer = Found | Absent | Written | Refused | Failed
