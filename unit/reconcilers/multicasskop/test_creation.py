"""A new MultiCasskop: children one after the other, with their seeds, behind the gate."""

import json

import pytest
from fakes.server import Call, forbidden
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, THIRD, Stage, datacenter, ring
from multicasskop.crds.names import FIELDS, FINALIZER, OWNER, SEEDLIST
from multicasskop.informers.errors import ApiError, ReadTimeout

SEEDS = ["demo-dc1-rack1-0.ring.example", "demo-dc2-rack1-0.ring.example"]


def kinds(stage: Stage) -> list[tuple[str, str, str]]:
    """Every write so far: member, verb, and the kind or sub-resource."""
    found = stage.writes()
    return [(member, call.verb, call.subresource or call.plural) for member, call in found]


def test_finalizer_then_the_first_child_then_the_status() -> None:
    """The first look adds the finalizer, the next makes the first child, and only then the status is written."""
    stage = Stage()
    stage.apply(ring())
    assert kinds(stage) == [(HOME, "patch", PARENTS), (HOME, "create", CHILDREN), (HOME, "patch", "status")]
    assert stage.parent()["metadata"]["finalizers"] == [FINALIZER]
    assert stage.child(OTHER) is None


def test_second_child_waits_for_the_first() -> None:
    """The second child is made when the first is Running and Done for its generation, and not before."""
    stage = Stage()
    stage.apply(ring())
    stage.casskop_says(HOME, "Initializing", "Initializing", "Ongoing")
    assert stage.child(OTHER) is None
    stage.casskop_says(HOME, "Running", "Initializing", "Done")
    assert stage.child(OTHER) is None
    stage.casskop_annotates(HOME)
    assert stage.child(OTHER) is not None


def test_second_child_comes_before_the_status() -> None:
    """When the gate opens the next child is made first, and the status is written after it."""
    stage = Stage()
    stage.apply(ring())
    stage.forget_calls()
    stage.own_casskop(HOME)
    verbs = [(member, call.verb) for member, call in stage.calls if call.writes]
    assert sorted(verbs) == [(HOME, "patch"), (OTHER, "create")]
    assert stage.status()["clusters"][1]["uid"]


def test_third_child_waits_for_the_second() -> None:
    """Each member waits for all before it."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(HOME, OTHER, THIRD))
    stage.own_casskop(HOME)
    assert stage.child(THIRD) is None
    stage.own_casskop(OTHER)
    assert stage.child(THIRD) is not None


def test_child_carries_marks_and_seeds() -> None:
    """A child is made with owner, fields and seeds as annotations, and with the seeds in its status at once."""
    stage = Stage()
    stage.apply(ring())
    child = stage.child(HOME)
    assert child is not None
    owner = json.loads(child["metadata"]["annotations"][OWNER])
    uid = stage.parent()["metadata"]["uid"]
    assert owner == {"home": "c1-identity", "namespace": NAMESPACE, "name": "demo", "uid": uid, "origin": "created"}
    assert child["metadata"]["annotations"][SEEDLIST] == ",".join(SEEDS)
    assert "/spec/cassandraImage" in json.loads(child["metadata"]["annotations"][FIELDS])
    assert child["status"] == {"seedlist": SEEDS}
    assert child["apiVersion"] == "db.orange.com/v2"


def test_seeds_by_patch_where_the_create_does_not_take_them() -> None:
    """Under the Go chart's CRD, which has only one version, the seeds are patched into the status of the new child."""
    stage = Stage()
    stage.home.server.whole = False
    stage.apply(ring())
    child = stage.child(HOME)
    assert child is not None
    assert child["status"] == {"seedlist": SEEDS}
    assert {call.version for call in stage.home.server.calls if call.verb == "create"} == {"v2"}
    stage.own_casskop(HOME)
    assert stage.child(OTHER) is not None


def test_seeds_that_come_too_late_are_told() -> None:
    """A CassKop that began before the seeds were there is told as SeedsLate; behind the first member it goes on."""
    stage = Stage()
    stage.home.server.whole = False
    begin_before_seeds(stage, HOME)
    stage.apply(ring())
    assert "SeedsLate" in stage.tape.reasons
    stage.casskop(HOME, action="UpdateSeedList")
    stage.wait(31)
    assert stage.child(OTHER) is not None


def test_late_seeds_of_a_later_member_halt_the_rollout() -> None:
    """A later member that began with seeds of its own may be a ring of its own: a person must look."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.members[OTHER].server.whole = False
    begin_before_seeds(stage, OTHER)
    stage.apply(ring(HOME, OTHER, THIRD))
    stage.own_casskop(HOME)
    stage.casskop(OTHER, action="UpdateSeedList")
    stage.wait(31)
    assert stage.child(THIRD) is None
    assert stage.status()["phase"] == "Halted"
    assert stage.condition("Stalled")["status"] == "True"
    stage.annotate(resume="1")
    assert stage.child(THIRD) is not None


@pytest.mark.parametrize(
    "order", [pytest.param([], id="home first, as by default"), pytest.param([OTHER, THIRD, HOME], id="home last")]
)
def test_late_seeds_of_a_newcomer_halt_wherever_it_stands(order: list[str]) -> None:
    """Which member was first is told by who is there, and not by the order: a datacenter may come to stand first."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.apply(ring(OTHER, THIRD))
    stage.own_casskop(OTHER)
    stage.own_casskop(THIRD)
    assert stage.status()["phase"] == "Ready"
    stage.home.server.whole = False
    begin_before_seeds(stage, HOME)
    rollout = {"order": order} if order else {}
    stage.change({"spec": {"override": {HOME: {"spec": {"topology": datacenter(9)}}}, "rollout": rollout}})
    stage.casskop(HOME, action="UpdateSeedList")
    stage.wait(31)
    assert "SeedsLate" in stage.tape.reasons
    assert stage.status()["phase"] == "Halted"


def test_another_wish_lifts_a_halt_for_late_seeds() -> None:
    """A halt is about what was wanted then; when something else is wanted the rollout goes on, in order."""
    stage = Stage(HOME, OTHER, THIRD)
    stage.members[OTHER].server.whole = False
    begin_before_seeds(stage, OTHER)
    stage.apply(ring(HOME, OTHER, THIRD))
    stage.own_casskop(HOME)
    stage.casskop(OTHER, action="UpdateSeedList")
    stage.wait(31)
    assert stage.status()["phase"] == "Halted"
    stage.change({"spec": {"rollout": {"soak": "1s"}}})
    assert stage.status()["phase"] == "Halted"
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    stage.own_casskop(HOME, action="UpdateDockerImage")
    stage.wait(2)
    stage.own_casskop(OTHER, action="UpdateDockerImage")
    stage.wait(2)
    assert stage.child(THIRD) is not None


def begin_before_seeds(stage: Stage, member: str) -> None:
    """Let the CassKop of a member write its first status right before our patch of the seeds arrives."""
    server = stage.members[member].server

    def begin(call: Call) -> None:
        child = server.find(CHILDREN, NAMESPACE, "demo")
        if call.subresource == "status" and call.plural == CHILDREN and child and not child.get("status"):
            own = {"phase": "Initializing", "lastClusterAction": "Initializing", "lastClusterActionStatus": "Ongoing"}
            server.edit(CHILDREN, NAMESPACE, "demo", {"status": own | {"seedlist": ["own"]}}, by="casskop", status=True)

    server.before = begin


def test_one_wave_of_events() -> None:
    """An undisturbed creation on two members tells its story in at most twelve events."""
    stage = Stage()
    stage.apply(ring())
    for member in (HOME, OTHER):
        stage.casskop_says(member, "Initializing", "Initializing", "Ongoing")
        stage.casskop(member)
    reasons = stage.tape.reasons
    assert len(reasons) <= 12
    assert reasons == [
        "Accepted",
        "RolloutStarted",
        "StepStarted",
        "GateWaiting",
        "GatePassed",
        "StepStarted",
        "GateWaiting",
        "GatePassed",
        "RolloutFinished",
    ]


def test_ready_when_all_are() -> None:
    """With all children Running the object is Ready, says so in every form, and waits for nothing."""
    stage = Stage()
    stage.apply(ring())
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    status = stage.status()
    assert (status["phase"], status["ready"], status["nodes"]) == ("Ready", "2/2", "2/2")
    assert "waitingFor" not in status
    assert stage.condition("Ready")["status"] == "True"
    assert stage.condition("Progressing")["status"] == "False"
    assert status["seedlist"] == SEEDS


def test_nothing_is_called_at_rest() -> None:
    """A look at an object at rest makes no call at all; a new process reads the records of orphans once."""
    stage = Stage()
    stage.apply(ring())
    stage.casskop(HOME)
    stage.casskop(OTHER)
    stage.forget_calls()
    stage.restart()
    stage.run()
    stage.wait(3600, steps=6)
    assert stage.calls_of_work() == []
    assert len(stage.calls) == 1
    assert stage.tape.events == []


def test_lagging_cache_makes_no_second_child() -> None:
    """While the cache does not show the child that was just made, no other create is sent."""
    stage = Stage()
    stage.apply(ring())
    stage.members[OTHER].lag()
    stage.own_casskop(HOME)
    stage.annotate(poke="1")
    stage.wait(1, steps=10)
    creates = [call for call in stage.members[OTHER].server.writes if call.verb == "create"]
    assert len(creates) == 1
    stage.members[OTHER].lag(lagging=False)
    stage.own_casskop(OTHER)
    assert stage.status()["phase"] == "Ready"


def test_create_whose_answer_was_lost_is_found_again() -> None:
    """A create that took effect though its answer was lost leads to no second child, and to no conflict."""
    stage = Stage()
    fault = stage.home.server.fail("create", lambda call: ReadTimeout(HOME, "no answer"), times=1, plural=CHILDREN)
    fault.after = True
    stage.home.informer_of(CHILDREN).lagging = True
    stage.apply(ring())
    stage.wait(5, steps=5)
    stage.home.lag(lagging=False)
    stage.run()
    stage.own_casskop(HOME)
    assert stage.child(OTHER) is not None
    creates = [call for call in stage.home.server.calls if call.verb == "create"]
    assert len(creates) == 2


def test_failing_member_is_tried_with_growing_pauses() -> None:
    """A refused create is tried again after 0.5 s, 1 s, 2 s and so on, whatever else happens meanwhile."""
    stage = Stage()
    stage.home.server.fail("create", forbidden, plural=CHILDREN)
    stage.apply(ring())
    for _ in range(30):
        stage.annotate(poke="x")
        stage.wait(0.5)
    creates = [call for call in stage.home.server.calls if call.verb == "create"]
    assert 4 <= len(creates) <= 6


@pytest.mark.parametrize(
    ("error", "reason", "code"),
    [
        pytest.param(forbidden, "Forbidden", "MCK311", id="a right is missing"),
        pytest.param(
            lambda call: ApiError(HOME, 403, "Forbidden", "exceeded quota: pods", object_name="demo"),
            "QuotaExceeded",
            "MCK313",
            id="quota used up",
        ),
        pytest.param(
            lambda call: ApiError(HOME, 404, "NotFound", "not found", object_kind="namespaces", object_name=NAMESPACE),
            "NamespaceMissing",
            "MCK314",
            id="no namespace",
        ),
        pytest.param(
            lambda call: ApiError(HOME, 404, "", "404 page not found"), "KindNotServed", "MCK312", id="no CRD"
        ),
    ],
)
def test_refusal_is_told_with_its_code(error: object, reason: str, code: str) -> None:
    """What a member refuses stands in its entry, in Ready and in an event, and heals without a restart."""
    stage = Stage()
    fault = stage.home.server.fail("create", error, plural=CHILDREN)  # type: ignore[arg-type]
    stage.apply(ring())
    assert stage.entry(HOME)["state"] == "Failed"
    assert stage.entry(HOME)["message"].startswith(code)
    assert (stage.condition("Ready")["status"], stage.condition("Ready")["reason"]) == ("False", "MemberFailed")
    assert {"MemberFailed", "PermissionDenied"} & set(stage.tape.reasons)
    fault.times = 0
    stage.wait(20, steps=20)
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    assert stage.status()["phase"] == "Ready"


def test_member_without_rights_lets_the_others_go_on() -> None:
    """A member that lacks a right is passed once another is Ready; it comes in its turn when the right is there."""
    stage = Stage(HOME, OTHER, THIRD)
    fault = stage.members[OTHER].server.fail("create", forbidden, plural=CHILDREN)
    stage.apply(ring(HOME, OTHER, THIRD))
    stage.own_casskop(HOME)
    assert "may not create cassandraclusters in cassandra" in stage.entry(OTHER)["message"]
    stage.wait(0.02)
    assert stage.child(THIRD) is not None
    stage.own_casskop(THIRD)
    assert stage.status()["ready"] == "2/3"
    fault.times = 0
    stage.wait(600, steps=10)
    stage.own_casskop(OTHER)
    assert stage.status()["phase"] == "Ready"
