"""Asking a member which cluster it is: what counts as an answer, and what makes it be asked again."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from fakes.api_server import FakeApiServer
from fakes.clusters import KUBE_SYSTEM, NAMESPACE, Plant, plant
from fakes.exchange import PATIENCE, Answer, answer, failure
from fakes.objects import WIDGETS, WIDGETS_PATH, Json, listed, widget
from fakes.rig import until
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import ConnectError, MemberUnreachable
from multicasskop.informers.metrics import INFORMER_FAMILIES, MEMBER_FAMILIES, Metrics
from prometheus_client import CollectorRegistry

OTHER_NAMESPACE: Json = {**NAMESPACE, "metadata": {"name": "kube-system", "uid": "another-uid"}}
NOT_ACCEPTED = failure(401, "Unauthorized")
NOT_ALLOWED = failure(403, "Forbidden", details={"name": "kube-system"})


def at(server: FakeApiServer, token: str) -> Credentials:
    """What leads to this server."""
    return Credentials(server=server.url, source="here", join="/", token=token)


def asked(server: FakeApiServer) -> int:
    """How often this server was asked which cluster it is."""
    return len(server.received("GET", KUBE_SYSTEM))


@contextmanager
def moved(it: Plant, identity: Answer) -> Iterator[FakeApiServer]:
    """Let a cluster that is in use and known be reached at another server, which says this of what it is."""
    it.serve(widget("a", 5))
    informer = it.cluster.informer(WIDGETS)
    it.cluster.engage()
    assert informer.wait_synced(PATIENCE)
    assert it.cluster.wait_identity(PATIENCE)
    it.server.wait_for(1, "WATCH", WIDGETS_PATH)
    until(lambda: it.cluster.reachability.ok and informer.last_fault is None)
    with FakeApiServer() as second:
        second.on("GET", WIDGETS_PATH, answer(listed(widget("b", 3), version=7)))
        second.on_watch(WIDGETS_PATH)
        second.on("GET", KUBE_SYSTEM, identity)
        it.cluster.renew(at(second, "first"))
        second.wait_for(1, "GET", KUBE_SYSTEM)
        yield second
        it.cluster.disengage()


def test_refused_credentials_are_no_answer() -> None:
    """A member that does not accept our credentials is asked again, with growing delays, until it says who it is."""
    with plant() as it:
        it.server.on("GET", KUBE_SYSTEM, NOT_ACCEPTED)
        it.server.on("GET", "/livez", answer("ok"))
        it.cluster.engage()
        # probe, identity; each refusal is heard twice, the second time with a token that was looked up again
        it.pass_time(lambda: asked(it.server) == 6, threads=2)
        assert it.clock.monotonic() >= 0.8 + 1.6
        assert not it.cluster.wait_identity(0)
        it.server.on("GET", KUBE_SYSTEM, answer(NAMESPACE))
        it.pass_time(lambda: it.cluster.identity == "the-uid", threads=2)


@pytest.mark.parametrize("refusal", [NOT_ACCEPTED, NOT_ALLOWED], ids=["not accepted", "not allowed"])
def test_new_credentials_ask_again_what_is_not_known(refusal: Answer) -> None:
    """A member that did not say who it is is asked at once with other credentials, and is protected from then on."""
    with plant() as it:
        it.server.on("GET", KUBE_SYSTEM, refusal)
        it.cluster.engage()
        it.server.wait_for(1, "GET", KUBE_SYSTEM)
        it.server.on("GET", KUBE_SYSTEM, answer(NAMESPACE))
        it.cluster.renew(at(it.server, "second"))
        until(lambda: it.cluster.identity == "the-uid")


def test_what_is_known_is_not_asked_again() -> None:
    """A new token of a member that is known, and in no doubt, costs no question."""
    with plant() as it:
        it.serve()
        it.cluster.engage()
        assert it.cluster.wait_identity(PATIENCE)
        it.cluster.renew(at(it.server, "second"))
        assert it.supervisor.running() == ("probe/m",)
        assert asked(it.server) == 1


def test_refused_credentials_elsewhere_are_no_sign_of_another_cluster() -> None:
    """Where credentials are not accepted nothing is read or written, the reason says so, and better ones end it."""
    with plant() as it, moved(it, NOT_ACCEPTED) as second:
        until(lambda: it.cluster.reachability.reason == "Unauthorized")
        until(lambda: it.told[-1] == (False, "Unauthorized"))
        assert "another cluster" not in it.cluster.reachability.message
        assert not it.cluster.certain
        assert it.cluster.guard is not None
        it.cluster.guard.open_forever()
        with pytest.raises(MemberUnreachable, match="not yet known to be the same"):
            it.cluster.transport.request("POST", WIDGETS_PATH, body=b"{}")
        assert {request.path for request in second.requests} == {KUBE_SYSTEM}
        second.on("GET", KUBE_SYSTEM, answer(NAMESPACE))
        it.cluster.renew(at(second, "second"))
        until(lambda: it.cluster.informer(WIDGETS).store.version == "7")
        until(lambda: it.cluster.certain and it.cluster.reachability.ok)


def test_refused_credentials_after_darkness() -> None:
    """A member that answers again and does not accept us any more is told for that, so that others are looked for."""
    with plant() as it:
        it.serve()
        it.server.on_watch(WIDGETS_PATH)
        informer = it.cluster.informer(WIDGETS)
        it.cluster.engage()
        assert informer.wait_synced(PATIENCE)
        assert it.cluster.wait_identity(PATIENCE)
        it.server.on("GET", KUBE_SYSTEM, NOT_ACCEPTED)
        it.cluster._breaker.open(ConnectError("m", "gone"))
        it.cluster._breaker.close()
        until(lambda: it.told[-1] == (False, "Unauthorized"))
        it.server.on("GET", KUBE_SYSTEM, answer(NAMESPACE))
        it.cluster.renew(at(it.server, "second"))
        until(lambda: it.told[-1] == (True, ""))


@pytest.mark.parametrize(
    ("later", "certain"),
    [
        pytest.param(answer(NAMESPACE), True, id="the same after all"),
        pytest.param(answer(OTHER_NAMESPACE), False, id="still another"),
        pytest.param(NOT_ACCEPTED, False, id="not accepted"),
    ],
)
@pytest.mark.parametrize("again", ["renew", "expect"])
@pytest.mark.parametrize("first", [NOT_ALLOWED, answer(OTHER_NAMESPACE)], ids=["hidden", "another"])
def test_another_cluster_is_asked_again(first: Answer, again: str, later: Answer, certain: bool) -> None:
    """Other credentials, and a person who insists on the identity, have another cluster asked once more what it is."""
    registry = CollectorRegistry()
    metrics = Metrics("t", registry, (*MEMBER_FAMILIES, *INFORMER_FAMILIES))
    count = partial(registry.get_sample_value, "t_member_identity_changes_total", {"member": "m"})
    with plant(metrics=metrics) as it, moved(it, first) as second:
        until(lambda: it.told[-1] == (False, "IdentityChanged"))
        until(lambda: count() == 1)
        before = asked(second)
        second.on("GET", KUBE_SYSTEM, later)
        if again == "renew":
            it.cluster.renew(at(second, "second"))
        else:
            it.cluster.expect("the-uid")
        assert certain or it.cluster.reachability.reason == "IdentityChanged"
        second.wait_for(before + 1, "GET", KUBE_SYSTEM)
        until(lambda: it.cluster.certain is certain)
        if certain:
            until(lambda: it.cluster.informer(WIDGETS).store.version == "7")
        else:
            assert {request.path for request in second.requests} == {KUBE_SYSTEM}
