"""The calls to the MultiCasskop itself: its finalizer put on, and taken off after a last look at everything."""

import msgspec
import structlog
from multicasskop.crds.base import Json
from multicasskop.crds.names import FIELD_MANAGER, FINALIZER, RELEASE
from multicasskop.informers.clock import Clock
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, is_forbidden
from multicasskop.informers.key import Key
from multicasskop.informers.observed import Observed
from multicasskop.reconcilers.finalizers import add_patch, already_gone, overtaken, remove_patch
from multicasskop.reconcilers.multicasskop.children import ChildWriter
from multicasskop.reconcilers.multicasskop.facts import Meta, Parent
from multicasskop.reconcilers.multicasskop.failures import REJECTED, Attempt, Trouble, explain
from multicasskop.reconcilers.multicasskop.managers import server_date
from multicasskop.reconcilers.multicasskop.orphan_book import CONFIGMAPS, NoRoomError, OrphanBook
from multicasskop.reconcilers.multicasskop.outcomes import Done, NotDone, Outcome, Overtaken
from multicasskop.reconcilers.multicasskop.watches import MULTICASSKOPS
from multicasskop.reconcilers.multicasskop.writes import AddFinalizer, RemoveFinalizer

_CHANGED = "the MultiCasskop has changed"


class ParentWriter:
    """Writes to the finalizers of MultiCasskops. Thread-safe; raises what the clients raise."""

    def __init__(
        self, clusters: Clusters, children: ChildWriter, observed: Observed, book: OrphanBook, clock: Clock
    ) -> None:
        """Write to the home cluster; children are looked for in their members, orphans written into the book."""
        self._clusters, self._children = clusters, children
        self._observed, self._book, self._clock = observed, book, clock
        self._log = structlog.get_logger("multicasskop.orphans")

    def add(self, parent: Parent, write: AddFinalizer, deadline: Deadline) -> Outcome:
        """Put our finalizer on."""
        outcome = self._patched(write, add_patch(_head(parent.meta), FINALIZER), parent, deadline)
        if isinstance(outcome, Done) and outcome.obj is not None:
            version = Meta.of(outcome.obj).version
            self._observed.wrote(self._clusters.home.name, MULTICASSKOPS, parent.meta.key, version)
        return outcome

    def remove(self, parent: Parent, write: RemoveFinalizer, deadline: Deadline) -> Outcome:
        """Take our finalizer off, if every child is gone, or on record."""
        there = next((place for place in write.gone if not self._is_gone(parent, *place, deadline)), None)
        if there is not None:
            return Overtaken(write, f"{there[0]}: {there[1]} is still there")
        if write.orphans:
            recorded = self._recorded(parent, write, deadline)
            if recorded is not None:
                return recorded
        if write.called_off:
            self._strike(parent, deadline)
        return self._patched(write, remove_patch(_head(parent.meta), FINALIZER), parent, deadline)

    def is_still_going(self, parent: Parent, deadline: Deadline) -> bool:
        """Before anything is destroyed: whether the parent, read live, is still the same and still asks for it."""
        try:
            live = Parent.of(self.live(parent.meta.key, deadline))
        except ApiError as error:
            if already_gone(error):
                return False
            raise
        return _asks_for_the_end(live, parent)

    def is_unchanged(self, parent: Parent, deadline: Deadline) -> bool:
        """Whether a living parent, read live, still has the spec that was looked at, and its people's annotations."""
        try:
            live = Parent.of(self.live(parent.meta.key, deadline))
        except ApiError as error:
            if already_gone(error):
                return False
            raise
        seen = parent.meta
        same = (live.meta.uid, live.meta.generation) == (seen.uid, seen.generation)
        return same and live.meta.annotations == seen.annotations and not live.meta.deleting

    def live(self, key: Key, deadline: Deadline) -> Json:
        """The MultiCasskop of this name as it is now."""
        return self._clusters.home.client.get(MULTICASSKOPS, key.namespace, key.name, deadline=deadline)

    def _recorded(self, parent: Parent, write: RemoveFinalizer, deadline: Deadline) -> Outcome | None:
        """Write the orphans down, unless something has changed; None when they are."""
        hindrance = self._hindrance(parent, write, deadline)
        if hindrance:
            return Overtaken(write, hindrance)
        try:
            self._book.add(write.orphans, deadline)
        except NoRoomError as error:
            return NotDone(write, Trouble(REJECTED, f"cannot be recorded as orphan: {error}"))
        except ApiError as error:
            tried = Attempt(self._clusters.home.name, "get, create or patch", CONFIGMAPS, self._book.place)
            trouble = explain(error, tried)
            return NotDone(write, Trouble(trouble.reason, f"cannot be recorded as orphan: {trouble.message}"))
        return None

    def _hindrance(self, parent: Parent, write: RemoveFinalizer, deadline: Deadline) -> str:
        """Why nothing may be left behind now: another wish, a member that answers, or it is too early."""
        key, home = parent.meta.key, self._clusters.home
        # not through the client, which hands on no headers: the deadline is home's to tell
        answer = home.transport.request("GET", MULTICASSKOPS.path(key.namespace, key.name), deadline=deadline)
        live = Parent.of(msgspec.json.decode(answer.body, type=Json))
        seen = parent.meta
        same = (live.meta.generation, live.meta.annotations.get(RELEASE)) == (
            seen.generation,
            seen.annotations.get(RELEASE),
        )
        if not same or not _asks_for_the_end(live, parent):
            return _CHANGED
        if write.not_before and server_date(answer.headers, self._clock.now()) < write.not_before:
            return "deletion.deadline is not over by home's clock"
        return ""

    def _strike(self, parent: Parent, deadline: Deadline) -> None:
        try:
            self._book.strike_owner(parent.meta.uid, deadline)
        except ApiError as error:
            if not is_forbidden(error):
                raise
            # who may not read them has not written any
            self._log.warning("orphan records unreadable", mck=str(parent.meta.key), error=str(error))

    def _patched(
        self, write: AddFinalizer | RemoveFinalizer, operations: list[Json], parent: Parent, deadline: Deadline
    ) -> Outcome:
        key = parent.meta.key
        try:
            answer = self._clusters.home.client.json_patch(
                MULTICASSKOPS, key.namespace, key.name, operations, field_manager=FIELD_MANAGER, deadline=deadline
            )
        except ApiError as error:
            if already_gone(error):
                return Done(write)
            if overtaken(error):
                return Overtaken(write, _CHANGED)
            raise
        return Done(write, answer)

    def _is_gone(self, parent: Parent, member: str, key: Key, deadline: Deadline) -> bool:
        cluster = self._clusters.get(member)
        return cluster is not None and self._children.is_gone(cluster, key, parent.meta.uid, deadline)


def _asks_for_the_end(live: Parent, seen: Parent) -> bool:
    wanted = live.spec.get("deleteCassandraCluster") is True and live.spec.get("paused") is not True
    return live.meta.uid == seen.meta.uid and live.meta.deleting and wanted


def _head(meta: Meta) -> Json:
    return {"metadata": {"uid": meta.uid, "finalizers": list(meta.finalizers)}}
