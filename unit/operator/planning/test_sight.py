"""From what was read to the facts that decisions take: sources, placeholders, rivals, strays."""

from typing import Any

import pytest
from fakes.cases import child, parent
from fakes.stage import HOME, OTHER, ring
from multicasskop.operator.planning.sight import NEW_UID, Look, Sight, Source, known, parent_of
from multicasskop.reconcilers.multicasskop.facts import Parent
from multicasskop.reconcilers.multicasskop.validate import Verdict, judge
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]


def stored(**metadata: Any) -> Json:  # noqa: ANN401  any metadata
    """The ring as home has it."""
    found: Json = merged(ring(), {"metadata": {"uid": "u", "generation": 4, "annotations": {"a": "1"}, **metadata}})
    return found


def live(name: str = "demo", *, uid: str = "u") -> Json:
    """A living child with the mark of an object."""
    made = child(parent(uid=uid), HOME)
    metadata = {"name": name, "namespace": "cassandra", "uid": "x", "annotations": dict(made.meta.annotations)}
    return {"metadata": metadata, "spec": made.spec, "status": made.status}


def judged(sight: Sight) -> tuple[Parent, Verdict]:
    """The object as it will be stored, and the verdict on it."""
    found = parent_of(sight)
    return found, judge(found.meta.key, found.spec, (HOME, OTHER))


def test_new_object_has_a_placeholder() -> None:
    """An object that is not stored yet has no UID, which is seen at once, and is in its first generation."""
    found = parent_of(Sight(ring(), None))
    assert (found.meta.uid, found.meta.generation) == (NEW_UID, 1)


@pytest.mark.parametrize(
    ("wanted", "generation"),
    [
        pytest.param(ring(), 4, id="the same spec"),
        pytest.param(ring(paused=True), 5, id="another spec"),
    ],
)
def test_stored_object_keeps_what_it_is(wanted: Json, generation: int) -> None:
    """A changed spec is a new generation; UID and annotations stay, those of the file count besides."""
    wanted = merged(wanted, {"metadata": {"annotations": {"b": "2"}}})
    found = parent_of(Sight(wanted, stored()))
    assert (found.meta.uid, found.meta.generation) == ("u", generation)
    assert found.meta.annotations == {"a": "1", "b": "2"}


def status(**uids: str) -> Json:
    """A status that speaks of children."""
    return {"clusters": [{"name": name, "uid": uid, "state": "Applying"} for name, uid in uids.items()]}


@pytest.mark.parametrize(
    ("looks", "said", "source"),
    [
        pytest.param({HOME: Look((live(),))}, {}, Source.LIVE, id="asked"),
        pytest.param({HOME: Look()}, {}, Source.LIVE, id="asked, and there is none"),
        pytest.param({}, {}, Source.NEVER_WRITTEN, id="nothing was ever written"),
        pytest.param({}, status(**{HOME: "x"}), Source.UNKNOWN, id="written, but what?"),
        pytest.param({HOME: Look(failure="timeout")}, status(**{HOME: "x"}), Source.UNKNOWN, id="did not answer"),
    ],
)
def test_source(looks: dict[str, Look], said: Json, source: Source) -> None:
    """By what a child is known, and that one of which nothing is known counts as not to be seen."""
    obj = {**stored(), "status": said}
    sight = Sight(obj, obj, looks=looks)
    found, verdict = judged(sight)
    seen = known(sight, found, verdict, verdict, (HOME, OTHER))
    assert seen.sources[HOME] is source
    assert seen.facts.members[HOME].visible is (source is not Source.UNKNOWN)


def test_strays_and_rivals_are_seen() -> None:
    """Children of ours by another name are found by their mark, and others that want the same child are told."""
    other = stored(uid="v", name="second", creationTimestamp="2029-01-01T00:00:00Z")
    other["spec"]["base"]["metadata"] = {"name": "demo"}
    sight = Sight(
        stored(), stored(), others=(stored(), other), looks={HOME: Look((live("old"), live("foreign", uid="z")))}
    )
    found, verdict = judged(sight)
    facts = known(sight, found, verdict, verdict, (HOME, OTHER)).facts
    assert [key.name for key in facts.members[HOME].strays] == ["old"]
    assert [rival.uid for rival in facts.members[HOME].rivals] == ["v"]
    assert set(facts.living) == {"u", "v"}


def test_members_that_are_not_registered() -> None:
    """A member outside the registered ones is known as such."""
    sight = Sight(ring(), None)
    found, verdict = judged(sight)
    facts = known(sight, found, verdict, Verdict(None), (HOME,)).facts
    assert [facts.members[name].registered for name in (HOME, OTHER)] == [True, False]
