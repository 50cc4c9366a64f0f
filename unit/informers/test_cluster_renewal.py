"""Other credentials under a living cluster: it is reached again, keeps its stores, and is known to be the same one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from fakes.api_server import FakeApiServer
from fakes.clusters import KUBE_SYSTEM, NAMESPACE, Plant, plant
from fakes.exchange import PATIENCE, answer, failure
from fakes.objects import WIDGETS, WIDGETS_PATH, Json, listed, widget
from fakes.rig import until
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import ConnectError, CredentialsError, MemberUnreachable
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


NOT_ALLOWED = failure(403, "Forbidden", details={"name": "kube-system"})
ELSEWHERE = [
    pytest.param(answer(NAMESPACE), "", id="the same"),
    pytest.param(NOT_ALLOWED, "may not be read there", id="not allowed"),
    pytest.param(answer(OTHER_NAMESPACE), "the-uid > another-uid", id="another"),
]


@contextmanager
def moved(it: Plant, identity: object) -> Iterator[FakeApiServer]:
    """Let a cluster that is in use be reached at another server from now on, which is slow to say what it is."""
    with FakeApiServer() as second:
        second.on("GET", WIDGETS_PATH, answer(listed(widget("b", 3), version=7)))
        second.on_watch(WIDGETS_PATH)
        second.on("GET", KUBE_SYSTEM, failure(503), identity)  # type: ignore[arg-type]
        it.cluster.renew(at(second))
        second.wait_for(1, "GET", KUBE_SYSTEM)
        assert not it.cluster.certain
        it.pass_time(lambda: len(second.received("GET", KUBE_SYSTEM)) == 2, threads=3)
        yield second
        it.cluster.disengage()


def test_doubt_comes_before_the_other_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the first call can go to another address the cluster is in doubt already."""
    with plant() as it, FakeApiServer() as second:
        synced(it)
        transport, certain = it.cluster.transport, list[bool]()
        old = transport._ways.current.connections
        monkeypatch.setattr(old, "cut", lambda: certain.append(it.cluster.certain))
        it.cluster.renew(at(second))
        assert certain == [False]


@pytest.mark.parametrize(("identity", "wrong"), ELSEWHERE)
def test_another_address(identity: object, wrong: str) -> None:
    """At another address nothing is read before it is known to be the same cluster; then all is listed anew."""
    registry = CollectorRegistry()
    metrics = Metrics("t", registry, (*MEMBER_FAMILIES, *INFORMER_FAMILIES))
    with plant(metrics=metrics) as it:
        synced(it)
        store = it.cluster.informer(WIDGETS).store
        with moved(it, identity) as second:
            count = partial(registry.get_sample_value, "t_member_identity_changes_total", {"member": "m"})
            if wrong:
                until(lambda: wrong in it.cluster.reachability.message)
            else:
                until(lambda: it.cluster.certain)
            until(lambda: (count() or 0) == (1 if wrong else 0))
            assert it.cluster.identity == "the-uid"
            if not wrong:
                until(lambda: store.version == "7")
                return
            found = it.cluster.reachability
            assert (found.reason, wrong in found.message) == ("IdentityChanged", True)
            assert (store.version, [record.key.name for record in store.list()]) == ("10", ["a"])
            assert [request.path for request in second.requests if request.path == WIDGETS_PATH] == []
            with pytest.raises(MemberUnreachable, match="another cluster"):
                it.cluster.client.get(WIDGETS, "ns", "a")


def test_back_from_another_cluster() -> None:
    """When the credentials lead to the right cluster again, it is used again."""
    with plant() as it:
        synced(it)
        with moved(it, answer(OTHER_NAMESPACE)):
            until(lambda: "another-uid" in it.cluster.reachability.message)
            it.cluster.renew(at(it.server))
            until(lambda: it.cluster.certain and it.cluster.reachability.ok)


def test_another_cluster_that_is_accepted() -> None:
    """A person who names the new identity lets the operator in there; another one that is named is not believed."""
    with plant() as it:
        synced(it)
        with moved(it, answer(OTHER_NAMESPACE)) as second:
            until(lambda: "another-uid" in it.cluster.reachability.message)
            it.cluster.expect("a-third-uid")
            until(lambda: "a-third-uid > another-uid" in it.cluster.reachability.message)
            it.cluster.expect("another-uid")
            until(lambda: it.cluster.informer(WIDGETS).store.version == "7")
            second.wait_for(1, "WATCH", WIDGETS_PATH)
            assert it.cluster.identity == "another-uid"


def test_expected_identity() -> None:
    """A cluster that is registered with its identity is read once it is found to have it."""
    with plant(expected="the-uid") as it:
        synced(it)
        assert it.cluster.certain


def test_expected_identity_that_may_not_be_read() -> None:
    """A cluster that was registered with its identity, and never shows it, is used as one without."""
    with plant(expected="the-uid") as it:
        it.serve(widget("a", 5), identity=NOT_ALLOWED)
        informer = it.cluster.informer(WIDGETS)
        it.cluster.engage()
        assert informer.wait_synced(PATIENCE)


def test_expected_identity_that_is_not_found() -> None:
    """A cluster that has another identity than it was registered with is never read."""
    with plant(expected="the-uid") as it:
        it.serve(widget("a", 5), identity=answer(OTHER_NAMESPACE))
        it.cluster.informer(WIDGETS)
        it.cluster.engage()
        until(lambda: it.cluster.reachability.reason == "IdentityChanged")
        assert it.server.received("GET", WIDGETS_PATH) == []


@pytest.mark.parametrize(
    ("found", "certain"),
    [
        pytest.param(answer(NAMESPACE), True, id="the same"),
        pytest.param(NOT_ALLOWED, True, id="not allowed any more"),
        pytest.param(answer(OTHER_NAMESPACE), False, id="another"),
    ],
)
def test_member_that_was_dark(found: object, certain: bool) -> None:
    """A member that answers again is asked who it is: somebody else may have its address by now."""
    with plant() as it:
        synced(it)
        asked = len(it.server.received("GET", KUBE_SYSTEM))
        it.server.on("GET", KUBE_SYSTEM, found)  # type: ignore[arg-type]
        breaker = it.cluster._breaker
        breaker.open(ConnectError("m", "gone"))
        breaker.close()
        it.server.wait_for(asked + 1, "GET", KUBE_SYSTEM)
        until(lambda: (it.cluster.certain, it.cluster.reachability.ok) == (certain, certain))


def test_end_of_a_doubt_is_told() -> None:
    """Whoever waits for the member hears that it is known again, also when all else is as it was."""
    with plant() as it:
        synced(it)
        told: list[bool] = []
        it.cluster.on_reachability(lambda cluster: told.append(cluster.certain))
        it.cluster._identity.doubt()
        it.cluster._changed()
        it.cluster._recognition.begin()
        until(lambda: told == [False, True])
