"""The records of orphans, kept in one ConfigMap of the operator's namespace, one key each.

A record is set and taken out by a merge patch of its own key alone: whoever else writes at the same time, a former
leader included, loses nothing by it and takes nothing away.
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import structlog
from multicasskop.crds.names import FIELD_MANAGER, ORPHANS
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, is_already_exists, is_not_found
from multicasskop.informers.key import Key
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.resource import Resource
from multicasskop.reconcilers.multicasskop.orphans import Orphan, counted, no_room, read_orphan

CONFIGMAPS: Final = Resource("", "v1", "configmaps", "ConfigMap")

Records = Mapping[str, Orphan]


class NoRoomError(Exception):
    """There are as many records as may be; the text says whose."""


class OrphanBook:
    """Reads and writes the records. Thread-safe; raises what the client raises.

    What was read last is remembered, to tell which changes in which members are worth a look at the records.
    """

    def __init__(self, clusters: Clusters, namespace: str, metrics: Metrics) -> None:
        """Keep them in a namespace of the home cluster."""
        self._clusters, self._namespace, self._metrics = clusters, namespace, metrics
        self._log = structlog.get_logger("multicasskop.orphans")
        self._lock = threading.Lock()
        self._known: Records = {}
        self.was_read = False

    @property
    def place(self) -> Key:
        """Where the ConfigMap is."""
        return Key(self._namespace, ORPHANS)

    @property
    def known(self) -> Collection[Orphan]:
        """The records as they were last read or written by this process."""
        return self._known.values()

    def read(self, deadline: Deadline) -> Records:
        """All records, by key, as they are now; what cannot be read as one is left where it is."""
        try:
            found = self._home.get(CONFIGMAPS, self._namespace, ORPHANS, deadline=deadline)
        except ApiError as error:
            if not is_not_found(error):
                raise
            return self._learned({})
        return self._learned(found)

    def add(self, orphans: Sequence[Orphan], deadline: Deadline) -> None:
        """Write records down, all or none; NoRoomError when there are too many."""
        full = no_room(self.read(deadline).values(), orphans)
        if full:
            raise NoRoomError(f"{full}: see ConfigMap {self.place}")
        self._patch({orphan.key: orphan.text() for orphan in orphans}, deadline)

    def strike(self, keys: Collection[str], deadline: Deadline) -> None:
        """Take records out; it is all right when they are not there."""
        if keys:
            self._patch(dict.fromkeys(keys), deadline)

    def strike_owner(self, uid: str, deadline: Deadline) -> None:
        """Take out whatever was recorded for one MultiCasskop, which wants nothing deleted any more."""
        self.strike([key for key, orphan in self.read(deadline).items() if orphan.owner.uid == uid], deadline)

    @property
    def _home(self) -> Any:  # noqa: ANN401  a client
        return self._clusters.home.client

    def _patch(self, data: Mapping[str, str | None], deadline: Deadline) -> None:
        try:
            found = self._home.merge_patch(
                CONFIGMAPS, self._namespace, ORPHANS, {"data": data}, field_manager=FIELD_MANAGER, deadline=deadline
            )
        except ApiError as error:
            if not is_not_found(error):
                raise
            found = self._created(data, deadline)
        self._learned(found)

    def _created(self, data: Mapping[str, str | None], deadline: Deadline) -> Mapping[str, Any]:
        """The ConfigMap with its first records; somebody else may make it at the same moment."""
        new = {key: text for key, text in data.items() if text is not None}
        if not new:
            return {}
        body = {"metadata": {"name": ORPHANS, "namespace": self._namespace}, "data": new}
        try:
            made: Mapping[str, Any] = self._home.create(
                CONFIGMAPS, self._namespace, body, field_manager=FIELD_MANAGER, deadline=deadline
            )
        except ApiError as error:
            if not is_already_exists(error):
                raise
            made = self._home.merge_patch(
                CONFIGMAPS, self._namespace, ORPHANS, {"data": new}, field_manager=FIELD_MANAGER, deadline=deadline
            )
        return made

    def _learned(self, found: Mapping[str, Any]) -> Records:
        data = found.get("data")
        texts = data if isinstance(data, dict) else {}
        read = {key: read_orphan(key, text) for key, text in texts.items() if isinstance(text, str)}
        for key in (key for key, orphan in read.items() if orphan is None):
            self._log.warning("orphan record unreadable", configmap=str(self.place), key=key, next="remove the key")
        records = {key: orphan for key, orphan in read.items() if orphan is not None}
        with self._lock:
            self._known, self.was_read = records, True
            for member, count in counted(records.values(), self._clusters.names()).items():
                self._metrics.set("orphans", count, member=member)
        return records
