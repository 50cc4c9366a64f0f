"""The rights that the chart casskop gives: those that CassKop has in all tests, and every one of them is used."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from multicasskop.world.audit import account_of, entries
from multicasskop.world.cassandra.rules import Rule, Trouble
from multicasskop.world.charted import Right, right, rights_of, rules_of
from multicasskop.world.charts import CHARTS, Release
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import BUDGETS, CASSANDRACLUSTERS, CONFIGMAPS, SECRETS, SERVICES
from multicasskop.world.operators import CASSKOP_RULES, Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.rings import Ring, cluster, topology
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

Json = dict[str, Any]
ACCOUNT = "casskop"
# of a series, which is written a minute after its first event
LATE = Right("events", "patch")
# by a role of the cluster, which accounts of tests do not have
OF_CLUSTER = Right("storageclasses", "get")


@pytest.fixture(scope="module")
def chart(helm: str, tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """What the chart makes by default."""
    nowhere = tmp_path_factory.mktemp("none") / "kubeconfig"
    return Release(helm, nowhere, "none", "cassandra", name="casskop", chart=CHARTS / "casskop").manifests()


def test_tests_have_the_rights_of_the_chart(chart: list[Json]) -> None:
    """What works in tests works where the chart is installed, and nothing more is allowed there."""
    operators = [each for each in chart if not each["metadata"]["name"].endswith("-cluster-node")]
    names = {each["metadata"].get("namespace") for each in operators if each["kind"] == "Role"}
    assert names == {"cassandra", "kube-system"}
    given = {found for found in rights_of(rules_of(operators)) if found.resource != "namespaces"}
    assert given == set(rights_of(CASSKOP_RULES))


def test_every_right_is_used(world: World, namespace: str, start_real_casskop: Callable[..., Operator]) -> None:
    """A story in which each right is needed once: nothing is denied, and nothing was given in vain."""
    member = world.members[0]
    log = world.audit_log(member)
    before = log.stat().st_size
    start_real_casskop(member)
    tell(Ring(world.admin(member), namespace, "demo"), world)
    expected = set(rights_of(CASSKOP_RULES)) - {LATE}
    wait_until(lambda: expected <= asked(log, before, namespace)[0], 15)
    allowed, denied = asked(log, before, namespace)
    assert denied - {OF_CLUSTER, Right("namespaces", "get")} == set()
    assert allowed - {LATE} == expected


def tell(ring: Ring, world: World) -> None:
    """The story."""
    api, name = ring.api, ring.name
    login = {"username": "a", "password": "b"}
    for kind, body in ((CONFIGMAPS, {"data": {"a": "b"}}), (SECRETS, {"stringData": login})):
        api.create(kind, ring.namespace, {"metadata": {"name": "given"}, **body})
    written = take_names(ring, topology=topology(2, dc1=1), configMapName="given", imageJolokiaSecret={"name": "given"})
    ring.settled(written)
    api.patch(SERVICES, ring.namespace, name, {"spec": {"publishNotReadyAddresses": False}})
    ring.until(lambda: api.get(SERVICES, ring.namespace, name)["spec"].get("publishNotReadyAddresses"), "corrected")
    misname(ring)
    ring.until(lambda: is_headless(api.find(SERVICES, ring.namespace, name)), "its service again")
    ring.edit(maxPodUnavailable=2, topology=topology(1, dc1=1), autoPilot=True)
    ring.edit(dataCapacity="2Gi")
    world.disturb(world.members[0], Rule(pods=f"{ring.namespace}/*@cassandra:none", trouble=Trouble.IMAGE))
    ring.patch({"spec": {"cassandraImage": "cassandra:none"}})
    ring.until(lambda: ring.condition("Degraded")[0] == "True", "stuck")
    ring.edit(cassandraImage="cassandra:4.1.11", deletePVC=True)
    api.delete(CASSANDRACLUSTERS, ring.namespace, name)
    ring.until(lambda: api.find(CASSANDRACLUSTERS, ring.namespace, name) is None, "gone")


def take_names(ring: Ring, **spec: object) -> Json:
    """Create the cluster where its names are somebody else's, and give them free when it has said so."""
    budget = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "other"}}}
    taken = {"Service": (SERVICES, {"ports": [{"port": 80}]}), "PodDisruptionBudget": (BUDGETS, budget)}
    for kind, body in taken.values():
        ring.api.create(kind, ring.namespace, {"metadata": {"name": ring.name}, "spec": body})
    written = ring.api.create(CASSANDRACLUSTERS, ring.namespace, cluster(ring.name, **spec))
    for word, (kind, _) in taken.items():
        told = f"{word} {ring.namespace}/{ring.name} is there, and belongs to somebody else"
        ring.until(lambda told=told: told in ring.condition("Degraded")[2], told)  # type: ignore[misc]
        ring.api.delete(kind, ring.namespace, ring.name)
    return written


def is_headless(service: Json | None) -> bool:
    """Whether it is there, and names each pod."""
    return service is not None and service["spec"]["clusterIP"] == "None"


def misname(ring: Ring) -> None:
    """Put a service in the place of the headless one that names no pod, as somebody's hand or an old version would."""
    found = ring.api.get(SERVICES, ring.namespace, ring.name)
    owners = found["metadata"]["ownerReferences"]
    metadata = {"name": ring.name, "labels": found["metadata"]["labels"], "ownerReferences": owners}
    ports = [{"port": port["port"], "name": port["name"]} for port in found["spec"]["ports"]]
    body = {"metadata": metadata, "spec": {"selector": found["spec"]["selector"], "ports": ports}}
    ring.api.delete(SERVICES, ring.namespace, ring.name)
    try:
        ring.api.create(SERVICES, ring.namespace, body)
    except ApiError as error:
        # CassKop was faster
        if error.status != 409:
            raise
        misname(ring)


def asked(log: Path, offset: int, namespace: str) -> tuple[set[Right], set[Right]]:
    """What CassKop of that namespace was allowed, and what it was denied."""
    told = entries(log, account_of(namespace, ACCOUNT), since=offset)
    ours = [each for each in told if each.get("objectRef")]
    codes = [(right(each), (each.get("responseStatus") or {}).get("code", 0)) for each in ours]
    return {found for found, code in codes if code != 403}, {found for found, code in codes if code == 403}
