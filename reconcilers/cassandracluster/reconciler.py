"""One CassandraCluster: observe, decide, say, act."""

from dataclasses import replace
from typing import Final

from multicasskop.crds.base import Json, ObjectMeta
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.names import CASSKOP_FIELD_MANAGER
from multicasskop.informers.clock import Clock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, is_not_found
from multicasskop.informers.key import Key
from multicasskop.informers.record import Record
from multicasskop.reconcilers.cassandracluster.act import Actor, NameTaken
from multicasskop.reconcilers.cassandracluster.decide import Decision, decide
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS
from multicasskop.reconcilers.cassandracluster.lookup import AGAIN_SECONDS, Lookup
from multicasskop.reconcilers.cassandracluster.news import News, news
from multicasskop.reconcilers.cassandracluster.nodes import Nodes
from multicasskop.reconcilers.cassandracluster.observe import Observer
from multicasskop.reconcilers.cassandracluster.own_writes import OwnWrites
from multicasskop.reconcilers.cassandracluster.references import missing, references
from multicasskop.reconcilers.cassandracluster.report import Recorder, Reporter
from multicasskop.reconcilers.cassandracluster.scope import Scope
from multicasskop.reconcilers.cassandracluster.span_set import about, action_of, spans_of
from multicasskop.reconcilers.cassandracluster.status import status_patch
from multicasskop.reconcilers.cassandracluster.unreadable import conditions_of, said_of, sentence
from multicasskop.reconcilers.cassandracluster.words import Phase, Status
from multicasskop.reconcilers.request import Context, Request, Result
from multicasskop.reconcilers.traced_run import traced_run
from multicasskop.reconcilers.traces import Traces
from pydantic import ValidationError

LAG_SECONDS: Final = 0.1
# for lack of a right, and as invalid: a person is needed, unlike for what is tried again
_REFUSED: Final = frozenset({400, 403, 422})


class CassandraClusterReconciler:
    """Brings the racks of one CassandraCluster to what it asks for, one rack after the other.

    Guarantees: nothing is written upon a view that is not fresh, or older than our own writes; what is begun was said
    in the status before, so that a new process goes on where the last one was; no worker waits for a node; at rest no
    call is made. Assumes one run per object at a time, and that `wire` has connected the caches.
    """

    def __init__(
        self,
        scope: Scope,
        nodes: Nodes,
        recorder: Recorder,
        *,
        clock: Clock,
        traces: Traces,
        bootstrap_image: str = "",
    ) -> None:
        """Read and write in the cluster of the scope, and ask nodes through `nodes`.

        `bootstrap_image` is written into new clusters that name none; without it they have the Go CassKop's.
        """
        self._scope, self._nodes, self._clock, self._traces = scope, nodes, clock, traces
        self._client = scope.cluster.client
        self._own, self._lookup = OwnWrites(scope.cluster.name, clock), Lookup(self._client, clock)
        self._observer = Observer(scope, clock, bootstrap_image)
        # one run per object at a time, so each entry has one writer
        self._failures: dict[Key, str] = {}
        self._actor, self._reporter = Actor(self._client, self._own, nodes), Reporter(recorder)

    def reconcile(self, request: Request, context: Context) -> Result:
        """Do the next thing that is due for one CassandraCluster."""
        # asked first: what is read after it is at least as new
        shown = self._own.shown(request.key, self._scope)
        record = self._observer.record(request.key)
        if record is None:
            self._forget(request.key)
            return Result()
        if not shown:
            return Result(LAG_SECONDS)
        try:
            cluster = record.view(CassandraCluster)
        except ValidationError as error:
            self._say_invalid(record, sentence(error), context)
            return Result()
        return self._work(request.key, cluster, record.mutable().get("status") or {}, context)

    def _forget(self, key: Key) -> None:
        """Keep nothing of what is gone."""
        self._nodes.used(key)
        self._own.forget(key)
        self._failures.pop(key, None)
        self._reporter.over(key)

    def _work(self, key: Key, cluster: CassandraCluster, stored: Json, context: Context) -> Result:
        facts = self._look(cluster, context)
        decision = decide(facts, stored, self._nodes.ring(key, facts))
        with traced_run(self._traces, self._clock, action_of(cluster), context, about(cluster)):
            self._carry_out(facts, stored, decision, context)
        times = (decision.again, AGAIN_SECONDS if facts.missing else None)
        return Result(min((seconds for seconds in times if seconds is not None), default=None))

    def _say_invalid(self, record: Record, message: str, context: Context) -> None:
        """Say what is wrong in an object that cannot be read, once."""
        known, now = conditions_of(record.mutable().get("status")), self._clock.now()
        before, after = {"conditions": known}, {"conditions": said_of(known, message, record.generation, now)}
        (namespace, name), uid = record.key, record.uid
        meta = ObjectMeta(name=name, namespace=namespace, uid=uid, resource_version=record.version)
        patch = status_patch(before, after)
        if patch is not None and self._say(meta, patch, context.deadline):
            self._reporter.tell(meta, news(before, after, ()), context.log)

    def _look(self, cluster: CassandraCluster, context: Context) -> Facts:
        """What is seen, what the last write met, and, while something is done, what the spec refers to in vain."""
        facts = self._observer.look(cluster)
        facts = replace(facts, failure=self._failures.get(key_of(facts), ""))
        if is_at_rest(cluster) or not facts.fresh:
            return facts
        found = self._lookup.find(cluster.metadata.namespace, references(facts.wanted), context.deadline)
        return replace(facts, missing=missing(facts, found))

    def _carry_out(self, facts: Facts, stored: Json, decision: Decision, context: Context) -> None:
        """Say it, then do it: what was not said may not be begun."""
        meta, key = facts.cluster.metadata, key_of(facts)
        if decision.question is None:
            self._nodes.used(key)
        else:
            self._nodes.ask(key, decision.question)
        said = decision.status if decision.status is not None else stored
        patch = status_patch(stored, said)
        if patch is None or self._say(meta, patch, context.deadline):
            failed = (News("OperationFailed", text) for text in decision.failures)
            self._reporter.tell(meta, (*news(stored, said, ()), *failed), context.log)
            self._traces.send(*spans_of(facts.cluster, stored, said, facts.now))
            self._act(key, decision, context)
            self._reporter.tell(meta, news(said, said, decision.writes), context.log)

    def _act(self, key: Key, decision: Decision, context: Context) -> None:
        """Do it; what is refused is said from the next look on, until a whole decision was carried out."""
        try:
            self._actor.act(key, decision.writes, context.deadline)
        except (ApiError, NameTaken) as error:
            if isinstance(error, NameTaken) or error.status in _REFUSED:
                self._failures[key] = str(error)
            raise
        if decision.whole:
            self._failures.pop(key, None)

    def _say(self, meta: ObjectMeta, patch: Json, deadline: Deadline) -> bool:
        """Write the status, if the object is as it was looked at; whether it is still there."""
        only = {"uid": meta.uid, "resourceVersion": meta.resource_version}
        try:
            stored = self._client.merge_patch(
                CASSANDRACLUSTERS,
                meta.namespace,
                meta.name,
                {**patch, "metadata": only},
                subresource="status",
                field_manager=CASSKOP_FIELD_MANAGER,
                deadline=deadline,
            )
        except ApiError as error:
            if is_not_found(error):
                return False
            raise
        self._own.wrote(Key(meta.namespace, meta.name), CASSANDRACLUSTERS, stored)
        return True


def key_of(facts: Facts) -> Key:
    """The name of the CassandraCluster."""
    return Key(facts.cluster.metadata.namespace, facts.cluster.metadata.name)


def is_at_rest(cluster: CassandraCluster) -> bool:
    """Whether the status says that all is done that this spec asks for."""
    status = cluster.status
    told = (status.phase, status.last_cluster_action_status, status.observed_generation)
    return told == (Phase.RUNNING, Status.DONE, cluster.metadata.generation)
