"""A law of plans: whatever is changed, by whomever, what is foretold is what the operator then writes."""

from typing import Any

from fakes.foretelling import foretold, planned, sent, to_the_end
from fakes.stage import HOME, OTHER, THIRD, Stage, datacenter, ring
from hypothesis import given, settings
from hypothesis import strategies as st
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
NAMES = (HOME, OTHER, THIRD)

FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "cassandraImage": st.sampled_from(["cassandra:4.1.4", "cassandra:4.1.5", None]),
        "configMapName": st.sampled_from(["a", "b", None]),
        "resources": st.sampled_from([{"limits": {"cpu": 1, "memory": "1024Mi"}}, {"limits": {"cpu": "1"}}, None]),
        "envVars": st.sampled_from([[], [{"name": "A", "value": "1"}], None]),
        "config": st.sampled_from([{"yaml": {"a": 1}}, {"yaml": {"b": False}}, None]),
        "maxPodUnavailable": st.sampled_from([1, 2]),
    },
)
SEEDS = st.sampled_from([None, ["a.example"], ["a.example", "b.example"], ["b.example", "a.example"]])


@st.composite
def patches(draw: st.DrawFn) -> Json:
    """A change of a ring of three: fields of base and of one override, seeds, switches, a member that goes."""
    base: Json = {"spec": draw(FIELDS)}
    if draw(st.booleans()):
        base["status"] = {"seedlist": draw(SEEDS)}
    member = draw(st.sampled_from(NAMES))
    own = {**draw(FIELDS)}
    if draw(st.booleans()):
        own["topology"] = datacenter(NAMES.index(member) + 1, draw(st.sampled_from([1, 2])))
    override: Json = {member: draw(st.sampled_from([{"spec": own}, {"spec": own}, None]))}
    more = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "rollout": st.sampled_from([{"order": [THIRD, HOME, OTHER]}, {"maxConcurrent": 2}, None]),
                "seeds": st.sampled_from([{"onChange": "Roll"}, {"perDatacenter": 1}, None]),
                "deleteCassandraCluster": st.booleans(),
                "restart": st.sampled_from(["a", "b", None]),
                "deletion": st.sampled_from([{"onOverrideRemoved": "Drain"}, None]),
            },
        )
    )
    return {"spec": {"base": base, "override": override, **more}}


@settings(max_examples=40)
@given(first=patches(), second=patches(), created=st.booleans())
def test_what_is_foretold_is_written(first: Json, second: Json, created: bool) -> None:
    """A plan has, per member, the very bodies in the very order that follow, for any change after any other."""
    stage = Stage(*NAMES)
    if created:
        stage.apply(merged(ring(*NAMES), first))
        to_the_end(stage)
    else:
        stage.apply(merged(ring(*NAMES, paused=True), first))
        second = merged(second, {"spec": {"paused": False}})
    stage.forget_calls()
    found = foretold(stage, second)
    stage.change(second)
    to_the_end(stage)
    assert planned(found) == sent(stage)
    assert foretold(stage, {}).empty
