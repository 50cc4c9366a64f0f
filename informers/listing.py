"""What is asked of the server: pages of a list, and watches."""

from dataclasses import dataclass

from multicasskop.informers.bodies import Stream
from multicasskop.informers.decoding import Decoder, Page
from multicasskop.informers.resource import Resource
from multicasskop.informers.states import ANY_VERSION, Empty, Memory, Paging
from multicasskop.informers.transport import Transport

Query = tuple[tuple[str, str], ...]

PAGE_SIZE = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects: a resource, in one namespace or (empty) in all, narrowed down by selectors."""

    resource: Resource
    namespace: str = ""
    label_selector: str = ""
    field_selector: str = ""

    @property
    def path(self) -> str:
        """The collection's path."""
        return self.resource.path(self.namespace)

    @property
    def query(self) -> Query:
        """The selectors, which every request carries."""
        both = (("labelSelector", self.label_selector), ("fieldSelector", self.field_selector))
        return tuple((name, value) for name, value in both if value)


def page_query(state: Empty | Paging, page_size: int) -> Query:
    """Return how to ask for the page that is due: a version on the first page, or a token on the others, never both."""
    match state:
        case Paging(token=token):
            return ("limit", str(page_size)), ("continue", token)
        case Empty(memory=memory, whole=True):
            return _version_query(memory)
        case Empty(memory=memory):
            return ("limit", str(page_size)), *_version_query(memory)


def _version_query(memory: Memory) -> Query:
    if memory.version_unusable:
        return ()
    if memory.version in {"", ANY_VERSION}:
        # whatever the server's cache has: good enough while nothing was shown yet, and free for etcd
        return (("resourceVersion", ANY_VERSION),)
    return ("resourceVersion", memory.version), ("resourceVersionMatch", "NotOlderThan")


def watch_query(version: str, timeout: int) -> Query:
    """Return how to ask for what happens after `version`, for `timeout` seconds."""
    return (
        ("watch", "true"),
        ("resourceVersion", version),
        ("allowWatchBookmarks", "true"),
        ("timeoutSeconds", str(timeout)),
    )


class Server:
    """One member's API server, asked for one selection. Raises what the transport and the decoder raise."""

    def __init__(self, transport: Transport, selection: Selection, member: str, page_size: int = PAGE_SIZE) -> None:
        self._transport, self._selection, self._page_size = transport, selection, page_size
        self.decoder = Decoder(member, selection.resource, selection.namespace)

    def page(self, state: Empty | Paging) -> Page:
        """Return the page that is due."""
        query = (*page_query(state, self._page_size), *self._selection.query)
        response = self._transport.request(
            "GET", self._selection.path, query=query, headers={"Accept-Encoding": "gzip"}
        )
        return self.decoder.page(response.body)

    def version(self) -> str:
        """Return the newest version there is: that of a consistent list, of which one object is enough."""
        query = (("limit", "1"), *self._selection.query)
        return self.decoder.page(self._transport.request("GET", self._selection.path, query=query).body).version

    def watch(self, version: str, timeout: int, read_timeout: float) -> Stream:
        """Open a watch."""
        query = (*watch_query(version, timeout), *self._selection.query)
        return self._transport.stream(self._selection.path, query, read_timeout)
