"""Writes to the API server beside the event loop: over a few kept connections, again until it takes them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import structlog
from multicasskop.world.api import Api, Json
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import PODS, SECRETS, Kind

AT_ONCE = 6
PAUSE = 0.2
FINAL = frozenset({400, 404, 405, 422})
CONFLICT = frozenset({409})

T = TypeVar("T")


class Writer:
    """What a kubelet, a scheduler and a provisioner write. An object that is gone is no error, and gives None.

    Whatever else fails, an API server that is away or paused included, is tried again for ever.
    """

    def __init__(self, api: Api) -> None:
        self.member = api.member
        self._api = api
        self._threads = ThreadPoolExecutor(AT_ONCE, f"writer/{api.member}")
        self._log = structlog.get_logger("pods").bind(member=api.member)

    def close(self) -> None:
        """Let what is under way end, and take no more."""
        self._threads.shutdown(cancel_futures=True)

    async def status(self, kind: Kind, item: Json, status: Json) -> Json | None:
        """Merge into the status of the very object; None, too, when another has its name now."""
        body = {"metadata": {"uid": item["metadata"]["uid"]}, "status": status}
        namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
        write = partial(self._api.patch, kind, namespace, name, body, subresource="status")
        return await self._insist(write, enough=CONFLICT)

    async def bind(self, pod: Json, node: str) -> None:
        """Have the pod on a node; it is all right when it is on one."""
        metadata = {"name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
        target = {"apiVersion": "v1", "kind": "Node", "name": node}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": metadata, "target": target}
        path = PODS.path(pod["metadata"]["namespace"], pod["metadata"]["name"], "binding")
        await self._insist(lambda: self._api.request("POST", path, body), enough=CONFLICT)

    async def ended(self, pod: Json) -> None:
        """Say that nothing of the very pod runs any more, so that it goes."""
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
        path = PODS.path(pod["metadata"]["namespace"], pod["metadata"]["name"])
        await self._insist(lambda: self._api.request("DELETE", path, body), enough=CONFLICT)

    async def secret(self, namespace: str, name: str) -> Json:
        """A Secret; it is waited for."""
        while (found := await self._insist(lambda: self._api.get(SECRETS, namespace, name))) is None:
            await asyncio.sleep(PAUSE)
        return found

    async def _insist(self, write: Callable[[], T], enough: frozenset[int] = frozenset()) -> T | None:
        """Call it in a thread until it succeeds, or fails in a way that no time mends."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await loop.run_in_executor(self._threads, write)
            except ApiError as error:
                if error.status in FINAL | enough:
                    self._told(error, quiet=error.is_not_found or error.status in enough)
                    return None
                self._told(error)
            await asyncio.sleep(PAUSE)

    def _told(self, error: ApiError, *, quiet: bool = False) -> None:
        if not quiet:
            self._log.warning("write failed", error=str(error))
