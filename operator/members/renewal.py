"""Credentials that change while the operator runs: found out, and put under the living member."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NoReturn

import structlog
from multicasskop.crds.codes import Code
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import BAD_CREDENTIALS, TLS_FAILED, UNAUTHORIZED, CredentialsError
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.tokens import TokenCache
from multicasskop.operator.members.source import CredentialSource
from multicasskop.operator.members.static import Found

log = structlog.get_logger("members")
LOOK_SECONDS: Final = 2.0
"""How often files are looked at; kubelet itself takes up to a minute or two to carry a change of a Secret into them."""
READ_AGAIN_SECONDS: Final = 10.0
"""How often credentials that are not accepted are read again though nothing seems to have changed."""
EXPIRY: Final = "member_credential_expiry_timestamp_seconds"
NOWHERE: Final = "https://unknown.invalid"
REFUSALS: Final = frozenset({BAD_CREDENTIALS, TLS_FAILED, UNAUTHORIZED})


@dataclass(slots=True)
class Kept:
    """One member: what it is reached with now, or nothing when that is not usable, and what was last seen."""

    cluster: Cluster
    source: CredentialSource
    mark: Hashable
    credentials: Credentials | None
    problem: str
    read_at: float
    dropped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def refused(self) -> bool:
        """Whether the member does not let us in, or we do not trust it, with what we have."""
        found = self.cluster.reachability
        return not found.ok and found.reason in REFUSALS


Tell = Callable[[str, CredentialsError | None], None]
"""Told of a member's name and what is wrong with its credentials, or that all is well with them again."""
After = Callable[[Cluster, Credentials | None], None]
"""Given a member and what it is reached with, after each look at it."""


class Renewal:
    """Looks after the credentials of all members but home, in one thread, and when it is told to.

    What a member is reached with stays in use as long as it works, also when its source is gone or broken. All of it
    costs a few calls of stat while nothing changes. A source of its own for each member keeps them apart.
    """

    def __init__(
        self,
        clock: Clock,
        metrics: Metrics,
        supervisor: Supervisor,
        tell: Tell = lambda *_: None,
        after: After = lambda *_: None,
    ) -> None:
        self._clock, self._metrics, self._supervisor = clock, metrics, supervisor
        self._tell, self._after = tell, after
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._started = False
        self._lock = threading.Lock()
        self._kept: dict[str, Kept] = {}

    def keep(
        self, cluster: Cluster, source: CredentialSource, mark: Hashable, found: Found | None, problem: str = ""
    ) -> None:
        """Watch over a member from now on; `mark` is the source's from before it was read, `found` what it had."""
        credentials = found.credentials if found else None
        with self._lock:
            self._kept[cluster.name] = Kept(cluster, source, mark, credentials, problem, self._clock.monotonic())
            self._begin_locked()
        self._measure(cluster.name, credentials)

    def drop(self, name: str) -> None:
        """Watch over a member no more; when this returns nothing of it is looked at."""
        with self._lock:
            kept = self._kept.pop(name, None)
        if kept is not None:
            with kept.lock:
                kept.dropped = True
            self._measure(name, None)

    def credentials(self, name: str) -> Credentials | None:
        """What a member is reached with now; None when that is not usable, or there is no such member."""
        with self._lock:
            kept = self._kept.get(name)
        return kept.credentials if kept is not None else None

    def start(self) -> None:
        """Begin to look, as soon as there is something to be looked at."""
        with self._lock:
            self._started = True
            self._begin_locked()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _begin_locked(self) -> None:
        if self._started and self._kept and self._thread is None:
            self._thread = self._supervisor.spawn("credentials", self._run)

    def _run(self) -> None:
        while not self._clock.sleep(self._stop, LOOK_SECONDS):
            with self._lock:
                all_kept = tuple(self._kept.values())
            for kept in all_kept:
                self.look(kept)

    def look_at(self, name: str) -> None:
        """Look at one member now: its source has changed."""
        with self._lock:
            kept = self._kept.get(name)
        if kept is not None:
            self.look(kept)

    def look(self, kept: Kept) -> None:
        """Read one member's credentials again if they may have changed, or are not accepted."""
        with kept.lock:
            if not kept.dropped:
                self._look(kept)
                self._after(kept.cluster, kept.credentials)

    def _look(self, kept: Kept) -> None:
        # the mark comes first: what changes while it is read is then seen the next time
        mark, now = kept.source.mark(), self._clock.monotonic()
        if mark == kept.mark and not (now - kept.read_at >= READ_AGAIN_SECONDS and kept.refused()):
            return
        kept.mark, kept.read_at = mark, now
        try:
            self._take(kept, kept.source.read())
        except CredentialsError as error:
            self._leave(kept, error)

    def _take(self, kept: Kept, found: Found) -> None:
        before, credentials = kept.credentials, found.credentials
        if credentials != before:
            kept.cluster.renew(credentials)
            name, server = kept.cluster.name, credentials.server
            event = "member registered" if before is None else "credentials renewed"
            log.info(event, member=name, role="remote", server=server, via=found.via)
            self._measure(name, credentials)
        elif kept.problem:
            log.info("credentials as before", member=kept.cluster.name, via=found.via)
        if kept.problem or credentials != before:
            self._tell(kept.cluster.name, None)
        kept.credentials, kept.problem = credentials, ""

    def _leave(self, kept: Kept, error: CredentialsError) -> None:
        """Keep what works; what does not work gives way to the news of what is wrong with the source."""
        name, news = kept.cluster.name, str(error) != kept.problem
        given_up = kept.credentials is None or kept.refused()
        if news:
            event = "member without credentials" if given_up else "credentials kept"
            log.warning(event, member=name, code=Code.BAD_CREDENTIALS, error=str(error))
            self._tell(name, error)
        kept.problem = str(error)
        if given_up and (news or kept.credentials is not None):
            kept.credentials = None
            kept.cluster.renew(unusable(name, error, kept.cluster.server))
            self._measure(name, None)

    def _measure(self, member: str, credentials: Credentials | None) -> None:
        if credentials and credentials.expires:
            self._metrics.set(EXPIRY, credentials.expires.timestamp(), member=member)
        else:
            self._metrics.remove(EXPIRY, member=member)


def unusable(member: str, error: CredentialsError, server: str = NOWHERE) -> Credentials:
    """Credentials of a member that has none: every call fails with that error, so the member's condition shows it.

    `server` is the address that was known before, so that nobody takes this for a move to another cluster.
    """

    def fail(now: datetime) -> NoReturn:
        """Raise the error for which there are no credentials."""
        raise error

    return Credentials(server=server, source=member, tokens=TokenCache(fail, member))
