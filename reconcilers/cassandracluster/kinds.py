"""The kinds that CassKop reads and writes, as the API server calls them."""

from typing import Final

from multicasskop.crds.names import CASSANDRACLUSTER_KIND, CASSANDRACLUSTER_PLURAL, GROUP, STORAGE_VERSION
from multicasskop.informers.resource import Resource

CASSANDRACLUSTERS: Final = Resource(GROUP, STORAGE_VERSION, CASSANDRACLUSTER_PLURAL, CASSANDRACLUSTER_KIND)
STATEFULSETS: Final = Resource("apps", "v1", "statefulsets", "StatefulSet")
PODS: Final = Resource("", "v1", "pods", "Pod")
SERVICES: Final = Resource("", "v1", "services", "Service")
CLAIMS: Final = Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
BUDGETS: Final = Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")
CONFIGMAPS: Final = Resource("", "v1", "configmaps", "ConfigMap")
SECRETS: Final = Resource("", "v1", "secrets", "Secret")
SERVICE_ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount")
STORAGE_CLASSES: Final = Resource("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)

OWNED: Final = (STATEFULSETS, SERVICES, BUDGETS)
"""Kinds whose objects carry an owner reference to their CassandraCluster."""

LABELLED: Final = (PODS, CLAIMS)
"""Kinds whose objects belong to a CassandraCluster by the label with its name."""
