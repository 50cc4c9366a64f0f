"""List, then watch, then again: everything that happens to one kind in one member, as a stream of events.

Not the operators' informers on purpose: what judges them, and what stands in for CassKop, has to be another's work.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator

import msgspec
import urllib3
from multicasskop.world.api import Api, Json
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import Kind

PAUSE = 0.1
CHUNK = 1 << 16

OnEvent = Callable[[str, Json], None]


class Watcher:
    """Calls `on_event(type, object)` in a thread of its own, in the order in which the server tells it.

    Types are ADDED, MODIFIED and DELETED. After a gap the list is compared with what was known: what is new or newer
    is told, what vanished is told as DELETED with its last known content. Any failure, a kind that is not served yet
    included, is tried again for ever after a tenth of a second.
    """

    def __init__(self, api: Api, kind: Kind, on_event: OnEvent, *, namespace: str = "") -> None:
        self.listed = threading.Event()
        self._api = api
        self._kind = kind
        self._namespace = namespace
        self._on_event = on_event
        self._known: dict[tuple[str, str], Json] = {}
        self._stopped = threading.Event()
        self._response: urllib3.BaseHTTPResponse | None = None
        self._thread = threading.Thread(target=self._run, name=f"watcher/{api.member}/{kind.plural}")

    def start(self) -> None:
        """Begin; `listed` is set once everything that was there has been told."""
        self._thread.start()

    def stop(self) -> None:
        """End and return when no more call will be made."""
        self._stopped.set()
        response = self._response
        if response is not None:
            with contextlib.suppress(ValueError, OSError):  # it may have ended by itself
                response.shutdown()
        if self._thread.ident is not None:
            self._thread.join()

    def is_running(self) -> bool:
        """Whether it was started and not yet stopped."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow(self._list())
            except (ApiError, urllib3.exceptions.HTTPError, ExpiredError, msgspec.DecodeError):
                self._stopped.wait(PAUSE)

    def _list(self) -> str:
        page = self._api.list(self._kind, self._namespace)
        found = {key_of(item): {**self._type(page), **item} for item in page.get("items") or []}
        for key in self._known.keys() - found.keys():
            self._tell("DELETED", self._known[key])
        for item in found.values():
            self._tell("ADDED" if key_of(item) not in self._known else "MODIFIED", item)
        self.listed.set()
        version: str = page["metadata"]["resourceVersion"]
        return version

    def _type(self, page: Json) -> Json:
        """Items of a list come without the type that single objects have."""
        return {"apiVersion": page["apiVersion"], "kind": page["kind"].removesuffix("List")}

    def _follow(self, version: str) -> None:
        """Watch from a version on, again and again from where the last watch ended."""
        while not self._stopped.is_set():
            with self._api.watch(self._kind, self._namespace, version) as response:
                self._response = response
                if self._stopped.is_set():  # stop() may have looked just before
                    return
                for line in lines(response):
                    version = self._take(line, version)

    def _take(self, line: bytes, version: str) -> str:
        event = msgspec.json.decode(line)
        item: Json = event["object"]
        if event["type"] == "ERROR":
            raise ExpiredError(item.get("message", ""))
        if event["type"] != "BOOKMARK":
            self._tell(event["type"], item)
        newest: str = item["metadata"].get("resourceVersion", version)
        return newest

    def _tell(self, kind: str, item: Json) -> None:
        key = key_of(item)
        if kind == "DELETED":
            self._known.pop(key, None)
        elif self._same(key, item):
            return
        else:
            self._known[key] = item
        self._on_event(kind, item)

    def _same(self, key: tuple[str, str], item: Json) -> bool:
        known = self._known.get(key)
        return known is not None and known["metadata"]["resourceVersion"] == item["metadata"]["resourceVersion"]


class ExpiredError(Exception):
    """The server no longer has the version from which we want to go on."""


def key_of(item: Json) -> tuple[str, str]:
    """Namespace (empty for what has none) and name."""
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """Yield complete lines as they arrive, until the server ends the stream."""
    rest = b""
    for chunk in response.stream(CHUNK):
        *complete, rest = (rest + chunk).split(b"\n")
        yield from complete
