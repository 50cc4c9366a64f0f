"""In what a child differs, and why."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.cases import NOW, child, parent, wish
from multicasskop.crds.names import FIELDS
from multicasskop.reconcilers.multicasskop.desire import Desired
from multicasskop.reconcilers.multicasskop.drift import (
    Cause,
    Difference,
    cause_of,
    compare,
    fields_of,
    recent_corrections,
)
from multicasskop.reconcilers.multicasskop.facts import Told, Trace
from multicasskop.reconcilers.patch import print_paths

Json = dict[str, Any]
PATH = "spec.cassandraImage"


def desired() -> Desired:
    """What c1 is to be."""
    return wish(parent()).children["c1"]


def changed(**spec: Any) -> Difference | None:  # noqa: ANN401  any field
    """The difference of a child with these fields changed."""
    return compare(desired(), child(parent(), "c1", spec=spec))


def test_same_child_has_no_difference() -> None:
    """What is as wanted leads to no patch, whatever else stands in the spec."""
    assert changed() is None
    assert changed(runAsUser=999, fsGroup=1) is None


def test_difference_names_what_is_unlike() -> None:
    """A difference holds the patch, the paths as people write them, and whether CassKop has something to do."""
    found = changed(cassandraImage="other:1")
    assert found == Difference({"spec": {"cassandraImage": "cassandra:4.1.4"}}, (PATH,))
    assert found.in_spec


def test_field_that_was_dropped_is_a_difference() -> None:
    """A field that we set before, and do not want any more, is to go; its path is named."""
    annotation = print_paths({*fields_of(desired()), ("spec", "runAsUser")})
    found = compare(desired(), child(parent(), "c1", spec={"runAsUser": 7}, annotations={FIELDS: annotation}))
    assert found == Difference({"spec": {"runAsUser": None}}, ("spec.runAsUser",))


def test_labels_are_no_difference() -> None:
    """Labels are set at creation only: CassKop puts them into selectors, which cannot be changed."""
    assert compare(desired(), child(parent(), "c1", labels={"other": "x"})) is None


def test_annotation_is_a_difference_without_work_for_casskop() -> None:
    """An annotation that is wanted and not there is patched; CassKop has nothing to do about it."""
    spec = parent().spec
    spec["base"]["metadata"] = {"annotations": {"a": "b"}}
    wanted = wish(parent(spec)).children["c1"]
    found = compare(wanted, child(parent(), "c1"))
    assert found is not None
    assert found.patch == {"metadata": {"annotations": {"a": "b"}}}
    assert not found.in_spec


def trace(**more: Any) -> Trace:  # noqa: ANN401  any field
    """A trace of our write of what is wanted, which made generation 2."""
    return replace(Trace(written_at=NOW - 60, generation=2, hash=desired().hash, met=desired().hash), **more)


def told(state: str, **more: str) -> Told:
    """A report of the child that is looked at."""
    return replace(Told(state=state, uid="child-c1", hash=desired().hash), **more)


CORRECTED = tuple((NOW - at, PATH) for at in (300.0, 200.0, 100.0))


@pytest.mark.parametrize(
    ("remembered", "reported", "processed", "cause"),
    [
        pytest.param(Trace(), Told(), 2, Cause.NEWS, id="nothing is known"),
        pytest.param(trace(met="old"), Told(), 2, Cause.NEWS, id="something else was written last"),
        pytest.param(trace(), Told(), 2, Cause.REFUSED, id="CassKop's pass over our write did not leave it"),
        pytest.param(trace(), Told(), 3, Cause.REFUSED, id="nor a later one"),
        pytest.param(trace(), Told(), 1, Cause.DRIFT, id="changed before CassKop looked: by a hand"),
        pytest.param(trace(held=True), Told(), 3, Cause.DRIFT, id="it stood, and then did not: by a hand"),
        pytest.param(trace(held=True, corrections=CORRECTED), Told(), 3, Cause.REFUSED, id="the fourth time"),
        pytest.param(trace(held=True, corrections=CORRECTED[1:]), Told(), 3, Cause.DRIFT, id="the third time"),
        pytest.param(trace(held=True, refused=desired().hash), Told(), 3, Cause.REFUSED, id="refused before"),
        pytest.param(trace(held=True, refused="old"), Told(), 3, Cause.DRIFT, id="something else was refused before"),
        pytest.param(Trace(), told("Ready"), 2, Cause.DRIFT, id="after a restart: it was Ready for this"),
        pytest.param(Trace(), told("Soaking"), 2, Cause.DRIFT, id="after a restart: it was soaking"),
        pytest.param(Trace(), told("Refused"), 2, Cause.REFUSED, id="after a restart: it was refused"),
        pytest.param(Trace(), told("Progressing"), 2, Cause.NEWS, id="after a restart: it was under way"),
        pytest.param(Trace(), told("Ready", hash="old"), 2, Cause.NEWS, id="after a restart: Ready for something else"),
        pytest.param(Trace(), told("Ready", uid="old"), 2, Cause.NEWS, id="after a restart: another child was Ready"),
    ],
)
def test_cause(remembered: Trace, reported: Told, processed: int, cause: Cause) -> None:
    """A new wish, a hand's edit and a refusal are told apart by what followed our last write."""
    found = child(parent(), "c1", generation=3, processed=processed)
    assert cause_of((PATH,), desired(), found, remembered, reported, NOW) is cause


def test_old_corrections_do_not_count() -> None:
    """Corrections are counted for ten minutes, by path."""
    times = ((NOW - 601, PATH), (NOW - 599, PATH), (NOW - 1, "other"))
    assert recent_corrections(Trace(corrections=times), PATH, NOW) == 1


@pytest.mark.parametrize(
    ("wanted", "live", "sent"),
    [
        pytest.param({"nodesPerRacks": 0}, {}, 0, id="emptied, the child inherits its nodes"),
        pytest.param({}, {"nodesPerRacks": 0}, 2, id="filled again, the wish inherits its nodes"),
        pytest.param({}, {}, None, id="both inherit"),
    ],
)
def test_nodes_of_a_datacenter_are_compared_as_they_count(wanted: Json, live: Json, sent: int | None) -> None:
    """A datacenter without a number of its own has that of the spec: a 0 is not the same as nothing there."""

    def spec(own: Json) -> Json:
        return {"nodesPerRacks": 2, "topology": {"dc": [{"name": "dc1", "rack": [{"name": "rack1"}], **own}]}}

    found = parent({"base": {"spec": spec(wanted)}, "override": {"c1": {}}})
    unlike = compare(wish(found).children["c1"], child(found, "c1", spec=spec(live)))
    assert (None if unlike is None else unlike.patch["spec"]["topology"]["dc"][0]["nodesPerRacks"]) == sent


def test_child_without_a_topology_differs_from_a_wish_with_one() -> None:
    """Nothing of the wish is read into a child that has no datacenters at all."""
    topology = {"dc": [{"name": "dc1", "nodesPerRacks": 2, "rack": [{"name": "rack1"}]}]}
    found = parent({"base": {"spec": {"topology": topology}}, "override": {"c1": {}}})
    bare = child(found, "c1", spec={"topology": {}})
    assert bare.spec["topology"] == {}
    unlike = compare(wish(found).children["c1"], bare)
    assert unlike is not None
    assert unlike.patch["spec"]["topology"] == topology
