"""Which Secret speaks for which member."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.names import CLUSTER, IDENTITY, MEMBER
from multicasskop.informers.changes import added, deleted, updated
from multicasskop.informers.record import Metadata, Record
from multicasskop.operator.members.secrets import SELECTOR, MemberSecret, SecretBook, rule

Json = dict[str, Any]


def anything(_: MemberSecret) -> str:
    """Nothing else speaks for anybody."""
    return ""


def secret(name: str, member: str = "", created: str = "2026-01-01T00:00:00Z") -> MemberSecret:
    """A Secret that names a member, by default the one of its own name."""
    return MemberSecret(name, "ops", f"uid-{name}", "1", member or name, created)


def record(name: str, *, version: str = "1", **marks: str) -> Record:
    """A Secret as the watch brings it."""
    about: Json = {"name": name, "namespace": "ops", "uid": f"uid-{name}", "resourceVersion": version}
    annotations = {"multicasskop.db.orange.com/" + key: value for key, value in marks.items()}
    body = {"metadata": {**about, "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": annotations}}
    metadata = Metadata(name=name, namespace="ops", uid=about["uid"], resource_version=version)
    return Record.of(metadata, json.dumps(body | {"data": {"token": "Y2FuYXJ5"}}).encode())


def test_label_is_the_documented_one() -> None:
    """The selector asks for the label that people are told to set."""
    assert f"{CLUSTER}=true" == SELECTOR


def test_secret_of_a_record() -> None:
    """A Secret's name is the member's unless the annotation says otherwise; what it holds is not printed."""
    plain, named = MemberSecret.of(record("c2")), MemberSecret.of(record("s", member="c2", identity="an-id"))
    assert (plain.member, plain.identity, dict(plain.data)) == ("c2", "", {"token": "Y2FuYXJ5"})
    assert (named.member, named.identity, str(named.key)) == ("c2", "an-id", "ops/s")
    assert "Y2FuYXJ5" not in repr(plain)
    assert {MEMBER, IDENTITY} == {"multicasskop.db.orange.com/member", "multicasskop.db.orange.com/identity"}


def test_each_member_has_its_secret() -> None:
    """Secrets that name different members all speak for them."""
    found = rule([secret("a"), secret("b", "c")], anything)
    assert ({name: each.name for name, each in found.holders.items()}, found.unused) == ({"a": "a", "c": "b"}, {})


def test_oldest_speaks() -> None:
    """Of two Secrets that name one member the older one speaks, and the other is told which."""
    old, new = secret("z", "m", "2026-01-01T00:00:00Z"), secret("a", "m", "2026-01-02T00:00:00Z")
    found = rule([new, old], anything)
    assert found.holders == {"m": old}
    assert found.unused == {new.key: "Secret z, which is older, registers m already"}


@pytest.mark.parametrize("member", ["No_Name", "a b", "../x", "x" * 64, "a\nb", "-a"])
def test_name_that_no_member_may_have(member: str) -> None:
    """A name that could not be a key of an override registers nobody, and is told."""
    found = rule([secret("s", member)], anything)
    assert found.holders == {}
    [why] = found.unused.values()
    assert why.startswith("annotation multicasskop.db.orange.com/member: ")


def test_something_else_speaks() -> None:
    """A Secret for a member that has other credentials is told so, and the next one is asked as well."""
    found = rule([secret("a"), secret("b")], lambda each: "is home" if each.member == "a" else "")
    assert (list(found.holders), list(found.unused.values())) == (["b"], ["is home"])


CLAIMS = st.tuples(st.sampled_from("abcd"), st.sampled_from("mn"), st.sampled_from("123"))


@given(st.lists(CLAIMS, unique_by=lambda each: each[0]))
def test_order_of_arrival_does_not_matter(given_: list[tuple[str, str, str]]) -> None:
    """Whatever the order in which Secrets are seen, the same ones speak: all replicas agree, also after a restart."""
    secrets = [secret(*each) for each in given_]
    assert rule(secrets, anything) == rule(secrets[::-1], anything)


def test_book_tells_what_changed() -> None:
    """Each change tells the members that are spoken for otherwise; when the older goes, the next one takes over."""
    book, first, second = SecretBook(anything), record("c2"), record("other", member="c2")
    assert book.take(added(first)) == ("c2",)
    assert book.take(added(second)) == ()
    assert book.take(updated(first, record("c2", version="2"))) == ("c2",)
    holder = book.holder("c2")
    assert holder is not None
    assert holder.version == "2"
    assert book.take(deleted(first, final_state_known=True)) == ("c2",)
    assert book.ruling.holders["c2"].name == "other"
    assert book.take(deleted(second, final_state_known=False)) == ("c2",)
    assert (book.holder("c2"), book.ruling.unused) == (None, {})


def test_renamed_member_goes_and_comes() -> None:
    """An annotation that names another member lets one go and brings the other."""
    book = SecretBook(anything)
    book.take(added(record("s", member="old")))
    assert book.take(updated(record("s"), record("s", version="2", member="new"))) == ("old", "new")


def test_same_content_again_is_no_change() -> None:
    """What is delivered again changes nothing."""
    book = SecretBook(anything)
    book.take(added(record("c2")))
    assert book.take(updated(record("c2"), record("c2"))) == ()
    assert replace(secret("a")) == secret("a")
