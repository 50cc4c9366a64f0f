"""Tokens renewed before they end: asked of the member, and written back to the Secret that they came from.

Only a leader does it. A Secret that other tools write is theirs to renew; of that people are warned in time.
"""

import threading
from base64 import b64encode
from datetime import datetime
from typing import Final

import msgspec
import structlog
from multicasskop.crds.codes import Code
from multicasskop.crds.names import FIELD_MANAGER, IDENTITY
from multicasskop.informers import claims, tokens
from multicasskop.informers.client import Client
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    InformerError,
    NotLeader,
    UnexpectedAnswer,
    is_conflict,
    is_forbidden,
    is_not_found,
)
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.resource import Resource
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.members.endings import told
from multicasskop.operator.members.registration import SECRETS
from multicasskop.operator.members.roster import Roster
from multicasskop.operator.members.secret_events import EXPIRING, RENEWED
from multicasskop.operator.members.secret_news import SecretNews
from multicasskop.operator.members.secrets import MemberSecret, SecretBook
from multicasskop.operator.members.token_writing import Due, due, ends_soon, token_of, why_not_ours

log = structlog.get_logger("members")
LOOK_SECONDS: Final = 2.0
CALL_SECONDS: Final = 10.0
AGAIN_SECONDS: Final = 30.0
"""How long a renewal that failed waits; of a token's life a fifth is left, at least two minutes."""
REFUSED_SECONDS: Final = 600.0
"""How long one waits that was refused, unless the Secret changes."""
ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount")


class _Status(msgspec.Struct):
    token: str


class _Answer(msgspec.Struct):
    status: _Status


class TokenRenewal:
    """Looks after the tokens in the Secrets that register members, in one thread."""

    def __init__(
        self,
        book: SecretBook,
        roster: Roster,
        clusters: Clusters,
        news: SecretNews,
        *,
        share: float,
        clock: Clock,
        metrics: Metrics,
        supervisor: Supervisor,
    ) -> None:
        self._book, self._roster, self._clusters, self._news = book, roster, clusters, news
        self._share, self._clock, self._metrics, self._supervisor = share, clock, metrics, supervisor
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._again: dict[str, tuple[str, float]] = {}
        self._said: dict[str, tuple[str, str, str]] = {}

    def start(self) -> None:
        """Begin to look."""
        self._thread = self._supervisor.spawn("tokens", self._run)

    def ask_stop(self) -> None:
        """Renew no more, without waiting."""
        self._stop.set()

    def stop(self) -> None:
        """Renew no more, and wait for a call that is under way."""
        self.ask_stop()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._clock.sleep(self._stop, LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Renew what is due, and warn of what ends and is not ours."""
        holders = self._book.ruling.holders
        for memory in (self._again, self._said):
            for gone in memory.keys() - holders.keys():
                del memory[gone]
        for secret in holders.values():
            if self._stop.is_set():
                return
            self._look_at(secret)

    def _look_at(self, secret: MemberSecret) -> None:
        now = self._clock.now()
        wanted, ends = due(secret, now, self._share), self._ends(secret.member)
        version, again = self._again.get(secret.member, ("", 0.0))
        if wanted is not None and (version != secret.version or self._clock.monotonic() >= again):
            self._try(secret, wanted)
        elif wanted is None and ends is not None and ends_soon(ends, token_of(secret), now):
            self._warn(secret, ends, "it is not a token that the operator can renew")
        elif wanted is None:
            self._tell_member(secret.member, "")

    def _ends(self, member: str) -> datetime | None:
        found = self._roster.credentials(member)
        return found.expires if found is not None else None

    def _try(self, secret: MemberSecret, wanted: Due) -> None:
        cluster, result = self._clusters.get(secret.member), "failed"
        if cluster is None:
            return
        self._wait(secret, AGAIN_SECONDS)
        try:
            if not (result := self._renew(secret, wanted, cluster)):
                return
        except NotLeader:
            return
        except InformerError as error:
            if is_conflict(error) or is_not_found(error):
                # somebody else was quicker: the watch brings what there is now
                return
            result = "refused" if is_forbidden(error) else "failed"
            self._warn(secret, wanted.ends, str(error))
        if result == "refused":
            self._wait(secret, REFUSED_SECONDS)
        self._metrics.inc("member_token_renewals_total", member=secret.member, result=result)

    def _wait(self, secret: MemberSecret, seconds: float) -> None:
        self._again[secret.member] = secret.version, self._clock.monotonic() + seconds

    def _renew(self, secret: MemberSecret, wanted: Due, cluster: Cluster) -> str:
        """Renew, and return what came of it; nothing when the watch has yet to bring what there is now."""
        home = self._clusters.home.client
        live = home.get(SECRETS, secret.namespace, secret.name, deadline=self._deadline())
        if live["metadata"]["resourceVersion"] != secret.version:
            return ""
        why = why_not_ours(live)
        if why:
            self._warn(secret, wanted.ends, why)
            return "refused"
        token = self._ask(cluster, wanted)
        ends = claims.expiry(token)
        if ends is None or ends <= wanted.ends:
            self._warn(secret, wanted.ends, "the member gives no token that ends later")
            return "refused"
        self._write(home, secret, token, cluster.identity)
        until = f"{ends:%Y-%m-%dT%H:%M:%SZ}"
        log.info("token renewed", member=secret.member, secret=str(secret.key), until=until)
        self._news.tell(secret.member, RENEWED, f"{secret.member}: the token is good until {until}")
        return "renewed"

    def _ask(self, cluster: Cluster, wanted: Due) -> str:
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": wanted.seconds},
        }
        path = ACCOUNTS.path(wanted.namespace, wanted.account, "token")
        response = cluster.transport.request(
            "POST", path, body=msgspec.json.encode(body), content_type="application/json", deadline=self._deadline()
        )
        try:
            return tokens.clean(msgspec.json.decode(response.body, type=_Answer).status.token, path)
        except msgspec.DecodeError:
            raise UnexpectedAnswer(cluster.name, "no token was answered where one was asked for") from None

    def _write(self, home: Client, secret: MemberSecret, token: str, identity: str) -> None:
        """Write the token into the very version of the Secret that was judged, with what the member is known by."""
        marks = {"annotations": {IDENTITY: identity}} if identity else {}
        about = {"uid": secret.uid, "resourceVersion": secret.version, **marks}
        body = {"metadata": about, "data": {"token": b64encode(token.encode()).decode()}}
        home.merge_patch(
            SECRETS, secret.namespace, secret.name, body, field_manager=FIELD_MANAGER, deadline=self._deadline()
        )

    def _warn(self, secret: MemberSecret, ends: datetime, why: str) -> None:
        """Say of the member that its Secret ends, and why nobody here can help it; on the Secret once per version."""
        self._tell_member(secret.member, told(ends, why, f"renew it in Secret {secret.key}, or register it again"))
        said = secret.uid, secret.version, why
        if self._said.get(secret.member) == said:
            return
        self._said[secret.member] = said
        until = f"{ends:%Y-%m-%dT%H:%M:%SZ}"
        log.warning(
            "credentials expire",
            member=secret.member,
            secret=str(secret.key),
            code=Code.CREDENTIAL_EXPIRING,
            until=until,
            error=why,
        )
        note = f"{Code.CREDENTIAL_EXPIRING.value} {secret.member}: ends at {until} and is not renewed: {why}"
        self._news.tell(secret.member, EXPIRING, note)

    def _tell_member(self, member: str, ending: str) -> None:
        cluster = self._clusters.get(member)
        if cluster is not None:
            cluster.tell_ending(ending)

    def _deadline(self) -> Deadline:
        return Deadline(self._clock, CALL_SECONDS)
