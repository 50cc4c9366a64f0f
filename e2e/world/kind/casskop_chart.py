"""CassKop itself as its users run it: installed by its chart in every member, as a pod."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from multicasskop.world.charts import CHARTS, Release, Values
from multicasskop.world.kind import images
from multicasskop.world.kind.world import KindWorld

NAME = "casskop"
CHART = CHARTS / NAME


@contextmanager
def casskops(world: KindWorld, namespace: str, helm: str, values: Values) -> Iterator[None]:
    """Lend a CassKop in each member, ready, which looks after a namespace; the operator's image is in all nodes."""
    found = {member: release(world, namespace, helm, member) for member in world.members}
    try:
        with ThreadPoolExecutor(len(found), NAME) as side_by_side:
            list(side_by_side.map(lambda each: install(each, values), found.values()))
        yield
    finally:
        for each in found.values():
            each.uninstall("--ignore-not-found")


def release(world: KindWorld, namespace: str, helm: str, member: str) -> Release:
    """The chart's release in a member."""
    return Release(helm, world.kubeconfig, member, namespace, name=NAME, chart=CHART)


def install(found: Release, values: Values) -> None:
    """Install it under the name that MultiCassKop has for the member; return when it is ready."""
    repository, _, tag = images.operator_image().rpartition(":")
    # its definitions are the world's already: another release of the same cluster must not own them
    common = {"image": {"repository": repository, "tag": tag}, "crds": {"install": False}}
    found.install({**common, "clusterName": found.context, **values}, "--wait", "--timeout=3m")
