"""Records of children that were left behind: what they hold, how many there may be, and what is made of them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from fakes.cases import ORPHAN, OWNER_MARK, child, many_orphans, parent
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.names import OWNER
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.orphans import (
    OF_ONE_NAMESPACE_MAX,
    RECORDS_MAX,
    UNREGISTERED,
    Due,
    Kept,
    Over,
    Sentence,
    Waits,
    counted,
    judge,
    no_room,
    read_orphan,
)
from multicasskop.reconcilers.multicasskop.ownership import Mark, Origin

texts = st.text(max_size=80)


def found(**changed: Any) -> Child:  # noqa: ANN401  any metadata
    """The child that was recorded, as it is now."""
    return child(parent(), "c2", **changed)


def marked(mark: str) -> Child:
    """The same with another owner mark."""
    return child(parent(), "c2", annotations={OWNER: mark})


@pytest.mark.parametrize(
    ("there", "sentence"),
    [
        pytest.param(None, Over(), id="gone"),
        pytest.param(found(), Due("child-c2", "5"), id="as it was"),
        pytest.param(found(uid="another"), Kept, id="another one of that name"),
        pytest.param(marked(""), Kept, id="without a mark"),
        pytest.param(marked("{"), Kept, id="with a mark that is none"),
        pytest.param(marked(replace(OWNER_MARK, uid="new").text()), Kept, id="adopted by another parent"),
        pytest.param(marked(replace(OWNER_MARK, origin=Origin.AGREED.value).text()), Kept, id="only agreed upon"),
        pytest.param(found(deletionTimestamp="2030-01-01T00:00:00Z"), Waits, id="on its way"),
    ],
)
def test_judgement_follows_the_child(there: Child | None, sentence: Sentence | type) -> None:
    """Only the very child that was recorded, with the mark of the parent that left it, is to be deleted."""
    got = judge(ORPHAN, there, owner_lives=False, wanted_by=None)
    assert isinstance(got, sentence) if isinstance(sentence, type) else got == sentence


def test_living_owner_decides_itself() -> None:
    """While the MultiCasskop is still there nothing is done for the record, not even when the child is gone."""
    assert isinstance(judge(ORPHAN, found(), owner_lives=True, wanted_by=None), Waits)
    assert isinstance(judge(ORPHAN, None, owner_lives=True, wanted_by=None), Waits)


def test_wanted_child_waits() -> None:
    """A child that another MultiCasskop wants is not deleted, and stays on record until that is decided."""
    assert judge(ORPHAN, found(), owner_lives=False, wanted_by=Key("x", "y")) == Waits("x/y wants it by now")


def test_child_of_unknown_uid_is_never_deleted() -> None:
    """A record without a UID may only end: nothing agrees with it."""
    unknown = replace(ORPHAN, uid="")
    assert isinstance(judge(unknown, found(), owner_lives=False, wanted_by=None), Kept)
    assert judge(unknown, None, owner_lives=False, wanted_by=None) == Over()


@given(uid=texts, owner=texts, mark_uid=texts, lives=st.booleans(), wanted=st.booleans())
def test_nothing_is_due_unless_all_agrees(uid: str, owner: str, mark_uid: str, lives: bool, wanted: bool) -> None:
    """Whatever a record says, a child is due only if its UID and its mark are those of the record, and nobody cares."""
    record = replace(ORPHAN, uid=uid, owner=replace(OWNER_MARK, uid=owner))
    there = child(parent(), "c2", annotations={OWNER: replace(OWNER_MARK, uid=mark_uid).text()})
    got = judge(record, there, owner_lives=lives, wanted_by=Key("x", "y") if wanted else None)
    if isinstance(got, Due):
        assert (uid, owner) == (there.meta.uid, mark_uid)
        assert not lives
        assert not wanted


def test_record_comes_back_as_it_was_written() -> None:
    """What is written is read again, and holds names only."""
    assert read_orphan(ORPHAN.key, ORPHAN.text()) == ORPHAN
    assert json.loads(ORPHAN.text()).keys() == {
        "member",
        "namespace",
        "name",
        "uid",
        "owner",
        "time",
        "traceparent",
    }


@given(texts, texts)
def test_anything_may_lie_there(key: str, text: str) -> None:
    """Whatever somebody put among the records is none, and breaks nothing."""
    assert read_orphan(key, text) is None


def test_record_under_another_key_is_none() -> None:
    """A record that was copied to another key does not count: each is there once."""
    assert read_orphan("c2.0123", ORPHAN.text()) is None


@given(member=texts, name=texts, uid=texts)
def test_keys_tell_children_apart(member: str, name: str, uid: str) -> None:
    """The key of a record does not depend on when it was written, and differs for different children."""
    one = replace(ORPHAN, member="c2", name=name, uid=uid)
    assert replace(one, time="later", traceparent="").key == one.key
    assert (replace(one, uid=uid + "x").key, replace(one, name=name + "x").key) != (one.key, one.key)


def test_there_is_an_end_to_records() -> None:
    """Neither all records together nor those of one namespace grow without bound; one that is there costs nothing."""
    full = many_orphans(RECORDS_MAX, 8)
    assert no_room(full[:-1], full[-1:]) == ""
    assert no_room(full, full[:3]) == ""
    assert str(RECORDS_MAX) in no_room(full, [replace(ORPHAN, uid="one more")])
    assert "namespace ns0" in no_room(
        many_orphans(OF_ONE_NAMESPACE_MAX, 1), many_orphans(OF_ONE_NAMESPACE_MAX + 1, 1)[-1:]
    )


def test_all_records_fit_into_one_config_map() -> None:
    """As many records as there may be, with the longest names that there are, are less than the server takes."""
    long = replace(ORPHAN, member="m" * 63, namespace="n" * 63, name="c" * 63, uid="u" * 36, traceparent="t" * 55)
    long = replace(long, owner=Mark("h" * 36, "n" * 63, "p" * 63, "o" * 36, "created"))
    assert RECORDS_MAX * (len(long.text()) + len(long.key)) < 1_000_000


def test_members_that_nobody_knows_are_one_number() -> None:
    """Each registered member is counted, with or without records; what others are called makes no series."""
    unknown = replace(ORPHAN, member="look-alike")
    assert counted([ORPHAN, unknown], ["c1", "c2"]) == {"c1": 0, "c2": 1, UNREGISTERED: 1}
