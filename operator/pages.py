"""The pages of the operator: `/livez`, `/readyz`, `/metrics`, `/statusz`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.health import Answer, Finding, Page, Part, Query, parts_page
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.lease.loop import LeaseLoop
from multicasskop.operator.output.report import report_of
from multicasskop.operator.output.tree import list_lines
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder


@dataclass(slots=True)
class Condition:
    """How far the process is; changed by its steps, read by the pages."""

    synced: bool = False
    stopping: bool = False
    lease: LeaseLoop | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """All pages, made of what they show."""

    condition: Condition
    clusters: Clusters
    supervisor: Supervisor
    registry: CollectorRegistry
    clock: Clock
    refresh: Callable[[], None]

    def health(self) -> Mapping[str, Page]:
        """The pages at the health address; `/healthz` is the name that the Go operator's chart asks for."""
        live, ready = parts_page(self.live), parts_page(self.ready)
        return {"/livez": live, "/healthz": live, "/readyz": ready, "/statusz": self.status}

    def metrics(self) -> Mapping[str, Page]:
        """The pages at the metrics address."""
        return {"/metrics": self.exposition}

    def live(self) -> tuple[Part, ...]:
        """Whether this process makes sense still; nothing about clusters."""
        dead = self.supervisor.failure
        return (
            Part("threads", lambda: Finding(dead is None, f"{dead[0]} died" if dead else "")),
            Part("lease", self._election),
        )

    def ready(self) -> tuple[Part, ...]:
        """Whether this process does its work, or would if it led; dark members are shown and fail nothing."""
        members = [Part(f"member {cluster.name}", lambda c=cluster: member(c), True) for cluster in self.clusters]  # type: ignore[misc]
        return (
            Part("not stopping", lambda: Finding(not self.condition.stopping)),
            Part("home synced", lambda: Finding(self.condition.synced)),
            Part("leading", self._leading, informational=True),
            *members,
        )

    def status(self, query: Query) -> Answer:
        """The list of all MultiCasskops, as `status -A -o wide` shows it."""
        if not self.condition.synced:
            return Answer(503, b"home is not synced yet\n")
        stores = [informer.store for informer in self.clusters.home.informers() if informer.resource == MULTICASSKOPS]
        reports = [report_of(record.mutable()) for store in stores for record in store.list()]
        lines = list_lines(sorted(reports, key=lambda r: (r.namespace, r.name)), self.clock.now(), wide=True)
        members = [f"{cluster.name}: {member(cluster).detail}" for cluster in self.clusters]
        return Answer(200, "\n".join((*lines, "", *members, "")).encode())

    def exposition(self, query: Query) -> Answer:
        """All metrics, in the form that the client accepts."""
        self.refresh()
        encode, content_type = choose_encoder(query.accept)
        return Answer(200, encode(self.registry), content_type)

    def _election(self) -> Finding:
        lease = self.condition.lease
        return Finding(lease is None or lease.healthy)

    def _leading(self) -> Finding:
        lease = self.condition.lease
        if lease is None:
            return Finding(True, "no election")
        return Finding(lease.leading, "" if lease.leading else f"{lease.holder or 'nobody'} leads")


def member(cluster: Cluster) -> Finding:
    """Whether a member answers and its stores are complete."""
    reachability = cluster.reachability
    if not reachability.ok:
        return Finding(False, f"{reachability.reason} since {reachability.since:%Y-%m-%dT%H:%M:%SZ}")
    late = [informer for informer in cluster.informers() if not informer.has_synced]
    return Finding(not late, "not synced yet" if late else "synced")
