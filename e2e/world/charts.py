"""Our charts as their users install them: by the real helm, into a namespace of one cluster."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

import yaml
from multicasskop.world.errors import WorldError

CHARTS = Path(__file__).resolve().parents[2] / "helm"
CHART = CHARTS / "multi-casskop"

Values = Mapping[str, Any]
NOTHING: Values = {}


class HelmError(WorldError):
    """Helm refused, or the cluster did; `output` is what helm said."""

    def __init__(self, command: str, release: "Release", output: str) -> None:
        self.output = output
        where = f"{release.namespace} of {release.context}"
        super().__init__(f"helm {command} of release {release.name} in {where} failed: {output.strip()}")


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a chart. `helm` is the program's path; the kubeconfig's context says which cluster.

    Every command returns what helm said, warnings of the API server included, and raises HelmError when it failed.
    Values are plain data; what a user would write behind --set goes into `flags`, as any other flag of helm.
    """

    helm: str
    kubeconfig: Path
    context: str
    namespace: str
    name: str = "multi-casskop"
    chart: Path = CHART

    def install(self, values: Values = NOTHING, *flags: str) -> str:
        """Install it; with "--wait" among the flags it returns when the pods are ready."""
        return self._with_values("install", values, flags).said

    def upgrade(self, values: Values = NOTHING, *flags: str) -> str:
        """Change it to these values, the chart's own ones for all others."""
        return self._with_values("upgrade", values, flags).said

    def rollback(self, revision: int, *flags: str) -> str:
        """Go back to a revision; the first one is 1."""
        return self._run(["rollback", self.name, str(revision), *flags]).said

    def uninstall(self, *flags: str) -> str:
        """Take it away."""
        return self._run(["uninstall", self.name, *flags]).said

    def revisions(self) -> list[str]:
        """The states of its revisions, oldest first: `superseded`, `deployed`."""
        found = json.loads(self._run(["history", self.name, "--output=json"]).result)
        return [revision["status"] for revision in found]

    def manifests(self, values: Values = NOTHING, *flags: str) -> list[dict[str, Any]]:
        """The objects that these values lead to; nothing is installed, and the cluster is not asked."""
        rendered = self._with_values("template", values, flags).result
        return [found for found in yaml.safe_load_all(rendered) if found]

    def lint(self, values: Values = NOTHING) -> str:
        """Have helm look for mistakes in chart and values; its warnings count as failures."""
        with file_of(values) as path:
            return self._run(["lint", str(self.chart), "--strict", f"--values={path}"]).said

    def _with_values(self, command: str, values: Values, flags: Sequence[str]) -> "Output":
        with file_of(values) as path:
            return self._run([command, self.name, str(self.chart), f"--values={path}", *flags])

    def _run(self, arguments: Sequence[str]) -> "Output":
        where = [f"--kubeconfig={self.kubeconfig}", f"--kube-context={self.context}", f"--namespace={self.namespace}"]
        # what a cluster serves is not remembered: addresses come again with other clusters behind them
        with TemporaryDirectory(prefix="helm-") as cache:
            given = {**os.environ, "KUBECACHEDIR": cache}
            command = [self.helm, *arguments, *where]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=given)
        if done.returncode:
            raise HelmError(arguments[0], self, done.stderr + done.stdout)
        return Output(done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Output:
    """What helm printed: its result, and its talk."""

    result: str
    talk: str

    @property
    def said(self) -> str:
        """All of it."""
        return self.result + self.talk


@contextmanager
def file_of(values: Values) -> Iterator[Path]:
    """Lend values as a file (JSON is YAML)."""
    with NamedTemporaryFile("w", prefix="values-", suffix=".yaml") as file:
        json.dump(values, file)
        file.flush()
        yield Path(file.name)
