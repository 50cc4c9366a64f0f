"""Mounted credentials that end soon: said of the member in time, and not any more once they are replaced."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from fakes.clock import EPOCH, FakeClock
from fakes.registration import token
from multicasskop.informers.credentials import Credentials
from multicasskop.operator.members.endings import Endings
from multicasskop.operator.members.secrets import MemberSecret
from structlog.testing import capture_logs

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass
class FakeCluster:
    """A member that keeps what is told of it."""

    name: str = "c2"
    ending: str = ""
    told: list[str] = field(default_factory=list)

    def tell_ending(self, text: str) -> None:
        """Keep it."""
        self.ending = text
        self.told.append(text)


def mounted(life: timedelta | None, *, by_token: bool = False) -> Credentials:
    """Credentials that end so long after the epoch."""
    ends = None if life is None else EPOCH + life
    value = token(issued=EPOCH, life=life.total_seconds()) if by_token and life is not None else ""
    return Credentials(server="https://c2", source="/imports/c2", token=value, expires=ends)


@pytest.mark.parametrize(
    ("credentials", "at", "soon"),
    [
        pytest.param(mounted(30 * DAY), 29 * DAY - HOUR, False, id="certificate, there is time"),
        pytest.param(mounted(30 * DAY), 29 * DAY, True, id="certificate, a day before"),
        pytest.param(
            mounted(HOUR, by_token=True), timedelta(minutes=50), False, id="token that is about to be replaced"
        ),
        pytest.param(
            mounted(HOUR, by_token=True), timedelta(minutes=54), True, id="token in the last tenth of its life"
        ),
        pytest.param(mounted(None), 9000 * DAY, False, id="without an end"),
        pytest.param(None, DAY, False, id="none at all"),
    ],
)
def test_when_it_is_said(credentials: Credentials | None, at: timedelta, soon: bool) -> None:
    """A day before the end, and for short lives in their last tenth, it is said of the member."""
    cluster, clock = FakeCluster(), FakeClock()
    clock.advance(at.total_seconds())
    Endings(lambda _: None, clock)(cluster, credentials)  # type: ignore[arg-type]
    assert bool(cluster.ending) is soon


def test_text_has_when_why_and_what_to_do() -> None:
    """The text has the code, the time, where the credentials are from, and what helps; it is logged once."""
    cluster, clock = FakeCluster(), FakeClock()
    endings = Endings(lambda _: None, clock)
    with capture_logs() as entries:
        for _ in range(3):
            endings(cluster, mounted(HOUR))  # type: ignore[arg-type]
    assert cluster.ending == (
        "MCK305 its credentials end at 2030-01-01T01:00:00Z and are not renewed here: they come from /imports/c2; "
        "next: put new ones there; no restart is needed"
    )
    assert [(entry["event"], entry["member"]) for entry in entries] == [("credentials expire", "c2")]


def test_replaced_credentials_end_it() -> None:
    """With new credentials there is nothing to be said any more."""
    cluster, clock = FakeCluster(), FakeClock()
    endings = Endings(lambda _: None, clock)
    endings(cluster, mounted(HOUR))  # type: ignore[arg-type]
    endings(cluster, mounted(90 * DAY))  # type: ignore[arg-type]
    assert cluster.ending == ""


def test_member_with_a_watched_secret_is_left_alone() -> None:
    """Where a Secret speaks for the member, whoever renews its token says it, for only they know whether they can."""
    cluster = FakeCluster()
    secret = MemberSecret("c2", "ops", "uid", "1", "c2", data={})
    Endings(lambda _: secret, FakeClock())(cluster, mounted(HOUR))  # type: ignore[arg-type]
    assert cluster.told == []
