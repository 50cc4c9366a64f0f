"""The simulated CassKop tells its story in the words and in the order in which the Go CassKop was seen to tell it."""

import json
from typing import Any

import pytest
from fakes.member import Json
from fakes.simulated_casskop import NAME, NAMESPACE, REQUEST, Member, first, racks, running, story
from multicasskop.crds.names import PVC_FINALIZER, SEEDLIST
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CASSANDRACLUSTERS, CLAIMS, STATEFULSETS
from multicasskop.world.simulators.modes import MODE, REFUSE, Behaviour, Contract, Mode, SimulatorOptions


@pytest.fixture
def member() -> Member:
    """A member with the Go CassKop in its own time."""
    return Member(SimulatorOptions())


def test_creation_of_one_pod_takes_one_look_more(member: Member) -> None:
    """A new cluster is Running five seconds after its creation, and it says so in three words."""
    member.create()
    history = member.run(60)
    assert story(history) == ["", "Initializing Initializing Ongoing", "Running Initializing Done"]
    assert first(history, "Running Initializing Done").at == pytest.approx(5.0, abs=0.1)


def test_creation_bumps_the_generation_to_three(member: Member) -> None:
    """Its writes make the generation 3: zero values and unknown fields go, defaults come, quantities are respelled."""
    topology = {"dc": [{"name": "dc1", "rack": [{"name": "rack1"}]}]}
    resources = {"requests": {"cpu": "0.1", "memory": "131072Ki"}}
    member.create(
        spec={"hardAntiAffinity": False, "envVars": [], "typo": 1, "resources": resources, "topology": topology}
    )
    member.run(60)
    spec = member.cluster()["spec"]
    assert member.history[-1].generation == member.history[-1].applied == 3
    assert {"hardAntiAffinity", "envVars", "typo"}.isdisjoint(spec)
    assert spec["resources"]["requests"] == {"cpu": "100m", "memory": "128Mi"} == spec["resources"]["limits"]
    assert spec["topology"]["dc"][0]["resources"] == {}


def test_racks_get_their_first_pods_before_any_gets_its_second(member: Member) -> None:
    """With two racks of two pods, one pod per rack comes first, rack after rack."""
    made: list[tuple[str, int]] = []
    wrote = member.api.on_write

    def watch(plural: str, kind: str, item: Json) -> None:
        if plural == "statefulsets":
            made.append((item["metadata"]["name"], item["spec"]["replicas"]))
        wrote(plural, kind, item)

    member.api.on_write = watch
    member.create(spec={"nodesPerRacks": 2, "topology": racks("r1", "r2")})
    member.run(60)
    assert made == [("demo-dc1-r1", 1), ("demo-dc1-r2", 1), ("demo-dc1-r1", 2), ("demo-dc1-r2", 2)]
    assert member.history[-1].told == "Running Initializing Done"


def test_image_change_shows_new_annotation_with_old_status_for_a_moment(member: Member) -> None:
    """The annotation is new after a second, the status tells one request later, and Done comes after 20 s."""
    running(member).patch({"spec": {"cassandraImage": "cassandra:4.1.5"}})
    history = member.run(60)
    assert story(history) == [
        "Running Initializing Done",
        "Running UpdateDockerImage Ongoing",
        "Running UpdateDockerImage Done",
    ]
    window = [seen for seen in history if seen.applied == 4 and seen.told == "Running Initializing Done"]
    begun = first(history, "Running UpdateDockerImage Ongoing")
    assert window[0].at == pytest.approx(1.0, abs=0.1)
    assert begun.at - window[0].at == pytest.approx(REQUEST)
    assert 20 < first(history, "Running UpdateDockerImage Done").at < 27


def test_second_rack_begins_in_the_pass_in_which_the_first_ends(member: Member) -> None:
    """With two racks nothing says Done in between."""
    running(member, topology=racks("r1", "r2")).patch({"spec": {"envVars": [{"name": "A", "value": "1"}]}})
    history = member.run(90)
    assert [words for words in story(history) if words.endswith("Done")] == [
        "Running Initializing Done",
        "Running UpdateStatefulSet Done",
    ]
    assert 40 < first(history, "Running UpdateStatefulSet Done").at < 54


def test_change_that_needs_no_action_moves_only_the_annotation(member: Member) -> None:
    """The status never moves when no pod is concerned."""
    running(member).patch({"spec": {"maxPodUnavailable": 2}})
    history = member.run(60)
    assert story(history) == ["Running Initializing Done"]
    assert history[-1].applied == history[-1].generation == 4


def test_change_during_an_action_ends_with_it(member: Member) -> None:
    """A change within 20 s of the last one does not interrupt the action: Ongoing until both are done."""
    running(member).patch({"spec": {"cassandraImage": "cassandra:4.1.5"}})
    member.run(5)
    member.api.patch(CASSANDRACLUSTERS, NAMESPACE, NAME, {"spec": {"cassandraImage": "cassandra:4.1.6"}})
    assert story(member.run(90))[-1] == "Running UpdateDockerImage Done"
    assert member.stateful_set()["spec"]["template"]["spec"]["containers"][0]["image"] == "cassandra:4.1.6"


def test_seed_list_is_rolled_without_moving_generation_or_annotation(member: Member) -> None:
    """Another seed list is an action of its own; neither generation nor annotation tell of it."""
    running(member).patch({"status": {"seedlist": ["a.example", "b.example"]}}, subresource="status")
    history = member.run(60)
    assert story(history)[1:] == ["Running UpdateSeedList Ongoing", "Running UpdateSeedList Done"]
    assert {(seen.generation, seen.applied) for seen in history} == {(3, 3)}
    assert seeds_in_pods(member) == "a.example,b.example"


def test_same_seeds_in_another_order_restart_everything(member: Member) -> None:
    """The list is compared as a sequence."""
    member.create()
    member.patch({"status": {"seedlist": ["a", "b"]}}, subresource="status")
    member.run(60)
    member.patch({"status": {"seedlist": ["b", "a"]}}, subresource="status")
    assert "Running UpdateSeedList Ongoing" in story(member.run(60))


def test_seeds_that_come_before_the_first_pass_reach_the_pods(member: Member) -> None:
    """A status patch right after the create wins the race, one after the StatefulSet was made loses it."""
    member.create()
    member.patch({"status": {"seedlist": ["a.example"]}}, subresource="status")
    member.run(3)
    assert seeds_in_pods(member) == "a.example"


def test_seeds_that_come_late_are_rolled_in(member: Member) -> None:
    """Pods of a lost race have CassKop's own seeds, until UpdateSeedList is done."""
    member.create()
    member.run(1)
    assert seeds_in_pods(member) == f"{NAME}-dc1-rack1-0.{NAME}.{NAMESPACE}"
    member.patch({"status": {"seedlist": ["a.example"]}}, subresource="status")
    assert story(member.run(60))[-1] == "Running UpdateSeedList Done"
    assert seeds_in_pods(member) == "a.example"


@pytest.mark.parametrize(
    ("change", "path", "kept"),
    [
        pytest.param({"nodesPerRacks": 0}, "nodesPerRacks", 1, id="no nodes"),
        pytest.param({"topology": racks("other")}, "topology", None, id="a rack renamed"),
        pytest.param({"dataStorageClass": "fast"}, "dataStorageClass", "slow", id="another storage class"),
        pytest.param({"dataCapacity": "1Gi"}, "dataCapacity", "2Gi", id="less capacity"),
    ],
)
def test_refused_change_is_put_back_at_once(member: Member, change: Json, path: str, kept: object) -> None:
    """A refused change is gone within milliseconds, the action says CorrectCRDConfig, and its status stays Done."""
    before = running(member, dataStorageClass="slow", dataCapacity="2Gi").cluster()["spec"]
    member.patch({"spec": change})
    history = member.run(60)
    put_back = next(seen for seen in history if seen.generation == 5)
    assert put_back.at < 0.02
    assert put_back.applied == 4
    assert story(history)[-1] == "Running CorrectCRDConfig Done"
    assert member.cluster()["spec"][path] == (before[path] if kept is None else kept)


def test_resources_are_updated_on_all_racks(member: Member) -> None:
    """Other resources mark every rack at once; the racks follow one another."""
    running(member, topology=racks("r1", "r2")).patch({"spec": {"resources": {"requests": {"cpu": "2"}}}})
    member.run(3)
    actions = [rack["cassandraLastAction"] for rack in member.cluster()["status"]["cassandraRackStatus"].values()]
    assert [(action["name"], action["status"]) for action in actions] == [
        ("UpdateResources", "Ongoing"),
        ("UpdateResources", "ToDo"),
    ]
    assert story(member.run(120))[-1] == "Running UpdateResources Done"


@pytest.mark.parametrize(("nodes", "action"), [(3, "ScaleUp"), (1, "ScaleDown")])
def test_scaling_goes_node_by_node(member: Member, nodes: int, action: str) -> None:
    """More or fewer nodes are an action with the size in the StatefulSet at its end."""
    running(member, nodesPerRacks=2).patch({"spec": {"nodesPerRacks": nodes}})
    assert story(member.run(90))[-1] == f"Running {action} Done"
    assert member.stateful_set()["spec"]["replicas"] == nodes


def test_rolling_restart_spends_its_trigger(member: Member) -> None:
    """The flag of a rack is gone once the restart has begun."""
    running(member, topology=racks("rack1"))
    topology = {"dc": [{"name": "dc1", "rack": [{"name": "rack1", "rollingRestart": True}]}]}
    member.patch({"spec": {"topology": topology}})
    assert story(member.run(60))[-1] == "Running RollingRestart Done"
    assert "rollingRestart" not in member.cluster()["spec"]["topology"]["dc"][0]["rack"][0]


def test_datacenter_comes_and_goes(member: Member) -> None:
    """A datacenter that is added gets its StatefulSet; at 0 nodes it may be taken out, and everything of it goes."""
    one = racks("rack1")["dc"]
    second = {"name": "dc2", "rack": [{"name": "rack1"}]}
    running(member, topology={"dc": one}).patch({"spec": {"topology": {"dc": [*one, second]}}})
    assert member.run(120)[-1].told == "Running Initializing Done"
    assert member.stateful_set("dc2-rack1")["spec"]["replicas"] == 1
    member.patch({"spec": {"topology": {"dc": [*one, {**second, "nodesPerRacks": 0}]}}})
    assert story(member.run(120))[-1] == "Running ScaleDown Done"
    member.patch({"spec": {"topology": {"dc": one}}})
    assert story(member.run(60))[-1] == "Running ActionDeleteDC Done"
    assert member.api.find(STATEFULSETS, NAMESPACE, f"{NAME}-dc2-rack1") is None


def test_stuck_begins_and_never_ends(member: Member) -> None:
    """An object marked as stuck begins its action and shows Pending for ever; without the mark it goes on."""
    running(member).patch({"metadata": {"annotations": {MODE: "stuck"}}, "spec": {"cassandraImage": "cassandra:5"}})
    assert story(member.run(3600))[-1] == "Pending UpdateDockerImage Ongoing"
    member.patch({"metadata": {"annotations": {MODE: None}}})
    assert story(member.run(60))[-1] == "Running UpdateDockerImage Done"


def test_stuck_object_is_never_created_to_its_end(member: Member) -> None:
    """A stuck new cluster stays Initializing."""
    member.create(annotations={MODE: "stuck"})
    assert story(member.run(3600)) == ["", "Initializing Initializing Ongoing"]


def test_slow_takes_a_minute() -> None:
    """In mode slow nothing ends before it is a minute old."""
    member = Member(SimulatorOptions(Mode.SLOW))
    member.create()
    history = member.run(300)
    assert 60 < first(history, "Running Initializing Done").at < 75


def test_scale_makes_everything_faster() -> None:
    """All times are multiplied by the scale."""
    member = Member(SimulatorOptions(scale=0.1))
    running(member).patch({"spec": {"cassandraImage": "cassandra:5"}})
    assert 2 < first(member.run(60), "Running UpdateDockerImage Done").at < 3


def test_refusing_puts_a_given_path_back(member: Member) -> None:
    """An object with the annotation loses changes of that path, others are carried out."""
    running(member)
    member.patch({"metadata": {"annotations": {MODE: "refusing", REFUSE: "spec.cassandraImage"}}})
    member.run(60)
    member.patch({"spec": {"cassandraImage": "cassandra:5"}})
    assert story(member.run(10))[-1] == "Running CorrectCRDConfig Done"
    assert member.cluster()["spec"]["cassandraImage"] == "cassandra:4.1.4"


def test_without_jolokia_the_annotation_moves_and_nothing_else(member: Member) -> None:
    """A change of the environment shows in the annotation at once; status and StatefulSet stay as they are."""
    running(member)
    member.casskop.behave(Behaviour(Mode.NO_JOLOKIA))
    before = member.stateful_set()
    member.patch({"spec": {"envVars": [{"name": "A", "value": "1"}]}})
    history = member.run(300)
    assert story(history) == ["Running Initializing Done"]
    assert next(seen for seen in history if seen.applied == 4).at < 0.02
    assert member.stateful_set() == before


def test_foreign_annotation_moves_only_the_own_one(member: Member) -> None:
    """Somebody's annotation neither restarts anything nor moves the generation."""
    running(member).patch({"metadata": {"annotations": {"a": "b"}}})
    assert {(seen.generation, seen.told) for seen in member.run(60)} == {(3, "Running Initializing Done")}


def test_delete_with_claims_takes_them_along(member: Member) -> None:
    """With deletePVC a finalizer holds the object until the claims of its racks are deleted."""
    running(member, deletePVC=True)
    assert member.cluster()["metadata"]["finalizers"] == [PVC_FINALIZER]
    labels = member.stateful_set()["metadata"]["labels"]
    claim = {"metadata": {"name": f"data-{NAME}-dc1-rack1-0", "labels": labels}}
    member.api.create(CLAIMS, NAMESPACE, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim})
    member.delete()
    member.run(10)
    assert member.api.find(CASSANDRACLUSTERS, NAMESPACE, NAME) is None
    assert member.api.items(CLAIMS, NAMESPACE) == []


def test_nothing_is_written_at_rest(member: Member) -> None:
    """A cluster that is Running is looked at every five seconds, and nothing is written."""
    running(member)
    member.api.writes.clear()
    member.run(3600)
    assert member.api.writes == []


@pytest.mark.parametrize("mode", [Mode.NORMAL, Mode.INSTANT])
def test_own_contract_tells_the_generation_it_has_seen(mode: Mode) -> None:
    """Our CassKop's contract: observedGeneration is never newer than what the phase is about."""
    member = Member(SimulatorOptions(mode, Contract.OWN))
    member.create()
    member.run(60)
    member.patch({"spec": {"cassandraImage": "cassandra:5"}})
    for seconds in range(60):
        member.run(seconds)
        found = member.cluster()
        if found["status"]["observedGeneration"] == found["metadata"]["generation"] and seconds < 20:
            assert mode is Mode.INSTANT or found["status"]["lastClusterActionStatus"] == "Ongoing"
    assert found["status"]["lastClusterActionStatus"] == "Done"
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"]


def test_own_contract_takes_seeds_from_the_annotation() -> None:
    """Seeds in our annotation reach the pods of the very first StatefulSet."""
    member = Member(SimulatorOptions(contract=Contract.OWN))
    member.create(annotations={SEEDLIST: json.dumps(["a.example", "b.example"])})
    member.run(60)
    assert seeds_in_pods(member) == "a.example,b.example"
    assert member.cluster()["status"]["seedlist"] == ["a.example", "b.example"]


def test_instant_is_running_with_two_writes() -> None:
    """At zero delay a new cluster is Running after the annotation and the status, and no StatefulSet is made."""
    member = Member(SimulatorOptions(Mode.INSTANT))
    member.create()
    member.api.writes.clear()
    history = member.run(1)
    assert [write.split()[0] for write in member.api.writes] == ["PUT", "PUT"]
    assert story(history) == ["", "Running Initializing Done"]
    assert member.api.items(STATEFULSETS, NAMESPACE) == []


@pytest.mark.parametrize(
    ("change", "action"),
    [
        pytest.param({"cassandraImage": "cassandra:5"}, "UpdateDockerImage", id="image"),
        pytest.param({"nodesPerRacks": 2}, "ScaleUp", id="size"),
        pytest.param({"resources": {"requests": {"cpu": "1"}}}, "UpdateResources", id="resources"),
        pytest.param({"configMapName": "x"}, "UpdateConfigMap", id="config map"),
        pytest.param({"envVars": [{"name": "A", "value": "1"}]}, "UpdateStatefulSet", id="environment"),
    ],
)
def test_instant_shows_each_action_before_it_is_done(change: Json, action: str) -> None:
    """At zero delay, too, an action is seen: Ongoing, then Done."""
    member = Member(SimulatorOptions(Mode.INSTANT))
    running(member).patch({"spec": change})
    assert story(member.run(1))[1:] == [f"Running {action} Ongoing", f"Running {action} Done"]


def test_instant_changes_without_action_show_none() -> None:
    """At zero delay a change that concerns no pod moves the annotation only."""
    member = Member(SimulatorOptions(Mode.INSTANT))
    running(member).patch({"spec": {"maxPodUnavailable": 2}})
    assert story(member.run(1)) == ["Running Initializing Done"]
    assert member.history[-1].applied == member.history[-1].generation


def test_instant_change_that_met_a_conflict_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """At zero delay, too, an action whose status somebody else came in between with is not forgotten."""
    member = running(Member(SimulatorOptions(Mode.INSTANT, Contract.OWN)))
    put = member.api.replace

    def refuse(*args: Any, **options: Any) -> Json:  # noqa: ANN401
        monkeypatch.setattr(member.api, "replace", put)
        raise ApiError("m", "PUT", NAME, 409, "Conflict", "the object has been modified")

    monkeypatch.setattr(member.api, "replace", refuse)
    member.patch({"metadata": {"annotations": {SEEDLIST: "a,b"}}})
    assert story(member.run(1))[-1] == "Running UpdateSeedList Done"
    assert member.cluster()["status"]["seedlist"] == ["a", "b"]


def test_instant_tells_the_generation_of_every_change() -> None:
    """A CassKop that tells generations also tells those that concern no pod."""
    member = running(Member(SimulatorOptions(Mode.INSTANT, Contract.OWN)))
    member.patch({"spec": {"maxPodUnavailable": 2}})
    member.run(1)
    found = member.cluster()
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"]


def test_instant_takes_triggers_out() -> None:
    """At zero delay, too, a restart spends its trigger."""
    member = running(Member(SimulatorOptions(Mode.INSTANT, Contract.OWN)))
    topology = {"dc": [{"name": "dc1", "rack": [{"name": "rack1", "rollingRestart": True}]}]}
    member.patch({"spec": {"topology": topology}})
    assert story(member.run(1))[-1] == "Running RollingRestart Done"
    assert "rollingRestart" not in member.cluster()["spec"]["topology"]["dc"][0]["rack"][0]


def test_unknown_mode_of_an_object_is_not_obeyed(member: Member) -> None:
    """A mode that is none leaves the object alone, and others are worked on."""
    member.create(annotations={MODE: "quick"})
    assert story(member.run(60)) == [""]


def seeds_in_pods(member: Member) -> str:
    """The seeds that the bootstrap container is given."""
    containers = member.stateful_set()["spec"]["template"]["spec"]["initContainers"]
    bootstrap = next(container for container in containers if container["name"] == "bootstrap")
    seeds: str = next(entry["value"] for entry in bootstrap["env"] if entry["name"] == "CASSANDRA_SEEDS")
    return seeds
