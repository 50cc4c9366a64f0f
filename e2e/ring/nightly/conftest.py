"""A ring with data, under load."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from multicasskop.world.kind import cql
from multicasskop.world.kind.real_ring import BEFORE, RealRing
from multicasskop.world.processes import wait_until


@pytest.fixture
def loaded(ring: RealRing) -> Iterator[Callable[[], None]]:
    """The ring with data, and a load on its first datacenter; afterwards nothing that was acknowledged is missing.

    What is lent checks that writes are acknowledged.
    """
    ring.apply(ring.images[BEFORE])
    ring.until_whole("a new ring")
    with ring.client("dc1") as session:
        cql.make_keyspace(session, {"dc1": 2, "dc2": 2})
    with cql.loaded(partial(ring.client, "dc1")) as load:

        def check() -> None:
            assert load.goes_on(), f"no write is acknowledged any more: {list(load.failed.items())[-1:]}"

        check()
        yield check
    with ring.client("dc1") as here:
        found = wait_until(lambda: not load.lost(cql.read(here)), 60)
        assert found, f"lost: {load.lost(cql.read(here))[:10]} of {len(load.acknowledged)}"
    with ring.client("dc2") as there:
        assert load.lost(cql.read(there)) == []
    ring.delete()
