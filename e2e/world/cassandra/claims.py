"""Claims of Cassandra pods are bound, and grow when they are asked to: there is no storage."""

import asyncio
from typing import Any

from multicasskop.crds.quantity import parse_quantity
from multicasskop.world.cassandra.writer import Writer
from multicasskop.world.kinds import CLAIMS

Json = dict[str, Any]
Key = tuple[str, str]


class Claims:
    """Binds every claim that it is told of. All of it runs in one event loop."""

    def __init__(self, writer: Writer, resize: float) -> None:
        self._writer, self._resize = writer, resize
        self._bound: dict[Key, str] = {}
        self._waiting: dict[Key, list[asyncio.Future[str]]] = {}
        self._busy: set[Key] = set()
        self._newest: dict[Key, Json] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def seen(self, key: Key, kind: str, claim: Json) -> None:
        """Take an event."""
        if kind == "DELETED":
            self._bound.pop(key, None)
            self._newest.pop(key, None)
            return
        self._newest[key] = claim
        if is_bound(claim):
            self._tell(key, claim["metadata"]["uid"])
        if wanted(claim) and key not in self._busy and "deletionTimestamp" not in claim["metadata"]:
            self._busy.add(key)
            task = asyncio.ensure_future(self._work(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def bound(self, key: Key) -> str:
        """The UID of a claim, once it is bound."""
        if (uid := self._bound.get(key)) is not None:
            return uid
        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(found)
        return await found

    async def _work(self, key: Key) -> None:
        """Do what a claim wants, until it wants nothing."""
        try:
            while (claim := self._newest.get(key)) is not None and (status := wanted(claim)):
                if is_bound(claim):
                    await asyncio.sleep(self._resize)
                written = await self._writer.status(CLAIMS, claim, status)
                if written is None:
                    return
                self.seen(key, "MODIFIED", written)
        finally:
            self._busy.discard(key)

    def _tell(self, key: Key, uid: str) -> None:
        self._bound[key] = uid
        for future in self._waiting.pop(key, []):
            if not future.done():
                future.set_result(uid)


def is_bound(claim: Json) -> bool:
    """Whether there is a volume."""
    return bool((claim.get("status") or {}).get("phase") == "Bound")


def wanted(claim: Json) -> Json:
    """The status that the claim shall get; empty when it has what it asks for. No volume shrinks."""
    asked = claim["spec"]["resources"]["requests"]["storage"]
    has = ((claim.get("status") or {}).get("capacity") or {}).get("storage", "0")
    if is_bound(claim) and parse_quantity(has) >= parse_quantity(asked):
        return {}
    return {"phase": "Bound", "accessModes": claim["spec"].get("accessModes") or [], "capacity": {"storage": asked}}
