"""Read what a plan needs: from home, and from other members by the user's own contexts. Nothing is written."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import CredentialsError, InformerError, is_forbidden, is_kind_not_served, one_line
from multicasskop.informers.recognition import IDENTITY_NAMESPACE, NAMESPACES
from multicasskop.operator.home import Home, Where, find
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.planning.sight import Look
from multicasskop.reconcilers.multicasskop.delivery import Discovery
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS

SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class Reached:
    """The clusters that the user can ask, by the names of members; made when they are first asked for."""

    home: Home
    clusters: dict[str, Cluster] = field(default_factory=dict)

    def use(self, member: str, context: str) -> None:
        """Ask a member by a context of the user's kubeconfig; raises CredentialsError."""
        where = Where(self.home.where.kubeconfig, context)
        self.clusters[member] = Cluster(
            member,
            find(where, self.home.environment),
            clock=self.home.clock,
            random=Random(),  # noqa: S311 - spreads load, keeps no secret
            guard=None,
            supervisor=self.home.supervisor,
        )

    def close(self) -> None:
        """End what was begun; home is not ours to close."""
        for cluster in self.clusters.values():
            if cluster is not self.home.cluster:
                cluster.disengage()


def look_at(members: Reached, names: Mapping[str, str], namespaces: Mapping[str, str]) -> dict[str, Look]:
    """Each member's children in the namespace that is wanted there; `names` are contexts by member, empty for home."""
    discovery = Discovery(members.home.clock)

    def look(name: str) -> Look:
        """What one member has, or why it could not be asked; raises nothing of that."""
        try:
            if names[name]:
                members.use(name, names[name])
            cluster = members.clusters[name]
            return _children(cluster, namespaces[name], discovery, members.home.deadline)
        except CredentialsError as error:
            return Look(failure=one_line(f"{error.where}: {error.problem}", SHOWN))
        except InformerError as error:
            return Look(failure=one_line(str(error), SHOWN))

    with ThreadPoolExecutor(max(1, len(names)), thread_name_prefix="plan") as pool:
        return dict(zip(names, pool.map(look, names), strict=True))


def children_in(cluster: Cluster, namespace: str, deadline: Deadline) -> tuple[Json, ...]:
    """The CassandraClusters of a namespace; raises what the client raises."""
    found = cluster.client.list(CASSANDRACLUSTERS, namespace, deadline=deadline)["items"]
    head = {"apiVersion": CASSANDRACLUSTERS.api_version, "kind": CASSANDRACLUSTERS.kind}
    return tuple(head | item for item in found)


def _children(cluster: Cluster, namespace: str, discovery: Discovery, deadline: Deadline) -> Look:
    items = children_in(cluster, namespace, deadline)
    return Look(items, discovery.takes_status(cluster.client, deadline))


def others(home: Home, namespace: str) -> tuple[tuple[Json, ...], bool]:
    """All MultiCasskops of home, and whether these are all; where only one namespace may be read, those of it."""
    for place in dict.fromkeys(("", namespace)):
        try:
            found = home.cluster.client.list(MULTICASSKOPS, place, deadline=home.deadline)
        except InformerError as error:
            if is_forbidden(error):
                continue
            raise home.failed(error) from error
        return tuple(found["items"]), place == ""
    return (), False


def identity(home: Home) -> str:
    """The home id as the operator writes it into marks; empty where that may not be read."""
    try:
        found = home.cluster.client.get(NAMESPACES, "", IDENTITY_NAMESPACE, deadline=home.deadline)
    except InformerError as error:
        if is_forbidden(error):
            return ""
        raise home.failed(error) from error
    return str(found["metadata"]["uid"])


def uids_in_home(home: Home, namespaces: Iterable[str]) -> tuple[str, ...]:
    """The UIDs of home's CassandraClusters in some namespaces; none where they may not be read."""
    found: list[str] = []
    for namespace in namespaces:
        try:
            items = children_in(home.cluster, namespace, home.deadline)
        except InformerError as error:
            if not (is_forbidden(error) or is_kind_not_served(error)):
                raise home.failed(error) from error
        else:
            found += [item["metadata"]["uid"] for item in items]
    return tuple(found)
