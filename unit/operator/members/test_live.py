"""Members that come, change and go with their Secrets."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from fakes.clock import EPOCH
from multicasskop.informers.changes import Change, added, deleted, updated
from multicasskop.informers.cluster import Reachability
from multicasskop.informers.errors import IDENTITY_CHANGED, CredentialsError
from multicasskop.informers.record import Metadata, Record
from multicasskop.operator.members.live import LiveMembers
from multicasskop.operator.members.secret_news import SecretNews
from multicasskop.operator.members.secrets import MemberSecret, SecretBook
from structlog.testing import capture_logs

PREFIX = "multicasskop.db.orange.com/"


def record(name: str, *, member: str = "", version: str = "1", created: str = "1") -> Record:
    """A Secret as the watch brings it."""
    about: dict[str, Any] = {"name": name, "namespace": "ops", "uid": f"uid-{name}", "resourceVersion": version}
    marks = {PREFIX + "member": member} if member else {}
    body = {"metadata": {**about, "creationTimestamp": created, "annotations": marks}}
    metadata = Metadata(name=name, namespace="ops", uid=about["uid"], resource_version=version)
    return Record.of(metadata, json.dumps(body).encode())


@dataclass
class FakeRoster:
    """Notes what is asked of it; knows the members that it was asked to add."""

    known: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)

    def add_live(self, name: str) -> str:
        """Register."""
        self.known.append(name)
        self.did.append(f"add {name}")
        return name

    def let_go(self, name: str) -> str:
        """Forget."""
        self.known.remove(name)
        self.did.append(f"let go {name}")
        return name

    def end(self, name: str) -> None:
        """End."""
        self.did.append(f"end {name}")

    def look_at(self, name: str) -> None:
        """Look."""
        self.did.append(f"look at {name}")


@dataclass
class FakeRecorder:
    """Keeps events."""

    events: list[tuple[str, str, str, str]] = field(default_factory=list)

    def event(self, regarding: Any, type_: str, reason: str, note: str, *, member: str = "") -> None:  # noqa: ANN401
        """Keep one."""
        self.events.append((regarding.name, type_, reason, note))


@dataclass
class Stand:
    """Live members over a roster that only notes."""

    roster: FakeRoster
    live: LiveMembers
    news: SecretNews
    recorder: FakeRecorder

    def see(self, *changes: Change) -> list[str]:
        """What is done about changes."""
        self.roster.did.clear()
        for change in changes:
            self.live._changed(change)
        return self.roster.did[:]


def stand(*flagged: str, leads: bool = True, elsewhere: Any = lambda _: "") -> Stand:  # noqa: ANN401
    """Live members beside those of the flags."""
    roster, recorder = FakeRoster(list(flagged)), FakeRecorder()
    book = SecretBook(elsewhere)
    news = SecretNews(book)
    if leads:
        news.lead(recorder)
    live = LiveMembers(
        book,
        roster,  # type: ignore[arg-type]
        roster.known,  # type: ignore[arg-type]
        news,
        came=lambda name: roster.did.append(f"came {name}"),
        went=lambda name: roster.did.append(f"went {name}"),
        flagged=flagged,
    )
    return Stand(roster, live, news, recorder)


def test_a_member_comes_changes_and_goes() -> None:
    """A Secret brings a member, which is engaged; changes are looked at; when it is gone the member is forgotten."""
    it = stand()
    assert it.see(added(record("c3"))) == ["add c3", "came c3"]
    assert it.see(updated(record("c3"), record("c3", version="2"))) == ["look at c3"]
    assert it.see(deleted(record("c3"), final_state_known=True)) == ["let go c3", "went c3", "end c3"]


def test_a_hundred_times() -> None:
    """Whatever comes and goes, nothing of it stays."""
    it = stand()
    for _ in range(100):
        it.see(added(record("c3")), deleted(record("c3"), final_state_known=True))
    assert (it.roster.known, dict(it.live._unused), it.news._wrong) == ([], {}, {})


def test_a_flagged_member_stays() -> None:
    """A member of the flags is only looked at: its Secret may come and go."""
    it = stand("c2")
    changes = added(record("c2")), deleted(record("c2"), final_state_known=True)
    assert it.see(*changes) == ["look at c2", "look at c2"]
    assert it.roster.known == ["c2"]


def test_second_claim_changes_nothing_and_is_told_once() -> None:
    """Another Secret for the same member is told, in log and event, and the member does not flap."""
    it = stand()
    it.see(added(record("a", member="c3", created="1")))
    with capture_logs() as logs:
        later = record("b", member="c3", created="2")
        assert it.see(added(later), updated(later, record("b", member="c3", created="2", version="2"))) == []
    why = "Secret a, which is older, registers c3 already"
    assert [(entry["secret"], entry["error"]) for entry in logs] == [("ops/b", why)]
    assert it.recorder.events == [("b", "Warning", "MemberNotUsed", f"not used: {why}")]


def test_next_claim_takes_over() -> None:
    """When the Secret that spoke is gone, the other one's credentials are put under the same member."""
    it = stand()
    it.see(added(record("a", member="c3", created="1")), added(record("b", member="c3", created="2")))
    assert it.see(deleted(record("a", member="c3"), final_state_known=True)) == ["look at c3"]


def test_home_is_never_registered() -> None:
    """A Secret that names home is told why it is not used."""
    it = stand(elsewhere=lambda secret: "c1 is home" if secret.member == "c1" else "")
    assert it.see(added(record("c1"))) == []
    assert it.recorder.events == [("c1", "Warning", "MemberNotUsed", "not used: c1 is home")]


def test_nothing_comes_after_the_end() -> None:
    """Once stopped, no Secret registers or ends a member."""
    it = stand()
    it.see(added(record("c3")))
    it.live.stop()
    assert it.see(added(record("c4")), deleted(record("c3"), final_state_known=True)) == []


WRONG = CredentialsError("secret c3 key token", "is empty", "Write it.")


def test_news_wait_for_a_leader() -> None:
    """What is wrong is told when we lead; what went well before, and what is right again, is not."""
    it = stand(leads=False)
    it.see(added(record("c3")), added(record("c4")))
    for member in ("c3", "c4"):
        it.news.credentials(member, WRONG)
    it.news.credentials("c4", None)
    it.news.lead(it.recorder)
    assert it.recorder.events == [("c3", "Warning", "MemberRefused", f"MCK113 {WRONG}")]
    it.news.credentials("c3", None)
    assert it.recorder.events[1:] == [("c3", "Normal", "MemberRegistered", "c3 is reached with this")]


@pytest.mark.parametrize("error", [None, WRONG])
def test_members_without_a_secret_have_no_news(error: CredentialsError | None) -> None:
    """Of a member that is reached by other means there is no Secret to tell it of."""
    it = stand("c2")
    it.news.credentials("c2", error)
    assert it.recorder.events == []
    assert MemberSecret.of(record("c2")).member == "c2"


@dataclass
class FakeCluster:
    """A member as far as its reachability goes."""

    name: str
    reachability: Reachability


def test_other_cluster_is_told_once_with_the_way_out() -> None:
    """A Secret that leads to another cluster says so, with how to accept it; back again, the next time is news."""
    it = stand()
    it.see(added(record("s3", member="c3")))
    fine = FakeCluster("c3", Reachability(True, "", "", EPOCH, EPOCH))
    wrong = FakeCluster("c3", Reachability(False, IDENTITY_CHANGED, "is another (id a > b)", EPOCH, EPOCH))
    for cluster in (fine, wrong, wrong, fine, wrong):
        it.news.look(cluster)  # type: ignore[arg-type]
    assert [event[:3] for event in it.recorder.events] == [("s3", "Warning", "MemberIdentityChanged")] * 2
    note = it.recorder.events[0][3]
    assert note.startswith("MCK304 is another (id a > b); with kubectl -n ops annotate secret s3 ")
    assert note.endswith("multicasskop.db.orange.com/identity=ID --overwrite")


def test_nothing_is_kept_of_members_whose_secrets_are_gone() -> None:
    """What was told of a member's identity is forgotten with its Secret, and what is right needs no remembering."""
    it = stand()
    for name in ("c3", "c4"):
        it.see(added(record(name)))
        it.news.look(FakeCluster(name, Reachability(False, IDENTITY_CHANGED, "is another", EPOCH, EPOCH)))  # type: ignore[arg-type]
    it.see(deleted(record("c3"), final_state_known=True))
    it.news.look(FakeCluster("c5", Reachability(True, "", "", EPOCH, EPOCH)))  # type: ignore[arg-type]
    assert it.news._identities == {"c4": "is another"}
