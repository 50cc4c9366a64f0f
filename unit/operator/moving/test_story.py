"""How far a move of home came, as a document and as a number."""

from collections.abc import Iterator
from typing import Any

import pytest
from fakes import cases
from multicasskop.informers.errors import ApiError
from multicasskop.operator.commands.move_home import followed
from multicasskop.operator.commands.voice import Voice
from multicasskop.operator.moving.judge import Done, Homes, Leave, Refuse, Take
from multicasskop.operator.moving.lost import Evidence
from multicasskop.operator.moving.session import Found
from multicasskop.operator.moving.story import End, Fate, Story
from multicasskop.operator.moving.survey import Case, Dark
from multicasskop.operator.moving.take import Taken
from multicasskop.operator.moving.wanted import Ring, ring_of
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.reconcilers.multicasskop.ownership import Mark

PARENT = cases.parent()
RING = ring_of({"metadata": {"name": "demo", "namespace": "cassandra", "uid": "new"}, "spec": PARENT.spec})
BROKEN = Ring(PARENT.meta, problem="bad")
TAKE = Take(Mark("here", "cassandra", "demo", "new", "created"))
FIRST, SECOND = ((member, desired) for member, desired in list(RING.children.items())[:2])


def case(verdict: Any, which: Any = FIRST, *paths: str) -> Case:  # noqa: ANN401 - any verdict, and a child
    """One child with a verdict."""
    return Case(RING, which[0], which[1], verdict, None, paths)


def story(*several: Case, end: End = End.LOOKED, fates: tuple[Fate, ...] = (), **more: Any) -> Story:  # noqa: ANN401
    """A move that found these children."""
    homes = Homes("here", frozenset(), "gone")
    return Story(
        "gone", Found(homes, (RING, BROKEN), several, Evidence((), ("gone",)), ()), False, end, (), fates, **more
    )


TAKEN = Fate(case(TAKE), Taken(case(TAKE), ours=True))
LEFT = Fate(case(TAKE), Taken(case(TAKE), ours=False, why="changed 5 times"))
NO = Fate(case(TAKE), ApiError("c1", 500, "", "oops"))


@pytest.mark.parametrize(
    ("told", "verdict", "state", "why", "code", "then"),
    [
        pytest.param(
            story(case(TAKE)), "take", "planned", "", ExitCode.OK, "say it again without --dry-run", id="planned"
        ),
        pytest.param(
            story(case(TAKE), end=End.DECLINED), "take", "undone", "", ExitCode.NO, "say it again, with --yes", id="no"
        ),
        pytest.param(
            story(case(TAKE), end=End.DONE, fates=(TAKEN,)),
            "take",
            "done",
            "",
            ExitCode.OK,
            "the operator of this home goes on with them",
            id="taken",
        ),
        pytest.param(
            story(case(TAKE), end=End.DONE, fates=(LEFT,)),
            "take",
            "failed",
            "changed 5 times",
            ExitCode.PARTLY,
            "some are left: say the same again",
            id="left",
        ),
        pytest.param(
            story(case(TAKE), end=End.DONE, fates=(NO,)),
            "take",
            "failed",
            str(NO.outcome),
            ExitCode.PARTLY,
            "some are left: say the same again",
            id="refused by the member",
        ),
        pytest.param(story(case(Done()), end=End.NOTHING), "done", "done", "", ExitCode.OK, "", id="ours already"),
        pytest.param(story(case(Leave("x")), end=End.NOTHING), "leave", "left", "x", ExitCode.OK, "", id="not there"),
        pytest.param(
            story(case(Dark("no")), end=End.NOTHING),
            "dark",
            "left",
            "no",
            ExitCode.PARTLY,
            "some are left: say the same again",
            id="dark",
        ),
        pytest.param(
            story(case(Refuse("of x", "h"))).stopped(CommandError(ExitCode.REFUSED, "m", hint="stop")),
            "refuse",
            "left",
            "of x",
            ExitCode.OK,
            "stop",
            id="refused",
        ),
    ],
)
def test_child(told: Story, verdict: str, state: str, why: str, code: ExitCode, then: str) -> None:
    """Each child tells its verdict, what became of it and why; the whole tells its exit code and what comes next."""
    body = told.body()
    (child,) = body["children"]
    assert (child["member"], child["verdict"], child["state"], child["why"]) == (FIRST[0], verdict, state, why)
    assert (told.exit_code, body["next"]) == (code, then)
    assert body["problems"] == [{"namespace": "cassandra", "name": "demo", "message": "bad"}]
    assert body["evidence"] == {"alive": [], "said": ["gone"]}


def test_half_of_it() -> None:
    """Where one mark was rewritten and the next was not, each says so."""
    told = story(case(TAKE), case(TAKE, SECOND, "spec.x"), fates=(TAKEN,)).stopped(CommandError(ExitCode.HOME, "m"))
    body = told.body()
    assert [(child["member"], child["state"]) for child in body["children"]] == [
        (FIRST[0], "done"),
        (SECOND[0], "undone"),
    ]
    assert (body["outcome"], body["complete"], body["children"][1]["changes"]) == ("stopped", False, ["spec.x"])


def test_failure_on_the_way_is_told_with_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    """A failure still ends the verb, and before it the document has what was done until then."""

    def broken() -> Iterator[Story]:
        yield story(case(TAKE), case(TAKE, SECOND), fates=(TAKEN,))
        raise CommandError(ExitCode.HOME, "home: gone", hint="look")

    with pytest.raises(CommandError, match="home: gone"):
        followed(broken(), Voice("yaml"))
    written = capsys.readouterr().out
    assert "outcome: stopped\n" in written
    assert "next: look\n" in written


def test_failure_before_anything_is_known_has_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    """Who could not even look has nothing to tell but the error."""

    def broken() -> Iterator[Story]:
        raise CommandError(ExitCode.HOME, "home: gone")
        yield story()

    with pytest.raises(CommandError):
        followed(broken(), Voice("json"))
    assert capsys.readouterr().out == ""
