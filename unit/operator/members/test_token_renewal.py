"""Tokens that are renewed before they end, and Secrets that are not ours to write."""

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from fakes.clock import EPOCH, FakeClock
from multicasskop.crds.names import FIELD_MANAGER, IDENTITY, REGISTER_FIELD_MANAGER
from multicasskop.informers.changes import added, updated
from multicasskop.informers.claims import expiry
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import ApiError, ConnectError, InformerError, NotLeader
from multicasskop.informers.record import Metadata, Record
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.transport import Response
from multicasskop.operator.catalogue import new_metrics
from multicasskop.operator.members.secrets import MemberSecret, SecretBook
from multicasskop.operator.members.token_renewal import AGAIN_SECONDS, REFUSED_SECONDS, TokenRenewal
from multicasskop.operator.members.token_writing import due, ends_soon, token_of, why_not_ours
from structlog.testing import capture_logs

Json = dict[str, Any]
HOUR = timedelta(hours=1)


def text64(text: str) -> str:
    """Base64 as text."""
    return base64.b64encode(text.encode()).decode()


def token(issued: datetime = EPOCH, life: timedelta = HOUR, **claims: Any) -> str:  # noqa: ANN401
    """A ServiceAccount's token."""
    about = {"namespace": "cassandra", "serviceaccount": {"name": "mck", "uid": "u"}}
    times = {"iat": issued.timestamp(), "exp": (issued + life).timestamp()}
    named = {("kubernetes.io" if name == "kubernetes" else name): value for name, value in claims.items()}
    body = json.dumps({**times, "kubernetes.io": about, **named}).encode()
    return f"h.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.s"


def secret(value: str, **other: str) -> MemberSecret:
    """A Secret that registers c2."""
    return MemberSecret("c2", "ops", "uid", "1", "c2", data={"token": text64(value), **other})


@pytest.mark.parametrize(
    ("given", "at", "seconds"),
    [
        pytest.param(secret(token()), timedelta(minutes=47), None, id="there is time"),
        pytest.param(secret(token()), timedelta(minutes=48), 3600, id="four fifths are over"),
        pytest.param(secret(token()), timedelta(hours=2), 3600, id="it has ended"),
        pytest.param(secret(token(life=timedelta(minutes=5))), timedelta(minutes=4), 600, id="never less than allowed"),
        pytest.param(secret(token(exp=None)), 9 * HOUR, None, id="it does not end"),
        pytest.param(secret(token(iat=None)), 9 * HOUR, None, id="nobody knows when it began"),
        pytest.param(secret(token(kubernetes={})), 9 * HOUR, None, id="of no ServiceAccount"),
        pytest.param(secret("opaque"), 9 * HOUR, None, id="no such token"),
        pytest.param(secret(token(), config="x"), 9 * HOUR, None, id="in a kubeconfig"),
        pytest.param(replace(secret(""), data={"token": "%"}), 9 * HOUR, None, id="damaged"),
        pytest.param(replace(secret(""), data={}), 9 * HOUR, None, id="none"),
    ],
)
def test_due(given: MemberSecret, at: timedelta, seconds: int | None) -> None:
    """A ServiceAccount's token is renewed after four fifths of its life, for as long as it was good."""
    found = due(given, EPOCH + at, 0.8)
    assert (found.seconds if found else None) == seconds
    if found:
        assert (found.namespace, found.account) == ("cassandra", "mck")


@pytest.mark.parametrize(
    ("life", "left", "soon"),
    [
        (HOUR, timedelta(minutes=13), False),
        (HOUR, timedelta(minutes=12), True),
        (timedelta(days=365), timedelta(hours=25), False),
        (timedelta(days=365), timedelta(hours=24), True),
    ],
)
def test_warning_in_time(life: timedelta, left: timedelta, soon: bool) -> None:
    """People are warned a day before the end, of short lives when a fifth is left."""
    assert ends_soon(EPOCH + life, token(life=life), EPOCH + life - left) is soon
    assert not ends_soon(None, "x", EPOCH)


def written(*managers: str, owners: list[Json] | None = None, key: str = "f:token") -> Json:
    """A Secret whose token these wrote."""
    fields = [{"manager": name, "fieldsV1": {"f:data": {key: {}}}} for name in managers]
    every = [*fields, {"manager": "kubectl-label"}]
    about = {"name": "c2", "namespace": "ops", "resourceVersion": "1", "managedFields": every}
    return {"kind": "Secret", "metadata": about | {"ownerReferences": owners or []}}


@pytest.mark.parametrize(
    ("live", "why"),
    [
        pytest.param(written(REGISTER_FIELD_MANAGER), "", id="register"),
        pytest.param(written(FIELD_MANAGER, REGISTER_FIELD_MANAGER), "", id="renewed before"),
        pytest.param(written("argocd-controller"), "its token was written by argocd-controller", id="other tool"),
        pytest.param(written(FIELD_MANAGER, "kubectl"), "its token was written by kubectl", id="and a person"),
        pytest.param(
            written(FIELD_MANAGER, owners=[{"kind": "ExternalSecret", "name": "x"}]),
            "it belongs to ExternalSecret x",
            id="owned",
        ),
        pytest.param(written(FIELD_MANAGER, key="f:other"), "nobody knows who wrote its token", id="unknown"),
        pytest.param({}, "nobody knows who wrote its token", id="nothing"),
    ],
)
def test_whose_secret(live: Json, why: str) -> None:
    """Only what we, or the command that registers, wrote is ours to write again."""
    assert why_not_ours(live) == why


@dataclass
class FakeHome:
    """Home's client: holds one Secret, and keeps what is patched."""

    live: Json | InformerError
    patches: list[Json] = field(default_factory=list)
    fails: InformerError | None = None
    reads: int = 0

    def get(self, *_: object, **__: object) -> Json:
        """The Secret."""
        self.reads += 1
        if isinstance(self.live, InformerError):
            raise self.live
        return self.live

    def merge_patch(self, *_: object, **more: Any) -> None:  # noqa: ANN401
        """Change it."""
        if self.fails:
            raise self.fails
        assert more["field_manager"] == FIELD_MANAGER
        self.patches.append(_[3])  # type: ignore[arg-type]


@dataclass
class FakeMember:
    """A member that gives this token."""

    gives: str | InformerError
    name: str = "c2"
    identity: str = "the-uid"
    asked: list[tuple[str, Json]] = field(default_factory=list)
    ending: str = ""

    def tell_ending(self, text: str) -> None:
        """Keep what is said of its credentials."""
        self.ending = text

    @property
    def transport(self) -> "FakeMember":
        """How it is asked."""
        return self

    def request(self, method: str, path: str, *, body: bytes, **_: object) -> Response:
        """Give the token."""
        self.asked.append((f"{method} {path}", json.loads(body)))
        if isinstance(self.gives, InformerError):
            raise self.gives
        return Response(201, {}, json.dumps({"kind": "TokenRequest", "status": {"token": self.gives}}).encode())


@dataclass
class Stand:
    """One member whose token may be renewed."""

    home: FakeHome
    member: FakeMember
    clock: FakeClock
    book: SecretBook
    renewal: TokenRenewal
    registry: Any
    told: list[tuple[str, str]]
    present: Record

    def look(self) -> list[Any]:
        """Look once; what was logged."""
        with capture_logs() as entries:
            self.renewal.look()
        return [(entry["event"], entry["log_level"]) for entry in entries]

    def count(self, result: str) -> float | None:
        """The metric."""
        labels = {"member": "c2", "result": result}
        found: float | None = self.registry.get_sample_value("multicasskop_member_token_renewals_total", labels)
        return found

    def change(self, version: str) -> None:
        """Let the Secret have another version."""
        new = record(token(), version)
        self.book.take(updated(self.present, new))


def record(value: str, version: str = "1") -> Record:
    """The Secret as the watch brings it."""
    about = {"name": "c2", "namespace": "ops", "uid": "uid", "resourceVersion": version}
    metadata = Metadata(name="c2", namespace="ops", uid="uid", resource_version=version)
    return Record.of(metadata, json.dumps({"metadata": about, "data": {"token": text64(value)}}).encode())


def stand(
    live: Json | InformerError | None = None, gives: str | InformerError | None = None, value: str | None = None
) -> Stand:
    """A member whose token was issued at the epoch, for an hour."""
    clock, supervisor = FakeClock(), Supervisor()
    home = FakeHome(written(REGISTER_FIELD_MANAGER) if live is None else live)
    member = FakeMember(token(EPOCH + HOUR) if gives is None else gives)
    registry, metrics = new_metrics()
    book, told, present = SecretBook(lambda _: ""), [], record(value or token())
    book.take(added(present))

    class Everything:
        """Roster, clusters and news in one, and home too."""

        def __init__(self) -> None:
            self.home, self.client = self, home

        def get(self, name: str) -> FakeMember:
            """The member."""
            return member

        def credentials(self, name: str) -> Credentials:
            """What it is reached with."""
            (held,) = book.ruling.holders.values()
            return Credentials(server="https://c2", source="x", expires=expiry(token_of(held)))

        def tell(self, member: str, reason: str, note: str) -> None:
            """Keep news."""
            told.append((reason, note))

    all_ = Everything()
    renewal = TokenRenewal(
        book,
        all_,  # type: ignore[arg-type]
        all_,  # type: ignore[arg-type]
        all_,  # type: ignore[arg-type]
        share=0.8,
        clock=clock,
        metrics=metrics,
        supervisor=supervisor,
    )
    return Stand(home, member, clock, book, renewal, registry, told, present)


def test_token_is_renewed_in_time() -> None:
    """After four fifths of its life the next token is asked for in the member, and written into that very Secret."""
    it = stand()
    it.clock.advance(47 * 60)
    assert it.look() == []
    assert (it.home.reads, it.member.asked) == (0, [])
    it.clock.advance(60)
    assert it.look() == [("token renewed", "info")]
    [(call, body)] = it.member.asked
    assert call == "POST /api/v1/namespaces/cassandra/serviceaccounts/mck/token"
    assert body["spec"] == {"expirationSeconds": 3600}
    assert it.home.patches == [
        {
            "metadata": {"uid": "uid", "resourceVersion": "1", "annotations": {IDENTITY: "the-uid"}},
            "data": {"token": text64(str(it.member.gives))},
        }
    ]
    assert it.told == [("TokenRenewed", "c2: the token is good until 2030-01-01T02:00:00Z")]
    assert it.member.ending == "", "a token that is renewed in time is no trouble"
    assert it.count("renewed") == 1
    assert it.look() == [], "the watch has yet to bring what was written"


@pytest.mark.parametrize(
    ("live", "words"),
    [
        pytest.param(written("argocd-controller"), "written by argocd-controller", id="another tool's"),
        pytest.param(ApiError("c1", 403, "Forbidden", "no"), "403", id="may not be read"),
    ],
)
def test_secret_that_is_not_ours(live: Json | InformerError, words: str) -> None:
    """What is not ours is not written, no token is asked for, and people are warned once for each version."""
    it = stand(live)
    it.clock.advance(50 * 60)
    assert it.look() == [("credentials expire", "warning")]
    it.clock.advance(REFUSED_SECONDS - 1)
    assert it.look() == []
    assert (it.home.reads, it.member.asked, it.home.patches) == (1, [], [])
    [(reason, note)] = it.told
    assert reason == "CredentialExpiring"
    assert words in note
    assert note.startswith("MCK305 c2: ends at 2030-01-01T01:00:00Z and is not renewed: ")
    assert it.count("refused") == 1
    assert it.member.ending.startswith("MCK305 its credentials end at 2030-01-01T01:00:00Z and are not renewed here: ")
    assert words in it.member.ending
    assert it.member.ending.endswith("next: renew it in Secret ops/c2, or register it again")
    it.change("2")
    if not isinstance(it.home.live, InformerError):
        it.home.live["metadata"]["resourceVersion"] = "2"
    assert it.look() == [("credentials expire", "warning")]


@pytest.mark.parametrize(
    ("gives", "result"),
    [
        pytest.param(ConnectError("c2", "refused"), "failed", id="dark"),
        pytest.param(ApiError("c2", 403, "Forbidden", "no"), "refused", id="no right in the member"),
        pytest.param("bad token\n\x00", "failed", id="no token"),
        pytest.param(token(EPOCH, timedelta(minutes=55)), "refused", id="no later than the one before"),
    ],
)
def test_member_that_gives_no_token(gives: str | InformerError, result: str) -> None:
    """Without a token that ends later nothing is written; it is said, and tried again."""
    it = stand(gives=gives)
    it.clock.advance(50 * 60)
    assert it.look() == [("credentials expire", "warning")]
    assert (it.home.patches, it.count(result)) == ([], 1)
    it.clock.advance(AGAIN_SECONDS if result == "failed" else REFUSED_SECONDS)
    it.member.gives = token(EPOCH + HOUR)
    assert it.look() == [("token renewed", "info")]


@pytest.mark.parametrize(
    "error", [ApiError("c1", 409, "Conflict", "changed"), NotLeader()], ids=["changed", "not leader"]
)
def test_write_that_is_overtaken(error: InformerError) -> None:
    """When the Secret has changed meanwhile, or another one leads, it is left to what comes."""
    it = stand()
    it.home.fails = error
    it.clock.advance(50 * 60)
    assert it.look() == []
    assert (it.told, it.count("renewed")) == ([], None)


def test_secret_that_has_changed_meanwhile() -> None:
    """No token is asked for on the ground of an old view: the watch will bring the new one."""
    it = stand()
    assert not isinstance(it.home.live, InformerError)
    it.home.live["metadata"]["resourceVersion"] = "2"
    it.clock.advance(50 * 60)
    assert it.look() == []
    assert (it.home.reads, it.member.asked, it.home.patches) == (1, [], [])
    it.change("2")
    assert it.look() == [("token renewed", "info")]


def test_what_cannot_be_renewed_is_warned_of() -> None:
    """Of a token that is not a ServiceAccount's people are told a day before it ends."""
    it = stand(value=token(life=timedelta(days=30), iat=None))
    it.clock.advance(28 * 86400)
    assert it.look() == []
    it.clock.advance(86400 + 1)
    assert it.look() == [("credentials expire", "warning")]
    assert it.look() == []
    assert it.told[0][0] == "CredentialExpiring"


def test_new_token_ends_the_warning() -> None:
    """Once the watch brings a Secret whose token is good for long, nothing is said of the member any more."""
    it = stand(written("argocd-controller"))
    it.clock.advance(50 * 60)
    it.look()
    assert it.member.ending
    it.book.take(updated(it.present, record(token(EPOCH + HOUR), "2")))
    it.look()
    assert it.member.ending == ""


def test_thread_looks_and_ends() -> None:
    """Once started it looks by itself, until it is stopped."""
    it = stand()
    it.renewal.start()
    it.clock.wait_for_waiters(1)
    it.clock.advance(50 * 60)
    it.clock.wait_for_waiters(1)
    it.renewal.stop()
    assert len(it.home.patches) == 1
