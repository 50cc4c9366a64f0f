"""Helm as a program that is called: what it is told, what it says, and how a failure reads. A stand-in plays it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from multicasskop.world.charts import CHART, HelmError, Release

STAND_IN = """\
#!{python}
import json, os, sys
values = next((open(each[9:]).read() for each in sys.argv if each.startswith("--values=")), "")
told = {{"arguments": sys.argv[1:], "values": values, "cache": os.environ["KUBECACHEDIR"]}}
open({record!r}, "w").write(json.dumps(told))
sys.stdout.write({out!r})
sys.stderr.write({err!r})
sys.exit({code})
"""

MakeRelease = Callable[..., Release]


@pytest.fixture
def release(tmp_path: Path) -> MakeRelease:
    """A release whose helm says and does what it is told: `release(out=..., err=..., code=...)`."""

    def make(out: str = "", err: str = "", code: int = 0) -> Release:
        helm = tmp_path / "helm"
        record = str(tmp_path / "told")
        helm.write_text(STAND_IN.format(python=sys.executable, record=record, out=out, err=err, code=code))
        helm.chmod(0o755)
        return Release(str(helm), tmp_path / "kubeconfig", "k8s-cluster1", "cassandra")

    return make


def told(tmp_path: Path) -> dict[str, Any]:
    """What the stand-in was told last."""
    found: dict[str, Any] = json.loads((tmp_path / "told").read_text())
    return found


def test_every_command_names_the_cluster_and_the_namespace(release: MakeRelease, tmp_path: Path) -> None:
    """No command depends on anybody's current context, or on what was remembered of another cluster."""
    release().uninstall("--wait")
    assert told(tmp_path)["arguments"] == [
        "uninstall",
        "multi-casskop",
        "--wait",
        f"--kubeconfig={tmp_path / 'kubeconfig'}",
        "--kube-context=k8s-cluster1",
        "--namespace=cassandra",
    ]
    assert told(tmp_path)["cache"]
    assert not Path(told(tmp_path)["cache"]).exists()


@pytest.mark.parametrize("command", ["install", "upgrade"])
def test_values_are_handed_on_as_a_file(release: MakeRelease, tmp_path: Path, command: str) -> None:
    """Values reach helm as data, so that nothing in them is taken for syntax; flags stand behind them."""
    values = {"k8s": {"remote": ["a,b={c}"]}}
    assert getattr(release(out="done", err="Warning: careful"), command)(values, "--wait") == "doneWarning: careful"
    assert json.loads(told(tmp_path)["values"]) == values
    assert told(tmp_path)["arguments"][:3] == [command, "multi-casskop", str(CHART)]
    assert "--wait" in told(tmp_path)["arguments"]


def test_manifests_are_what_helm_prints_and_not_its_talk(release: MakeRelease) -> None:
    """Objects come back as data, empty documents left out, whatever helm remarks beside them."""
    found = release(out="---\nkind: Role\n---\n---\nkind: Pod\n", err="level=WARN").manifests()
    assert found == [{"kind": "Role"}, {"kind": "Pod"}]


def test_revisions_are_told_oldest_first(release: MakeRelease) -> None:
    """The history of a release as the states of its revisions."""
    assert release(out='[{"status": "superseded"}, {"status": "deployed"}]').revisions() == ["superseded", "deployed"]


def test_failure_says_what_helm_said(release: MakeRelease) -> None:
    """An error names command, release, place and helm's own words."""
    with pytest.raises(HelmError, match=r"rollback of release multi-casskop in cassandra of k8s-cluster1.*no such"):
        release(err="Error: no such revision", code=1).rollback(7)
