"""The command line of the world."""

import json
import sys
from pathlib import Path

import pytest
from fakes.certificates import Authority
from multicasskop.world import cli, kubeconfig
from multicasskop.world.kubeconfig import Entry


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the program; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["e2e.world", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Somebody's kubeconfig."""
    return kubeconfig.write(tmp_path / "given", [Entry("eu", "https://127.0.0.1:1", Authority().pem.decode(), "t")])


@pytest.mark.parametrize(
    ("tier", "told"),
    [("cloud", "there is no tier cloud; there are: planes, kind"), ("kind", "tier kind: there is no docker in PATH")],
)
def test_tier_that_cannot_be_had_is_one_line_and_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, tier: str, told: str
) -> None:
    """A tier that is none, or needs an engine that is not here, is said to be so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(monkeypatch, "up", "--tier", tier, "--dir", tmp_path / "w") == 2
    assert capsys.readouterr().err == f"error: {told}\n"
    assert not (tmp_path / "w").exists()


def test_no_world_is_one_line_and_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Asking for the status of nothing says how to start something."""
    assert run(monkeypatch, "status", "--dir", tmp_path) == 1
    assert "start one with: python -m e2e.world up" in capsys.readouterr().err


def test_down_of_nothing_is_all_right(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Taking down twice is no error."""
    assert run(monkeypatch, "down", "--dir", tmp_path / "w") == 0


def test_json_is_the_whole_of_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: Path, tmp_path: Path
) -> None:
    """The report can be read by a program, from up and from status."""
    folder = tmp_path / "w"
    for verb in (["up", "--kubeconfig", given], ["status"]):
        assert run(monkeypatch, *verb, "--dir", folder, "--output", "json") == 0
        report = json.loads(capsys.readouterr().out)
        assert report["kubeconfig"] == str(folder / "kubeconfig")
        assert [member["name"] for member in report["members"]] == ["eu"]


def test_text_says_what_to_export(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: Path, tmp_path: Path
) -> None:
    """The last line can be pasted into a shell."""
    assert run(monkeypatch, "up", "--kubeconfig", given, "--dir", tmp_path / "w") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("eu  https://127.0.0.1:1")
    assert out[-1] == f"export KUBECONFIG={tmp_path / 'w' / 'kubeconfig'}"
