"""What is told of members' Secrets, as events on them: `kubectl describe secret` says what became of it."""

import threading
from typing import Final, Protocol

import structlog
from multicasskop.crds.codes import Code
from multicasskop.crds.names import IDENTITY
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.errors import IDENTITY_CHANGED, CredentialsError
from multicasskop.informers.key import Key
from multicasskop.operator.members.secret_events import CHANGED, REFUSED, REGISTERED, SECRET_EVENTS, UNUSED
from multicasskop.operator.members.secrets import MemberSecret, SecretBook
from multicasskop.reconcilers.event_series import Reference

log = structlog.get_logger("members")
_TYPES: Final = {event.reason: event.type for event in SECRET_EVENTS}


class Recording(Protocol):
    """The part of a recorder of events that is needed here."""

    def event(self, regarding: Reference, type_: str, reason: str, note: str, *, member: str = "") -> None:
        """Record that something happened to an object."""
        ...


class SecretNews:
    """Tells what is wrong with a Secret, and when it is right again.

    Only a leader writes events. What is wrong is remembered until one of us leads, and told then; what went well before
    is no news. Thread-safe.
    """

    def __init__(self, book: SecretBook) -> None:
        self._book = book
        self._lock = threading.Lock()
        self._recorder: Recording | None = None
        self._wrong: dict[Key, tuple[str, str]] = {}
        self._identities: dict[str, str] = {}

    def lead(self, recorder: Recording) -> None:
        """Write events from now on, what is wrong already first of all."""
        with self._lock:
            self._recorder, wrong = recorder, dict(self._wrong)
        for key, (reason, note) in wrong.items():
            self._record(self._book.find(key), reason, note)

    def credentials(self, member: str, error: CredentialsError | None) -> None:
        """Tell that what a Secret holds cannot be used, or that it is used."""
        secret = self._book.holder(member)
        if secret is None:
            return
        if error is None:
            self._right(secret, REGISTERED, f"{member} is reached with this")
        else:
            self._tell_wrong(secret.key, REFUSED, f"{Code.BAD_CREDENTIALS.value} {error}")

    def unused(self, key: Key, why: str) -> None:
        """Tell that a Secret does not speak for the member that it names."""
        log.warning("member secret not used", secret=str(key), code=Code.BAD_CREDENTIALS, error=why)
        self._tell_wrong(key, UNUSED, f"not used: {why}")

    def look(self, cluster: Cluster) -> None:
        """Tell when a Secret leads to another cluster; called whenever something about a member may have changed."""
        found = cluster.reachability
        message = found.message if found.reason == IDENTITY_CHANGED else ""
        secret = self._book.holder(cluster.name) if message else None
        with self._lock:
            news = message != self._identities.pop(cluster.name, "")
            # of members whose Secrets are gone there is nothing to tell, and so nothing to remember
            known = {member: said for member, said in self._identities.items() if self._book.holder(member)}
            self._identities = known | ({cluster.name: message} if secret is not None else {})
        if news and secret is not None:
            accept = f"kubectl -n {secret.namespace} annotate secret {secret.name} {IDENTITY}=ID --overwrite"
            self._tell_wrong(secret.key, CHANGED, f"{Code.IDENTITY_CHANGED.value} {message}; with {accept}")

    def tell(self, member: str, reason: str, note: str) -> None:
        """Tell something else of the Secret that speaks for a member."""
        self._record(self._book.holder(member), reason, note)

    def _tell_wrong(self, key: Key, reason: str, note: str) -> None:
        with self._lock:
            # of Secrets that are gone there is nothing to tell
            self._wrong = {known: said for known, said in self._wrong.items() if self._book.find(known)}
            self._wrong[key] = reason, note
        self._record(self._book.find(key), reason, note)

    def _right(self, secret: MemberSecret, reason: str, note: str) -> None:
        with self._lock:
            self._wrong.pop(secret.key, None)
        self._record(secret, reason, note)

    def _record(self, secret: MemberSecret | None, reason: str, note: str) -> None:
        recorder = self._recorder
        if recorder is not None and secret is not None:
            reference = Reference("v1", "Secret", secret.namespace, secret.name, secret.uid)
            recorder.event(reference, _TYPES[reason], reason, note, member=secret.member)
