"""How the simulator is told to behave."""

from pathlib import Path

import pytest
import typer
from multicasskop.world.simulators.casskop import main
from multicasskop.world.simulators.modes import (
    MODE,
    REFUSE,
    REPLICATES,
    Behaviour,
    Contract,
    Mode,
    ModeFile,
    SimulatorOptions,
    behaviour_of,
    is_replicated,
)
from typer.testing import CliRunner

NORMAL = Behaviour(Mode.NORMAL)


@pytest.mark.parametrize(
    ("annotations", "behaviour"),
    [
        (None, NORMAL),
        ({}, NORMAL),
        ({MODE: "stuck"}, Behaviour(Mode.STUCK)),
        ({MODE: "refusing", REFUSE: "spec.image"}, Behaviour(Mode.REFUSING, "spec.image")),
    ],
)
def test_object_may_ask_for_its_own_mode(annotations: dict[str, str] | None, behaviour: Behaviour) -> None:
    """An annotation of one object wins over the mode of all."""
    assert behaviour_of({"metadata": {"annotations": annotations}}, NORMAL) == behaviour


def test_mode_that_is_none_is_an_error() -> None:
    """A typing error in an annotation is not taken for the default."""
    with pytest.raises(ValueError, match="fast"):
        behaviour_of({"metadata": {"annotations": {MODE: "fast"}}}, NORMAL)


@pytest.mark.parametrize(
    ("text", "behaviour"),
    [
        (None, NORMAL),
        ("", NORMAL),
        ("stuck", Behaviour(Mode.STUCK)),
        ("refusing spec.image\n", Behaviour(Mode.REFUSING, "spec.image")),
    ],
)
def test_file_changes_the_mode(tmp_path: Path, text: str | None, behaviour: Behaviour) -> None:
    """The file says mode and path; without it the mode of the start counts."""
    path = tmp_path / "casskop.mode"
    if text is not None:
        path.write_text(text)
    assert ModeFile(path).read(NORMAL) == behaviour


@pytest.mark.parametrize("wanted", [Behaviour(Mode.STUCK), Behaviour(Mode.REFUSING, "spec.image")])
def test_who_asks_learns_when_it_is_followed(tmp_path: Path, wanted: Behaviour) -> None:
    """A change counts once the simulator says that it follows, and not after it was forgotten."""
    asking, following = ModeFile(tmp_path / "casskop.mode"), ModeFile(tmp_path / "casskop.mode")
    asking.ask(wanted)
    assert not asking.is_followed(wanted)
    assert following.read(NORMAL) == wanted
    following.follow(wanted)
    assert asking.is_followed(wanted)
    assert not asking.is_followed(NORMAL)
    asking.forget()
    assert not asking.is_followed(wanted)
    assert list(tmp_path.iterdir()) == []


def test_options_are_what_the_program_understands() -> None:
    """Every option that a world passes on is one of the program."""
    options = SimulatorOptions(Mode.SLOW, Contract.OWN, 0.5, 1.0, 2, "spec.image", "ns")
    app = typer.Typer()
    app.command()(main)
    told = CliRunner().invoke(app, [*options.arguments(), "--kubeconfig=/nowhere", "--context=x"])
    assert "/nowhere" in str(told.exception)


def test_empty_options_are_not_passed_on() -> None:
    """A path or namespace that is not set is not an argument."""
    assert SimulatorOptions().arguments() == [
        "--mode=normal",
        "--contract=go",
        "--scale=1.0",
        "--pod=0.0",
        "--workers=1",
    ]


@pytest.mark.parametrize(
    ("annotation", "mode", "asked", "found"),
    [
        pytest.param("", Mode.NORMAL, "dc1", False, id="nothing replicates"),
        pytest.param("dc1,dc2", Mode.NORMAL, "dc2", True, id="one of two"),
        pytest.param("dc10", Mode.NORMAL, "dc1", True, id="a name inside another one, as CassKop looks"),
        pytest.param("", Mode.NO_JOLOKIA, "dc1", True, id="nobody can tell"),
    ],
)
def test_keyspaces_are_what_the_annotation_says(annotation: str, mode: Mode, asked: str, found: bool) -> None:
    """Whether a datacenter may go to 0 nodes is said by the object, and refused where it cannot be told."""
    cluster = {"metadata": {"annotations": {REPLICATES: annotation}}}
    assert is_replicated(cluster, mode, asked) is found
