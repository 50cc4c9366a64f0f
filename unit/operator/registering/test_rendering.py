"""A registration as YAML, for Git."""

from dataclasses import replace

import yaml
from fakes.registration import AUTHORITY, request
from multicasskop.operator.registering.compare import compare
from multicasskop.operator.registering.manifests import home_objects, identity_objects, member_objects
from multicasskop.operator.registering.plan import Plan, announcement
from multicasskop.operator.registering.rendering import documents


def plan(**changes: object) -> Plan:
    """A registration that is all to be made."""
    asked = request(**changes)
    member = tuple(compare(each, None) for each in member_objects(asked))
    home = tuple(compare(each, None) for each in home_objects(asked, b""))
    return Plan(asked, member, home, identity=tuple(compare(each, None) for each in identity_objects(asked)))


def test_objects_without_a_token() -> None:
    """All objects are there, in their order; the Secret's text can be read, and its token is missing."""
    text = "\n".join(documents(plan(), "prod"))
    found = [each for each in yaml.safe_load_all(text) if each]
    kinds = ["ServiceAccount", "Role", "RoleBinding", "Role", "RoleBinding", "Secret", "Role", "RoleBinding"]
    assert [each["kind"] for each in found] == kinds
    assert found[5]["stringData"] == {
        "ca.crt": AUTHORITY.pem.decode(),
        "namespace": "cassandra",
        "server": "https://10.2.0.1:6443",
    }
    assert "kubectl --context prod -n cassandra create token multicasskop --duration 86400s" in text


def test_announcement() -> None:
    """What will be done is said in the order in which it will be, by cluster and namespace."""
    assert announcement(plan(namespaces=("cassandra", "billing"), make_namespaces=True)) == [
        "This will",
        "  in us-east  create Namespace cassandra, Namespace billing",
        "  in us-east  create ServiceAccount multicasskop, Role multicasskop (8 rights), RoleBinding multicasskop"
        " in cassandra",
        "  in us-east  create Role multicasskop (7 rights), RoleBinding multicasskop in billing",
        "  in us-east  create Role cassandra.multicasskop.identity (1 rights),"
        " RoleBinding cassandra.multicasskop.identity in kube-system",
        "  in us-east  issue a token for 24h",
        "  in home     create Secret us-east (label multicasskop.db.orange.com/cluster=true),"
        " Role multicasskop-member-us-east (2 rights), RoleBinding multicasskop-member-us-east in casskop-system",
    ]


def test_what_may_not_be_seen_is_for_others_to_make() -> None:
    """Who may not look into kube-system does not announce to write there; in the YAML for Git it stands."""
    hidden = replace(plan(), hidden=True)
    assert not [line for line in announcement(hidden) if "kube-system" in line]
    assert documents(hidden, "prod") == documents(plan(), "prod")
