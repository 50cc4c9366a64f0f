"""The record of a Lease."""

from datetime import UTC, datetime

import pytest
from multicasskop.operator.lease.record import LEASES, LeaseRecord, micro_time, released, renewed, taken

NOW = datetime(2030, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)
TEXT = "2030-01-02T03:04:05.678900Z"
OTHERS = LeaseRecord("other", 15.0, "2029-01-01T00:00:00.000000Z", "2029-01-01T00:00:09.000000Z", 4, "77")


def test_times_are_rfc_3339_with_microseconds() -> None:
    """Times are printed as the API's MicroTime, with all six digits."""
    assert micro_time(NOW) == TEXT
    assert micro_time(NOW.replace(microsecond=0)) == "2030-01-02T03:04:05.000000Z"


def test_what_is_written_is_what_is_read() -> None:
    """A record survives its way through an object."""
    lease = OTHERS.to_object("operators", "multicasskop")
    lease["metadata"]["resourceVersion"] = "77"
    assert LeaseRecord.of(lease) == OTHERS
    assert (lease["apiVersion"], lease["kind"]) == (LEASES.api_version, "Lease")


@pytest.mark.parametrize(
    "lease",
    [
        {"metadata": {"name": "x"}},
        {"metadata": {"name": "x"}, "spec": None},
        {"metadata": {"name": "x"}, "spec": {"holderIdentity": None, "leaseTransitions": None}},
    ],
    ids=["no spec", "null spec", "null fields"],
)
def test_an_empty_lease_has_no_holder(lease: dict[str, object]) -> None:
    """A Lease that somebody made by hand, without saying anything, is held by nobody."""
    assert LeaseRecord.of(lease) == LeaseRecord()


def test_a_patch_carries_the_version_that_was_read() -> None:
    """A write is refused unless the Lease still has the version of the record."""
    assert OTHERS.to_patch()["metadata"] == {"resourceVersion": "77"}


def test_durations_are_whole_and_positive() -> None:
    """The server takes whole seconds: they are rounded up, to one at least."""
    assert [LeaseRecord("me", seconds).to_patch()["spec"]["leaseDurationSeconds"] for seconds in (0.2, 14.1, 15.0)] == [
        1,
        15,
        15,
    ]


def test_taking_counts_a_transition() -> None:
    """Whoever takes a record from another, or from nobody, counts a transition and keeps the version to write over."""
    assert taken(OTHERS, "me", 15.0, NOW) == LeaseRecord("me", 15.0, TEXT, TEXT, 5, "77")


def test_the_first_record_counts_none() -> None:
    """The first leader makes a record without transitions."""
    assert taken(None, "me", 15.0, NOW) == LeaseRecord("me", 15.0, TEXT, TEXT, 0, "")


def test_taking_one_s_own_record_counts_none() -> None:
    """A record that is ours already, by a write whose answer was lost, is taken without a transition."""
    assert taken(LeaseRecord("me", 15.0, TEXT, TEXT, 5, "78"), "me", 15.0, NOW).transitions == 5


def test_renewing_moves_one_time() -> None:
    """A renewal changes the time of renewal and states our duration."""
    assert renewed(OTHERS, 20.0, NOW) == LeaseRecord("other", 20.0, OTHERS.acquired, TEXT, 4, "77")


def test_releasing_keeps_the_transitions() -> None:
    """A record that is given back has no holder and a duration of a second, and keeps the count of transitions."""
    assert released(OTHERS, NOW) == LeaseRecord("", 1.0, TEXT, TEXT, 4, "77")


def test_a_new_version_alone_is_no_sign_of_life() -> None:
    """Two records that differ only in their version say the same."""
    assert OTHERS.same_spec(LeaseRecord("other", 15.0, OTHERS.acquired, OTHERS.renewed, 4, "99"))
    assert not OTHERS.same_spec(renewed(OTHERS, 15.0, NOW))


def test_36_absurd_records() -> None:
    """S36: a record that somebody has edited keeps nobody out for longer than an hour, nor by the number it counts."""
    spec = {"holderIdentity": "x", "leaseDurationSeconds": 2**31 - 1, "leaseTransitions": 2**31 - 1}
    record = LeaseRecord.of({"metadata": {"resourceVersion": "5"}, "spec": spec})
    assert record.duration == 3600
    assert taken(record, "me", 15, NOW).transitions == 0
