"""The names of pods in a zone, by external-dns' rules, and what is told to the name server when they change."""

from typing import Any

import pytest
from multicasskop.world.kind.publisher import HOSTNAME, difference, records

Json = dict[str, Any]
Names = dict[str, set[str]]
ZONE = "zone.net"


def service(hostname: str = f"{ZONE}.", *, cluster_ip: str = "None", not_ready: bool = True) -> Json:
    """CassKop's headless service."""
    spec = {"clusterIP": cluster_ip, "selector": {"app": "x"}, "publishNotReadyAddresses": not_ready}
    return {"metadata": {"annotations": {HOSTNAME: hostname}}, "spec": spec}


def pod(name: str, address: str = "10.0.0.1", *, ready: bool = True, hostname: bool = True, app: str = "x") -> Json:
    """A pod of it."""
    status = {"podIP": address, "conditions": [{"type": "Ready", "status": str(ready)}]}
    spec = {"hostname": name} if hostname else {}
    return {"metadata": {"name": name, "labels": {"app": app, "more": "y"}}, "spec": spec, "status": status}


ONE = {"a.zone.net": {"10.0.0.1"}, "zone.net": {"10.0.0.1"}}


@pytest.mark.parametrize(
    ("given", "pods", "found"),
    [
        pytest.param(service(), [pod("a")], ONE, id="a pod, and the domain itself"),
        pytest.param(service(), [pod("a", ready=False)], ONE, id="not ready, and published"),
        pytest.param(service(not_ready=False), [pod("a", ready=False)], {}, id="not ready, and not published"),
        pytest.param(service(not_ready=False), [pod("a")], ONE, id="ready"),
        pytest.param(service(), [pod("a", app="z")], {}, id="of another service"),
        pytest.param(service(), [pod("a", "")], {}, id="without an address yet"),
        pytest.param(service(cluster_ip="10.9.9.9"), [pod("a")], {}, id="not headless"),
        pytest.param(service(""), [pod("a")], {}, id="no domain"),
        pytest.param(service(), [pod("a", hostname=False)], {"zone.net": {"10.0.0.1"}}, id="no host name"),
        pytest.param(
            service("zone.net, other.net"), [pod("a")], ONE | {"a.other.net": {"10.0.0.1"}, "other.net": {"10.0.0.1"}},
            id="two domains",
        ),
        pytest.param(
            service(), [pod("a"), pod("b", "10.0.0.2")],
            {"a.zone.net": {"10.0.0.1"}, "b.zone.net": {"10.0.0.2"}, "zone.net": {"10.0.0.1", "10.0.0.2"}},
            id="two pods",
        ),
    ],
)  # fmt: skip
def test_records(given: Json, pods: list[Json], found: dict[str, set[str]]) -> None:
    """Each published pod has its name, and the domain stands for all of them."""
    assert records([given], pods) == found


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        pytest.param({}, {"a.zone.net": {"1"}}, [("a.zone.net", {"1"})], id="comes"),
        pytest.param({"a.zone.net": {"1"}}, {}, [("a.zone.net", set())], id="goes"),
        pytest.param({"a.zone.net": {"1"}}, {"a.zone.net": {"2"}}, [("a.zone.net", {"2"})], id="moves"),
        pytest.param({"a.zone.net": {"1"}}, {"a.zone.net": {"1"}}, [], id="stays"),
        pytest.param({}, {"a.other.net": {"1"}, "a.myzone.net": {"1"}}, [], id="not of the zone"),
        pytest.param({}, {"zone.net": {"1"}}, [("zone.net", {"1"})], id="the zone itself"),
    ],
)
def test_difference(before: Names, after: Names, changes: list[tuple[str, set[str]]]) -> None:
    """Only what has changed is told, and only what the name server answers for."""
    frozen = [{name: frozenset(found) for name, found in each.items()} for each in (before, after)]
    assert list(difference(ZONE, *frozen)) == [(name, frozenset(found)) for name, found in changes]
