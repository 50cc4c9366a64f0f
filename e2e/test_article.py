"""The article's steps, one by one, as a reader would do them: two kind clusters, Helm, kubectl."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from multicasskop.world import oracles
from multicasskop.world.installed import Installed
from multicasskop.world.kind import engine
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.namespaces import take_away
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, parent, ready, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions

pytestmark = [pytest.mark.kind, pytest.mark.usefixtures("loaded")]

MANIFEST = Path(__file__).parent / "samples" / "article.yaml"
NAMESPACE, NAME, CHILD = "cassandra-e2e", "multi-casskop-e2e", "cassandra-e2e"
CASSKOP = SimulatorOptions(Mode.NORMAL, Contract.GO, scale=0.2, namespace=NAMESPACE)


class Kubectl:
    """kubectl with the world's contexts, as a reader has it."""

    def __init__(self, kubeconfig: Path) -> None:
        self._environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}

    def __call__(self, context: str, *arguments: str) -> str:
        """Run it and return what it printed."""
        program = str(engine.kubectl_path() or "kubectl")
        return engine.run(program, "--context", context, *arguments, environment=self._environment)


@pytest.fixture
def kubectl(world: KindWorld) -> Iterator[Kubectl]:
    """kubectl; the article's namespace is gone from both clusters afterwards."""
    yield Kubectl(world.kubeconfig)
    for member in world.members:
        take_away(world.admin(member), NAMESPACE)


def test_the_articles_steps_lead_where_it_says(
    world: KindWorld, kubectl: Kubectl, helm: str, recorder: Recorder
) -> None:
    """Namespaces, imported Secret, Helm, manifest: both children in turn, Ready; a delete takes all away."""
    home, other = world.members
    installed = Installed(world, NAMESPACE, helm)
    for member in world.members:
        kubectl(member, "create", "namespace", NAMESPACE)
    installed.import_members()
    assert kubectl(home, "-n", NAMESPACE, "get", "secret", other, "-o", "name").strip() == f"secret/{other}"
    for member in world.members:
        world.simulate(member, CASSKOP)
    notes = installed.install({}, "--wait", "--timeout=5m")
    assert "kubectl" in notes
    tells_what_the_article_shows(installed)
    kubectl(home, "-n", NAMESPACE, "apply", "-f", str(MANIFEST))
    recorder.wait_for(settled(NAMESPACE, CHILD, home), 90)
    recorder.wait_for(settled(NAMESPACE, CHILD, other), 90)
    recorder.wait_for(ready(NAMESPACE, NAME), 120)
    kubectl(home, "-n", NAMESPACE, "wait", "--for=condition=Ready", f"mck/{NAME}", "--timeout=120s")
    history = oracles.children(recorder.entries(), NAMESPACE, CHILD)
    assert oracles.created_in_order(history, world.members) == oracles.created_once(history) == ()
    same_seeds_everywhere(world)
    kubectl(home, "-n", NAMESPACE, "delete", "mck", NAME, "--timeout=60s")
    recorder.wait_for(parent(NAMESPACE, NAME, "DELETED"))
    for member in world.members:
        recorder.wait_for(child(NAMESPACE, CHILD, member, "DELETED"))
        assert world.admin(member).items(CASSANDRACLUSTERS, NAMESPACE) == []
    assert world.admin(home).items(MULTICASSKOPS, NAMESPACE) == []
    installed.release.uninstall("--wait")


def tells_what_the_article_shows(installed: Installed) -> None:
    """A client for home by the local access, one for the other by its Secret, both synced, the lease, ready."""
    home, other = installed.home, *installed.remotes
    installed.wait_log('"member registered"', f'"member":"{home}"', '"role":"home"', '"via":"in-cluster"')
    installed.wait_log('"member registered"', f'"member":"{other}"', '"role":"remote"', '"via":"import"')
    installed.wait_log('"leading"')
    for member in (home, other):
        installed.wait_log('"member synced"', f'"member":"{member}"')
    installed.wait_log('"ready"', '"members":"2/2"')


def same_seeds_everywhere(world: KindWorld) -> None:
    """All children have the article's four seeds."""
    seeds = yaml.safe_load(MANIFEST.read_text())["spec"]["base"]["status"]["seedlist"]
    for member in world.members:
        found = world.admin(member).get(CASSANDRACLUSTERS, NAMESPACE, CHILD)
        assert found["status"]["seedlist"] == seeds
