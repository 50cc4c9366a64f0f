"""Members that are dark, unknown, behind, or refuse to be watched."""

import pytest
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, ring
from multicasskop.informers.errors import (
    BAD_CREDENTIALS,
    CONNECTION_REFUSED,
    FORBIDDEN,
    IDENTITY_CHANGED,
    KIND_NOT_SERVED,
    TLS_FAILED,
    UNAUTHORIZED,
)
from multicasskop.informers.freshness import FreshnessState
from multicasskop.informers.key import Key

NEW_IMAGE = {"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}}


KEY = Key(NAMESPACE, "demo")


def uid_in(stage: Stage, member: str) -> str:
    """The UID of the child in a member."""
    child = stage.child(member)
    assert child is not None
    return str(child["metadata"]["uid"])


def image(stage: Stage, member: str) -> str:
    """The image that a child is to have."""
    child = stage.child(member)
    assert child is not None
    return str(child["spec"]["cassandraImage"])


def test_unknown_member_does_not_stop_the_others() -> None:
    """A member that is not registered is told about; the others go on behind it."""
    stage = Stage(HOME, OTHER)
    stage.apply(ring(HOME, "nowhere", OTHER, rollout={"order": [HOME, "nowhere", OTHER]}))
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    assert stage.entry("nowhere")["state"] == "Unknown"
    assert stage.status()["ready"] == "2/3"
    assert stage.condition("Ready")["reason"] == "NoMember"
    assert stage.condition("MembersReachable")["reason"] == "NotRegistered"
    assert stage.tape.reasons.count("UnknownMember") == 1


@pytest.mark.parametrize(
    ("rollout", "goes_on"),
    [pytest.param({}, False, id="waited-for"), pytest.param({"onDark": "Skip"}, True, id="passed-when-asked-for")],
)
def test_member_that_is_unregistered_in_change_is_like_a_dark_one(rollout: dict[str, str], goes_on: bool) -> None:
    """A member whose Secret goes while its pods restart may have them down: no other one is taken into change."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD, rollout=rollout))
    for name in (HOME, OTHER, THIRD):
        stage.own_casskop(name)
    stage.change(NEW_IMAGE)
    stage.own_casskop(HOME, action="UpdateDockerImage")
    stage.casskop_says(OTHER, "Pending", "UpdateDockerImage", "Ongoing")
    stage.unregister(OTHER)
    stage.wait(5, 3)
    assert (image(stage, THIRD) == "cassandra:4.1.5") is goes_on
    assert stage.entry(OTHER)["state"] == "Unknown"
    assert "is not registered any more" in stage.entry(OTHER)["message"]
    assert stage.status()["waitingFor"].startswith(THIRD if goes_on else f"{OTHER}: MCK104 is not registered any more")


def test_member_that_is_registered_again_is_gone_on_with() -> None:
    """Its Secret is back: what was begun there is waited for, and the next one follows."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD))
    for name in (HOME, OTHER, THIRD):
        stage.own_casskop(name)
    stage.change(NEW_IMAGE)
    stage.own_casskop(HOME, action="UpdateDockerImage")
    stage.unregister(OTHER)
    assert image(stage, THIRD) != "cassandra:4.1.5"
    stage.register(OTHER)
    stage.own_casskop(OTHER, action="UpdateDockerImage")
    stage.own_casskop(THIRD, action="UpdateDockerImage")
    assert image(stage, THIRD) == "cassandra:4.1.5"
    assert stage.status()["phase"] == "Ready"


def test_member_without_override_gets_no_child() -> None:
    """A registered member that the override does not name is left alone."""
    stage = Stage(HOME, OTHER)
    stage.apply(ring(HOME))
    stage.own_casskop(HOME)
    assert stage.child(OTHER) is None
    assert stage.status()["phase"] == "Ready"


def test_dark_member_is_waited_for() -> None:
    """The next member in order is dark: it is waited for, said so, and made when it is back, without a restart."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.members[OTHER].go_dark()
    stage.apply(ring(HOME, OTHER, THIRD))
    stage.own_casskop(HOME)
    assert stage.child(THIRD) is None
    assert stage.entry(OTHER)["state"] == "Dark"
    assert stage.entry(OTHER)["reachable"] is False
    assert stage.condition("MembersReachable")["reason"] == "ConnectTimeout"
    assert stage.condition("Ready")["reason"] == "MemberDark"
    assert stage.status()["phase"] == "Degraded"
    calls = [call for call in stage.members[OTHER].server.calls]
    assert calls == []
    stage.members[OTHER].come_back()
    stage.run()
    assert stage.child(OTHER) is not None
    assert {"MemberDark", "MemberBack"} <= set(stage.tape.reasons)


@pytest.mark.parametrize(
    ("reason", "code", "words"),
    [
        pytest.param(BAD_CREDENTIALS, "MCK113", "has no usable credentials: why", id="none"),
        pytest.param(UNAUTHORIZED, "MCK303", "does not let us in: why", id="refused"),
        pytest.param(TLS_FAILED, "MCK302", "is not trusted: why", id="not trusted"),
    ],
)
def test_member_that_does_not_let_us_in_is_told(reason: str, code: str, words: str) -> None:
    """Credentials that are wrong are told with their own code, in entry, condition and event, and once each."""
    stage = Stage(HOME, OTHER)
    stage.members[OTHER].go_dark(reason, "why")
    stage.apply(ring(HOME, OTHER))
    stage.own_casskop(HOME)
    stage.run()
    assert stage.entry(OTHER)["message"] == f"{code} {words}"
    assert stage.condition("MembersReachable")["reason"] == reason
    assert stage.tape.reasons.count("CredentialRejected") == 1
    assert "MemberDark" not in stage.tape.reasons
    stage.members[OTHER].come_back()
    stage.run()
    assert stage.child(OTHER) is not None
    assert stage.tape.reasons.count("MemberBack") == 1


def test_member_that_is_another_cluster_is_told() -> None:
    """A member whose address leads to another cluster is told as that, left alone, and gone on with when it is back."""
    stage = Stage(HOME, OTHER)
    stage.members[OTHER].go_dark(IDENTITY_CHANGED, "is another cluster now")
    stage.apply(ring(HOME, OTHER))
    stage.own_casskop(HOME)
    stage.run()
    assert stage.condition("MembersReachable")["reason"] == IDENTITY_CHANGED
    assert stage.entry(OTHER)["message"].startswith("MCK304 ")
    assert stage.tape.reasons.count("MemberIdentityChanged") == 1
    assert stage.child(OTHER) is None
    stage.members[OTHER].come_back()
    stage.run()
    assert stage.child(OTHER) is not None


def test_member_that_may_be_another_cluster_waits() -> None:
    """While it is found out which cluster it is, nothing is written and nothing is told: a moment is no news."""
    stage = Stage(HOME, OTHER)
    stage.apply(ring(HOME, OTHER))
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    state, told = stage.entry(OTHER)["state"], len(stage.tape.reasons)
    stage.members[OTHER].certain = False
    stage.change({"metadata": {"annotations": {"somebody": "else"}}})
    stage.edit_child(OTHER, {"spec": {"nodesPerRacks": 7}})
    stage.run()
    assert (stage.entry(OTHER)["state"], len(stage.tape.reasons)) == (state, told)
    stage.members[OTHER].certain = True
    stage.members[OTHER].come_back()
    stage.run()
    assert "DriftCorrected" in stage.tape.reasons


def test_each_new_mistake_is_told() -> None:
    """While a member does not let us in, another reason is another event; of a network it is not."""
    stage = Stage(HOME, OTHER)
    stage.apply(ring(HOME, OTHER))
    for reason, message in ((BAD_CREDENTIALS, "one"), (BAD_CREDENTIALS, "two"), (UNAUTHORIZED, "three")):
        stage.members[OTHER].go_dark(reason, message)
        stage.run()
    assert stage.tape.reasons.count("CredentialRejected") == 3
    for message in ("no route", "refused"):
        stage.members[OTHER].go_dark(CONNECTION_REFUSED, message)
        stage.run()
    assert "MemberDark" not in stage.tape.reasons


def test_dark_member_is_passed_when_asked_so() -> None:
    """With onDark: Skip a dark member is passed and come back to, but never while no member is Running."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.members[OTHER].go_dark()
    stage.apply(ring(HOME, OTHER, THIRD, rollout={"onDark": "Skip"}))
    assert stage.child(THIRD) is None
    stage.own_casskop(HOME)
    assert stage.child(THIRD) is not None
    stage.own_casskop(THIRD)
    stage.members[OTHER].come_back()
    stage.run()
    assert stage.child(OTHER) is not None


def test_dark_first_member_is_never_passed() -> None:
    """Skipping a dark member while none is Running could found a second ring."""
    stage = Stage(HOME, OTHER)
    stage.apply(ring(HOME, OTHER, rollout={"onDark": "Skip", "order": [OTHER, HOME]}))
    stage.members[OTHER].go_dark()
    stage.run()
    assert stage.child(HOME) is None


def test_member_that_goes_dark_while_it_runs() -> None:
    """A dark member makes the object Degraded; what is known of its child stays, and it is Ready when it is back."""
    stage = Stage()
    stage.apply(ring())
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    uid = stage.entry(OTHER)["uid"]
    stage.members[OTHER].go_dark()
    stage.run()
    assert stage.status()["phase"] == "Degraded"
    assert (stage.entry(OTHER)["uid"], stage.status()["nodes"]) == (uid, "2/2?")
    stage.members[OTHER].come_back()
    stage.run()
    assert stage.status()["phase"] == "Ready"
    assert "ChildVanished" not in stage.tape.reasons


def test_change_waits_for_a_dark_member_in_order() -> None:
    """A change is not brought past a dark member, and goes on when it is back."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD))
    for member in stage.members:
        stage.own_casskop(member)
    stage.members[OTHER].go_dark()
    stage.change(NEW_IMAGE)
    stage.own_casskop(HOME)
    assert [image(stage, HOME), image(stage, THIRD)] == ["cassandra:4.1.5", "cassandra:4.1.4"]
    stage.members[OTHER].come_back()
    stage.run()
    stage.own_casskop(OTHER)
    assert image(stage, THIRD) == "cassandra:4.1.5"


@pytest.mark.parametrize("state", [FreshnessState.NEVER_SYNCED, FreshnessState.STALE])
def test_no_child_is_made_upon_a_stale_view(state: FreshnessState) -> None:
    """That a cache does not show a child proves nothing while it does not follow its server; then one is made."""
    stage = Stage()
    stage.members[OTHER].informer_of(CHILDREN).state = state
    stage.apply(ring())
    stage.own_casskop(HOME)
    stage.wait(60, steps=10)
    assert stage.child(OTHER) is None
    stage.members[OTHER].informer_of(CHILDREN).state = FreshnessState.FRESH
    stage.members[OTHER].refuse("", "")
    stage.run()
    assert [call.verb for call in stage.members[OTHER].server.writes].count("create") == 1


def test_missing_kind_fails_that_member_alone() -> None:
    """A member that does not serve the kind is Failed with the reason, and looked at again when the kind is there."""
    stage = Stage()
    stage.members[OTHER].refuse(KIND_NOT_SERVED, "404 page not found")
    stage.apply(ring())
    stage.own_casskop(HOME)
    assert stage.entry(HOME)["state"] == "Ready"
    assert stage.entry(OTHER)["state"] == "Failed"
    assert stage.entry(OTHER)["reachable"] is True
    assert stage.condition("MembersReachable")["reason"] == "KindNotServed"
    assert "MemberFailed" in stage.tape.reasons
    stage.members[OTHER].refuse("", "")
    stage.run()
    assert stage.child(OTHER) is not None


def test_member_that_may_not_be_watched_is_passed() -> None:
    """A member in which we may not list children is Failed, and the others go on behind it."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.members[OTHER].refuse(FORBIDDEN, "cannot list resource cassandraclusters")
    stage.apply(ring(HOME, OTHER, THIRD))
    stage.own_casskop(HOME)
    assert stage.entry(OTHER)["state"] == "Failed"
    assert stage.child(THIRD) is not None
    assert "PermissionDenied" in stage.tape.reasons


def test_one_stuck_object_stops_no_other() -> None:
    """A member that is stuck for one MultiCasskop makes no other one wait."""
    stage = Stage()
    stage.apply(ring(name="stuck"))
    stage.casskop_says(HOME, "Initializing", "Initializing", "Ongoing", name="stuck")
    stage.apply(ring(name="free"))
    stage.own_casskop(HOME, name="free")
    stage.own_casskop(OTHER, name="free")
    assert stage.status("free")["phase"] == "Ready"
    assert stage.child(OTHER, "stuck") is None


def test_new_process_says_nothing_about_what_it_does_not_know_yet() -> None:
    """While a member's first list is under way, a new process leaves the report of the last one as it is."""
    stage = Stage()
    stage.apply(ring())
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.forget_calls()
    stage.restart()
    stage.members[OTHER].informer_of(CHILDREN).state = FreshnessState.NEVER_SYNCED
    stage.run()
    assert stage.calls_of_work() == []
    stage.members[OTHER].refuse("", "")
    stage.run()
    assert stage.calls_of_work() == []
    assert stage.status()["phase"] == "Ready"


def let_go(stage: Stage, member: str) -> None:
    """Let a member go, as with its Secret: its watches end without a word."""
    gone = stage.members[member]
    gone.server.watchers.clear()
    stage.clusters.remove(member)
    stage.reconciler.memory.left(member, stage.reconciler.claims)
    stage.run()


def test_nothing_is_kept_of_a_ring_whose_member_went_first() -> None:
    """A child in a member that was let go is forgotten with its parent: no watch tells of it any more."""
    stage = Stage()
    stage.apply(ring())
    stage.all_running()
    let_go(stage, OTHER)
    stage.annotate(release=OTHER)
    stage.delete()
    assert not stage.has_parent()
    assert stage.reconciler.memory._children == {}


def test_what_is_known_of_a_child_is_kept_while_its_member_is_away() -> None:
    """A member that is let go and comes back, as when its Secret is made anew, is not taken for a new one."""
    stage = Stage()
    stage.apply(ring())
    stage.all_running()
    before = stage.reconciler.memory.trace(OTHER, KEY, uid_in(stage, OTHER))
    let_go(stage, OTHER)
    assert stage.reconciler.memory.trace(OTHER, KEY, uid_in(stage, OTHER)) == before
    assert not before.empty
