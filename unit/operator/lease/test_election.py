"""The decisions of the election."""

from datetime import UTC, datetime

import pytest
from multicasskop.operator.lease.election import Election, LeaseOptions, observe
from multicasskop.operator.lease.record import LeaseRecord
from multicasskop.operator.lease.states import (
    Absent,
    Action,
    Answer,
    Checking,
    Create,
    Failed,
    Found,
    Holding,
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

WALL = datetime(2030, 1, 1, tzinfo=UTC)
TEXT = "2030-01-01T00:00:00.000000Z"
ELECTION = Election("me", LeaseOptions("operators"))
OTHERS = LeaseRecord("other", 15.0, "a", "r1", 4, "77")
OTHERS_LATER = LeaseRecord("other", 15.0, "a", "r2", 4, "78")
MINE = LeaseRecord("me", 15.0, "a", "r", 5, "80")
FREE = LeaseRecord("", 1.0, "a", "r", 4, "79")
GONE = LeaseRecord("other", 15.0, "a", "r1", 4, "")
MINE_GONE = LeaseRecord("me", 15.0, "a", "r", 5, "")
SEEN = Observed(OTHERS, 0.0)


@pytest.mark.parametrize(
    ("duration", "deadline", "retry"),
    [(10, 10, 2), (15, 10, 9), (15, 2.4, 2), (15, 10, 0), (15, 10, -1), (5, 10, 2)],
    ids=["equal", "retry near the deadline", "exactly 1.2 times", "no retry", "negative", "turned round"],
)
def test_times_that_cannot_be_safe_are_refused(duration: float, deadline: float, retry: float) -> None:
    """Settings are refused unless duration > renew deadline > 1.2 times the retry period."""
    with pytest.raises(ValueError, match="renew deadline"):
        LeaseOptions("operators", duration=duration, renew_deadline=deadline, retry=retry)


def test_the_usual_times_are_taken() -> None:
    """15, 10 and 2 seconds are the defaults."""
    options = LeaseOptions("operators")
    assert (options.duration, options.renew_deadline, options.retry) == (15, 10, 2)


TICKS = {
    "it is not yet time to look": (Waiting(SEEN, 5.0), 4.9, Waiting(SEEN, 5.0)),
    "it is time to look": (Waiting(SEEN, 5.0), 5.0, Looking(SEEN)),
    "it is not yet time to renew": (Holding(MINE, 10.0, 2.0), 1.9, Holding(MINE, 10.0, 2.0)),
    "it is time to renew": (Holding(MINE, 10.0, 2.0), 2.0, Renewing(MINE, 10.0)),
    "not renewed: holding": (Holding(MINE, 10.0, 2.0), 10.0, Lost("the lease was not renewed for 10 s")),
    "not renewed: renewing": (Renewing(MINE, 10.0), 10.0, Lost("the lease was not renewed for 10 s")),
    "not renewed: checking": (Checking(MINE, 10.0), 11.0, Lost("the lease was not renewed for 10 s")),
    "not renewed: restoring": (Restoring(MINE, 10.0), 12.0, Lost("the lease was not renewed for 10 s")),
    "a candidate is not bound by time": (Taking(SEEN), 99.0, Taking(SEEN)),
    "lost is lost": (Lost("x"), 99.0, Lost("x")),
}


@pytest.mark.parametrize(("state", "now", "after"), TICKS.values(), ids=TICKS)
def test_what_time_does(state: State, now: float, after: State) -> None:
    """Time alone wakes candidates, asks for renewals, and ends a leader that could not renew."""
    assert ELECTION.tick(state, now) == after


ACTIONS: dict[str, tuple[State, Action]] = {
    "waiting": (Waiting(None, 5.0), Wait(5.0)),
    "looking": (Looking(None), Read()),
    "taking what never was": (Taking(None), Create(LeaseRecord("me", 15.0, TEXT, TEXT, 0, ""))),
    "taking over": (Taking(SEEN), Update(LeaseRecord("me", 15.0, TEXT, TEXT, 5, "77"))),
    "taking what was deleted": (Taking(Observed(GONE, 0)), Create(LeaseRecord("me", 15.0, TEXT, TEXT, 5, ""))),
    "holding": (Holding(MINE, 10.0, 2.0), Wait(2.0)),
    "holding to the end": (Holding(MINE, 10.0, 11.0), Wait(10.0)),
    "renewing": (Renewing(MINE, 10.0), Update(LeaseRecord("me", 15.0, "a", TEXT, 5, "80"))),
    "checking": (Checking(MINE, 10.0), Read()),
    "restoring": (Restoring(MINE_GONE, 10.0), Create(LeaseRecord("me", 15.0, "a", TEXT, 5, ""))),
    "renewing what was deleted": (Renewing(MINE_GONE, 10.0), Create(LeaseRecord("me", 15.0, "a", TEXT, 5, ""))),
    "lost": (Lost("x"), Leave()),
}


@pytest.mark.parametrize(("state", "action"), ACTIONS.values(), ids=ACTIONS)
def test_what_is_done(state: State, action: Action) -> None:
    """Each state has one action."""
    assert ELECTION.action(state, WALL) == action


# sent at 20, answered at 21
LESSONS: dict[str, tuple[State, Answer, State]] = {
    "first look, held by another": (Looking(None), Found(OTHERS), Waiting(Observed(OTHERS, 21), 23)),
    "first look, held by nobody": (Looking(None), Found(FREE), Taking(Observed(FREE, 21))),
    "first look, no record": (Looking(None), Absent(), Taking(None)),
    "first look, no answer": (Looking(None), Failed("x"), Waiting(None, 23)),
    "unchanged, and overdue": (Looking(SEEN), Found(OTHERS), Taking(SEEN)),
    "unchanged, not overdue": (
        Looking(Observed(OTHERS, 6.0)),
        Found(OTHERS),
        Waiting(Observed(OTHERS, 6.0), 23),
    ),
    "unchanged, free before the next look would be": (
        Looking(Observed(OTHERS, 7.0)),
        Found(OTHERS),
        Waiting(Observed(OTHERS, 7.0), 22),
    ),
    "changed": (Looking(SEEN), Found(OTHERS_LATER), Waiting(Observed(OTHERS_LATER, 21), 23)),
    "our own, by a write without an answer": (Looking(SEEN), Found(MINE), Taking(Observed(MINE, 21))),
    "deleted, its holder may live": (
        Looking(Observed(OTHERS, 10)),
        Absent(),
        Waiting(Observed(GONE, 10), 23),
    ),
    "deleted, its holder is overdue": (Looking(SEEN), Absent(), Taking(Observed(GONE, 0))),
    "took it": (Taking(SEEN), Written(MINE), Holding(MINE, 30, 22)),
    "was too late": (Taking(SEEN), Refused(), Waiting(SEEN, 23)),
    "no answer to taking": (Taking(SEEN), Failed("x"), Waiting(SEEN, 23)),
    "renewed": (Renewing(MINE, 25), Written(MINE), Holding(MINE, 30, 22)),
    "renewal met another version": (Renewing(MINE, 25), Refused(), Checking(MINE, 25)),
    "no answer to a renewal": (Renewing(MINE, 25), Failed("x"), Holding(MINE, 25, 23)),
    "renewal answered too late": (Renewing(MINE, 21), Written(MINE), Lost("the lease was not renewed for 10 s")),
    "checked, still ours": (Checking(OTHERS, 25), Found(MINE), Renewing(MINE, 25)),
    "checked, held by another": (Checking(MINE, 25), Found(OTHERS), Lost("the lease is held by other")),
    "checked, held by nobody": (Checking(MINE, 25), Found(FREE), Lost("the lease is held by nobody")),
    "checked, deleted": (Checking(MINE, 25), Absent(), Restoring(MINE_GONE, 25)),
    "checked, no answer": (Checking(MINE, 25), Failed("x"), Holding(MINE, 25, 23)),
    "restored": (Restoring(MINE_GONE, 25), Written(MINE), Holding(MINE, 30, 22)),
    "another was faster in restoring": (Restoring(MINE_GONE, 25), Refused(), Checking(MINE_GONE, 25)),
    "no answer to restoring": (Restoring(MINE_GONE, 25), Failed("x"), Holding(MINE_GONE, 25, 23)),
    "lost is lost": (Lost("x"), Written(MINE), Lost("x")),
}


@pytest.mark.parametrize(("state", "answer", "after"), LESSONS.values(), ids=LESSONS)
def test_what_is_learned(state: State, answer: Answer, after: State) -> None:
    """Each answer in each state leads to one state; belief counts from the sending, never from the answer."""
    assert ELECTION.learn(state, answer, sent=20.0, now=21.0) == after


def test_a_place_that_was_won_too_late_is_not_taken() -> None:
    """A candidate whose write was answered after its belief would have ended looks again instead of leading."""
    assert ELECTION.learn(Taking(SEEN), Written(MINE), sent=0.0, now=10.0) == Waiting(SEEN, 12.0)


def test_candidates_look_at_different_times() -> None:
    """The gap between two looks is stretched by the jitter that was drawn."""
    assert ELECTION.learn(Looking(None), Found(OTHERS), 20.0, 21.0, jitter=1.2) == Waiting(Observed(OTHERS, 21), 23.4)


def test_expiry_is_judged_by_the_duration_in_the_record() -> None:
    """A record that states a minute is left alone for a minute, whatever our own settings are."""
    patient = Observed(LeaseRecord("other", 60.0, "a", "r", 1, "7"), 0.0)
    early = ELECTION.learn(Looking(patient), Found(patient.record), 59.0, 60.0)
    late = ELECTION.learn(Looking(patient), Found(patient.record), 60.0, 60.1)
    assert (type(early), late) == (Waiting, Taking(patient))


def test_a_record_without_a_duration_has_ours() -> None:
    """A record that states none is left alone for the duration of our own settings."""
    silent = Observed(LeaseRecord("other", 0.0, "a", "r", 1, "7"), 0.0)
    assert isinstance(ELECTION.learn(Looking(silent), Found(silent.record), 14.0, 15.0), Waiting)
    assert ELECTION.learn(Looking(silent), Found(silent.record), 15.0, 15.1) == Taking(silent)


def test_observing_keeps_the_time_and_takes_the_version() -> None:
    """A record that only got another version has been seen since before, and is written over in its new version."""
    edited = LeaseRecord("other", 15.0, "a", "r1", 4, "99")
    assert observe(SEEN, edited, 9.0) == Observed(edited, 0.0)
    assert observe(None, OTHERS, 9.0) == Observed(OTHERS, 9.0)
