"""One cluster, and a dead one beside it."""

from collections.abc import Callable
from functools import partial

import pytest
from fakes.clock import FakeClock
from fakes.clusters import KUBE_SYSTEM, NAMESPACE, plant
from fakes.exchange import PATIENCE, answer, failure, silence
from fakes.objects import WIDGETS, WIDGETS_PATH, listed, widget
from fakes.rig import Journal, until
from fakes.wire import Background
from multicasskop.informers.cluster import ClusterOptions, Reachability
from multicasskop.informers.errors import ReadTimeout, Stopped
from multicasskop.informers.freshness import FreshnessState
from multicasskop.informers.informer import InformerOptions
from multicasskop.informers.key import Key
from multicasskop.informers.metrics import INFORMER_FAMILIES, MEMBER_FAMILIES, Metrics
from multicasskop.informers.resource import Resource
from prometheus_client import CollectorRegistry

GADGETS = Resource("example.com", "v1", "gadgets", "Gadget")
SECRETS = Resource("", "v1", "secrets", "Secret")


def test_syncs() -> None:
    """A cluster that is engaged fills the informers that were asked for, and is reachable."""
    with plant() as it:
        it.serve(widget("a", 5))
        informer = it.cluster.informer(WIDGETS)
        it.cluster.engage()
        assert informer.wait_synced(PATIENCE)
        assert it.cluster.reachable
        until(lambda: it.cluster.reachability.last_contact is not None)
        found = it.cluster.reachability
        assert found == Reachability(True, "", "", it.clock.now(), it.clock.now())


def test_identity() -> None:
    """A cluster is known by the UID of its namespace kube-system."""
    with plant() as it:
        it.serve()
        assert it.cluster.identity == ""
        it.cluster.engage()
        assert it.cluster.wait_identity(PATIENCE)
        assert it.cluster.identity == "the-uid"


def test_credentials_that_end_are_told() -> None:
    """Whoever follows the cluster is told once that its credentials end soon, and once that they do not any more."""
    with plant() as it:
        heard: list[str] = []
        it.cluster.on_reachability(lambda cluster: heard.append(cluster.ending))
        for text in ("soon", "soon", "", ""):
            it.cluster.tell_ending(text)
        assert heard == ["soon", ""]


@pytest.mark.parametrize("status", [403, 404])
def test_identity_not_allowed(status: int) -> None:
    """Where it may not be read the identity is empty, and it is not asked for again."""
    with plant() as it:
        it.server.on("GET", KUBE_SYSTEM, failure(status, details={"name": "kube-system", "kind": "namespaces"}))
        it.cluster.engage()
        assert it.cluster.wait_identity(PATIENCE)
        assert it.cluster.identity == ""


def test_identity_later() -> None:
    """While the server fails the identity is asked for again, with growing delays, and nobody waits for it."""
    with plant() as it:
        it.server.on("GET", KUBE_SYSTEM, failure(500, "InternalError"), failure(429), answer(NAMESPACE))
        it.server.on("GET", "/livez", answer("ok"))
        it.cluster.engage()
        assert not it.cluster.wait_identity(0)
        # probe, identity
        it.pass_time(lambda: len(it.server.received("GET", KUBE_SYSTEM)) == 2, threads=2)
        assert it.cluster.identity == ""
        it.pass_time(lambda: it.cluster.identity == "the-uid")


def test_one_informer_each() -> None:
    """There is one informer for a resource and namespace, whoever asks, before the start and after it."""
    with plant() as it:
        it.serve(widget("a", 5))
        early = it.cluster.informer(GADGETS)
        it.cluster.engage()
        late = it.cluster.informer(WIDGETS)
        assert late.wait_synced(PATIENCE)
        assert it.cluster.informer(WIDGETS) is late
        assert it.cluster.informer(WIDGETS, "ns") is not late
        assert it.cluster.informers()[:2] == (early, late)


def test_dead_from_the_start() -> None:
    """A cluster that nobody answers for is engaged at once, becomes dark within seconds, and says why."""
    with plant(listening=False) as it:
        informer = it.cluster.informer(WIDGETS)
        it.cluster.engage()
        # probe, reflector, identity
        it.pass_time(lambda: it.dark, threads=3)
        assert it.clock.monotonic() <= 5
        found = it.cluster.reachability
        assert (found.ok, found.reason, found.last_contact) == (False, "ConnectionRefused", None)
        assert "refused the connection" in found.message
        assert not informer.has_synced
        assert informer.freshness.reason == "dark"


def test_dead_one_does_not_delay_the_others() -> None:
    """While one cluster is dead another one syncs and follows without a second passing."""
    clock = FakeClock()
    with plant("dead", clock, listening=False) as dead, plant("alive", clock) as alive:
        alive.serve(widget("a", 5))
        journal = Journal()
        for it in (dead, alive):
            it.cluster.informer(WIDGETS).add_handler(journal, name="journal")
            it.cluster.engage()
        assert journal.wait_for(1) == ["add a@5"]
        assert clock.monotonic() == 0


def test_dark_and_back() -> None:
    """A cluster that dies is dark within 7 s with its stores stale and kept, and when it is back all is fresh."""
    with plant() as it:
        it.serve(widget("a", 5))
        informer = it.cluster.informer(WIDGETS)
        it.cluster.engage()
        assert it.cluster.wait_identity(PATIENCE)
        # a stream is open, so that nothing more is heard from here on
        until(lambda: informer.activity.last_byte is not None)
        began = it.clock.monotonic()
        it.server.on("GET", "/livez", failure(503))
        it.pass_time(lambda: it.dark)
        assert it.clock.monotonic() - began <= 7
        assert informer.freshness.state is FreshnessState.STALE
        assert informer.store.get(Key("ns", "a")) is not None
        back = it.server.on_watch(WIDGETS_PATH)
        it.server.on("GET", "/livez", answer("ok"))
        it.pass_time(lambda: not it.dark)
        assert back.wait_opened().query["resourceVersion"] == "10"
        until(lambda: informer.freshness.fresh)
        until(lambda: it.told[-1] == (True, ""))
        assert (False, "ConnectionRefused") in it.told


def test_call_that_waits_for_a_dark_cluster_is_given_up() -> None:
    """Who has called a cluster that turns dark is told at once, and not only when the call's own time is over."""
    with plant() as it:
        it.serve()
        it.server.on("GET", f"{WIDGETS_PATH}/a", silence)
        it.cluster.informer(WIDGETS)
        it.cluster.engage()
        assert it.cluster.wait_identity(PATIENCE)
        call = Background(lambda: it.cluster.transport.request("GET", f"{WIDGETS_PATH}/a"))
        it.server.wait_for(1, "GET", f"{WIDGETS_PATH}/a")
        it.server.on("GET", "/livez", failure(503))
        it.pass_time(lambda: it.dark)
        error = call.outcome()
        assert isinstance(error, ReadTimeout)
        assert "given up, as the member is dark" in str(error)


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        pytest.param(failure(401, "Unauthorized"), "Unauthorized", id="401"),
        pytest.param(failure(403, "Forbidden"), "Forbidden", id="403"),
        pytest.param(answer("404 page not found\n", 404), "KindNotServed", id="404"),
        pytest.param(failure(500, "InternalError"), "ConnectionRefused", id="500"),
    ],
)
def test_refusals(refusal: Callable[..., None], reason: str) -> None:
    """A refusal of what is watched makes a cluster not usable, with the reason that conditions show."""
    with plant() as it:
        it.server.on("GET", KUBE_SYSTEM, answer(NAMESPACE))
        it.server.on("GET", WIDGETS_PATH, refusal)
        it.cluster.informer(WIDGETS)
        it.cluster.engage()
        until(lambda: bool(it.told))
        found = it.cluster.reachability
        assert (found.ok, found.reason, found.since) == (False, reason, it.clock.now())
        assert it.cluster.reachable
        assert it.told == [(False, reason)]


def test_fresh_gauge() -> None:
    """The gauge of a kind says whether its stores follow the server, from the start and through darkness."""
    registry = CollectorRegistry()
    metrics = Metrics("t", registry, (*MEMBER_FAMILIES, *INFORMER_FAMILIES))
    with plant(metrics=metrics) as it:
        value = partial(registry.get_sample_value, "t_informer_fresh", {"member": "m", "kind": "Widget"})
        it.serve(widget("a", 5))
        it.server.on("GET", "/livez", failure(503))
        it.cluster.informer(WIDGETS)
        assert value() == 0
        it.cluster.engage()
        assert it.cluster.wait_identity(PATIENCE)
        until(lambda: value() == 1)
        it.pass_time(lambda: it.dark)
        until(lambda: value() == 0)


def test_freshness_that_lapses_is_told() -> None:
    """A store of which no stream is open any more becomes stale by time alone, and whoever follows it hears of that."""
    registry = CollectorRegistry()
    metrics = Metrics("t", registry, (*MEMBER_FAMILIES, *INFORMER_FAMILIES))
    with plant(metrics=metrics) as it:
        value = partial(registry.get_sample_value, "t_informer_fresh", {"member": "m", "kind": "Widget"})
        it.server.on("GET", KUBE_SYSTEM, answer(NAMESPACE))
        it.server.on("GET", "/livez", answer("ok"))
        it.server.on("GET", WIDGETS_PATH, answer(listed(version=10)))
        it.server.on("WATCH", WIDGETS_PATH, silence)
        informer = it.cluster.informer(WIDGETS)
        heard: list[FreshnessState] = []
        it.cluster.on_reachability(lambda _: heard.append(informer.freshness.state))
        it.cluster.engage()
        assert it.cluster.wait_identity(PATIENCE)
        it.server.wait_for(1, "WATCH", WIDGETS_PATH)
        assert heard == [FreshnessState.FRESH]
        it.pass_time(lambda: len(heard) > 1)
        assert heard == [FreshnessState.FRESH, FreshnessState.STALE]
        assert it.clock.monotonic() <= 30 + 3
        assert value() == 0


def test_at_rest_nobody_is_told() -> None:
    """While nothing changes nobody is told of anything, however often it is looked."""
    with plant() as it:
        it.serve(widget("a", 5))
        it.server.on("GET", "/livez", answer("ok"))
        informer = it.cluster.informer(WIDGETS)
        it.cluster.engage()
        assert it.cluster.wait_identity(PATIENCE)
        until(lambda: informer.activity.last_byte is not None)
        until(lambda: it.told == [(True, "")])
        it.pass_time(lambda: it.clock.monotonic() >= 60)
        assert it.told == [(True, "")]


def test_report_shows_freshness_as_it_is() -> None:
    """The gauge is right whenever it is read, also when nobody has looked at the store for long."""
    registry = CollectorRegistry()
    metrics = Metrics("t", registry, (*MEMBER_FAMILIES, *INFORMER_FAMILIES))
    with plant(metrics=metrics) as it:
        value = partial(registry.get_sample_value, "t_informer_fresh", {"member": "m", "kind": "Widget"})
        it.server.on("GET", WIDGETS_PATH, answer(listed(version=10)))
        it.server.on("WATCH", WIDGETS_PATH, silence)
        it.cluster.informer(WIDGETS).start()
        it.server.wait_for(1, "WATCH", WIDGETS_PATH)
        assert value() == 1
        it.clock.advance(60)
        it.cluster.report()
        assert value() == 0


def test_told_once() -> None:
    """A refusal that repeats is told once, and so is its end; since when it holds does not move meanwhile."""
    with plant() as it:
        it.server.on("GET", "/livez", answer("ok"))
        it.server.on("GET", KUBE_SYSTEM, answer(NAMESPACE))
        it.server.on("GET", WIDGETS_PATH, *[failure(403, "Forbidden")] * 3)
        it.server.on("GET", WIDGETS_PATH, answer(listed(version=10)))
        it.server.on_watch(WIDGETS_PATH)
        informer = it.cluster.informer(WIDGETS)
        began = it.clock.now()
        it.cluster.engage()
        until(lambda: it.told == [(False, "Forbidden")])
        it.pass_time(lambda: len(it.server.received("GET", WIDGETS_PATH)) == 3)
        assert it.cluster.reachability.since == began
        it.pass_time(lambda: informer.freshness.fresh)
        until(lambda: it.told[-1] == (True, ""))
        assert it.told.count((False, "Forbidden")) <= 2


def test_disengage() -> None:
    """Disengaging ends threads and streams, lets go of the stores, and tells nobody of deletes."""
    with plant() as it:
        it.serve(widget("a", 5))
        journal = Journal()
        it.cluster.informer(WIDGETS).add_handler(journal, name="journal")
        it.cluster.informer(WIDGETS).add_listener(lambda _: None, name="listener")
        it.cluster.engage()
        journal.wait_for(1)
        it.cluster.disengage()
        assert it.supervisor.running() == ()
        assert it.cluster.informers() == ()
        assert journal.lines == ["add a@5"]


@pytest.mark.timeout(5)
def test_disengage_ends_a_page_that_does_not_come() -> None:
    """Disengaging waits no longer than a second for a member that has been asked for a page and says nothing."""
    with plant() as it:
        it.server.on("GET", WIDGETS_PATH, silence)
        it.cluster.informer(WIDGETS)
        it.cluster.engage()
        it.server.wait_for(1, "GET", WIDGETS_PATH)
        Background(it.cluster.disengage).outcome(1.0)


def test_disengage_without_engage() -> None:
    """A cluster that was never engaged can be let go of, and makes no informer any more."""
    with plant() as it:
        it.cluster.informer(WIDGETS)
        it.cluster.disengage()
        with pytest.raises(Stopped, match="let go"):
            it.cluster.informer(GADGETS)
        assert it.cluster.informers() == ()


def test_events_reach_handlers_of_their_own_cluster() -> None:
    """Objects of the same name in two clusters are two objects."""
    clock = FakeClock()
    with plant("one", clock) as one, plant("two", clock) as two:
        journals = []
        for it, version in ((one, 5), (two, 6)):
            it.serve(widget("a", version))
            journals.append(Journal())
            it.cluster.informer(WIDGETS).add_handler(journals[-1], name="journal")
            it.cluster.engage()
        assert [journal.wait_for(1) for journal in journals] == [["add a@5"], ["add a@6"]]


def test_threads_are_named() -> None:
    """Threads carry the member and what they do."""
    with plant() as it:
        it.serve()
        it.cluster.informer(WIDGETS)
        it.cluster.engage()
        assert {"probe/m", "reflector/m/widgets"} <= set(it.supervisor.running())
        until(lambda: it.cluster.identity != "")


@pytest.mark.parametrize("streamed", [False, True], ids=["paged", "streamed"])
def test_how_lists_are_asked_for(streamed: bool) -> None:
    """Whether lists are streamed is the cluster's to say, whatever the options of one informer are."""
    with plant(options=ClusterOptions(streamed_lists=streamed)) as it:
        it.serve()
        it.cluster.informer(WIDGETS, options=InformerOptions(page_size=7))
        it.cluster.engage()
        first = it.server.wait_for(1, path=WIDGETS_PATH)[0]
        assert (first.verb == "WATCH", "sendInitialEvents" in first.query) == (streamed, streamed)


def test_repr_holds_no_secret() -> None:
    """A cluster prints as its name and address."""
    with plant() as it:
        assert repr(it.cluster) == f"Cluster('m', {it.server.url!r})"


def test_what_is_not_vital_is_watched_and_not_judged() -> None:
    """A cluster that refuses what it can be used without is reachable and complete, and ends that watch too."""
    with plant() as it:
        it.serve(widget("a", 5))
        it.server.on("GET", "/api/v1/namespaces/ops/secrets", failure(403, "Forbidden"))
        vital = it.cluster.informer(WIDGETS)
        aside = it.cluster.informer(SECRETS, "ops", InformerOptions(vital=False))
        it.cluster.engage()
        assert vital.wait_synced(PATIENCE)
        until(lambda: aside.last_fault is not None)
        assert it.cluster.informers() == (vital,)
        until(lambda: it.cluster.reachability.ok)
        it.cluster.disengage()
        assert it.supervisor.join_all(PATIENCE) == ()
