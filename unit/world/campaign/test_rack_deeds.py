"""What counts against a CassKop that was killed, and what does not."""

from dataclasses import replace

import pytest
from multicasskop.world.campaign.rack_deeds import AGAIN, Done, judge
from multicasskop.world.proxy.actions import Crash
from multicasskop.world.proxy.rules import Match, Rule
from multicasskop.world.proxy.trace import Passed

RULE = Rule(Match(writes=True, nth=1), Crash("before"), "before write 1")


def written(subresource: str = "") -> Passed:
    """A write that went through."""
    return Passed(
        at=1.0,
        took=0.01,
        number=1,
        member="c1",
        verb="patch",
        group="db.orange.com",
        plural="cassandraclusters",
        namespace="team",
        name="demo",
        subresource=subresource,
        manager="casskop",
        dry_run=False,
        code=200,
        forwarded=1,
        rule="",
    )


SPEC, STATUS = written(), written("status")
CALM = Done({"sets": {}}, (("cleanup", "~-0"),), (SPEC, *[STATUS] * 5), 0)


@pytest.mark.parametrize(
    ("found", "held"),
    [
        pytest.param(CALM, True, id="the same"),
        pytest.param(replace(CALM, writes=(*[SPEC] * (1 + AGAIN), STATUS)), True, id="writes repeated"),
        pytest.param(replace(CALM, writes=(*[SPEC] * (2 + AGAIN), STATUS)), False, id="writes without end"),
        pytest.param(replace(CALM, writes=(SPEC, *[STATUS] * (10 + AGAIN))), True, id="statuses of single steps"),
        pytest.param(replace(CALM, writes=(SPEC, *[STATUS] * (11 + AGAIN))), False, id="statuses without end"),
        pytest.param(replace(CALM, commands=()), False, id="a command missing"),
        pytest.param(replace(CALM, state={"sets": {"~": {}}}), False, id="another state"),
    ],
)
def test_judged(found: Done, held: bool) -> None:
    """The end and the commands are as undisturbed; a few writes may come again, and statuses may be told in steps."""
    assert (judge(CALM, found, RULE) == "") is held
