"""A cache in memory: an informer that hears what a test lets it hear."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from fakes.clock import FakeClock
from fakes.deltas import advance, delete, upsert
from multicasskop.informers.dispatch import Dispatcher, Handler
from multicasskop.informers.freshness import Freshness, FreshnessState
from multicasskop.informers.key import Key
from multicasskop.informers.record import Item, Metadata, Record
from multicasskop.informers.resource import Resource
from multicasskop.informers.store import Store
from multicasskop.informers.supervisor import Supervisor

Json = dict[str, Any]


@dataclass
class FakeInformer:
    """A cache with the store and the dispatch of the real one, fed by the fake server."""

    resource: Resource
    namespace: str
    clock: FakeClock
    selector: str = ""
    lagging: bool = False
    state: FreshnessState = FreshnessState.FRESH
    store: Store = field(default_factory=Store)
    pending: list[tuple[Json, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Be complete from the beginning."""
        self._dispatcher = Dispatcher("fake", self.store, self.clock, Supervisor())
        self.store.replace([], "1")

    @property
    def freshness(self) -> Freshness:
        """What the test says."""
        return Freshness(self.state, 0.0)

    @property
    def has_synced(self) -> bool:
        """Whether there was a list."""
        return self.state is not FreshnessState.NEVER_SYNCED

    def add_handler(self, handler: Handler, *, name: str, predicate: Any = None, resync: bool = False) -> object:  # noqa: ANN401
        """Call the handler for each change."""
        return self._dispatcher.add_handler(handler, name=name, predicate=predicate, resync=resync)

    def hear(self, obj: Json, *, gone: bool) -> None:
        """Take an event from the server, now or later."""
        self.pending.append((obj, gone))
        if not self.lagging:
            self.deliver()

    def overtake(self) -> None:
        """Show what was held back, and follow the stream, as soon as somebody has read."""
        self.store.__class__ = _Overtaken
        cast(_Overtaken, self.store).after_read = self._catch_up

    def _catch_up(self) -> None:
        self.state, self.lagging = FreshnessState.FRESH, False
        self.deliver()

    def deliver(self, count: int = 1_000_000) -> None:
        """Show what was held back."""
        for _ in range(min(count, len(self.pending))):
            obj, gone = self.pending.pop(0)
            item = item_of(obj)
            if not self.selector or self.selector in map("=".join, item.metadata.labels.items()):
                (delete if gone else upsert)(self.store, item, item.record.version)
            elif self.store.get(item.record.key) is not None:
                delete(self.store, item, item.record.version)
            else:
                advance(self.store, item.record.version)


class _Overtaken(Store):
    """A store that moves on whenever an object has been read."""

    after_read: Callable[[], None]

    def get(self, key: Key) -> Record | None:
        """What was there before."""
        found = super().get(key)
        self.after_read()
        return found


def item_of(obj: Json) -> Item:
    """An object as it comes out of the decoder."""
    obj = copy.deepcopy(obj)
    obj["metadata"].pop("managedFields", None)
    raw = json.dumps(obj).encode()
    found = obj["metadata"]
    metadata = Metadata(
        name=found["name"],
        namespace=found.get("namespace", ""),
        uid=found["uid"],
        resource_version=found["resourceVersion"],
        generation=found.get("generation", 0),
        deletion_timestamp=found.get("deletionTimestamp"),
        labels=found.get("labels") or {},
        annotations=found.get("annotations") or {},
    )
    return Item(Record.of(metadata, raw), metadata)
