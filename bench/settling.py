"""CassKop's last word on a child, written by hand: a benchmark decides itself when a child is Running and Done."""

from datetime import UTC, datetime

from multicasskop.world.api import Api, Json
from multicasskop.world.kinds import CASSANDRACLUSTERS
from multicasskop.world.scenario import DOMAIN
from multicasskop.world.simulators.actions import Action
from multicasskop.world.simulators.status import settled, timestamp
from multicasskop.world.simulators.topology import Rack, racks


def settle(api: Api, namespace: str, name: str, child: Json | None = None) -> None:
    """Let the child be Running and Done, with one seed per rack unless it has some; `child` saves a look."""
    child = child or api.get(CASSANDRACLUSTERS, namespace, name)
    described = racks(child["spec"])
    known = (child.get("status") or {}).get("seedlist") or seeds(name, described)
    status = settled(described, Action.INITIALIZING, known, timestamp(datetime.now(UTC)))
    # by which a CassKop says for which spec it speaks
    status |= {"observedGeneration": generation} if (generation := child["metadata"].get("generation")) else {}
    api.patch(CASSANDRACLUSTERS, namespace, name, {"status": status}, subresource="status")


def seeds(name: str, described: list[Rack]) -> list[str]:
    """One seed per rack."""
    return [f"{name}-{rack.id}-0.{DOMAIN}" for rack in described]
