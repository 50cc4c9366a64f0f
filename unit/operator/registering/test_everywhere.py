"""A registration for all namespaces of a member: what is made, asked for, remembered and taken back."""

from fakes.registration import live, request
from multicasskop.operator.registering.compare import Action, compare
from multicasskop.operator.registering.manifests import home_objects, identity_objects, member_objects
from multicasskop.operator.registering.plan import Plan, announcement
from multicasskop.operator.registering.registered import Registered
from multicasskop.operator.registering.rights import CHILD_RULES, renewal_rule
from multicasskop.operator.registering.verify import Account, questions
from multicasskop.operator.registering.withdraw import in_member

REQUEST = request(everywhere=True)
ACCOUNT = Account("us-east", "prod", "multicasskop", ("cassandra",), everywhere=True)


def test_objects() -> None:
    """Rights for children are the cluster's, that to the next token stays in the account's own namespace."""
    found = {str(each): each.body for each in member_objects(REQUEST)}
    assert list(found) == [
        "ServiceAccount cassandra/multicasskop",
        "Role cassandra/multicasskop",
        "RoleBinding cassandra/multicasskop",
        "ClusterRole cassandra.multicasskop",
        "ClusterRoleBinding cassandra.multicasskop",
    ]
    assert found["Role cassandra/multicasskop"]["rules"] == [renewal_rule("multicasskop")]
    assert found["ClusterRole cassandra.multicasskop"]["rules"] == list(CHILD_RULES)
    binding = found["ClusterRoleBinding cassandra.multicasskop"]
    assert (binding["roleRef"]["kind"], "namespace" in binding["metadata"]) == ("ClusterRole", False)
    assert binding["subjects"][0]["namespace"] == "cassandra"


def test_said_again() -> None:
    """What is there and as it is to be is left; a ClusterRole with other rules is mended with each right shown."""
    objects = member_objects(REQUEST)
    assert {compare(each, live(each.body)).action for each in objects} == {Action.NOTHING}
    role = objects[3]
    fewer = compare(role, live({**role.body, "rules": [dict(CHILD_RULES[0])]}))
    assert (fewer.action, fewer.details) == (Action.CHANGE, ("+ patch cassandraclusters/status",))


def test_announcement() -> None:
    """What is made for the whole cluster is announced on a line of its own, without a namespace."""
    changes = tuple(compare(each, None) for each in member_objects(REQUEST))
    identity = tuple(compare(each, None) for each in identity_objects(REQUEST))
    lines = announcement(Plan(REQUEST, changes, (), identity=identity))
    assert lines[2] == (
        "  in us-east  create ClusterRole cassandra.multicasskop (7 rights), ClusterRoleBinding cassandra.multicasskop"
    )


def test_what_the_account_is_asked_for() -> None:
    """Each right is asked for in all namespaces at once; the remedy gives it everywhere again."""
    asked = questions(ACCOUNT)
    assert {space for space, right in asked if right.resource != "serviceaccounts/token"} == {""}
    assert len(asked) == 8
    assert ACCOUNT.remedy.endswith("-n cassandra --cluster-wide --rbac-only")


def test_secret_says_so() -> None:
    """The Secret tells where the account stands, and that its rights are everywhere."""
    found = Registered.of(live(home_objects(REQUEST, b"t")[0].body))
    assert (found.everywhere, found.namespaces) == (True, ("cassandra",))
    assert not Registered.of(live(home_objects(request(), b"t")[0].body)).everywhere


def test_taken_back_in_the_reverse_order() -> None:
    """What was made last goes first."""
    made = [(each.resource, each.namespace, each.name) for each in member_objects(REQUEST)]
    gone = in_member("multicasskop", REQUEST.namespaces, everywhere=True)
    assert [(each.resource, each.namespace, each.name) for each in gone] == made[::-1]
    assert str(gone[0]) == "ClusterRoleBinding cassandra.multicasskop"
