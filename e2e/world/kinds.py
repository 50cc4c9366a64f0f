"""The kinds of object that the world speaks of."""

from dataclasses import dataclass

from multicasskop.crds.names import GROUP


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind as the API server's paths spell it; `group` is empty for the core."""

    group: str
    version: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As objects of the kind carry it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The path of the collection, of one object, or of its sub-resource."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return root + scope + "".join(f"/{part}" for part in (self.plural, name, subresource) if part)


MULTICASSKOPS = Kind(GROUP, "v2", "multicasskops")
CASSANDRACLUSTERS = Kind(GROUP, "v2", "cassandraclusters")
STATEFULSETS = Kind("apps", "v1", "statefulsets")
PODS = Kind("", "v1", "pods")
SERVICES = Kind("", "v1", "services")
CLAIMS = Kind("", "v1", "persistentvolumeclaims")
BUDGETS = Kind("policy", "v1", "poddisruptionbudgets")
EVENTS = Kind("events.k8s.io", "v1", "events")
LEASES = Kind("coordination.k8s.io", "v1", "leases")
DEPLOYMENTS = Kind("apps", "v1", "deployments")
NODES = Kind("", "v1", "nodes", namespaced=False)
CONFIGMAPS = Kind("", "v1", "configmaps")
SECRETS = Kind("", "v1", "secrets")
NAMESPACES = Kind("", "v1", "namespaces", namespaced=False)
SERVICE_ACCOUNTS = Kind("", "v1", "serviceaccounts")
ROLES = Kind("rbac.authorization.k8s.io", "v1", "roles")
ROLE_BINDINGS = Kind("rbac.authorization.k8s.io", "v1", "rolebindings")
CLUSTER_ROLES = Kind("rbac.authorization.k8s.io", "v1", "clusterroles", namespaced=False)
CLUSTER_ROLE_BINDINGS = Kind("rbac.authorization.k8s.io", "v1", "clusterrolebindings", namespaced=False)
STORAGE_CLASSES = Kind("storage.k8s.io", "v1", "storageclasses", namespaced=False)
DEFINITIONS = Kind("apiextensions.k8s.io", "v1", "customresourcedefinitions", namespaced=False)
