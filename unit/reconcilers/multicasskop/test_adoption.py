"""Children that were there before: agreed upon, taken over, or left alone because they are somebody else's."""

import json
from typing import Any

from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, Stage, ring
from multicasskop.crds.names import ADOPT, FINALIZER, OWNER, SEEDLIST
from multicasskop.informers.freshness import FreshnessState

Json = dict[str, Any]


def found(
    stage: Stage, member: str, *, image: str = "cassandra:4.1.4", zone: str = "ring.example", **annotations: str
) -> None:
    """Put a running child into a member that carries no mark of ours."""
    wanted = ring()["spec"]
    spec = wanted["base"]["spec"] | wanted["override"][member]["spec"] | {"cassandraImage": image}
    number = int(member[1:])
    seeds = [f"demo-dc{number}-rack1-0.{zone}"]
    status = {"phase": "Running", "lastClusterAction": "Initializing", "lastClusterActionStatus": "Done"}
    stage.members[member].server.put(
        CHILDREN,
        {
            "apiVersion": "db.orange.com/v2",
            "kind": "CassandraCluster",
            "metadata": {"name": "demo", "namespace": NAMESPACE, "annotations": annotations},
            "spec": spec,
            "status": status | {"seedlist": seeds, "observedGeneration": 1},
        },
    )


def mark(stage: Stage, member: str) -> Json:
    """The owner mark of a child; empty when there is none."""
    child = stage.child(member)
    assert child is not None
    read: Json = json.loads((child["metadata"].get("annotations") or {}).get(OWNER, "{}"))
    return read


def test_same_child_is_agreed_upon() -> None:
    """A child that is as wanted is marked as agreed, without a write of its spec or its labels."""
    stage = Stage()
    for member in (HOME, OTHER):
        found(stage, member)
    stage.apply(ring())
    stage.wait(1, steps=4)
    assert [mark(stage, member)["origin"] for member in (HOME, OTHER)] == ["agreed", "agreed"]
    assert [stage.child(member)["metadata"]["generation"] for member in (HOME, OTHER)] == [1, 1]  # type: ignore[index]
    assert stage.tape.reasons.count("ChildAdopted") == 2


def test_seeds_are_left_when_children_are_taken_over() -> None:
    """Children that come over keep the seeds of their own CassKops, and go on with them through changes of the spec."""
    stage = Stage()
    for member in (HOME, OTHER):
        found(stage, member, zone="demo.cassandra")
    stage.apply(ring())
    stage.wait(60, steps=4)
    assert stage.status()["phase"] == "Ready"
    assert "c1, c2 with those of before it was taken over" in stage.condition("SeedsResolved")["message"]
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    assert stage.status()["phase"] == "Ready"
    for number, member in enumerate((HOME, OTHER), 1):
        child = stage.child(member)
        assert child is not None
        assert child["status"]["seedlist"] == [f"demo-dc{number}-rack1-0.demo.cassandra"]
        assert SEEDLIST not in child["metadata"]["annotations"]


def without_identity(**spec: Any) -> Stage:  # noqa: ANN401  whatever a ring takes
    """A ring that is Ready, of a home that may not read its own id."""
    stage = Stage()
    stage.home.identity = ""
    stage.apply(ring(deleteCassandraCluster=False, **spec))
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    return stage


def test_two_homes_without_ids_do_not_fight() -> None:
    """A child of a parent that is not seen here stays that one's, and goes with it; its mark is not written over."""
    stage = without_identity()
    before = [mark(stage, member) for member in (HOME, OTHER)]
    stage.home.server.remove(PARENTS, NAMESPACE, "demo")
    stage.apply(ring())
    stage.wait(120, steps=4)
    assert [stage.entry(member)["state"] for member in (HOME, OTHER)] == ["Conflict", "Conflict"]
    assert "of a home without an id; untouched" in stage.entry(HOME)["message"]
    assert "to take it over: kubectl -n cassandra annotate mck demo" in stage.condition("Ready")["message"]
    assert [mark(stage, member) for member in (HOME, OTHER)] == before


def test_person_gives_a_child_to_a_parent_that_was_made_again() -> None:
    """Where homes have no ids, the annotation gives the children to the one that has their name, for good."""
    stage = without_identity()
    stage.delete()
    again = ring()
    again["metadata"]["annotations"] = {ADOPT: "c1,c2"}
    stage.apply(again)
    stage.wait(120, steps=4)
    assert stage.status()["phase"] == "Ready"
    assert {mark(stage, member)["origin"] for member in (HOME, OTHER)} == {"adopted"}


def test_id_of_home_is_added_to_marks_with_the_next_change() -> None:
    """Marks from before home's id was known get it with the next write: a parent that is made again finds them then."""
    stage = without_identity()
    stage.home.identity = "id"
    stage.restart()
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    found = [mark(stage, member) for member in (HOME, OTHER)]
    assert [(each["home"], each["origin"]) for each in found] == [("id", "created")] * 2


def test_agreed_children_are_left_by_the_cascade() -> None:
    """An agreed child may have been made by hand: deleting the parent leaves it."""
    stage = Stage()
    for member in (HOME, OTHER):
        found(stage, member)
    stage.apply(ring())
    stage.wait(1, steps=4)
    stage.delete()
    assert not stage.has_parent()
    assert stage.child(HOME) is not None
    assert stage.child(OTHER) is not None


def test_children_of_the_go_operator_come_over() -> None:
    """With the Go operator's finalizer on the parent its children come from it, and the cascade takes them."""
    stage = Stage()
    for member in (HOME, OTHER):
        found(stage, member)
    parent = ring()
    parent["metadata"]["finalizers"] = [FINALIZER]
    stage.home.server.put(PARENTS, parent, by="multi-casskop")
    stage.run()
    stage.wait(1, steps=4)
    assert [mark(stage, member)["origin"] for member in (HOME, OTHER)] == ["migrated", "migrated"]
    stage.delete()
    assert not stage.has_parent()
    assert stage.child(HOME) is None


def test_different_child_is_a_conflict_until_a_person_says_so() -> None:
    """A child without an owner that differs is not touched, until the parent says that it is to be taken over."""
    stage = Stage()
    found(stage, HOME, image="other:1")
    stage.apply(ring())
    assert stage.entry(HOME)["state"] == "Conflict"
    assert "spec.cassandraImage" in stage.entry(HOME)["message"]
    assert "adopt=c1" in stage.condition("Ready")["message"]
    assert mark(stage, HOME) == {}
    assert stage.child(OTHER) is None
    stage.annotate(adopt=HOME)
    assert mark(stage, HOME)["origin"] == "adopted"
    child = stage.child(HOME)
    assert child is not None
    assert child["spec"]["cassandraImage"] == "cassandra:4.1.4"


def test_child_of_another_parent_is_never_touched() -> None:
    """A child with the mark of a parent that may be alive is a conflict, also when a person asks to take it over."""
    stage = Stage()
    other = {"home": "elsewhere", "namespace": NAMESPACE, "name": "x", "uid": "u-1", "origin": "created"}
    found(stage, HOME, **{OWNER: json.dumps(other)})
    stage.apply(ring())
    stage.annotate(adopt=HOME)
    assert stage.entry(HOME)["state"] == "Conflict"
    assert mark(stage, HOME)["uid"] == "u-1"
    assert "ChildConflict" in stage.tape.reasons
    stage.delete()
    assert not stage.has_parent()
    assert stage.child(HOME) is not None


def test_mark_of_a_parent_that_is_gone_counts_as_none() -> None:
    """After a delete without cascade, a MultiCasskop made anew finds its children again."""
    stage = Stage()
    stage.apply(ring(deleteCassandraCluster=False))
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.delete()
    assert stage.child(HOME) is not None
    stage.apply(ring(deleteCassandraCluster=False))
    stage.wait(2, steps=8)
    uid = stage.parent()["metadata"]["uid"]
    assert [mark(stage, member)["uid"] for member in (HOME, OTHER)] == [uid, uid]
    assert stage.status()["phase"] == "Ready"


def test_mark_is_not_stale_while_home_is_not_seen_freshly() -> None:
    """Whether a parent is gone is only known from a fresh view of home: until then its child is a conflict."""
    stage = Stage()
    gone = {"home": "c1-identity", "namespace": NAMESPACE, "name": "x", "uid": "gone", "origin": "created"}
    found(stage, OTHER, **{OWNER: json.dumps(gone)})
    parents = stage.home.informer_of(PARENTS)
    parents.state = FreshnessState.STALE
    stage.apply(ring())
    stage.own_casskop(HOME)
    assert stage.entry(OTHER)["state"] == "Conflict"
    parents.state = FreshnessState.FRESH
    stage.annotate(poke="1")
    stage.wait(1, steps=4)
    assert mark(stage, OTHER)["uid"] == stage.parent()["metadata"]["uid"]


def test_two_that_want_one_child() -> None:
    """Of two MultiCasskops that want a child that nobody has, the older gets it, and the other after it is gone."""
    stage = Stage()
    first, second = ring(name="first"), ring(name="second")
    for parent in (first, second):
        parent["spec"]["base"]["metadata"] = {"name": "shared"}
    stage.home.server.put(PARENTS, first)
    stage.clock.advance(1)
    stage.home.server.put(PARENTS, second)
    stage.run()
    child = stage.child(HOME, "shared")
    assert child is not None
    assert json.loads(child["metadata"]["annotations"][OWNER])["name"] == "first"
    assert stage.entry(HOME, "second")["state"] == "Conflict"
    stage.delete("first")
    stage.wait(2, steps=4)
    child = stage.child(HOME, "shared")
    assert child is not None
    assert json.loads(child["metadata"]["annotations"][OWNER])["name"] == "second"


def test_mark_that_was_stripped_comes_back() -> None:
    """A child whose mark somebody took off is marked again, and no second child is made."""
    stage = Stage()
    stage.apply(ring())
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.edit_child(HOME, {"metadata": {"annotations": {OWNER: None}}})
    stage.wait(1, steps=4)
    assert mark(stage, HOME)["uid"] == stage.parent()["metadata"]["uid"]
    assert stage.status()["phase"] == "Ready"
    creates = [call for call in stage.home.server.calls if call.verb == "create" and call.plural == CHILDREN]
    assert len(creates) == 1


def test_rename_is_refused_while_the_old_child_is_there() -> None:
    """Another name for the children is refused as long as children of the old name exist, and nothing is written."""
    stage = Stage()
    stage.apply(ring())
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.forget_calls()
    stage.change({"spec": {"base": {"metadata": {"name": "renamed"}}}})
    assert stage.condition("Valid")["reason"] == "RenameRefused"
    assert 'the name "demo" as before' in stage.condition("Valid")["message"]
    assert stage.writes(CHILDREN) == []
    assert stage.child(HOME, "renamed") is None
    stage.delete()
    assert not stage.has_parent()
    assert stage.child(HOME) is None


def test_what_the_go_operator_set_is_taken_out_with_the_next_change() -> None:
    """A field that the Go operator set, and nobody wants any more, goes with the first change of the spec."""
    stage = Stage()
    parent = ring()
    parent["metadata"]["finalizers"] = [FINALIZER]
    for member in (HOME, OTHER):
        found(stage, member)
        server = stage.members[member].server
        server.objects[CHILDREN, (NAMESPACE, "demo")]["spec"]["debug"] = True  # type: ignore[index]
        server.objects[CHILDREN, (NAMESPACE, "demo")]["metadata"]["managedFields"] = [go_entry("f:debug")]  # type: ignore[index]
    stage.home.server.put(PARENTS, parent, by="multi-casskop")
    stage.run()
    stage.wait(1, steps=4)
    assert stage.child(HOME)["spec"]["debug"] is True  # type: ignore[index]
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    child = stage.child(HOME)
    assert child is not None
    assert "debug" not in child["spec"]
    assert child["spec"]["cassandraImage"] == "cassandra:4.1.5"


def go_entry(*fields: str) -> Json:
    """What the server records of the Go operator's writes."""
    spec: Json = {field: {} for field in fields}
    return {
        "manager": "multi-casskop",
        "operation": "Update",
        "time": "2029-01-01T00:00:00Z",
        "fieldsV1": {"f:spec": spec},
    }
