"""The error codes: 1xx input, 2xx advice and refusals, 3xx members and rights, 4xx rollout and deletion, 5xx migration.

A code is API: it is never reused and its meaning never changes. Each has a page in the documentation.
"""

from enum import StrEnum


class Code(StrEnum):
    """One error code; its value is the text shown to users, `meaning` says in one line what it stands for."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> "Code":
        """Make a member out of `value` and its `meaning`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    UNKNOWN_FIELD = "MCK101", "a field that the API does not know"
    BAD_VALUE = "MCK102", "a value of the wrong type, format or range"
    MALFORMED = "MCK103", "a file or object that cannot be read at all"
    UNKNOWN_MEMBER = "MCK104", "an override names a member that is not registered"
    NO_REGISTERED_MEMBER = "MCK105", "no override names a registered member"
    FOREIGN_NAMESPACE = "MCK106", "a child would stand in another namespace than its MultiCasskop"
    RESERVED_KEY = "MCK107", "a label or annotation that belongs to Kubernetes, CassKop or this operator"
    IGNORED_FIELD = "MCK108", "a field that is taken out or has no effect here"
    OPERATOR_NAMESPACE = "MCK109", "a MultiCasskop in the operator's own namespace, where none is accepted"
    MISSING_FIELD = "MCK110", "a field that is needed is missing"
    BAD_FLAG = "MCK111", "a flag or environment variable with an unusable value"
    BAD_KUBECONFIG = "MCK112", "a kubeconfig or one of its contexts is missing or unreadable"
    BAD_CREDENTIALS = "MCK113", "the credentials of a member are missing, unreadable or of a refused shape"
    OLD_CRD = "MCK114", "the installed CustomResourceDefinition is not the one of this release"
    DUPLICATE_DATACENTER = "MCK121", "datacenters of two members have the same name"
    DUPLICATE_POD_NAME = "MCK122", "two members would make pods of the same DNS name"
    NAME_TOO_LONG = "MCK123", "a StatefulSet's name would leave no room for the revision label of its pods"
    BAD_NAME = "MCK124", "a name that is no DNS name, or a datacenter or rack name with a dash"
    RENAME_REFUSED = "MCK125", "the child's name was changed while children of the old name exist"
    DUPLICATE_NAME = "MCK126", "two datacenters of one child, or two racks of one datacenter, have the same name"

    SHRINK_REFUSED = "MCK201", "volumes would shrink, which CassKop refuses"
    CLASS_REFUSED = "MCK202", "the class of volumes that are there would change, which CassKop refuses"
    TOPOLOGY_REFUSED = "MCK203", "racks would change, or datacenters go, in a way that CassKop refuses"
    CLAIMS_REFUSED = "MCK204", "volume claims of a StatefulSet that is there would change, which Kubernetes refuses"
    ZERO_NODES_REFUSED = "MCK206", "a datacenter would go to zero nodes while keyspaces replicate to it"
    ONE_RESTART = "MCK212", "several changes are carried by one restart"
    LEFT_ALONE = "MCK215", "a registered member has no override and is left alone"
    SECRET_LITERAL = "MCK216", "what looks like a password stands in the manifest itself"
    SEED_OUTSIDE = "MCK231", "a seed is outside every topology that is given"
    NO_SEED_DOMAIN = "MCK232", "a member has no DNS zone to make seed names from"
    SEEDS_OVERWRITTEN = "MCK233", "something else keeps changing the seed list of a child"

    UNREACHABLE = "MCK301", "a member cannot be reached"
    TLS_FAILED = "MCK302", "the certificate of a member does not fit its registration"
    UNAUTHORIZED = "MCK303", "a member refuses the credentials"
    IDENTITY_CHANGED = "MCK304", "a member's address now leads to another cluster"
    CREDENTIAL_EXPIRING = "MCK305", "the credentials of a member expire soon and are not renewed"
    FORBIDDEN = "MCK311", "the operator lacks a right in a member"
    KIND_NOT_SERVED = "MCK312", "a member does not serve CassandraCluster in the version needed"
    QUOTA_EXCEEDED = "MCK313", "an object quota of a member is used up"
    NAMESPACE_GONE = "MCK314", "the namespace is missing or terminating in a member"
    TOO_LARGE = "MCK315", "an object is too large for the API server"
    MEMBER_IN_USE = "MCK321", "a member that is to be taken out is still named by a MultiCasskop"
    NOT_REGISTERED = "MCK322", "no member of this name is registered"
    NOT_OURS = "MCK323", "an object of that name was not made by this registration"
    SAME_CLUSTER = "MCK324", "a cluster would be registered as a member of itself"
    HOME_MAY_LIVE = "MCK331", "a child's owner lives, or may live, in another home"
    SEED_UNRESOLVED = "MCK341", "a seed's name does not resolve"
    SEED_SILENT = "MCK342", "a seed takes no connection on the port by which CassKop's start script looks for it"

    CONFLICT = "MCK401", "the child belongs to somebody else"
    REFUSED = "MCK402", "CassKop, or somebody else, put a written field back"
    DEADLINE = "MCK403", "a member did not become Running and Done within the progress deadline"
    DELETION_BLOCKED = "MCK404", "a child cannot be deleted, or cannot be seen to be gone"
    SEEDS_LATE = "MCK405", "the seed list reached a child after its pods were generated"
    ORPHANED = "MCK406", "a child was left behind in a dark member and recorded as orphan"
    VANISHED = "MCK407", "a child was deleted by somebody else while its parent lives"

    ZERO_VALUE_COUNTS = "MCK501", "a false, 0 or empty value in an override counts now, which the Go operator ignored"
    CONFIG_MERGES = (
        "MCK502",
        "config of an override is laid over that of base; the Go operator replaced it whole",
    )
    CASCADE_MISSING = (
        "MCK503",
        "no deleteCassandraCluster: the Go operator crashes on it, here it means false",
    )
    SEEDS_UNDELIVERED = (
        "MCK504",
        "children of the Go operator have other seeds than the ring: they keep them, or would be given its own",
    )
    GO_STILL_RUNS = "MCK505", "the Go operator still runs, and would write to the same children"
    CHILD_DIFFERS = "MCK506", "a child of the Go operator differs from what would be wanted of it now"
    CHILD_MISSING = "MCK507", "a member that the Go operator has not come to yet has no child"
    TRIGGER_IN_SPEC = (
        "MCK508",
        "a trigger in base or override, set again and again by the Go operator, is left out now",
    )
