"""Claims that are bound and grow without any storage."""

import asyncio
from typing import Any

import pytest
from fakes.member import MemberInMemory
from multicasskop.world.cassandra.claims import Claims, wanted
from multicasskop.world.cassandra.writer import Writer
from multicasskop.world.kinds import CLAIMS

Json = dict[str, Any]
KEY = ("ns", "data-p-0")


def claim(size: str = "1Gi", *, bound: str = "") -> Json:
    """A claim."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    status = {"phase": "Bound", "capacity": {"storage": bound}} if bound else {"phase": "Pending"}
    return {"metadata": {"namespace": "ns", "name": "data-p-0", "uid": "u"}, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("found", "capacity"),
    [
        pytest.param(claim(), "1Gi", id="new"),
        pytest.param(claim(bound="1Gi"), "", id="bound"),
        pytest.param(claim("1024Mi", bound="1Gi"), "", id="the same, in other words"),
        pytest.param(claim("2Gi", bound="1Gi"), "2Gi", id="to be larger"),
        pytest.param(claim("1Gi", bound="2Gi"), "", id="no volume shrinks"),
    ],
)
def test_claims_get_what_they_ask_for(found: Json, capacity: str) -> None:
    """The capacity follows the request, upwards only."""
    assert wanted(found).get("capacity", {}).get("storage", "") == capacity


class Stage:
    """Claims of a member in memory, which learn of all its changes."""

    def __init__(self, resize: float = 0.0) -> None:
        self.api = MemberInMemory()
        self.writer = Writer(self.api)
        self.claims = Claims(self.writer, resize)

    def see(self, kind: str = "MODIFIED") -> None:
        """Tell of the claim as it is."""
        self.claims.seen(KEY, kind, self.api.get(CLAIMS, *KEY))

    def capacity(self) -> str:
        """What the claim has."""
        return str(self.api.get(CLAIMS, *KEY)["status"].get("capacity", {}).get("storage", ""))

    async def until(self, capacity: str) -> None:
        """Wait until it has that."""
        async with asyncio.timeout(10):
            while self.capacity() != capacity:
                await asyncio.sleep(0.002)


def test_claim_is_bound_and_who_waits_is_told() -> None:
    """Before and after."""

    async def story() -> None:
        stage = Stage()
        stage.api.create(CLAIMS, "ns", claim())
        early = asyncio.ensure_future(stage.claims.bound(KEY))
        await asyncio.sleep(0)
        assert not early.done()
        stage.see()
        assert await early == await stage.claims.bound(KEY) == "u"
        stage.writer.close()

    asyncio.run(story())


def test_claim_grows_when_it_is_asked_to() -> None:
    """The last request counts, also one that comes while the volume grows."""

    async def story() -> None:
        stage = Stage(resize=0.02)
        stage.api.create(CLAIMS, "ns", claim(bound="1Gi"))
        for size in ("2Gi", "3Gi"):
            stage.api.patch(CLAIMS, *KEY, {"spec": {"resources": {"requests": {"storage": size}}}})
            stage.see()
        await stage.until("3Gi")
        stage.writer.close()

    asyncio.run(story())


def test_claim_that_was_deleted_is_bound_anew() -> None:
    """Who waits for a claim of the name gets the new one's UID."""

    async def story() -> None:
        stage = Stage()
        stage.api.create(CLAIMS, "ns", claim(bound="1Gi"))
        stage.see()
        assert await stage.claims.bound(KEY) == "u"
        stage.see("DELETED")
        later = asyncio.ensure_future(stage.claims.bound(KEY))
        await asyncio.sleep(0)
        assert not later.done()
        stage.api.delete(CLAIMS, *KEY)
        stage.api.create(CLAIMS, "ns", {**claim(), "metadata": {**claim()["metadata"], "uid": "v"}})
        stage.see("ADDED")
        assert await later == "v"
        stage.writer.close()

    asyncio.run(story())


def test_claim_that_vanishes_meanwhile_is_no_error() -> None:
    """Nothing is written to what is not there."""

    async def story() -> None:
        stage = Stage()
        stage.claims.seen(KEY, "ADDED", claim())
        await asyncio.sleep(0.05)
        assert stage.api.writes == [f"PATCH {CLAIMS.path(*KEY, 'status')}"]
        stage.writer.close()

    asyncio.run(story())
