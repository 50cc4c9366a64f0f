"""The calls behind each write to a child: one or two of them, with preconditions, and remembered."""

from typing import Final

import msgspec
from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.names import CASSANDRACLUSTER_WHOLE_VERSION, FIELD_MANAGER, OWNER
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    ApiError,
    TransportError,
    UnexpectedAnswer,
    is_already_exists,
    is_conflict,
    is_invalid,
    is_not_found,
)
from multicasskop.informers.key import Key
from multicasskop.informers.observed import Observed
from multicasskop.informers.poison import tolerant
from multicasskop.reconcilers.multicasskop.delivery import Courier, Discovery, patch_seeds
from multicasskop.reconcilers.multicasskop.drift import SEEDS_PATH
from multicasskop.reconcilers.multicasskop.facts import Child, Meta
from multicasskop.reconcilers.multicasskop.failures import REJECTED, Trouble
from multicasskop.reconcilers.multicasskop.managers import last_write_age, server_date
from multicasskop.reconcilers.multicasskop.memory import Memory, Written, corrections
from multicasskop.reconcilers.multicasskop.outcomes import Done, NotDone, Outcome, Overtaken
from multicasskop.reconcilers.multicasskop.ownership import CASCADED, Mark, read_mark
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS
from multicasskop.reconcilers.multicasskop.writes import (
    CreateChild,
    DeleteChild,
    LearnAge,
    PatchChild,
    PatchSeeds,
    completed,
    patch_body,
    whole_body,
)

_CHANGED: Final = "it has changed since it was looked at"


class ChildWriter:
    """Writes to the children in any member. Thread-safe; raises what the clients raise."""

    def __init__(self, memory: Memory, observed: Observed, discovery: Discovery, clock: Clock) -> None:
        """Remember writes in `memory`, and in `observed` until the caches show them."""
        self._memory, self._observed, self._discovery, self._clock = memory, observed, discovery, clock

    def create(self, cluster: Cluster, write: CreateChild, deadline: Deadline) -> Outcome:
        """Make a child, with its seeds delivered in the best way that the member offers."""
        try:
            child, late = self._created(cluster, write, deadline)
        except ApiError as error:
            if not is_already_exists(error):
                raise
            return self._found(cluster, write, deadline)
        self._made(cluster, write, child)
        if late and write.joins:
            self._memory.was_late(cluster.name, write.key, child.meta.uid)
        return Done(write, _object(child), late=late)

    def patch(self, cluster: Cluster, write: PatchChild, deadline: Deadline) -> Outcome:
        """Change a child, unless it is another one or in another version than the one that was compared."""
        key, body = write.key, patch_body(self._completed(cluster, write, deadline))
        try:
            answer = cluster.client.merge_patch(
                CASSANDRACLUSTERS, key.namespace, key.name, body, field_manager=FIELD_MANAGER, deadline=deadline
            )
        except ApiError as error:
            return self._not_patched(cluster, write, error, deadline)
        meta = Meta.of(answer)
        self._observed.wrote(cluster.name, CASSANDRACLUSTERS, key, meta.version)
        if write.in_spec:
            corrected = corrections(write.cause, write.paths)
            written = Written(meta.uid, meta.version, write.hash, meta.generation, False, write.before, corrected)
            self._memory.wrote(cluster.name, key, written)
        elif write.seeds:
            self._memory.wrote(cluster.name, key, Written(meta.uid, meta.version, write.hash, 0, True, write.before))
        return Done(write, answer, origin=write.origin)

    def seeds(self, cluster: Cluster, write: PatchSeeds, deadline: Deadline) -> Outcome:
        """Set the seeds of a living child."""
        try:
            answer = patch_seeds(cluster.client, write.key, write.seeds, deadline, write.uid)
        except ApiError as error:
            if is_conflict(error) or is_not_found(error) or self._is_another(cluster, write, error, deadline):
                return Overtaken(write, _CHANGED)
            raise
        self._seeded(cluster, write, answer)
        return Done(write, answer)

    def delete(self, cluster: Cluster, write: DeleteChild, owner_uid: str, deadline: Deadline) -> Outcome:
        """Delete a child, after a live read has found it to be the one that was meant, and ours to delete."""
        child = self._live(cluster, write.key, deadline)
        if child is None or child.meta.deleting:
            return Done(write)
        mark = read_mark(child.meta.annotations.get(OWNER))
        if child.meta.uid != write.uid or not _deletable(mark, owner_uid):
            return Overtaken(write, "it is not the child that was looked at any more")
        if write.version and child.meta.version != write.version:
            return Overtaken(write, _CHANGED)
        key = write.key
        try:
            cluster.client.delete(
                CASSANDRACLUSTERS, key.namespace, key.name, uid=write.uid, version=write.version, deadline=deadline
            )
        except ApiError as error:
            if is_conflict(error):
                return Overtaken(write, _CHANGED)
            if not is_not_found(error):
                raise
        return Done(write)

    def is_gone(self, cluster: Cluster, key: Key, owner_uid: str, deadline: Deadline) -> bool:
        """Whether a live read finds no child of this owner under that name."""
        child = self._live(cluster, key, deadline)
        mark = read_mark(child.meta.annotations.get(OWNER)) if child else None
        return not _deletable(mark, owner_uid)

    def learn(self, cluster: Cluster, write: LearnAge, deadline: Deadline) -> Outcome:
        """Read one child, and remember how old our last write to it is."""
        path = CASSANDRACLUSTERS.path(write.key.namespace, write.key.name)
        # not through the client, which hands on no headers: the age is to be told by the server's own clock
        answer = cluster.transport.request("GET", path, deadline=deadline)
        child = _decoded(cluster, answer.body)
        if Meta.of(child).uid != write.uid:
            return Overtaken(write, _CHANGED)
        age = last_write_age(child, server_date(answer.headers, self._clock.now()))
        self._memory.learned(cluster.name, write.key, write.uid, age, write.action)
        return Done(write)

    def _created(self, cluster: Cluster, write: CreateChild, deadline: Deadline) -> tuple[Child, bool]:
        if not write.seeds:
            return self._post(cluster, write, write.body, None, deadline), False
        if self._discovery.takes_status(cluster.client, deadline):
            child = self._post(cluster, write, whole_body(write), CASSANDRACLUSTER_WHOLE_VERSION, deadline)
            return self._check_seeded(cluster, write, child, deadline)
        with Courier(cluster.client, write, self._clock, deadline) as courier:
            child = self._post(cluster, write, write.body, None, deadline)
        if courier.answer is not None:
            child = Child.of(courier.answer)
            return child, _is_late(child)
        return self._check_seeded(cluster, write, child, deadline)

    def _check_seeded(
        self, cluster: Cluster, write: CreateChild, child: Child, deadline: Deadline
    ) -> tuple[Child, bool]:
        """Make sure that the status holds the seeds; if that is refused the next look will say so."""
        if child.seeds == write.seeds:
            return child, False
        self._discovery.forget(cluster.name)
        try:
            child = Child.of(patch_seeds(cluster.client, write.key, write.seeds, deadline, child.meta.uid))
        except (ApiError, TransportError):
            # the child is made: that is what is told now; its seeds are still due, and tried as such
            return child, False
        return child, _is_late(child)

    def _post(self, cluster: Cluster, write: CreateChild, body: Json, version: str | None, deadline: Deadline) -> Child:
        answer = cluster.client.create(
            CASSANDRACLUSTERS,
            write.key.namespace,
            body,
            field_manager=FIELD_MANAGER,
            version=version,
            deadline=deadline,
        )
        return Child.of(answer)

    def _found(self, cluster: Cluster, write: CreateChild, deadline: Deadline) -> Outcome:
        """What a create means that met an object: a former create of our own, or somebody else's."""
        child = self._live(cluster, write.key, deadline)
        mark = read_mark(child.meta.annotations.get(OWNER)) if child else None
        if child is None or mark is None or mark.uid != write.owner_uid:
            return Overtaken(write, "something of that name is there already")
        self._made(cluster, write, child)
        return Done(write, _object(child))

    def _made(self, cluster: Cluster, write: CreateChild, child: Child) -> None:
        meta = child.meta
        written = Written(meta.uid, meta.version, write.hash, meta.generation)
        self._observed.wrote(cluster.name, CASSANDRACLUSTERS, write.key, meta.version)
        self._memory.wrote(cluster.name, write.key, written)

    def _seeded(self, cluster: Cluster, write: PatchSeeds, answer: Json) -> None:
        meta, corrected = Meta.of(answer), (SEEDS_PATH,) if write.correction else ()
        self._observed.wrote(cluster.name, CASSANDRACLUSTERS, write.key, meta.version)
        written = Written(meta.uid, meta.version, write.hash, 0, True, write.before, corrected, write.follows)
        self._memory.wrote(cluster.name, write.key, written)

    def _completed(self, cluster: Cluster, write: PatchChild, deadline: Deadline) -> PatchChild:
        """The write; of a child of the Go operator, which keeps no list of its fields, read once more for that."""
        if write.wanted is None:
            return write
        key = write.key
        return completed(write, cluster.client.get(CASSANDRACLUSTERS, key.namespace, key.name, deadline=deadline))

    def _not_patched(self, cluster: Cluster, write: PatchChild, error: ApiError, deadline: Deadline) -> Outcome:
        """Tell a child that has changed meanwhile from content that the server does not take."""
        if is_conflict(error) or is_not_found(error):
            return Overtaken(write, _CHANGED)
        if not is_invalid(error):
            raise error
        live = self._live(cluster, write.key, deadline)
        if live is None or (live.meta.uid, live.meta.version) != (write.uid, write.version):
            return Overtaken(write, _CHANGED)
        message = f"{Code.BAD_VALUE.value} {', '.join(write.paths)} of {write.key} was rejected: {error.message}"
        return NotDone(write, Trouble(REJECTED, message, 5.0))

    def _is_another(self, cluster: Cluster, write: PatchSeeds, error: ApiError, deadline: Deadline) -> bool:
        """Whether the child was made anew: another UID than the one that is there is refused as bad content is."""
        live = self._live(cluster, write.key, deadline) if is_invalid(error) else None
        return live is not None and live.meta.uid != write.uid

    def _live(self, cluster: Cluster, key: Key, deadline: Deadline) -> Child | None:
        try:
            return Child.of(cluster.client.get(CASSANDRACLUSTERS, key.namespace, key.name, deadline=deadline))
        except ApiError as error:
            if is_not_found(error):
                return None
            raise


def _decoded(cluster: Cluster, body: bytes) -> Json:
    """An object as it was answered; UnexpectedAnswer when it is none."""
    try:
        found: Json = tolerant(msgspec.json.decode, body)
        Key.of(found)
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        raise UnexpectedAnswer(cluster.name, "a child was asked for, and something else was answered") from None
    return found


def _deletable(mark: Mark | None, owner_uid: str) -> bool:
    return mark is not None and mark.uid == owner_uid and mark.origin in CASCADED


def _is_late(child: Child) -> bool:
    """Whether CassKop had begun before the seeds were there; ours reads them from the annotation, which always is."""
    return bool(child.phase) and not child.reports_generation


def _object(child: Child) -> Json:
    metadata = {
        "name": child.key.name,
        "namespace": child.key.namespace,
        "uid": child.meta.uid,
        "generation": child.meta.generation,
        "annotations": dict(child.meta.annotations),
    }
    return {"metadata": metadata, "spec": child.spec, "status": child.status}
