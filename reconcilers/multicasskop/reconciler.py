"""One MultiCasskop: observe, desire, decide, act, report."""

from collections.abc import Sequence
from dataclasses import dataclass

from multicasskop.informers.clock import Clock
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.errors import ApiError
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.observed import Observed
from multicasskop.reconcilers.multicasskop.act import Actor
from multicasskop.reconcilers.multicasskop.children import ChildWriter
from multicasskop.reconcilers.multicasskop.claims import Claims
from multicasskop.reconcilers.multicasskop.decide import Decision, decide, notes_of, trace_of_run, waking
from multicasskop.reconcilers.multicasskop.delivery import Discovery
from multicasskop.reconcilers.multicasskop.facts import Facts, Parent
from multicasskop.reconcilers.multicasskop.memory import Memory
from multicasskop.reconcilers.multicasskop.observe import Observer
from multicasskop.reconcilers.multicasskop.orphan_book import OrphanBook
from multicasskop.reconcilers.multicasskop.outcomes import Outcome, Overtaken
from multicasskop.reconcilers.multicasskop.pace import Pace
from multicasskop.reconcilers.multicasskop.parents import ParentWriter
from multicasskop.reconcilers.multicasskop.picture import picture
from multicasskop.reconcilers.multicasskop.report import Recorder, Reporter
from multicasskop.reconcilers.multicasskop.seed_look import SeedLook
from multicasskop.reconcilers.multicasskop.span_set import common
from multicasskop.reconcilers.multicasskop.validate import Verdict
from multicasskop.reconcilers.multicasskop.verdicts import Verdicts
from multicasskop.reconcilers.multicasskop.watches import Scope
from multicasskop.reconcilers.request import Context, Request, Result
from multicasskop.reconcilers.traced_run import traced_run
from multicasskop.reconcilers.traces import Traces

_LAG_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ReconcilerOptions:
    """What of the process's settings concerns the reconciler; without namespaces, all are looked after.

    `own_namespace` is the operator's; with `refuse_own_namespace` nothing is accepted there. When more than
    `reports_at_once` statuses are to be written at the same time, the rest are written a little later.
    """

    namespaces: tuple[str, ...] = ()
    allow_cross_namespace: bool = False
    own_namespace: str = ""
    refuse_own_namespace: bool = False
    reports_at_once: int = 4


class MultiCasskopReconciler:
    """Brings the children of one MultiCasskop to what it asks for, one member after the other.

    Guarantees: nothing is written upon absence in a view that is not fresh; nothing is destroyed but upon a live read;
    at rest, no call is made; a new process goes on where the last one was, from what it sees. Its memory only saves
    reads and waits. Assumes one run per object at a time, and that `wire` has connected it to the caches.
    """

    def __init__(
        self,
        clusters: Clusters,
        *,
        clock: Clock,
        settings: ReconcilerOptions,
        recorder: Recorder,
        metrics: Metrics,
        observed: Observed,
        traces: Traces,
        seed_look: SeedLook,
    ) -> None:
        """Read and write through `clusters`, the first of which is home."""
        self.clusters, self.scope = clusters, Scope(settings.namespaces, settings.allow_cross_namespace)
        self._clock, self._traces = clock, traces
        self.memory = Memory(clock)
        self.claims = Claims(allow_cross_namespace=settings.allow_cross_namespace)
        closed = settings.own_namespace if settings.refuse_own_namespace else ""
        self._verdicts = Verdicts(allow_cross_namespace=settings.allow_cross_namespace, closed_namespace=closed)
        self.seed_look = seed_look
        self._observer = Observer(clusters, self.scope, self.memory, self.claims, observed, clock, traces, seed_look)
        children = ChildWriter(self.memory, observed, Discovery(clock), clock)
        self.book = OrphanBook(clusters, settings.own_namespace, metrics)
        parents = ParentWriter(clusters, children, observed, self.book, clock)
        self._actor = Actor(clusters, children, parents, self.memory, metrics)
        pace = Pace(clock, at_once=settings.reports_at_once)
        self._reporter = Reporter(clusters, recorder, self.memory, clock, pace, metrics, traces, settings.own_namespace)

    def reconcile(self, request: Request, context: Context) -> Result:
        """Do the next thing that is due for one MultiCasskop."""
        # asked first: what is read after it is at least as new
        caught_up = self._observer.caught_up(request.key)
        parent = self._observer.parent(request.key)
        if parent is None:
            self._verdicts.forget(request.key)
            self.memory.forget(request.key)
            self.memory.forget_unwanted(self.claims)
            self._reporter.over(request.key)
            return Result()
        if not caught_up:
            return Result(_LAG_SECONDS)
        verdict = self._desire(parent)
        facts = self._observer.look(parent, verdict)
        decision = self._decide(facts, verdict)
        about = common(parent.meta)
        with traced_run(self._traces, self._clock, trace_of_run(facts, decision), context, about) as run:
            outcomes = self._actor.act(parent, decision.writes, context.deadline, run)
            told_in = self._report(facts, decision, outcomes, context)
            return self._next(facts, decision, outcomes, told_in)

    def _desire(self, parent: Parent) -> Verdict:
        return self._verdicts.of(parent, self.clusters.names())

    def _decide(self, facts: Facts, verdict: Verdict) -> Decision:
        decision = decide(facts, verdict)
        if decision.case is not None:
            for note in notes_of(decision.case, decision.states):
                self.memory.note(decision.case.wish.children[note.member].key, note)
        if decision.inquiry.ask:
            self.seed_look.ask(decision.inquiry.ask, facts.parent.meta.key)
        return decision

    def _report(self, facts: Facts, decision: Decision, outcomes: Sequence[Outcome], context: Context) -> float | None:
        if decision.quiet or (decision.unsure and not outcomes):
            return None
        return self._reporter.report(picture(facts, decision, outcomes), context)

    def _next(self, facts: Facts, decision: Decision, outcomes: Sequence[Outcome], told_in: float | None) -> Result:
        """When to look again; what was overtaken is tried again like any other conflict."""
        for outcome in outcomes:
            if isinstance(outcome, Overtaken):
                raise ApiError(getattr(outcome.write, "member", ""), 409, "Conflict", outcome.why)
        times = [seconds for seconds in (waking(facts, decision, outcomes), told_in) if seconds is not None]
        return Result(min(times, default=None))
