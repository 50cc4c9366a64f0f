"""What is to be done about each object of a registration."""

import base64
from copy import deepcopy
from typing import Any

import pytest
from fakes.registration import live, request
from multicasskop.crds.names import CLUSTER, MEMBER, REGISTRATION
from multicasskop.operator.registering.compare import Action, Change, compare, is_same
from multicasskop.operator.registering.manifests import Wanted, home_objects, member_objects

Json = dict[str, Any]
TOKEN = b"a-token"
ALL = (*member_objects(request(make_namespaces=True)), *home_objects(request(), TOKEN))


def one(kind: str) -> Wanted:
    """The first object of a kind."""
    return next(each for each in ALL if each.resource.kind == kind)


def there(kind: str, *, mark: str | None = "", **content: object) -> Json:
    """An object of a kind as it would be there; with another mark, or (None) without one."""
    body = live({**deepcopy(one(kind).body), **content})
    if mark is None:
        body["metadata"]["annotations"].pop(REGISTRATION)
    elif mark:
        body["metadata"]["annotations"][REGISTRATION] = mark
    return body


@pytest.mark.parametrize("wanted", ALL, ids=str)
def test_what_is_not_there_is_created(wanted: Wanted) -> None:
    """Without a living object there is one thing to do."""
    assert compare(wanted, None) == Change(wanted, Action.CREATE)


@pytest.mark.parametrize("wanted", ALL, ids=str)
def test_what_is_right_is_left(wanted: Wanted) -> None:
    """An object that is as it is to be is not written."""
    assert compare(wanted, live(wanted.body)).action is Action.NOTHING


@pytest.mark.parametrize("wanted", ALL, ids=str)
def test_what_is_being_deleted_is_refused(wanted: Wanted) -> None:
    """What goes cannot be built upon."""
    change = compare(wanted, live(wanted.body, deletionTimestamp="2026-11-23T14:00:00Z"))
    assert (change.action, change.details) == (Action.REFUSE, ("is being deleted",))


@pytest.mark.parametrize("kind", ["ServiceAccount", "Role", "RoleBinding", "Secret"])
def test_another_registration_s_is_refused(kind: str) -> None:
    """What another registration made is named, and left alone."""
    change = compare(one(kind), there(kind, mark="home-2/casskop-system/us-east"))
    assert change.action is Action.REFUSE
    assert change.details == ("belongs to the registration home-2/casskop-system/us-east",)
    assert change.hint


@pytest.mark.parametrize("kind", ["ServiceAccount", "Role", "RoleBinding"])
def test_what_a_person_made_serves(kind: str) -> None:
    """An account or Role of the same name that is right is used, and not marked as ours."""
    assert compare(one(kind), there(kind, mark=None)).action is Action.NOTHING


def test_role_is_shown_right_by_right() -> None:
    """A Role with other rights is changed to the very rights that are needed, and each difference is shown."""
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}, *one("Role").body["rules"][1:]]
    change = compare(one("Role"), there("Role", rules=rules))
    assert change.patch == {"rules": one("Role").body["rules"]}
    assert "+ create cassandraclusters" in change.details
    assert "- list secrets" in change.details
    assert len(change.details) == 7


def test_order_of_rules_is_no_difference() -> None:
    """Rules that are put together in another way are the same rights."""
    rules = list(reversed(one("Role").body["rules"]))
    assert compare(one("Role"), there("Role", rules=rules)).action is Action.NOTHING


@pytest.mark.parametrize(
    ("mark", "kept"), [pytest.param("", False, id="ours"), pytest.param(None, True, id="somebody else's")]
)
def test_binding_that_binds_others(mark: str | None, kept: bool) -> None:
    """A binding of ours is for our account alone; in one of somebody else's ours is added."""
    other = {"kind": "ServiceAccount", "name": "other", "namespace": "x"}
    change = compare(one("RoleBinding"), there("RoleBinding", mark=mark, subjects=[other]))
    ours = one("RoleBinding").body["subjects"]
    assert change.patch == {"subjects": [other, *ours] if kept else ours}


def test_binding_of_another_role_is_refused() -> None:
    """What a binding binds cannot be changed."""
    change = compare(one("RoleBinding"), there("RoleBinding", roleRef={"kind": "ClusterRole", "name": "admin"}))
    assert (change.action, change.details) == (Action.REFUSE, ("binds ClusterRole admin",))


def test_secret_that_is_no_member_s_is_refused() -> None:
    """A key that no member's Secret has tells that it is somebody else's."""
    data = {**one("Secret").body["data"], "password": "x"}
    change = compare(one("Secret"), there("Secret", mark=None, data=data))
    assert (change.action, change.details) == (Action.REFUSE, ("has a key password, so it is no member's",))


@pytest.mark.parametrize("mark", [None, ""], ids=["somebody else's", "ours"])
@pytest.mark.parametrize(
    "kind",
    ["kubernetes.io/service-account-token", "kubernetes.io/tls", "kubernetes.io/dockerconfigjson", "example/own"],
)
def test_secret_of_another_type_is_refused(kind: str, mark: str | None) -> None:
    """A Secret that Kubernetes or somebody else has a use for of their own is left alone, whatever it holds."""
    change = compare(one("Secret"), there("Secret", mark=mark, type=kind))
    assert (change.action, change.details) == (Action.REFUSE, (f"has the type {kind}, so it is no member's",))
    assert change.hint == "choose another --as, or delete that Secret if nothing needs it"
    assert change.patch == {}


@pytest.mark.parametrize("kind", ["Opaque", "", None], ids=str)
def test_secret_of_no_special_type_serves(kind: str | None) -> None:
    """A Secret as people make them is one that a member can have."""
    assert compare(one("Secret"), there("Secret", type=kind)).action is Action.NOTHING


def test_secret_that_is_taken_over_is_not_marked_as_ours() -> None:
    """Without our mark it stays when the member is unregistered: whoever made it may need it."""
    change = compare(one("Secret"), there("Secret", mark=None, data={}))
    assert change.action is Action.CHANGE
    assert "metadata" not in change.patch
    assert compare(one("Secret"), there("Secret", mark=None)).action is Action.NOTHING


def test_mark_of_ours_is_kept_up_to_date() -> None:
    """A mark that was made when home's id could not be read is completed."""
    change = compare(one("Secret"), there("Secret", mark="/casskop-system/us-east"))
    assert change.patch == {"metadata": {"annotations": {REGISTRATION: request().id}}}


def test_secret_of_an_import_is_taken_over() -> None:
    """A Secret with a member's keys and without our marks is used, and what differs in it is named, not shown."""
    found = there("Secret", mark=None, data={"token": base64.b64encode(b"old").decode()})
    found["metadata"] |= {"labels": None, "annotations": {}}
    change = compare(one("Secret"), found)
    assert change.patch["metadata"]["labels"] == {CLUSTER: "true"}
    assert change.patch["metadata"]["annotations"][MEMBER] == "us-east"
    assert REGISTRATION not in change.patch["metadata"]["annotations"]
    assert change.patch["data"]["token"] == base64.b64encode(TOKEN).decode()
    assert {"~ token", "~ ca.crt", f"~ labels {CLUSTER}"} <= set(change.details)
    assert "b2xk" not in repr(change)
    assert base64.b64encode(TOKEN).decode() not in repr(change)


@pytest.mark.parametrize(
    ("one_mark", "other", "same"),
    [
        ("h/n/m", "h/n/m", True),
        ("/n/m", "h/n/m", True),
        ("h/n/m", "/n/m", True),
        ("h/n/m", "g/n/m", False),
        ("h/n/m", "h/n/o", False),
        ("", "", False),
        ("h", "h", False),
    ],
)
def test_marks(one_mark: str, other: str, same: bool) -> None:
    """An id of home that could not be read fits any; all else must agree."""
    assert is_same(one_mark, other) is same
