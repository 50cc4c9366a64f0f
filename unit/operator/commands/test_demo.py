"""`demo`: exit codes, the last block, and that nothing is left behind unless it is wanted."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from fakes.demo import TRACE, FakeStage, good_run, good_spans
from multicasskop.operator import main
from multicasskop.operator.commands import demo
from multicasskop.operator.demo import choice
from multicasskop.operator.demo import stage as stage_module
from multicasskop.operator.demo.choice import Choice
from multicasskop.operator.demo.stage import Stage
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.world import processes
from multicasskop.world.errors import WorldError
from multicasskop.world.processes import this_process
from multicasskop.world.world import World

Capture = pytest.CaptureFixture[str]
Put = Callable[..., FakeStage]


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Put:
    """Puts a stage of the test's own in place of the real one."""

    def place(stage: FakeStage, reason: str = "") -> FakeStage:
        monkeypatch.setattr(choice, "choose", lambda *_, **__: Choice(cast(Stage, stage), reason))
        return stage

    return place


def bad_run() -> FakeStage:
    """A run in which the second child was made too early."""
    run = good_run()
    run[6] = replace(run[6], at=1.0)
    return FakeStage(run)


def test_all_held(put: Put, capsys: Capture) -> None:
    """When all claims hold the exit code is 0, the block begins with Proved, and the stage is struck."""
    stage = put(FakeStage(good_run()))
    assert main.run(["demo", "--no-tui"]) == ExitCode.OK
    *_, first, second, third, fourth, try_, traced, real, next_ = capsys.readouterr().out.splitlines()
    assert first.startswith("Proved   both children Running, in order (c2 created 38ms")
    assert [line[:9] for line in (second, third, fourth)] == [" " * 9] * 3
    assert (try_[:4], next_[:4]) == ("Try ", "Next")
    assert traced.split()[:3] == ["multicasskop", "demo", "--trace"]
    assert real.split()[:3] == ["multicasskop", "demo", "--pods=real"]
    assert stage.called[-1] == "strike"
    assert "jaeger" not in stage.called


def test_something_did_not_hold(put: Put, capsys: Capture) -> None:
    """When a claim does not hold the exit code is 1, and what speaks against it is written."""
    put(bad_run())
    assert main.run(["demo", "--no-tui"]) == ExitCode.NO
    out = capsys.readouterr().out
    assert "Not      both children Running, in order" in out
    assert "c2: the child was created before the one in c1 was Running" in out
    assert "Proved   2 seeds the same" in out


def test_json(put: Put, capsys: Capture) -> None:
    """With -o json the result is one document on stdout, and all talk is on stderr."""
    put(bad_run())
    assert main.run(["demo", "-o", "json"]) == ExitCode.NO
    written = capsys.readouterr()
    found = json.loads(written.out)
    assert (found["kind"], found["holds"]) == ("DemoReport", False)
    assert [claim["holds"] for claim in found["claims"]] == [False, True, True, True]
    assert "Demo: a stage that plays back" in written.err


def test_trace(put: Put, capsys: Capture) -> None:
    """With --trace the last block also says what Jaeger has, and the document too."""
    says = f"one trace over both clusters: 6 spans from home and from CassKop in c1, c2 (trace {TRACE})"
    stage = put(FakeStage(good_run(), spans=good_spans()))
    assert main.run(["demo", "--no-tui", "--trace"]) == ExitCode.OK
    assert f"\n{'':<8} {says}\nTry " in capsys.readouterr().out
    assert stage.called[-1] == "strike"
    put(FakeStage(good_run(), spans=good_spans()))
    assert main.run(["demo", "-o", "json", "--trace"]) == ExitCode.OK
    claims = json.loads(capsys.readouterr().out)["claims"]
    assert claims[-1] == {"claim": says, "holds": True, "against": []}


def test_what_is_killed_can_be_cleaned(tmp_path: Path) -> None:
    """The Jaeger and the operator that a killed demonstration has left are ended, though no ledger has them."""
    left = [
        processes.start(name, ["sleep", "600"], tmp_path / "demo" / name / f"{name}.log")
        for name in (stage_module.OPERATOR, stage_module.JAEGER)
    ]
    records = [Path(process.log).with_suffix(processes.RECORD) for process in left]
    assert processes.wait_until(lambda: all(record.exists() for record in records), 30)
    stage_module.Stage(tmp_path / "demo", stage_module.sample()).strike()
    assert [processes.is_alive(process) for process in left] == [False, False]
    assert not (tmp_path / "demo").exists()


def test_keep(put: Put, capsys: Capture) -> None:
    """With --keep the ring is made once more and left, and it is said how to reach and to end it."""
    stage = put(FakeStage([*good_run(), *[replace(seen, at=seen.at + 10) for seen in good_run()[:13]]]))
    assert main.run(["demo", "--no-tui", "--keep"]) == ExitCode.OK
    out = capsys.readouterr().out
    assert "export KUBECONFIG=./demo/kubeconfig" in out
    assert "multicasskop demo --clean" in out
    assert stage.called[-2:] == ["apply", "keep"]
    assert "strike" not in stage.called


def test_clean(put: Put) -> None:
    """--clean only strikes what is there."""
    stage = put(FakeStage([]))
    assert main.run(["demo", "--clean"]) == ExitCode.OK
    assert stage.called == ["strike"]


@pytest.mark.parametrize(
    ("words", "error", "code", "says", "last"),
    [
        pytest.param([], WorldError("no programs"), ExitCode.NO, "no programs", "strike", id="world"),
        pytest.param(["--keep"], WorldError("no programs"), ExitCode.NO, "no programs", "keep", id="kept-to-look-at"),
        pytest.param([], KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted; everything", "strike", id="ctrl-c"),
        pytest.param(["--keep"], KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted", "strike", id="never-kept"),
    ],
)
def test_a_play_that_ends_early(
    put: Put, capsys: Capture, words: list[str], error: BaseException, code: ExitCode, says: str, last: str
) -> None:
    """A failure or Ctrl-C is told in one line, and the stage is struck, or kept to be looked at if that is wanted."""
    stage = put(FakeStage(good_run(), fails={"operator": error}))
    assert main.run(["demo", "--no-tui", *words]) == code
    assert says in capsys.readouterr().err
    assert stage.called[-1] == last


def test_stage_of_another_is_not_struck(put: Put, capsys: Capture) -> None:
    """While another demonstration plays in the folder nothing of it is ended."""
    refused = CommandError(ExitCode.USAGE, "a demo plays there already")
    stage = put(FakeStage(good_run(), fails={"clear": refused}))
    assert main.run(["demo", "--no-tui"]) == ExitCode.USAGE
    assert "plays there already" in capsys.readouterr().err
    assert stage.called == ["clear"]


def test_reason_for_simulated_pods_is_told(put: Put, capsys: Capture) -> None:
    """Where nobody chose, and there can be no real ring, the demo says why."""
    put(FakeStage(good_run()), "there is no docker in PATH")
    main.run(["demo", "--no-tui"])
    assert "No real ring: there is no docker in PATH." in capsys.readouterr().out


def test_sample_is_the_one_of_the_repository() -> None:
    """The manifest that is applied is complete: two members, a seed list, the cascade."""
    manifest = stage_module.sample()
    cast = stage_module.cast_of(manifest)
    assert (cast.home, len(cast.members)) == ("k8s-cluster1", 2)
    assert len(manifest["spec"]["base"]["status"]["seedlist"]) == 4
    assert manifest["spec"]["deleteCassandraCluster"] is True


def test_another_demo_in_the_same_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a demonstration plays in a folder a second one is refused, and does not strike the first one's stage."""
    stage = stage_module.Stage(tmp_path / "demo", stage_module.sample())
    monkeypatch.setattr(World, "owner", lambda _: this_process())
    monkeypatch.setattr(World, "down", lambda _: pytest.fail("struck"))
    with pytest.raises(CommandError, match=r"plays in .+ already") as raised:
        stage.clear()
    assert raised.value.exit_code == ExitCode.USAGE


def test_installation_without_the_world_says_so(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Where the test world was left out, as in the operator's image, demo says where it can be had."""
    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    assert main.run(["demo"]) == ExitCode.USAGE
    assert "not part of this installation" in capsys.readouterr().err
