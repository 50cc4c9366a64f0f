"""Rights: one source for all who give them."""

from pathlib import Path

import pytest
import yaml
from multicasskop.operator.registering.rights import (
    CHILD_RULES,
    IDENTITY_RULE,
    Right,
    renewal_rule,
    rights_of,
    secret_rule,
)

PAGES = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "rights"


@pytest.mark.parametrize(
    ("page", "rules"),
    [
        pytest.param("member.yaml", CHILD_RULES, id="children"),
        pytest.param("identity.yaml", (IDENTITY_RULE,), id="identity"),
    ],
)
def test_rights_are_those_of_the_pages(page: str, rules: tuple[dict[str, object], ...]) -> None:
    """What `register` gives is what docs/how-to/rights gives by hand, which a test compares with the chart."""
    (role,) = (each for each in yaml.safe_load_all((PAGES / page).read_text()) if each["kind"] == "Role")
    assert list(rules) == role["rules"]


@pytest.mark.parametrize(
    ("rule", "rights"),
    [
        pytest.param(renewal_rule("a"), ["create serviceaccounts/token a"], id="renewal"),
        pytest.param(IDENTITY_RULE, ["get namespaces kube-system"], id="identity"),
        pytest.param(secret_rule("s"), ["get secrets s", "patch secrets s"], id="secret"),
    ],
)
def test_rights_that_are_for_one_object(rule: dict[str, object], rights: list[str]) -> None:
    """The rights to tokens and to Secrets are for one object each, by its name."""
    assert [str(right) for right in rights_of([rule])] == rights


def test_no_right_to_everything() -> None:
    """No rule has a wildcard, and none lets its holder grant rights."""
    rights = [*rights_of(CHILD_RULES), *rights_of([renewal_rule("a"), secret_rule("s")])]
    assert not {right.verb for right in rights} & {"*", "escalate", "bind", "impersonate"}
    assert all("*" not in (right.group, right.resource) for right in rights)


def test_rules_are_read_however_they_are_put_together() -> None:
    """One rule for two verbs gives the same rights as two rules."""
    one = [{"apiGroups": ["g"], "resources": ["r"], "verbs": ["get", "list"]}]
    two = [{"apiGroups": ["g"], "resources": ["r"], "verbs": [verb]} for verb in ("list", "get")]
    assert set(rights_of(one)) == set(rights_of(two)) == {Right("g", "r", "get"), Right("g", "r", "list")}
    assert list(rights_of([{"nonResourceURLs": ["/livez"], "verbs": ["get"]}])) == []
