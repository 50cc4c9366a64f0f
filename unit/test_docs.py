"""What the documentation tells people to use is what the tests use, and its links lead somewhere."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.crds.multicasskop import MultiCasskop
from multicasskop.world.operators import CHILD_RULES, HOME_RULES

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
GOLDEN = re.compile(r"<!-- golden: (\S+) -->\n```text\n(.*?)```\n", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def rights(name: str) -> set[tuple[str, str, str]]:
    """The rights of a manifest in the documentation, one by one: group, resource, verb."""
    documents = yaml.safe_load_all((ROOT / "docs" / "how-to" / "rights" / name).read_text())
    (role,) = (document for document in documents if document["kind"] == "Role")
    return flat(role["rules"])


def flat(rules: Any) -> set[tuple[str, str, str]]:  # noqa: ANN401 - rules as YAML or Python holds them
    """Rules as single rights; the core group's events are the same objects as those of events.k8s.io."""
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if group
    }


@pytest.mark.parametrize(
    ("name", "rules"), [("home.yaml", HOME_RULES), ("member.yaml", CHILD_RULES)], ids=["home", "member"]
)
def test_documented_rights_are_those_the_operator_is_tested_with(name: str, rules: Any) -> None:  # noqa: ANN401
    """Operators under test have exactly the rights that the how-to gives."""
    assert rights(name) == flat(rules)


def test_example_is_a_valid_object() -> None:
    """The MultiCasskop of the how-to fits the model, down to fields that nobody knows."""
    text = (ROOT / "docs" / "how-to" / "own-clusters.md").read_text()
    block = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert block is not None
    example = yaml.safe_load(re.sub(r"^ {3}", "", block.group(1), flags=re.MULTILINE))
    assert set(MultiCasskop.model_validate(example, extra="forbid").spec.override) == {"k8s-cluster1", "k8s-cluster2"}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that exists."""
    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_outputs_are_golden(page: Path) -> None:
    """What a page says a program writes is what a test has seen it write."""
    for name, text in GOLDEN.findall(page.read_text()):
        assert text == (ROOT / "unit" / "golden" / name).read_text(), name


def test_readme_begins_with_the_two_commands() -> None:
    """The two commands that do all the set-up stand at the top of the README."""
    head = "\n".join((ROOT / "README.md").read_text().splitlines()[:14])
    assert "make demo" in head
    assert "make test" in head
