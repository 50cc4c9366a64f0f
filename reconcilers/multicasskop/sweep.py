"""Work off the records of orphans: when a member is back, what was left behind there is deleted, if it still may be.

A reconciler whose requests name members. It is asked when a member answers again, and while there are records of it
when a child of theirs or a MultiCasskop of their namespace comes or goes. Without records nothing is called.
"""

from typing import Final

import structlog
from multicasskop.crds.names import MULTICASSKOP_KIND, api_version
from multicasskop.informers.changes import Change
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.dispatch import Handler
from multicasskop.informers.errors import ApiError, MemberUnreachable, is_conflict, is_not_found
from multicasskop.informers.key import Key
from multicasskop.informers.metrics import Metrics
from multicasskop.reconcilers.event_series import Reference
from multicasskop.reconcilers.multicasskop.claims import Claims, children_of
from multicasskop.reconcilers.multicasskop.event_reasons import TYPES
from multicasskop.reconcilers.multicasskop.facts import Child, Parent
from multicasskop.reconcilers.multicasskop.orphan_book import OrphanBook
from multicasskop.reconcilers.multicasskop.orphans import Due, Kept, Orphan, Over, Sentence, Waits, judge
from multicasskop.reconcilers.multicasskop.report import Recorder
from multicasskop.reconcilers.multicasskop.span_set import swept_span
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS, MULTICASSKOPS, Scope, Sink
from multicasskop.reconcilers.request import Context, Request, Result
from multicasskop.reconcilers.traces import Traces

# nearly everything that a record waits for wakes us; this is for what does not
LOOK_AGAIN_SECONDS: Final = 60.0
_NOT_SEEN: Final = Waits("the MultiCasskops of its namespace cannot be seen freshly now")


class Sweeper:
    """Deletes what was left behind, one member at a time.

    Guarantees: nothing is deleted whose UID, owner mark or owner is not what was recorded, by live reads of the child
    and of the MultiCasskop's name, and with the UID and version that were read as preconditions; nothing that any
    MultiCasskop wants; and no record goes before its child is seen to be gone, or to be no business of ours.
    """

    def __init__(
        self,
        clusters: Clusters,
        scope: Scope,
        claims: Claims,
        book: OrphanBook,
        recorder: Recorder,
        *,
        metrics: Metrics,
        traces: Traces,
        clock: Clock,
    ) -> None:
        """Work off the records of `book`."""
        self._clusters, self._scope, self._claims = clusters, scope, claims
        self._book, self._recorder, self._metrics = book, recorder, metrics
        self._traces, self._clock = traces, clock
        self._said: dict[str, str] = {}

    # who asks

    def wire(self, queue: Sink) -> None:
        """Let the caches of all clusters known so far ask; to be called again when clusters were added."""
        for cluster in self._clusters:
            self.wire_member(cluster, queue)

    def wire_member(self, cluster: Cluster, queue: Sink) -> None:
        """Let one cluster alone ask, before anybody can find it."""
        if not self._claims.first_look(cluster):
            return
        cluster.on_reachability(lambda found: self._back(found, queue))
        for informer in self._scope.informers(cluster, CASSANDRACLUSTERS):
            informer.add_handler(self._child_handler(cluster.name, queue), name="orphans/children")
        for informer in self._scope.informers(cluster, MULTICASSKOPS) if cluster is self._clusters.home else ():
            informer.add_handler(self._parent_handler(queue), name="orphans/parents")

    def everybody(self) -> tuple[Request, ...]:
        """A look at every member: for a process that has just begun to work."""
        return tuple(Request("", name) for name in self._clusters.names())

    def _back(self, cluster: Cluster, queue: Sink) -> None:
        if cluster.reachability.ok and self._concerned(cluster.name):
            queue.add(Request("", cluster.name))

    def _child_handler(self, member: str, queue: Sink) -> Handler:
        def handle(change: Change) -> None:
            """Look again where an orphan may be concerned."""
            if any(orphan.child == change.key for orphan in self._book.known if orphan.member == member):
                queue.add(Request("", member))

        return handle

    def _parent_handler(self, queue: Sink) -> Handler:
        def handle(change: Change) -> None:
            """Look again where an orphan may be concerned."""
            if change.old is not None and change.new is not None:
                return
            near = [orphan for orphan in self._book.known if change.key.namespace in _namespaces(orphan)]
            for member in dict.fromkeys(orphan.member for orphan in near):
                queue.add(Request("", member))

        return handle

    def _concerned(self, member: str) -> bool:
        return not self._book.was_read or any(orphan.member == member for orphan in self._book.known)

    # what is done

    def reconcile(self, request: Request, context: Context) -> Result:
        """Work off the records of one member, as far as that is possible now."""
        cluster = self._clusters.get(request.name)
        if cluster is None or not cluster.reachability.ok or not self._concerned(request.name):
            return Result()
        records = self._book.read(context.deadline)
        mine = [orphan for orphan in records.values() if orphan.member == request.name]
        over = [orphan.key for orphan in mine if self._is_over(cluster, orphan, context)]
        self._book.strike(over, context.deadline)
        return Result(LOOK_AGAIN_SECONDS) if len(over) < len(mine) else Result()

    def _is_over(self, cluster: Cluster, orphan: Orphan, context: Context) -> bool:
        """Do what is due for one record; whether it may go. What fails for one does not keep the others."""
        try:
            sentence = self._sentence(cluster, orphan, context.deadline)
            if isinstance(sentence, Due):
                sentence = self._deleted(cluster, orphan, sentence, context.deadline)
        except (ApiError, MemberUnreachable) as error:
            sentence = Waits(f"could not be looked at: {error}")
        self._tell(orphan, sentence, context.log)
        return isinstance(sentence, Over | Kept)

    def _sentence(self, cluster: Cluster, orphan: Orphan, deadline: Deadline) -> Sentence:
        home = self._clusters.home
        informer = self._scope.informer(home, MULTICASSKOPS, orphan.owner.namespace)
        if informer is None or not informer.freshness.fresh:
            return _NOT_SEEN
        owner = self._live_parent(orphan.owner.key, deadline)
        child = self._live_child(cluster, orphan.child, deadline)
        lives = owner is not None and owner.meta.uid == orphan.owner.uid
        return judge(orphan, child, owner_lives=lives, wanted_by=self._wanted_by(orphan, owner))

    def _wanted_by(self, orphan: Orphan, live: Parent | None) -> Key | None:
        """Another MultiCasskop that wants the child; of the one by the owner's name only the live read counts."""
        crossing = self._scope.cross_namespace
        if live is not None and (orphan.member, orphan.child) in children_of(live, allow_cross_namespace=crossing):
            return live.meta.key
        claimants = self._claims.claimants(orphan.member, orphan.child)
        return next((key for key in claimants if key != orphan.owner.key), None)

    def _deleted(self, cluster: Cluster, orphan: Orphan, due: Due, deadline: Deadline) -> Sentence:
        """Delete the child that was just judged, and look whether it is gone."""
        key = orphan.child
        try:
            cluster.client.delete(
                CASSANDRACLUSTERS, key.namespace, key.name, uid=due.uid, version=due.version, deadline=deadline
            )
        except ApiError as error:
            if is_conflict(error):
                self._count(cluster, "conflict")
                return Waits("it has changed while it was looked at")
            if not is_not_found(error):
                self._count(cluster, "refused")
                raise
        self._count(cluster, "success")
        left = self._live_child(cluster, key, deadline)
        gone = left is None or left.meta.uid != due.uid
        return Over() if gone else Waits("it was told to go, and waits for its finalizers")

    def _count(self, cluster: Cluster, result: str) -> None:
        self._metrics.inc("child_writes_total", member=cluster.name, operation="delete", result=result)

    def _live_child(self, cluster: Cluster, key: Key, deadline: Deadline) -> Child | None:
        try:
            return Child.of(cluster.client.get(CASSANDRACLUSTERS, key.namespace, key.name, deadline=deadline))
        except ApiError as error:
            if is_not_found(error):
                return None
            raise

    def _live_parent(self, key: Key, deadline: Deadline) -> Parent | None:
        try:
            return Parent.of(self._clusters.home.client.get(MULTICASSKOPS, key.namespace, key.name, deadline=deadline))
        except ApiError as error:
            if is_not_found(error):
                return None
            raise

    def _tell(self, orphan: Orphan, sentence: Sentence, log: structlog.typing.FilteringBoundLogger) -> None:
        """Say what came of a record: an end as an event too, a reason to wait once."""
        about = {"child": str(orphan.child), "mck": str(orphan.owner.key), "traceparent": orphan.traceparent}
        match sentence:
            case Over():
                self._event(orphan, "OrphanSwept", f"{orphan.child} (uid {orphan.uid or 'not known'}) is gone")
                log.info("orphan swept", **about)
                span = swept_span(orphan, self._traces.ratio, self._clock.now())
                self._traces.send(*([span] if span is not None else []))
            case Kept(why):
                self._event(orphan, "OrphanKept", f"{orphan.child} is left alone, and off the record: {why}")
                log.warning("orphan kept", **about, why=why)
            case Waits(why) if self._said.get(orphan.key) != why:
                self._said[orphan.key] = why
                log.info("orphan waits", **about, why=why)
                return
            case _:
                return
        self._said.pop(orphan.key, None)

    def _event(self, orphan: Orphan, reason: str, note: str) -> None:
        owner = orphan.owner
        regarding = Reference(api_version(), MULTICASSKOP_KIND, owner.namespace, owner.name, owner.uid)
        self._recorder.event(regarding, TYPES[reason], reason, f"{orphan.member}: {note}", member=orphan.member)


def _namespaces(orphan: Orphan) -> frozenset[str]:
    return frozenset((orphan.namespace, orphan.owner.namespace))
