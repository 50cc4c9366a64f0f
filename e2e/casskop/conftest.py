"""One CassKop for all tests of a file, in a namespace of its own; each test has clusters of its own there."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from multicasskop.world.accounts import grant, rule
from multicasskop.world.kinds import NAMESPACES
from multicasskop.world.namespaces import take_away
from multicasskop.world.operators import CASSKOP_RULES, Launch, Operator, credentials
from multicasskop.world.oversight import overseen
from multicasskop.world.rings import Ring, allow_pods
from multicasskop.world.world import World

# of all namespaces, as in the chart
CLASS_RULES = (rule("get", "storageclasses", groups=["storage.k8s.io"]),)


@pytest.fixture(scope="module")
def rings(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Ring]]:
    """Makes names of clusters that are not there yet, in a namespace that a CassKop looks after."""
    member, namespace = world.members[0], f"rings-{os.urandom(3).hex()}"
    if world.status()[member].get("pods") != "running":
        world.simulate_pods(member)
    api = world.admin(member)
    api.create(NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    allow_pods(api, namespace)
    operator = started(world, namespace, tmp_path_factory.mktemp("casskop"))
    numbers = itertools.count(1)
    with overseen(world, namespace) as overseer:
        yield lambda: Ring(api, namespace, f"c{next(numbers)}")
        operator.kill()
        assert overseer.findings() == (), "nodes lost their pods or claims while they were in the ring"
    take_away(api, namespace)


def started(world: World, namespace: str, directory: Path) -> Operator:
    """A CassKop with the rights of its chart."""
    flags = ("--controllers=cassandracluster", "--operator-name=casskop")
    launch = Launch(namespace, world.members[0], (), flags, rules=CASSKOP_RULES, account="casskop", identity=False)
    found = Operator(directory, launch)
    credentials(world, found.kubeconfig, launch)
    grant(world.admin(launch.home), namespace, launch.account, CLASS_RULES, cluster_wide=True)
    found.start()
    return found


@pytest.fixture
def ring(rings: Callable[[], Ring], world: World) -> Iterator[Ring]:
    """A cluster that is not there yet; what goes wrong with pods ends with the test."""
    yield rings()
    world.disturb(world.members[0])
