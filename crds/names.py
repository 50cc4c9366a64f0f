"""The names users meet: group, versions, plurals, annotations, labels, finalizers and field managers.

Names of the Go operators (finalizers, `last-applied-configuration`) are kept to the letter, so that objects move over.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GROUP: Final = "db.orange.com"
STORAGE_VERSION: Final = "v2"

MULTICASSKOP_KIND: Final = "MultiCasskop"
MULTICASSKOP_PLURAL: Final = "multicasskops"
MULTICASSKOP_VERSIONS: Final = ("v2", "v1", "v1alpha1")

CASSANDRACLUSTER_KIND: Final = "CassandraCluster"
CASSANDRACLUSTER_PLURAL: Final = "cassandraclusters"
CASSANDRACLUSTER_VERSIONS: Final = ("v2", "v1", "v1alpha1")
# the version without /status: a create through it carries status.seedlist and is stored whole
CASSANDRACLUSTER_WHOLE_VERSION: Final = "v1alpha1"

CATEGORY: Final = "cassandra"

FINALIZER: Final = "kubernetes.io/multi-casskop"
PVC_FINALIZER: Final = "kubernetes.io/pvc-to-delete"

FIELD_MANAGER: Final = "multicasskop"
CASSKOP_FIELD_MANAGER: Final = "casskop"
GO_FIELD_MANAGER: Final = "multi-casskop"
# of the command that registers a member: what it wrote is the operator's to renew
REGISTER_FIELD_MANAGER: Final = "multicasskop-register"

OWN_PREFIX: Final = "multicasskop.db.orange.com/"
# on the child
OWNER: Final = OWN_PREFIX + "owner"
FIELDS: Final = OWN_PREFIX + "fields"
RESTART: Final = OWN_PREFIX + "restart"
SEEDLIST: Final = OWN_PREFIX + "seedlist"
TRACEPARENT: Final = OWN_PREFIX + "traceparent"
# on the MultiCasskop, set by people
ADOPT: Final = OWN_PREFIX + "adopt"
APPROVE: Final = OWN_PREFIX + "approve"
RESUME: Final = OWN_PREFIX + "resume"
RELEASE: Final = OWN_PREFIX + "release"
BY: Final = OWN_PREFIX + "by"
LINT_IGNORE: Final = OWN_PREFIX + "lint-ignore"
# in the operator's namespace: children left behind in members that could not be reached
ORPHANS: Final = "multicasskop-orphans"
# on a Secret in the operator's namespace: the label that registers a member, and its value
CLUSTER: Final = OWN_PREFIX + "cluster"
CLUSTER_VALUE: Final = "true"
# there too: the member's name, where it is not the Secret's; and the UID of kube-system by which the member is known,
# which whoever registers a member may write, and which the operator never trusts another cluster against
MEMBER: Final = OWN_PREFIX + "member"
IDENTITY: Final = OWN_PREFIX + "identity"
# on all that `register` makes: which registration it belongs to; on the Secret also which account, and where it works
REGISTRATION: Final = OWN_PREFIX + "registration"
ACCOUNT: Final = OWN_PREFIX + "account"
NAMESPACES: Final = OWN_PREFIX + "namespaces"

LAST_APPLIED: Final = "cassandraclusters.db.orange.com/last-applied-configuration"
DISABLE_FIRST_POD_PER_RACK: Final = "cassandraclusters.db.orange.com/disable-first-pod-per-rack-init-flow"
EXTERNAL_DNS: Final = "external-dns.alpha.kubernetes.io/hostname"

# the StatefulSet controller labels pods with `<set>-<10 characters>`, and a label's value has at most 63
STATEFULSET_NAME_MAX: Final = 52

# Labels and annotations with these domains are the business of Kubernetes, of kubectl, of CassKop or of this operator.
# `app.kubernetes.io/` and the like stay free: they are meant for users.
RESERVED_PREFIXES: Final = (
    "kubernetes.io/",
    "k8s.io/",
    "kubectl.kubernetes.io/",
    "statefulset.kubernetes.io/",
    "banzaicloud.com/",
    "db.orange.com/",
    "cassandraclusters.db.orange.com/",
    "cassandrabackups.db.orange.com/",
    OWN_PREFIX,
)
# Keys without a domain that CassKop writes, or selects its pods by. CassandraCluster's labels go into immutable
# selectors, so a user's value here would cut the operator off from its own pods.
RESERVED_KEYS: Final = frozenset(
    {
        "app",
        "cassandracluster",
        "dc-rack",
        "cassandraclusters.db.orange.com.dc",
        "cassandraclusters.db.orange.com.rack",
        "k8s-app",
        "operation-name",
        "operation-status",
        "operation-argument",
        "operation-start",
        "operation-end",
        "rolling-restart",
    }
)

PLURALS: Final[Mapping[str, str]] = MappingProxyType(
    {MULTICASSKOP_KIND: MULTICASSKOP_PLURAL, CASSANDRACLUSTER_KIND: CASSANDRACLUSTER_PLURAL}
)


def api_version(version: str = STORAGE_VERSION) -> str:
    """`db.orange.com/<version>`, as it stands in `apiVersion`."""
    return f"{GROUP}/{version}"


def crd_name(plural: str) -> str:
    """The name of the CustomResourceDefinition object of `plural`."""
    return f"{plural}.{GROUP}"


def is_reserved(key: str) -> bool:
    """Whether a label or annotation called `key` may not be set through a base or an override.

    Of CassKop's own only its one switch for users is free.
    """
    return key != DISABLE_FIRST_POD_PER_RACK and (key in RESERVED_KEYS or key.startswith(RESERVED_PREFIXES))
