"""A ring that is deleted while a member is dark, and what is left behind there."""

from typing import Any

from fakes.server import Call
from fakes.spans import Film
from fakes.stage import CHILDREN, HOME, OTHER, Stage, ring

ORPHAN = {"onDark": "Orphan", "deadline": "1h"}


def running(film: Film | None = None, **spec: Any) -> Stage:  # noqa: ANN401  any field of the spec
    """A stage on which the demo runs in two members."""
    stage = Stage(traces=film.traces) if film else Stage()
    stage.apply(ring(**spec))
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.forget_calls()
    return stage


def left_behind(film: Film | None = None) -> Stage:
    """A stage on which the demo was deleted while the other member was dark, which still is."""
    stage = running(film, deletion=ORPHAN)
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    stage.wait(3700, steps=10)
    assert not stage.has_parent()
    return stage


def back(stage: Stage) -> None:
    """Let the other member answer again."""
    stage.members[OTHER].come_back()
    stage.run()


def deletes(stage: Stage, member: str) -> list[Call]:
    """The deletes of children in a member."""
    return [call for name, call in stage.writes(CHILDREN) if (name, call.verb) == (member, "delete")]


def hold(stage: Stage, member: str) -> None:
    """Let a child wait for a finalizer of its own when it is deleted."""
    stage.edit_child(member, {"metadata": {"finalizers": ["kubernetes.io/pvc-to-delete"]}})
