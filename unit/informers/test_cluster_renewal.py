"""Other credentials under a living cluster: it is reached again, keeps its stores, and is known to be the same one."""

from functools import partial

import pytest
from fakes.api_server import PATIENCE, FakeApiServer, answer, failure
from fakes.clusters import KUBE_SYSTEM, NAMESPACE, Plant, plant
from fakes.objects import WIDGETS, WIDGETS_PATH, Json, listed, widget
from fakes.rig import until
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.metrics import INFORMER_FAMILIES, MEMBER_FAMILIES, Metrics
from prometheus_client import CollectorRegistry

OTHER_NAMESPACE: Json = {**NAMESPACE, "metadata": {"name": "kube-system", "uid": "another-uid"}}


def at(server: FakeApiServer, token: str = "") -> Credentials:
    """What leads to this server."""
    return Credentials(server=server.url, source="here", join="/", token=token)


def synced(it: Plant) -> None:
    """Let a cluster with one object come up."""
    it.serve(widget("a", 5))
    informer = it.cluster.informer(WIDGETS)
    it.cluster.engage()
    assert informer.wait_synced(PATIENCE)
    assert it.cluster.wait_identity(PATIENCE)
    it.server.wait_for(1, "WATCH", WIDGETS_PATH)
    until(lambda: it.cluster.reachability.ok and informer.last_fault is None)


def test_refused_member_is_tried_again_at_once() -> None:
    """A member that refuses us is asked again as soon as there are other credentials, without a delay."""
    with plant() as it:
        it.server.on("GET", KUBE_SYSTEM, answer(NAMESPACE))
        it.server.on("GET", WIDGETS_PATH, failure(401, "Unauthorized"))
        informer = it.cluster.informer(WIDGETS)
        it.cluster.engage()
        until(lambda: it.cluster.reachability.reason == "Unauthorized")
        it.server.on("GET", WIDGETS_PATH, answer(listed(widget("a", 5), version=10)))
        it.server.on_watch(WIDGETS_PATH)
        it.cluster.renew(at(it.server, "second"))
        assert informer.wait_synced(PATIENCE)
        until(lambda: it.cluster.reachability.ok)
        assert it.server.received("WATCH", WIDGETS_PATH)[0].headers["authorization"] == "Bearer second"


def test_running_streams_are_left_alone() -> None:
    """A member that works gets its new token with the next request; nothing is listed or watched again."""
    with plant() as it:
        synced(it)
        it.cluster.renew(at(it.server, "second"))
        it.cluster.transport.request("GET", KUBE_SYSTEM)
        assert it.server.requests[-1].headers["authorization"] == "Bearer second"
        assert len(it.server.received("GET", WIDGETS_PATH)) == len(it.server.received("WATCH", WIDGETS_PATH)) == 1


def test_dark_member_is_asked_at_once() -> None:
    """A member that is dark for a wrong address is asked at the right one without waiting for the next question."""
    with plant(listening=False) as it:
        it.serve(widget("a", 5))
        it.server.on("GET", "/livez", answer("ok"))
        informer = it.cluster.informer(WIDGETS)
        it.cluster.engage()
        it.pass_time(lambda: it.dark, threads=3)
        it.cluster.renew(at(it.server))
        until(lambda: not it.dark)
        assert informer.wait_synced(PATIENCE)
        assert it.cluster.server == it.server.url


def test_unusable_credentials_change_nothing() -> None:
    """Certificates that cannot be used are refused, and the cluster is reached as before."""
    with plant() as it:
        synced(it)
        with pytest.raises(CredentialsError):
            it.cluster.renew(Credentials(server="https://x", source="here", ca=b"canary"))
        assert (it.cluster.server, it.cluster.reachability.ok) == (it.server.url, True)


@pytest.mark.parametrize(
    ("identity", "ok", "reason"),
    [
        pytest.param(answer(NAMESPACE), True, "", id="the same"),
        pytest.param(failure(403, "Forbidden", details={"name": "kube-system"}), True, "", id="not allowed"),
        pytest.param(answer(OTHER_NAMESPACE), False, "IdentityChanged", id="another"),
    ],
)
def test_another_address(identity: object, ok: bool, reason: str) -> None:
    """At another address all is listed anew, and another cluster there is told and not used."""
    registry = CollectorRegistry()
    metrics = Metrics("t", registry, (*MEMBER_FAMILIES, *INFORMER_FAMILIES))
    with plant(metrics=metrics) as it, FakeApiServer() as second:
        synced(it)
        second.on("GET", WIDGETS_PATH, answer(listed(widget("b", 3), version=7)))
        second.on_watch(WIDGETS_PATH)
        second.on("GET", KUBE_SYSTEM, failure(503), identity)  # type: ignore[arg-type]
        it.cluster.renew(at(second))
        until(lambda: it.cluster.informer(WIDGETS).store.version == "7")
        second.wait_for(1, "GET", KUBE_SYSTEM)
        assert it.cluster.reachability.reason == "IdentityChanged"
        it.pass_time(lambda: len(second.received("GET", KUBE_SYSTEM)) == 2, threads=1)
        until(lambda: "not yet known" not in it.cluster.reachability.message)
        found = it.cluster.reachability
        assert (found.ok, found.reason) == (ok, reason)
        assert ("the-uid > another-uid" in found.message) is not ok
        assert it.cluster.identity == "the-uid"
        count = partial(registry.get_sample_value, "t_member_identity_changes_total", {"member": "m"})
        assert (count() or 0) == (0 if ok else 1)
        if not ok:
            it.cluster.renew(at(it.server))
            until(lambda: it.cluster.reachability.ok)
