"""Plan files are read strictly and written back."""

from pathlib import Path
from typing import get_args

import pytest
from multicasskop.world.errors import WorldError
from multicasskop.world.proxy import plans
from multicasskop.world.proxy.actions import Action, LoseAnswer, Status
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
    assert {"lose_answer", "black_hole", "coalesce_lines"} <= words
