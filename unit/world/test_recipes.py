"""The Go modules from which the programs are built."""

import json
from pathlib import Path

import pytest
from multicasskop.world import recipes

KUBERNETES_MOD = """\
module k8s.io/kubernetes

go 1.26.0

require (
\tgithub.com/google/cadvisor v0.53.0
\tk8s.io/api v0.0.0
\tk8s.io/kubelet v0.0.0 // indirect
\tk8s.io/utils v0.0.0-20260108192941-914a6e750570
)

replace (
\tk8s.io/api => ./staging/src/k8s.io/api
)
"""


class FakeGo:
    """Notes what it is asked, and knows where the downloaded go.mod is."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._mod = folder / "downloaded.mod"
        self._mod.write_text(KUBERNETES_MOD)

    def __call__(self, *arguments: str) -> str:
        """Answer with where the file is, whatever is asked."""
        self.asked.append(arguments)
        return json.dumps({"GoMod": str(self._mod)})


def test_staging_modules_are_replaced_and_others_are_not(tmp_path: Path) -> None:
    """Modules that stand as v0.0.0 get the version of the release, pseudo-versions stay."""
    recipes.kubernetes("1.36.3").prepare(tmp_path, FakeGo(tmp_path))
    text = (tmp_path / "go.mod").read_text()
    assert "require k8s.io/kubernetes v1.36.3\n" in text
    assert "\tk8s.io/api => k8s.io/api v0.36.3\n" in text
    assert "\tk8s.io/kubelet => k8s.io/kubelet v0.36.3\n" in text
    assert "utils" not in text
    assert "\tk8s.io/kubernetes/cmd/kube-controller-manager\n" in text


def test_preparing_tidies_after_the_file_is_written(tmp_path: Path) -> None:
    """The module is downloaded, described, and only then tidied."""
    go = FakeGo(tmp_path)
    recipes.kubernetes("1.36.3").prepare(tmp_path, go)
    assert go.asked == [("mod", "download", "-json", "k8s.io/kubernetes@v1.36.3"), ("mod", "tidy")]


def test_etcd_is_a_tool_of_its_own_module(tmp_path: Path) -> None:
    """Etcd comes by its server module in the wanted version."""
    go = FakeGo(tmp_path)
    recipes.etcd("3.6.8").prepare(tmp_path, go)
    assert go.asked == [("get", "-tool", "go.etcd.io/etcd/server/v3@v3.6.8")]


@pytest.mark.parametrize("fact", ["gitVersion=v1.36.3", "gitMajor=1", "gitMinor=36"])
def test_programs_tell_their_version(fact: str) -> None:
    """The linker is told the version, for the server and for its client library."""
    flags = recipes.linker("1.36.3")
    assert flags.count(fact) == 2
    assert flags.startswith("-s -w ")
