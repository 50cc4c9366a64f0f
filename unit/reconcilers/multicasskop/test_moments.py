"""What the watches bring while a decision looks: a cache counts as caught up, and as fresh, only before it is read."""

from fakes.runs import NEW_IMAGE, image, made, running, spec_writes
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, Stage, ring
from multicasskop.informers.freshness import FreshnessState
from multicasskop.reconcilers.request import Request

DEMO = Request(NAMESPACE, "demo")


def test_own_write_that_shows_while_one_looks() -> None:
    """A child from before our write is no edit by hand, although the cache shows the write a moment later."""
    stage = running(drift="Report")
    stage.members[HOME].lag()
    stage.change(NEW_IMAGE)
    assert image(stage, HOME) == "cassandra:4.1.4", "the operator sees no news yet"
    stage.home.informer_of(PARENTS).deliver()
    stage.run()
    assert image(stage, HOME) == "cassandra:4.1.5"
    stage.home.informer_of(CHILDREN).overtake()
    stage.look(DEMO)
    assert not stage.condition("Drifted")
    assert stage.condition("Ready")["status"] == "False"


def test_cache_that_comes_back_while_one_looks() -> None:
    """A child that a stale cache did not show is not made again, although the cache is fresh a moment later."""
    stage = Stage()
    stage.apply(ring())
    stage.own_casskop(HOME)
    uid = made(stage, OTHER)["metadata"]["uid"]
    stage.restart()
    cache = stage.members[OTHER].informer_of(CHILDREN)
    cache.store.replace([], "1")
    cache.pending.clear()
    cache.state = FreshnessState.STALE
    cache.overtake()
    stage.forget_calls()
    stage.look(DEMO)
    assert not spec_writes(stage, OTHER)
    assert made(stage, OTHER)["metadata"]["uid"] == uid


def test_finalizer_of_ours_that_shows_while_one_looks() -> None:
    """A MultiCasskop from before our write to its finalizers is not written a second time."""
    stage = Stage()
    stage.home.informer_of(PARENTS).lagging = True
    stage.home.server.put(PARENTS, ring())
    cache = stage.home.informer_of(PARENTS)
    cache.deliver()
    stage.look(DEMO)
    written = stage.writes(PARENTS)
    assert len(written) == 1
    cache.overtake()
    stage.look(DEMO)
    assert stage.writes(PARENTS) == written
