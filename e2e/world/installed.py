"""The operator as its users run it: installed by its chart, as pods of home, with imported Secrets of the others."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multicasskop.world.api import Json
from multicasskop.world.charts import Release, Values
from multicasskop.world.errors import WorldError
from multicasskop.world.kind import engine, images, nodes
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import LEASES, PODS
from multicasskop.world.processes import wait_until
from multicasskop.world.progress import ProgressSink, silent

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "import-member.sh"
LABEL = "app.kubernetes.io/name=multi-casskop"
PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Installed:
    """One installation in one namespace of a world of kind clusters. The namespace exists in all members."""

    world: KindWorld
    namespace: str
    helm: str

    @property
    def home(self) -> str:
        """The member in which it stands."""
        return self.world.members[0]

    @property
    def remotes(self) -> tuple[str, ...]:
        """The other members."""
        return self.world.members[1:]

    @property
    def release(self) -> Release:
        """The chart's release."""
        return Release(self.helm, self.world.kubeconfig, self.home, self.namespace)

    def import_members(self) -> str:
        """Give the operator access to the other members, by the script that the documentation has; what it said."""
        return "".join(self._import(member) for member in self.remotes)

    def install(self, values: Values, *flags: str, progress: ProgressSink = silent) -> str:
        """Load the operator's image into home's nodes and install the chart, names as in the article; helm's words."""
        image = images.operator_image(progress)
        self.world.load(image, members=[self.home])
        repository, _, tag = image.rpartition(":")
        # its definitions are the world's already: another release of the same cluster must not own them
        common = {"image": {"repository": repository, "tag": tag}, "crds": {"install": False}}
        names = ["--set", f"k8s.local={self.home}", "--set", f"k8s.remote={{{','.join(self.remotes)}}}"]
        return self.release.install({**common, **values}, *names, *flags)

    def pods(self) -> list[Json]:
        """Its pods that are not on their way out."""
        found = self.world.admin(self.home).items(PODS, self.namespace, labels=LABEL)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def log(self, pod: str, *, previous: bool = False) -> str:
        """What a pod has logged since its container started, or what the container before logged."""
        query = {"previous": "true"} if previous else {}
        path = PODS.path(self.namespace, pod, "log")
        return self.world.admin(self.home).request("GET", path, query=query).body.decode(errors="replace")

    def logs(self) -> str:
        """What all its pods have logged."""
        return "".join(self.log(pod["metadata"]["name"]) for pod in self.pods())

    def wait_log(self, *parts: str) -> str:
        """Return the first line of a log that holds all these parts, waiting for it."""
        found: list[str] = []

        def look() -> bool:
            found[:] = [line for line in self.logs().splitlines() if all(part in line for part in parts)]
            return bool(found)

        if not wait_until(look, PATIENCE, 0.5):
            raise WorldError(f"no line with {parts} within {PATIENCE:g}s; the log:\n{self.logs()[-4000:]}")
        return found[0]

    def wait_ready(self, replicas: int) -> None:
        """Return when so many of its pods are ready."""
        if not wait_until(lambda: sum(map(is_ready, self.pods())) == replicas, PATIENCE, 0.2):
            states = [(pod["metadata"]["name"], pod.get("status")) for pod in self.pods()]
            raise WorldError(f"{replicas} pods were not ready within {PATIENCE:g}s: {states}")

    def lease(self) -> Json:
        """The lease for which its replicas compete."""
        found = self.world.admin(self.home).items(LEASES, self.namespace)
        if len(found) != 1:
            raise WorldError(f"{len(found)} leases in {self.namespace} of {self.home}, where one was expected")
        return found[0]

    def leader(self) -> Json:
        """The pod that holds the lease, waiting for one that lives."""
        found: list[Json] = []

        def look() -> bool:
            holder = (self.lease()["spec"].get("holderIdentity") or "").partition("_")[0]
            found[:] = [pod for pod in self.pods() if pod["metadata"]["name"] == holder]
            return bool(found)

        if not wait_until(look, PATIENCE, 0.2):
            raise WorldError(f"nobody leads within {PATIENCE:g}s: {self.lease()['spec']}")
        return found[0]

    def kill(self, pod: Json) -> None:
        """End the operator's process in a pod as a crash does; the kubelet starts it again."""
        nodes.signal_process(pod["spec"]["nodeName"], "multicasskop", "KILL")

    def _import(self, member: str) -> str:
        where = ["--context", member, "--namespace", self.namespace, "--as", member]
        reached = ["--server", self.world.inner_server(member), "--home-context", self.home, "--apply"]
        kubectl = {"KUBECTL_PATH": str(engine.kubectl_path() or "kubectl"), "KUBECONFIG": str(self.world.kubeconfig)}
        return engine.run("bash", str(SCRIPT), *where, *reached, environment={**os.environ, **kubectl})


def is_ready(pod: Json) -> bool:
    """Whether a pod says so."""
    conditions: list[dict[str, Any]] = (pod.get("status") or {}).get("conditions") or []
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)
