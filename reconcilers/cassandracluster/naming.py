"""The names and labels of everything that belongs to a CassandraCluster; those of the Go CassKop, to the letter.

Labels of the CassandraCluster itself are copied onto what belongs to it, but nothing is ever selected by them: people
may change them at any time.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from multicasskop.crds.base import Json, ObjectMeta
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, GROUP, api_version

APP: Final = "cassandracluster"
RACK_LABEL: Final = "dc-rack"
DATACENTER_NAME_LABEL: Final = f"cassandraclusters.{GROUP}.dc"
RACK_NAME_LABEL: Final = f"cassandraclusters.{GROUP}.rack"
RESTART_LABEL: Final = "rolling-restart"
_ID: Final = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?", re.ASCII)


class Rack(NamedTuple):
    """A rack by the names of its datacenter and its own."""

    datacenter: str
    name: str

    @property
    def id(self) -> str:
        """Datacenter and rack, joined by a dash; the key of its status."""
        return f"{self.datacenter}-{self.name}"

    @property
    def valid(self) -> bool:
        """Whether Kubernetes takes the id as a part of names."""
        return _ID.fullmatch(self.id) is not None


def statefulset_name(cluster: str, rack: Rack) -> str:
    """The name of a rack's StatefulSet."""
    return f"{cluster}-{rack.id}"


def pod_name(cluster: str, rack: Rack, ordinal: int) -> str:
    """The name of one of a rack's pods."""
    return f"{statefulset_name(cluster, rack)}-{ordinal}"


def claim_name(volume: str, cluster: str, rack: Rack, ordinal: int) -> str:
    """The name of a pod's PersistentVolumeClaim for a volume, such as `data`."""
    return f"{volume}-{pod_name(cluster, rack, ordinal)}"


def selector(name: str) -> dict[str, str]:
    """The labels by which all pods, claims, services and sets of a cluster are found, whatever else they carry."""
    return {"app": APP, "cassandracluster": name}


def rack_selector(name: str, rack: Rack) -> dict[str, str]:
    """The labels by which the pods and claims of a rack are found."""
    return {**selector(name), RACK_LABEL: rack.id}


def cluster_labels(meta: ObjectMeta) -> dict[str, str]:
    """The labels of what belongs to a cluster: those of the CassandraCluster, and over them those it is found by."""
    return {**meta.labels, **selector(meta.name)}


def rack_labels(meta: ObjectMeta, rack: Rack) -> dict[str, str]:
    """The labels of what belongs to a rack. The pods read their datacenter and rack from them."""
    own = {RACK_LABEL: rack.id, DATACENTER_NAME_LABEL: rack.datacenter, RACK_NAME_LABEL: rack.name}
    return {**cluster_labels(meta), **own}


def owner_reference(cluster: CassandraCluster) -> Json:
    """The reference from what belongs to a cluster to the cluster, so that it goes with it.

    As in Go without `blockOwnerDeletion`, which would need the right to change finalizers.
    """
    return {
        "apiVersion": api_version(),
        "kind": CASSANDRACLUSTER_KIND,
        "name": cluster.metadata.name,
        "uid": cluster.metadata.uid,
        "controller": True,
    }


def head(cluster: CassandraCluster, name: str, labels: Mapping[str, str]) -> Json:
    """The metadata of something that belongs to a cluster."""
    return {
        "name": name,
        "namespace": cluster.metadata.namespace,
        "labels": dict(labels),
        "ownerReferences": [owner_reference(cluster)],
    }
