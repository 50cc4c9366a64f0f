"""The reflector's vocabulary: in which state it is, what may happen to it, and what it says to its reader.

All of them are values. Versions are the server's strings; times are monotonic seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from multicasskop.informers.decoding import Event
from multicasskop.informers.record import Item

ANY_VERSION = "0"
"""As a parameter: whatever the server has at hand will do."""


class Cause(StrEnum):
    """Why a request or a stream came to its end; the values are those of metrics and of freshness."""

    ENDED = "ended"
    ENDED_AT_ONCE = "ended-at-once"
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    TOO_LARGE_VERSION = "too-large-version"
    THROTTLED = "throttled"
    SERVER_ERROR = "server-error"
    UNAUTHORIZED = "unauthorized"
    NO_CREDENTIALS = "no-credentials"
    FORBIDDEN = "forbidden"
    KIND_NOT_SERVED = "kind-not-served"
    BAD_REQUEST = "bad-request"
    STORAGE = "storage"
    CORRUPT = "corrupt"
    NOT_A_LIST = "not-a-list"
    NOT_STREAMED = "not-streamed"
    ENDLESS_LIST = "endless-list"
    PAGE_TOO_LARGE = "page-too-large"
    UNEXPECTED = "unexpected"
    MOVED = "moved"
    RESTORED = "restored"


# states


@dataclass(frozen=True, slots=True)
class Memory:
    """What outlives a state.

    `version` is the last one that the store reflected: the resume point of watches, and the floor of lists once it is
    no resume point any more. `version_unusable`: the server has refused it even as a floor. The others count what a
    rule needs: streams in a row that came to nothing, since when the server fails, how often a line could not be read
    behind the same version, when each cause last had its retry without delay, and since when lists come in pages
    because the server does not stream them.
    """

    version: str = ""
    version_unusable: bool = False
    short_streams: int = 0
    failing_since: float | None = None
    corrupt_behind: str = ""
    corrupt_lines: int = 0
    prompt: Mapping[Cause, float] = field(default_factory=dict)
    paged_since: float | None = None


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing is known, or the resume point is lost: a list is due; `whole` asks for it in one piece."""

    memory: Memory = field(default_factory=Memory)
    whole: bool = False

    @property
    def streamable(self) -> bool:
        """Whether the list may be asked for as a stream, as far as is known of the server."""
        return self.memory.paged_since is None and not self.whole


@dataclass(frozen=True, slots=True)
class Paging:
    """In the middle of a list; its items so far have been handed out, and count only once the list ends."""

    memory: Memory
    token: str


@dataclass(frozen=True, slots=True)
class Streaming:
    """A stream is open that begins with the list; its items so far have been handed out, and count from the mark on."""

    memory: Memory
    opened_at: float


@dataclass(frozen=True, slots=True)
class Listed:
    """The store was current at the memory's version; no stream is open."""

    memory: Memory


class Watching(msgspec.Struct, frozen=True, gc=False):
    """A stream is open, and the store reflects it up to `version`.

    `opening`: the watch began without a real version, so what it brings first comes in any order. `heard`: it has
    brought something, be it a bookmark.
    """

    memory: Memory
    version: str
    opened_at: float
    eventful: bool = False
    opening: bool = False
    heard: bool = False


@dataclass(frozen=True, slots=True)
class Doubted:
    """As Listed, but the last stream was silent to its end: whether the server has that version at all is to be asked.

    A watch from a version that a server does not have yet is accepted and brings nothing, whatever happens there. So
    it is with a storage that was restored from an older snapshot.
    """

    memory: Memory


@dataclass(frozen=True, slots=True)
class Stopped:
    """The end; nothing happens any more."""


State = Empty | Paging | Streaming | Listed | Watching | Doubted | Stopped


# stimuli


@dataclass(frozen=True, slots=True)
class PageArrived:
    """The list that was due, or its next page; without a token it is the last one."""

    items: tuple[Item, ...]
    version: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """The server accepted the watch, or the stream that begins with the list that was due."""

    at: float


class Received(msgspec.Struct, frozen=True, gc=False):
    """Events of the stream, in its order: all that one read brought, none of them an ERROR."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """The stream came to a clean end."""

    at: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A request or a stream failed; `retry_after` is what the server asked for, in seconds; `detail` is for humans.

    `reason` is the word under which a condition reports it, if there is one.
    """

    cause: Cause
    at: float
    retry_after: float = 0.0
    detail: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VersionSeen:
    """The server's newest version, as a consistent list told it."""

    at: float
    version: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The delay after a fault is over."""

    at: float


@dataclass(frozen=True, slots=True)
class StopAsked:
    """The owner wants the reflector to end."""


Stimulus = PageArrived | StreamOpened | Received | StreamEnded | VersionSeen | Failed | Resumed | StopAsked


# outputs


class Delay(StrEnum):
    """How long to wait before the next request; the loop turns it into seconds."""

    NONE = "none"
    SPREAD = "spread"
    BACKOFF = "backoff"


@dataclass(frozen=True, slots=True)
class RelistBegun:
    """A list begins; the items of one that was not ended are to be forgotten."""


@dataclass(frozen=True, slots=True)
class PageListed:
    """Items of the list, in its order."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Objects that were deleted while the list came in; it may have brought them, or not."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class RelistEnded:
    """The list is complete: what is in it is all there is, at this version."""

    version: str


@dataclass(frozen=True, slots=True)
class StreamUp:
    """A watch is open: from now on the reader follows the server."""


class Upsert(msgspec.Struct, frozen=True, gc=False):
    """An object is there, in this state; with it everything up to `version` is reflected."""

    item: Item
    version: str


class Delete(msgspec.Struct, frozen=True, gc=False):
    """An object is gone; with it everything up to `version` is reflected."""

    item: Item
    version: str


class VersionAdvanced(msgspec.Struct, frozen=True, gc=False):
    """Nothing changed up to this version."""

    version: str


Delta = Upsert | Delete | VersionAdvanced


class Deltas(msgspec.Struct, frozen=True, gc=False):
    """What the stream brought, in its order: to be reflected at once, or in parts from the first one on."""

    deltas: tuple[Delta, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something came that has no meaning here, and changed nothing."""

    what: str


@dataclass(frozen=True, slots=True)
class Fault:
    """No stream is open now; the next request comes after the delay, and not before `at_least` seconds."""

    cause: Cause
    delay: Delay
    at_least: float = 0.0
    detail: str = ""
    reason: str = ""


Output = RelistBegun | PageListed | Unlisted | RelistEnded | StreamUp | Deltas | Ignored | Fault
