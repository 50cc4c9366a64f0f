"""Plan files are read strictly and written back."""

from pathlib import Path
from typing import get_args

import pytest
from multicasskop.world.campaign.workloads import WORKLOADS
from multicasskop.world.errors import WorldError
from multicasskop.world.proxy import plans
from multicasskop.world.proxy.actions import Action, BlackHole, LoseAnswer, Refuse, Status
from multicasskop.world.proxy.plans import Plan
from multicasskop.world.proxy.rules import Match, Rule

TEXT = """\
workload: create
seed: 7
why: the second member's answer is lost
rules:
- match: {member: k8s-cluster2, verb: [create, patch], nth: 1, body: {/spec/x: 1}}
  action: {do: lose_answer}
- match: {phase: change}
  action: {do: status, code: 429, retry_after: date+5}
  times: 3
"""
PLAN = Plan(
    "create",
    (
        Rule(Match(member="k8s-cluster2", verb=("create", "patch"), nth=1, body={"/spec/x": 1}), LoseAnswer()),
        Rule(Match(phase="change"), Status(429, retry_after="date+5"), times=3),
    ),
    seed=7,
    why="the second member's answer is lost",
)


def test_plan_is_read(tmp_path: Path) -> None:
    """Rules stand in a file as they are made in code."""
    path = tmp_path / "plan.yaml"
    path.write_text(TEXT)
    assert plans.read(path) == PLAN


def test_plan_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """What is written is read as the same plan, and defaults are left out."""
    path = plans.write(tmp_path / "new" / "plan.yaml", PLAN)
    assert plans.read(path) == PLAN
    assert "subresource" not in path.read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("workload: create\nrules: [{match: {}, action: {do: explode}}]", "explode"),
        ("workload: create\nrules: [{match: {vreb: get}, action: {do: refuse}}]", "vreb"),
        ("workload: create\nrules: [{match: {}, action: {do: status}}]", "code"),
        ("rules: []", "workload"),
        ("[", "no plan that can be read"),
    ],
)
def test_wrong_plan_says_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    """A word that means nothing is refused, with the file and the word."""
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(WorldError, match=says):
        plans.read(path)


def test_every_fault_has_a_word_of_its_own() -> None:
    """Each action is told from the others in a plan by one word."""
    words = {action.__struct_config__.tag for action in get_args(Action)}
    assert len(words) == len(get_args(Action))
    page = (FAULTS.parents[1] / "docs" / "explanation" / "faults.md").read_text()
    assert {word for word in words if f"| `{word}` |" not in page} == set()


FAULTS = Path(__file__).parents[3] / "e2e" / "faults"


@pytest.mark.parametrize("path", sorted(FAULTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_plan_of_the_campaign_can_be_read(path: Path) -> None:
    """A plan says why it is there, which fault of the list it is, and under which workloads it runs."""
    plan = plans.read(path)
    assert plan.why.startswith("F")
    assert {each.workload for each in plan.each()} <= WORKLOADS.keys()
    assert plan.rules


def test_workloads_one_by_one() -> None:
    """A plan for several workloads is one for each."""
    assert [plan.workload for plan in Plan(("create", "delete")).each()] == ["create", "delete"]
    assert list(PLAN.each()) == [PLAN]


@pytest.mark.parametrize(
    ("rule", "touches"),
    [
        (Rule(Match(verb="create"), LoseAnswer()), False),
        (Rule(Match(writes=True), LoseAnswer()), False),
        (Rule(Match(verb=("create", "watch")), BlackHole()), True),
        (Rule(Match(), BlackHole()), True),
        (Rule(Match(verb="create"), Refuse()), True),
    ],
)
def test_plans_that_touch_streams(rule: Rule, touches: bool) -> None:
    """What disturbs streams or connections leaves its mark on an operator; what disturbs writes does not."""
    assert Plan("create", (rule,)).touches_streams is touches
