"""The chart's rights are exactly those that the operator uses: with all of them it does the main job, without one not.

The operator plays one story, act by act, and each right is what one of the story's promises hangs on. To show it the
right is taken from the chart's roles, the story is played as far as that promise, the API server's audit log tells that
the operator was denied that very verb, and the promise is not kept.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from multicasskop.crds.names import ORPHANS, OWNER, RELEASE
from multicasskop.world.accounts import Rules
from multicasskop.world.charted import Charted, Right, rights_of, rules_of
from multicasskop.world.charts import Release
from multicasskop.world.kinds import CASSANDRACLUSTERS, CONFIGMAPS, EVENTS, MULTICASSKOPS, NAMESPACES
from multicasskop.world.operators import CHILD_RULES, HOME_RULES
from multicasskop.world.processes import wait_until
from multicasskop.world.registration import WATCH_RULES
from multicasskop.world.scenario import condition, ring, seeds
from multicasskop.world.world import World

# whoever asks first waits for all that are played beside it
pytestmark = [pytest.mark.planes, pytest.mark.timeout(400)]

Json = dict[str, Any]
NAME = "demo"
NEW = "cassandra:4.1.5"
PATIENCE = 120.0
# what takes milliseconds with the right has not come after so many seconds without
GRACE = 1.5
SIDE_BY_SIDE = 4
PAGES = Path(__file__).resolve().parent.parent / "docs" / "how-to" / "rights"


def parent(stage: Charted) -> Json:
    """The MultiCasskop; empty when it is gone."""
    return stage.home.find(MULTICASSKOPS, stage.namespace, NAME) or {}


def child(stage: Charted) -> Json:
    """The child in home, which is where rights are taken away; empty when there is none."""
    return stage.home.find(CASSANDRACLUSTERS, stage.namespace, NAME) or {}


def events(stage: Charted, reason: str) -> list[Json]:
    """The events of a reason."""
    return [event for event in stage.home.items(EVENTS, stage.namespace) if event["reason"] == reason]


# the acts: what is done, and how it is seen that all of it has come about


def start(stage: Charted) -> None:
    """Start the operator."""
    stage.operator.start(wait=False)


def apply(stage: Charted) -> None:
    """Ask for a ring over both members."""
    stage.home.create(MULTICASSKOPS, stage.namespace, ring(NAME, stage.members))


def change(stage: Charted) -> None:
    """Ask for another image."""
    body = {"spec": {"base": {"spec": {"cassandraImage": NEW}}}}
    stage.home.patch(MULTICASSKOPS, stage.namespace, NAME, body)


def overwrite_seeds(stage: Charted) -> None:
    """Change the child's seeds by hand."""
    body = {"status": {"seedlist": ["somebody.example"]}}
    stage.home.patch(CASSANDRACLUSTERS, stage.namespace, NAME, body, subresource="status")


def pause(stage: Charted) -> None:
    """Pause and go on, twice."""
    for paused in (True, False) * 2:
        stage.home.patch(MULTICASSKOPS, stage.namespace, NAME, {"spec": {"paused": paused}})
        assert wait_until(partial(says_paused, stage, paused), PATIENCE)


def leave(stage: Charted) -> None:
    """Stop the operator politely, and start another one."""
    stage.operator.restart()


def delete(stage: Charted) -> None:
    """Delete the MultiCasskop, with the cascade on, while something holds the other member's child."""
    held = {"metadata": {"finalizers": ["example.com/hold"]}}
    stage.other.patch(CASSANDRACLUSTERS, stage.namespace, NAME, held)
    stage.home.delete(MULTICASSKOPS, stage.namespace, NAME)


def release(stage: Charted) -> None:
    """Let the MultiCasskop go without the child that is held."""
    body = {"metadata": {"annotations": {RELEASE: stage.members[1]}}}
    stage.home.patch(MULTICASSKOPS, stage.namespace, NAME, body)


def let_go(stage: Charted) -> None:
    """Let the child go that was left behind."""
    stage.other.patch(CASSANDRACLUSTERS, stage.namespace, NAME, {"metadata": {"finalizers": None}})


# the promises


def is_ready(stage: Charted) -> bool:
    """The operator knows what there is at home."""
    return stage.operator.is_ready()


def leads(stage: Charted) -> bool:
    """The operator leads."""
    return "multicasskop_leader 1.0" in stage.operator.metrics()


def is_seen(stage: Charted) -> bool:
    """A new MultiCasskop is worked on."""
    return bool(parent(stage)["metadata"].get("finalizers"))


def is_told_in_status(stage: Charted) -> bool:
    """The status says that both members have what is asked for now."""
    found = condition(parent(stage), "Ready")
    return (found.get("status"), found.get("observedGeneration")) == ("True", parent(stage)["metadata"]["generation"])


def is_told_in_events(stage: Charted) -> bool:
    """An event says that the rollout has ended."""
    return bool(events(stage, "RolloutFinished"))


def is_made(stage: Charted) -> bool:
    """The child is there."""
    return bool(child(stage))


def comes_second(stage: Charted) -> bool:
    """The other member's child is made once home's is seen to run."""
    return stage.other.find(CASSANDRACLUSTERS, stage.namespace, NAME) is not None


def bears_the_cluster_s_name(stage: Charted) -> bool:
    """The child's owner mark tells this cluster from others, by the UID of kube-system."""
    mark = child(stage).get("metadata", {}).get("annotations", {}).get(OWNER, "")
    return str(stage.home.get(NAMESPACES, "", "kube-system")["metadata"]["uid"]) in mark


def has_new_image(stage: Charted) -> bool:
    """The change has reached the child."""
    return bool(child(stage)["spec"]["cassandraImage"] == NEW)


def has_its_seeds(stage: Charted) -> bool:
    """The child's seeds are those that were computed."""
    return bool(child(stage)["status"]["seedlist"] == seeds(NAME, stage.members))


def says_paused(stage: Charted, paused: bool) -> bool:
    """The status says whether writes wait."""
    return bool((parent(stage)["status"]["phase"] == "Paused") is paused)


def is_counted(stage: Charted) -> bool:
    """What happened twice is one event that says so."""
    return [event.get("series", {}).get("count") for event in events(stage, "Paused")] == [2]


def is_gone(stage: Charted) -> bool:
    """The child in home is gone."""
    return not child(stage)


def records(stage: Charted) -> Json:
    """The records of what was left behind."""
    found = stage.home.find(CONFIGMAPS, stage.namespace, ORPHANS) or {}
    return found.get("data") or {}


def is_recorded(stage: Charted) -> bool:
    """The child that is held is on record, and the MultiCasskop is gone."""
    return len(records(stage)) == 1 and not parent(stage)


def is_swept(stage: Charted) -> bool:
    """The record is gone, and so is the child."""
    return not records(stage) and not comes_second(stage)


class Promise(NamedTuple):
    """What is kept after an act, and the rights that it hangs on, each of them alone."""

    kept: Callable[[Charted], bool]
    rights: tuple[Right, ...]


@dataclass(frozen=True)
class Act:
    """Something that is done, and what must come of it."""

    do: Callable[[Charted], None]
    promises: tuple[Promise, ...]


MCK, CHILD, SEEDS, LEASE = "multicasskops", "cassandraclusters", "cassandraclusters/status", "leases"
MAP = "configmaps"
STORY = (
    Act(
        start,
        (
            Promise(is_ready, (Right(MCK, "list"), Right(CHILD, "list"))),
            Promise(leads, (Right(LEASE, "get"), Right(LEASE, "create"), Right(LEASE, "patch"))),
        ),
    ),
    Act(
        apply,
        (
            Promise(is_seen, (Right(MCK, "watch"), Right(MCK, "patch"))),
            Promise(is_made, (Right(CHILD, "create"), Right(CHILD, "watch"))),
            Promise(bears_the_cluster_s_name, (Right("namespaces", "get"),)),
            Promise(comes_second, ()),
            Promise(is_told_in_status, (Right(f"{MCK}/status", "patch"),)),
            Promise(is_told_in_events, (Right("events", "create"),)),
        ),
    ),
    Act(change, (Promise(has_new_image, (Right(CHILD, "patch"),)), Promise(is_told_in_status, ()))),
    Act(overwrite_seeds, (Promise(has_its_seeds, (Right(SEEDS, "patch"),)), Promise(is_told_in_status, ()))),
    Act(pause, (Promise(is_told_in_status, ()),)),
    Act(leave, (Promise(is_counted, (Right("events", "patch"),)), Promise(leads, ()))),
    Act(delete, (Promise(is_gone, (Right(MCK, "get"), Right(CHILD, "get"), Right(CHILD, "delete"))),)),
    Act(release, (Promise(is_recorded, (Right(MAP, "get"), Right(MAP, "create"), Right(MAP, "patch"))),)),
    Act(let_go, (Promise(is_swept, ()),)),
)
RIGHTS = {str(right): right for act in STORY for promise in act.promises for right in promise.rights}
ALL = "nothing taken away"


def play(stage: Charted, removed: Right | None) -> None:
    """Play the story, all promises kept, to its end or to the promise that hangs on the right that was taken away."""
    for act in STORY:
        act.do(stage)
        for promise in act.promises:
            if removed in promise.rights:
                return fail(stage, promise, removed)
            assert wait_until(partial(promise.kept, stage), PATIENCE), f"not kept: {promise.kept.__doc__}"
    return None


def fail(stage: Charted, promise: Promise, removed: Right | None) -> None:
    """See that the operator is denied what was taken away, and that for want of it the promise is not kept."""
    assert wait_until(lambda: removed in stage.denied(), PATIENCE), f"never asked for: {removed}"
    assert wait_until(lambda: not promise.kept(stage), PATIENCE), f"kept all the same: {promise.kept.__doc__}"
    assert not wait_until(partial(promise.kept, stage), GRACE), f"kept in the end: {promise.kept.__doc__}"


Plays = dict[str, "Future[None]"]


@pytest.fixture(scope="module")
def plays(
    world: World, helm: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Plays]:
    """All cases that were asked for, played side by side: each mostly waits."""

    def run(case: str) -> None:
        removed = RIGHTS.get(case)
        with Charted(world, helm, tmp_path_factory.mktemp("stage"), removed) as stage:
            try:
                play(stage, removed)
                assert stage.denied() == ({removed} if removed else set())
            except AssertionError as error:
                raise AssertionError(f"{case}: {error}\n{stage.operator.tail()}") from error

    items = [item for item in request.session.items if "plays" in getattr(item, "fixturenames", ())]
    asked = [item.callspec.params["case"] for item in items]  # type: ignore[attr-defined]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {case: pool.submit(run, case) for case in asked}


@pytest.mark.parametrize("case", [ALL, *RIGHTS])
def test_promise_hangs_on_its_right(plays: Plays, case: str) -> None:
    """With all rights every promise is kept and nothing is denied; without one the operator is denied that alone."""
    plays[case].result()


@pytest.fixture(scope="module")
def rules(helm: str, tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """The rules that the chart gives by default."""
    release = Release(helm, tmp_path_factory.mktemp("none") / "kubeconfig", "none", "cassandra", name="multicasskop")
    return rules_of(release.manifests({"fullnameOverride": "multicasskop"}))


def test_every_right_of_the_chart_has_a_promise(rules: Rules) -> None:
    """No verb is in the chart's roles for which the story has no case, and none has a case that is not there."""
    assert sorted(rights_of(rules)) == sorted(RIGHTS.values())


def single(rules: Rules) -> set[tuple[str, str, str, str]]:
    """Rules as group, resource, verb and name, one by one, however they were put together."""
    return {
        (group, resource, verb, name)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames") or [""]
    }


def by_hand(*pages: str) -> set[tuple[str, str, str, str]]:
    """The rights in manifests for those who install without the chart."""
    return single([rule for page in pages for rule in rules_of(list(yaml.safe_load_all((PAGES / page).read_text())))])


def test_rights_by_hand_are_the_chart_s(rules: Rules) -> None:
    """Who installs without the chart gives the same rights."""
    assert by_hand("home.yaml", "identity.yaml") == single(rules)


def test_rights_of_live_registration(rules: Rules, helm: str, tmp_path: Path) -> None:
    """Who lets Secrets register members gives the right to read them, and nothing else, by the chart and by hand."""
    release = Release(helm, tmp_path / "kubeconfig", "none", "cassandra", name="multicasskop")
    values = {"fullnameOverride": "multicasskop", "members": {"secrets": True}}
    more = single(rules_of(release.manifests(values))) - single(rules)
    assert more == single(WATCH_RULES)
    assert by_hand("live.yaml") - single(rules) == more


def test_rights_in_a_member_are_those_for_children(rules: Rules) -> None:
    """In any other member the operator needs what it needs at home for the children, and nothing else."""
    assert by_hand("member.yaml") == {each for each in single(rules) if each[1].startswith("cassandraclusters")}


def test_world_gives_its_operators_what_the_chart_gives(rules: Rules) -> None:
    """The operators of all other tests have no right that the chart does not give, but for the lease of any name."""
    anywhere = {(group, resource, verb, "") for group, resource, verb, _ in single(rules) if resource != "namespaces"}
    assert single(HOME_RULES) == anywhere
    assert single(CHILD_RULES) <= anywhere
