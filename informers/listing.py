"""What is asked of the server: lists, in pages or as the beginning of a stream, and watches."""

from collections.abc import Iterable
from dataclasses import dataclass

from multicasskop.informers.bodies import Stream
from multicasskop.informers.decoding import Added, Decoder, Event, Modified, Page
from multicasskop.informers.errors import AnswerTooLarge, EndlessList
from multicasskop.informers.record import Item
from multicasskop.informers.resource import Resource
from multicasskop.informers.states import ANY_VERSION, Empty, Memory, Paging
from multicasskop.informers.transport import Transport

Query = tuple[tuple[str, str], ...]

PAGE_SIZE = 500
# of one list: half a million objects, or more than a process should hold of one kind
PAGES_MAX = 1000
OBJECTS_MAX = PAGES_MAX * PAGE_SIZE
BYTES_MAX = 512 * 1024 * 1024


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


def stream_query(memory: Memory, timeout: int) -> Query:
    """Return how to ask for the list that is due, and for `timeout` seconds for what happens after it, in one stream.

    The server needs to be told how to take the version even where there is none: then it is as fresh as can be.
    """
    version = tuple(pair for pair in _version_query(memory) if pair[0] == "resourceVersion")
    return (
        ("watch", "true"),
        ("sendInitialEvents", "true"),
        *version,
        ("resourceVersionMatch", "NotOlderThan"),
        ("allowWatchBookmarks", "true"),
        ("timeoutSeconds", str(timeout)),
    )


class Extent:
    """How much of one list has come; no server is let to go on for ever, or in a circle."""

    def __init__(self, member: str) -> None:
        self._member = member
        self.begin()

    def begin(self) -> None:
        """Count from nothing: another list is asked for."""
        self._pages = self._objects = self._bytes = 0

    def grow(self, state: Empty | Paging, page: Page) -> None:
        """Count a page that was asked for in `state`. EndlessList for one too many."""
        if isinstance(state, Empty):
            self.begin()
        self._pages += 1
        if isinstance(state, Paging) and page.token == state.token:
            raise EndlessList(self._member, "a page of a list that names itself as the next one")
        if self._pages > PAGES_MAX:
            raise EndlessList(self._member, f"a list of more than {PAGES_MAX} pages")
        self.add(page.items)

    def add(self, items: Iterable[Item]) -> None:
        """Count objects of a list as they come. EndlessList for one too many."""
        for item in items:
            self._objects += 1
            self._bytes += item.record.size
        if self._objects > OBJECTS_MAX or self._bytes > BYTES_MAX:
            raise EndlessList(self._member, f"a list of more than {OBJECTS_MAX} objects or {BYTES_MAX} bytes")


class Server:
    """One member's API server, asked for one selection. Raises what transport and decoder raise, and EndlessList.

    Once a page was too large to be held, all later ones are asked for in tenths of that size.
    """

    def __init__(self, transport: Transport, selection: Selection, member: str, page_size: int = PAGE_SIZE) -> None:
        self._transport, self._selection, self._page_size = transport, selection, page_size
        self.decoder = Decoder(member, selection.resource, selection.namespace)
        self._extent = Extent(member)

    def page(self, state: Empty | Paging) -> Page:
        """Return the page that is due."""
        query = (*page_query(state, self._page_size), *self._selection.query)
        try:
            answer = self._transport.request(
                "GET", self._selection.path, query=query, headers={"Accept-Encoding": "gzip"}
            )
        except AnswerTooLarge:
            self._page_size = max(1, self._page_size // 10)
            raise
        page = self.decoder.page(answer.body)
        self._extent.grow(state, page)
        return page

    def version(self) -> str:
        """Return the newest version there is: that of a consistent list, of which one object is enough."""
        query = (("limit", "1"), *self._selection.query)
        return self.decoder.page(self._transport.request("GET", self._selection.path, query=query).body).version

    def list_stream(self, memory: Memory, timeout: int, read_timeout: float) -> Stream:
        """Open a stream that begins with the list that is due."""
        self._extent.begin()
        return self._stream(stream_query(memory, timeout), read_timeout)

    def listed(self, events: Iterable[Event]) -> None:
        """Count what a stream brought of its list. EndlessList for one too many."""
        self._extent.add(event.item for event in events if isinstance(event, Added | Modified))

    def watch(self, version: str, timeout: int, read_timeout: float) -> Stream:
        """Open a watch."""
        return self._stream(watch_query(version, timeout), read_timeout)

    def _stream(self, query: Query, read_timeout: float) -> Stream:
        return self._transport.stream(self._selection.path, (*query, *self._selection.query), read_timeout)
