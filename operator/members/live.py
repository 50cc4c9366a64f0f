"""Members that come, change and go with their Secrets, while the operator runs."""

import threading
from collections.abc import Callable
from typing import Final

import structlog
from multicasskop.crds.codes import Code
from multicasskop.informers.changes import Change
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.dispatch import Registration
from multicasskop.informers.informer import Informer, InformerOptions
from multicasskop.informers.key import Key
from multicasskop.operator.members.registration import SECRETS
from multicasskop.operator.members.roster import Roster
from multicasskop.operator.members.secret_news import SecretNews
from multicasskop.operator.members.secrets import SELECTOR, SecretBook

log = structlog.get_logger("members")
LOOK_SECONDS: Final = 0.1
HINT: Final = "grant list and watch of Secrets there (chart: members.secrets), or leave --member-secrets out"


class LiveMembers:
    """Follows the labelled Secrets of the operator's namespace.

    A Secret that speaks for a member registers it; a change is put under the living member; when the last one is gone
    the member is let go, and its children are left alone. A member of the flags stays registered whatever comes.
    `came` is told of a member that is to be engaged, `went` of the name of one that is gone.
    """

    def __init__(
        self,
        book: SecretBook,
        roster: Roster,
        clusters: Clusters,
        news: SecretNews,
        *,
        came: Callable[[Cluster], None],
        went: Callable[[str], None],
        flagged: tuple[str, ...] = (),
    ) -> None:
        self._book, self._roster, self._clusters, self._news = book, roster, clusters, news
        self._came, self._went, self._flagged = came, went, frozenset(flagged)
        self._lock = threading.Lock()
        self._stopped = False
        self._unused: dict[Key, str] = {}
        self._informer: Informer | None = None
        self._registration: Registration | None = None

    def watch(self, home: Cluster, namespace: str) -> None:
        """Begin to follow."""
        options = InformerOptions(label_selector=SELECTOR, vital=False)
        self._informer = home.informer(SECRETS, namespace, options)
        self._registration = self._informer.add_listener(self._changed, name="members")

    def wait(self, ended: Callable[[float], bool], seconds: float) -> None:
        """Wait until all Secrets that are there have been looked at, or home will not show them, or time is over.

        Otherwise every start would begin with members that nobody knows.
        """
        informer, registration = self._informer, self._registration
        if informer is None or registration is None:
            return
        for _ in range(round(seconds / LOOK_SECONDS)):
            if registration.wait_synced(LOOK_SECONDS) or informer.last_fault is not None or ended(0.0):
                break
        fault = informer.last_fault
        if not registration.has_synced and fault is not None:
            log.error("member secrets not watched", code=Code.FORBIDDEN, error=fault.detail, hint=HINT)

    def stop(self) -> None:
        """Follow them no more; when this returns no member comes or goes."""
        with self._lock:
            self._stopped = True

    def _changed(self, change: Change) -> None:
        with self._lock:
            if self._stopped:
                return
            names = self._book.take(change)
            self._say_unused()
            for name in names:
                self._settle(name)

    def _settle(self, name: str) -> None:
        spoken_for = self._book.holder(name) is not None
        if name in self._flagged or (spoken_for and name in self._clusters):
            self._roster.look_at(name)
        elif spoken_for:
            self._came(self._roster.add_live(name))
        elif name in self._clusters:
            gone = self._roster.let_go(name)
            self._went(name)
            self._roster.end(gone)

    def _say_unused(self) -> None:
        before, self._unused = self._unused, dict(self._book.ruling.unused)
        for key, why in self._unused.items():
            if before.get(key) != why:
                self._news.unused(key, why)
