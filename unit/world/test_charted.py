"""What is read of a chart's manifests and of an audit log, to take rights away and to see them missed."""

import pytest
from multicasskop.world.charted import Right, right, rights_of, rules_of, variables, without

ROLE = {
    "kind": "Role",
    "rules": [
        {"apiGroups": ["db.orange.com"], "resources": ["multicasskops"], "verbs": ["get", "patch"]},
        {"apiGroups": ["db.orange.com"], "resources": ["multicasskops/status"], "verbs": ["patch"]},
    ],
}
BINDING = {"kind": "RoleBinding", "roleRef": {"name": "x"}}
RIGHTS = [Right("multicasskops", "get"), Right("multicasskops", "patch"), Right("multicasskops/status", "patch")]


def test_rights_are_told_one_by_one() -> None:
    """Rules of all Roles, as verb and resource."""
    assert list(rights_of(rules_of([ROLE, BINDING]))) == RIGHTS


@pytest.mark.parametrize("removed", RIGHTS, ids=map(str, RIGHTS))
def test_one_right_is_taken_away_and_no_other(removed: Right) -> None:
    """The rest of the Role stays, and a rule that allows nothing any more goes."""
    left = without(ROLE, removed)
    assert list(rights_of(left["rules"])) == [each for each in RIGHTS if each != removed]
    assert all(rule["verbs"] for rule in left["rules"])
    assert list(rights_of(ROLE["rules"])) == RIGHTS  # type: ignore[arg-type]


@pytest.mark.parametrize(("manifest", "removed"), [(ROLE, None), (BINDING, RIGHTS[0])], ids=["nothing", "no Role"])
def test_all_else_stays_as_it_is(manifest: dict[str, object], removed: Right | None) -> None:
    """Without a right to take away, and of what is no Role, the manifest stays."""
    assert without(manifest, removed) is manifest


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"resource": "leases"}, Right("leases", "patch")),
        ({"resource": "multicasskops", "subresource": "status"}, Right("multicasskops/status", "patch")),
    ],
    ids=["object", "status"],
)
def test_audit_log_is_read_as_rights(asked: dict[str, str], found: Right) -> None:
    """An entry of the log is the right that it asks for, a sub-resource as RBAC writes it."""
    assert right({"verb": "patch", "objectRef": asked}) == found


def test_variables_of_the_pod_are_those_with_a_value() -> None:
    """What only a pod knows, as its name, is left out, and the log is made to be read by programs."""
    env = [{"name": "MCK_WORKERS", "value": "8"}, {"name": "POD_NAME", "valueFrom": {}}]
    pod = {"spec": {"template": {"spec": {"containers": [{"env": env}]}}}}
    assert variables([BINDING, {"kind": "Deployment", **pod}]) == {"MCK_WORKERS": "8", "LOG_TYPE": "json"}
