"""Datacenters and racks of a CassandraCluster, and what they share with its spec: resources and capacity."""

from typing import Annotated, Final

from multicasskop.crds.base import QUANTITY_SCHEMA, Count, Flag, FreeForm, FrozenMap, Json, Model, Quantity, Word
from multicasskop.crds.quantity import QuantityError, parse_quantity
from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

DATACENTERS_MAX: Final = 64
RACKS_MAX: Final = 256
LABELS_MAX: Final = 256
_CAPACITY_SCHEMA: Final[Json] = {"type": "string", "pattern": QUANTITY_SCHEMA["pattern"], "maxLength": 64}


def _check_capacity(value: str) -> str:
    try:
        parse_quantity(value)
    except QuantityError as error:
        raise PydanticCustomError("capacity", "a quantity such as 10Gi, or no such field") from error
    return value


# CassKop joins datacenter and rack by a dash and splits them again
UndashedName = Annotated[str, Field(min_length=1, max_length=63, pattern="^[^-]+$")]
Capacity = Annotated[str, AfterValidator(_check_capacity), WithJsonSchema(_CAPACITY_SCHEMA)]
Labels = Annotated[FrozenMap[Annotated[str, Field(max_length=63)]], Field(max_length=LABELS_MAX)]
Quantities = Annotated[FrozenMap[Quantity], Field(max_length=64)]


class Resources(Model):
    """Compute resources of a container."""

    limits: Quantities | None = None
    """The most it may use."""
    requests: Quantities | None = None
    """What is reserved for it."""
    claims: Annotated[tuple[FreeForm, ...], Field(max_length=64)] | None = None
    """Names of dynamic resource claims of the pod."""


class Rack(Model):
    """A rack: one StatefulSet."""

    name: UndashedName
    """Name of the rack, without a dash."""
    labels: Labels | None = None
    """Labels of the Kubernetes nodes that take its pods, over those of the datacenter."""
    config: FreeForm | None = None
    """Cassandra's configuration for this rack, merged over that of the datacenter."""
    rolling_restart: Flag | None = None
    """Trigger: true restarts the rack. CassKop sets it back."""
    rolling_partition: Count | None = None
    """Pods from this ordinal on are updated; more than 0 holds back the racks after this one."""


class Datacenter(Model):
    """A datacenter of the ring."""

    name: UndashedName
    """Name of the datacenter, without a dash."""
    labels: Labels | None = None
    """Labels of the Kubernetes nodes that take its pods."""
    config: FreeForm | None = None
    """Cassandra's configuration for this datacenter, merged over that of the cluster."""
    nodes_per_racks: Count | None = None
    """Pods in each of its racks; by default as for the cluster."""
    data_capacity: Capacity | None = None
    """Size of each data volume; by default as for the cluster."""
    data_storage_class: Word | None = None
    """Storage class of its data volumes."""
    resources: Resources | None = None
    """Compute resources of its Cassandra containers."""
    rack: Annotated[tuple[Rack, ...], Field(max_length=RACKS_MAX)] | None = None
    """Its racks."""


class Topology(Model):
    """Where the nodes are."""

    dc: Annotated[tuple[Datacenter, ...], Field(max_length=DATACENTERS_MAX)] | None = None
    """The datacenters."""
