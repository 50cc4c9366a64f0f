"""What kubectl shows of our definitions: warnings, and tables."""

import shutil
import subprocess
from copy import deepcopy

import pytest
import yaml
from multicasskop.crds.generate import load_manifest
from multicasskop.crds.names import CASSANDRACLUSTER_VERSIONS, GROUP, MULTICASSKOP_VERSIONS, PLURALS
from multicasskop.world.api import Api
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.manifests import cassandracluster, multicasskop
from multicasskop.world.world import World

pytestmark = pytest.mark.planes


@pytest.fixture
def kubectl(world: World, namespace: str) -> "Kubectl":
    """Kubectl at home, in the test's namespace."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not on PATH: its warnings and tables are not looked at")
    return Kubectl([program, "--kubeconfig", str(world.kubeconfig), "--context", world.members[0], "-n", namespace])


class Kubectl:
    """Runs kubectl and returns what it printed."""

    def __init__(self, command: list[str]) -> None:
        self._command = command

    def __call__(self, *arguments: str, text: str | None = None) -> tuple[str, str]:
        """Standard output and standard error of a run that succeeds."""
        done = subprocess.run(
            [*self._command, *arguments], input=text, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr


@pytest.mark.parametrize("plural", PLURALS.values())
def test_manifest_installs_without_a_warning(kubectl: "Kubectl", plural: str, namespace: str) -> None:
    """`kubectl create --validate=strict` takes the manifest as it is and warns of nothing."""
    manifest = deepcopy(load_manifest(plural))
    manifest["spec"]["group"] = f"{namespace}.example.com"
    manifest["metadata"]["name"] = f"{plural}.{namespace}.example.com"
    out, warnings = kubectl("create", "--validate=strict", "--dry-run=server", "-f", "-", text=yaml.safe_dump(manifest))
    assert ("created" in out, warnings) == (True, "")


@pytest.mark.parametrize(
    ("plural", "version"),
    [
        *(("multicasskops", version) for version in MULTICASSKOP_VERSIONS),
        *(("cassandraclusters", version) for version in CASSANDRACLUSTER_VERSIONS),
    ],
)
def test_old_versions_warn(kubectl: "Kubectl", plural: str, version: str) -> None:
    """Reading through v1 or v1alpha1 warns and names v2; reading through v2 does not."""
    _, warnings = kubectl("get", f"{plural}.{version}.{GROUP}")
    warned = f"{GROUP}/{version} " in warnings and f"deprecated; use {GROUP}/v2" in warnings
    assert warned == (version != "v2"), warnings


def test_tables_show_what_matters(api: Api, namespace: str, kubectl: "Kubectl") -> None:
    """`kubectl get` by short name and category shows the columns, and with `-o wide` those for a closer look."""
    made = api.create(MULTICASSKOPS, namespace, multicasskop())["metadata"]["name"]
    status = {
        "ready": "1/3",
        "phase": "Progressing",
        "waitingFor": "eu-north: phase=Pending",
        "members": 3,
        "observedGeneration": 1,
        "nodes": "17/18",
        "since": "2026-11-23T14:03:20Z",
        "message": "gate gives up at 14:33:20Z",
    }
    api.patch(MULTICASSKOPS, namespace, made, {"status": status}, subresource="status")
    header, row = kubectl("get", "mck")[0].splitlines()
    assert header.split() == ["NAME", "READY", "PHASE", "WAITING", "FOR", "AGE"]
    assert row.split()[1:-1] == ["1/3", "Progressing", "eu-north:", "phase=Pending"]
    wide = kubectl("get", "mck", "-o", "wide")[0].splitlines()[0].split()
    assert wide[6:] == ["MEMBERS", "GENERATION", "NODES", "SINCE", "MESSAGE"]


@pytest.mark.parametrize("name", ["cassc", "casscs", "cassandra"])
def test_children_show_what_matters(api: Api, namespace: str, kubectl: "Kubectl", name: str) -> None:
    """CassandraClusters show readiness, nodes, phase, action and owner under both short names and the category."""
    made = api.create(CASSANDRACLUSTERS, namespace, cassandracluster())["metadata"]["name"]
    ready = {
        "type": "Ready",
        "status": "False",
        "reason": "X",
        "message": "",
        "lastTransitionTime": "2026-11-23T14:03:20Z",
    }
    status = {
        "conditions": [ready],
        "nodes": "5/6",
        "phase": "Pending",
        "lastClusterAction": "UpdateDockerImage",
        "lastClusterActionStatus": "Ongoing",
        "owner": "cassandra/demo",
    }
    api.patch(CASSANDRACLUSTERS, namespace, made, {"status": status}, subresource="status")
    lines = kubectl("get", name)[0].splitlines()
    assert lines[0].split() == ["NAME", "READY", "NODES", "PHASE", "ACTION", "STATUS", "OWNER", "AGE"]
    assert lines[1].split()[1:-1] == ["False", "5/6", "Pending", "UpdateDockerImage", "Ongoing", "cassandra/demo"]
