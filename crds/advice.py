"""Of each error code: how it comes about, and what to do. What the code means stands with the code itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from multicasskop.crds.codes import Code


class Advice(NamedTuple):
    """What a person is told who looks a code up."""

    cause: str
    remedy: str


_INPUT: Final = {
    Code.UNKNOWN_FIELD: Advice(
        "A name is misspelled, or stands in the wrong place, or belongs to another version of the API.",
        "Correct the name; `multicasskop lint FILE` gives line and column, and proposes names that are near.",
    ),
    Code.BAD_VALUE: Advice(
        "A value is not of the type or range that the field takes, or the API server of a member refused it.",
        "Set a value that the message allows; `multicasskop lint FILE` finds it before the cluster does.",
    ),
    Code.MALFORMED: Advice(
        "The file cannot be read, is no YAML, or holds no MultiCasskop.",
        "Mend the file at the line and column of the message.",
    ),
    Code.UNKNOWN_MEMBER: Advice(
        "A key of spec.override, or a word of a command, is the name of no member that the operator knows.",
        "Register it (`multicasskop register --as NAME`, or -r NAME), correct the name, or take the override out.",
    ),
    Code.NO_REGISTERED_MEMBER: Advice(
        "All keys of spec.override are names of members that the operator does not know.",
        "Compare them with `multicasskop members`; names are those of -l, -r and of the Secrets.",
    ),
    Code.FOREIGN_NAMESPACE: Advice(
        "base or an override sets metadata.namespace to another namespace than that of the MultiCasskop.",
        "Take it out, or run the operator with --allow-cross-namespace, if all who may write here may write there.",
    ),
    Code.RESERVED_KEY: Advice(
        "A label or annotation of base or an override has a key by which others find or steer their objects.",
        "Take it out; it is left out in any case.",
    ),
    Code.IGNORED_FIELD: Advice(
        "A field is a trigger that acts once, or is nothing that a MultiCasskop can pass on.",
        "Take it out; to restart use `multicasskop restart`, other triggers are set on the child itself.",
    ),
    Code.OPERATOR_NAMESPACE: Advice(
        "Whoever may write a MultiCasskop there could reach the Secrets of the operator.",
        "Put the MultiCasskop into a namespace of its own.",
    ),
    Code.MISSING_FIELD: Advice(
        "A field without which nothing can be made is missing or empty.",
        "Add it: base is what all members share, override has at least one member.",
    ),
    Code.BAD_FLAG: Advice(
        "A flag or variable is unknown, or its value is not of the kind that it takes.",
        "See `multicasskop VERB --help`; nothing was begun.",
    ),
    Code.BAD_KUBECONFIG: Advice(
        "There is no such file or context, or it holds something that cannot be used.",
        "See `kubectl config get-contexts`; name another one by --kubeconfig or --context.",
    ),
    Code.BAD_CREDENTIALS: Advice(
        "The Secret or file of a member lacks a key, is damaged, or asks for a way to log in that is not accepted.",
        "`multicasskop register --context CONTEXT --as NAME` writes it anew; a mended one is used without a restart.",
    ),
    Code.OLD_CRD: Advice(
        "Helm and old installations leave definitions as they are when a new release comes.",
        "`kubectl replace -f` the definitions of this release (crds/manifests); objects stay.",
    ),
    Code.DUPLICATE_DATACENTER: Advice(
        "Cassandra knows datacenters by name, so two members with one name would be one datacenter.",
        "Give each member's datacenter a name of its own.",
    ),
    Code.DUPLICATE_POD_NAME: Advice(
        "Two members share datacenter, rack and DNS zone, so their pods would have the same name.",
        "Change the name of a datacenter or rack, or the zone of one of them.",
    ),
    Code.NAME_TOO_LONG: Advice(
        "The name of a StatefulSet is made of cluster, datacenter and rack, and labels have 63 characters.",
        "Shorten one of the three names.",
    ),
    Code.BAD_NAME: Advice(
        "The name becomes a part of DNS names and of StatefulSets, which separate their parts by dashes.",
        "Use a-z and 0-9; no dashes in names of datacenters and racks.",
    ),
    Code.RENAME_REFUSED: Advice(
        "A child of another name would be another ring beside the one that is there.",
        "Put the former name back; for a new name delete the MultiCasskop, or make another one.",
    ),
    Code.DUPLICATE_NAME: Advice(
        "A list has the same name twice, and CassKop would take both for one.",
        "Give each datacenter, and each rack of one, a name of its own.",
    ),
}
_ADVICE: Final = {
    Code.SHRINK_REFUSED: Advice(
        "Volumes can grow and never shrink.",
        "Put the former size back; for smaller volumes make a new datacenter and drain the old one.",
    ),
    Code.CLASS_REFUSED: Advice(
        "The class of a volume is fixed when it is made.",
        "Put the former class back; for another one make a new datacenter and drain the old one.",
    ),
    Code.TOPOLOGY_REFUSED: Advice(
        "Racks of a datacenter that is there stay as they are, and so does a datacenter that has nodes.",
        "Put the former racks back; scale a datacenter to zero before it is taken out.",
    ),
    Code.CLAIMS_REFUSED: Advice(
        "Kubernetes does not change the claim templates of a StatefulSet, so nothing of the change was written.",
        "Put them back; to have such volumes, drain the member, delete its child, and let it be made again.",
    ),
    Code.ZERO_NODES_REFUSED: Advice(
        "A keyspace replicates to the datacenter, or Jolokia did not tell whether one does.",
        "ALTER KEYSPACE so that none replicates there; it is tried again by itself.",
    ),
    Code.ONE_RESTART: Advice(
        "CassKop carries all that needs a restart in one, and names it by one of the changes.",
        "Nothing; to have restarts apart, make the changes one after the other.",
    ),
    Code.LEFT_ALONE: Advice(
        "The operator knows the member, and spec.override does not name it.",
        "Nothing; to give it a part of the ring add an override entry with its name.",
    ),
    Code.SECRET_LITERAL: Advice(
        "Whoever may read the object can read the password, and it stands in Git and in histories.",
        "Take it from a Secret (valueFrom), and change the password.",
    ),
    Code.SEED_OUTSIDE: Advice(
        "The name of a seed is that of no pod which the given topologies make.",
        "Correct it, or ignore the warning where the seed belongs to nodes that are run elsewhere.",
    ),
    Code.NO_SEED_DOMAIN: Advice(
        "Pods of the member have no names that other clusters can resolve.",
        "Set spec.seeds.domain, the annotation of external-dns in the override, or a seed list of your own.",
    ),
    Code.SEEDS_OVERWRITTEN: Advice(
        "Another program, such as the Go operator, writes the seed list of the same child.",
        "Find it by `kubectl get cassc NAME --show-managed-fields -o yaml`, and stop it.",
    ),
}
_MEMBERS: Final = {
    Code.UNREACHABLE: Advice(
        "The member's API server does not answer, or not at the address that was registered.",
        "Check route, firewall, name and the server itself (`multicasskop doctor`); it is caught up by itself.",
    ),
    Code.TLS_FAILED: Advice(
        "The server shows a certificate that the registered CA does not vouch for; no token was sent.",
        "`multicasskop register --context CONTEXT --as NAME` with the right --server or --ca-file.",
    ),
    Code.UNAUTHORIZED: Advice(
        "The token or certificate has ended, was revoked, or its account was deleted.",
        "`multicasskop register --context CONTEXT --as NAME --new-token`, or give it a new kubeconfig.",
    ),
    Code.IDENTITY_CHANGED: Advice(
        "The cluster at the address has another id than when it was registered, or does not tell it any more.",
        "If the cluster was made anew, accept it by the command of the event; else correct the address.",
    ),
    Code.CREDENTIAL_EXPIRING: Advice(
        "The operator may not renew the token, or something else than `multicasskop register` wrote it.",
        "Renew it where it comes from, or `multicasskop register --context CONTEXT --as NAME --new-token`.",
    ),
    Code.FORBIDDEN: Advice(
        "The Role of the account in that cluster lacks what the message names.",
        "`multicasskop register --context CONTEXT --as NAME -n NAMESPACE --rbac-only`; at home, the chart's Role.",
    ),
    Code.KIND_NOT_SERVED: Advice(
        "CassKop, or the definition of its CassandraCluster, is not installed in the member.",
        "Install CassKop there with the definitions of this release; the operator goes on by itself.",
    ),
    Code.QUOTA_EXCEEDED: Advice(
        "A ResourceQuota of the namespace counts objects, and there are as many as it allows.",
        "Raise the quota, or make room; it is tried again by itself.",
    ),
    Code.NAMESPACE_GONE: Advice(
        "Nobody made the namespace in the member, or somebody deletes it.",
        "Create it there (`kubectl create namespace NAME`), once an old one is gone.",
    ),
    Code.TOO_LARGE: Advice(
        "base and override together make an object that etcd does not take.",
        "Make config or annotations of base or the override smaller.",
    ),
    Code.MEMBER_IN_USE: Advice(
        "An override of a MultiCasskop names the member; its child would be left to itself.",
        "Take the override out first, or say --yes.",
    ),
    Code.NOT_REGISTERED: Advice(
        "There is no Secret of a member of this name in that namespace.",
        "See `multicasskop members -n NAMESPACE`, and name the operator's namespace by --home-namespace.",
    ),
    Code.NOT_OURS: Advice(
        "Another registration, or a person, made the object, so it is left as it is.",
        "Take another name (--account, --as), or delete the object by kubectl.",
    ),
    Code.SAME_CLUSTER: Advice(
        "Two names lead to one and the same cluster.",
        "Name the contexts of both clusters; unregister a name that is too many.",
    ),
    Code.HOME_MAY_LIVE: Advice(
        "The owner mark names a MultiCasskop of another home, and two homes must not look after one ring.",
        "Stop the other home for good, then `multicasskop move-home --lost ID`.",
    ),
    Code.SEED_UNRESOLVED: Advice(
        "external-dns has made no record yet, or the operator's DNS does not know the zone.",
        "Look at external-dns in that member, and at the zone; it is looked up again by itself.",
    ),
    Code.SEED_SILENT: Advice(
        "The node is not up, or a firewall or network policy keeps clusters apart.",
        "See whether the node runs, and open the port between the pod networks.",
    ),
}
_ROLLOUT: Final = {
    Code.CONFLICT: Advice(
        "A CassandraCluster of that name is there, without our mark or with that of another MultiCasskop.",
        "See the difference by `multicasskop plan NAME --live`; `multicasskop adopt NAME MEMBER` takes it over.",
    ),
    Code.REFUSED: Advice(
        "After the write the field had its former value again: CassKop refused it, or another program writes it.",
        "Change what is wanted to what CassKop takes, or stop the other program.",
    ),
    Code.DEADLINE: Advice(
        "A node does not become ready, an image cannot be pulled, or the change takes longer than the deadline.",
        "Repair the member, then `multicasskop resume NAME`; or change what is wanted, which lifts the halt.",
    ),
    Code.DELETION_BLOCKED: Advice(
        "The member is dark, or lets nothing be deleted, so nobody knows whether the child is gone.",
        "Wait for the member, or `multicasskop release NAME MEMBER`: the child goes on record as orphan.",
    ),
    Code.SEEDS_LATE: Advice(
        "The pods began with seeds of their own, so the new datacenter may be a ring of its own.",
        "Look by `nodetool status`: in the ring, `multicasskop resume NAME`; else delete that child and its claims.",
    ),
    Code.ORPHANED: Advice(
        "The MultiCasskop was deleted while the member was dark, and the child was let go.",
        "Nothing if the member comes back: the child is deleted then; else take the record out.",
    ),
    Code.VANISHED: Advice(
        "Somebody deleted the CassandraCluster in the member.",
        "Find out who; the operator makes it again when its turn comes.",
    ),
}
_MIGRATION: Final = {
    Code.ZERO_VALUE_COUNTS: Advice(
        "The Go operator merged so that false, 0 and empty values of an override never counted.",
        "Take it out of the override, if base is meant; see docs/how-to/migrate.md.",
    ),
    Code.CONFIG_MERGES: Advice(
        "config of base and override is merged by key here.",
        "Set keys of base that are not meant for the member to null in its override.",
    ),
    Code.CASCADE_MISSING: Advice(
        "The field has no value in the manifest.",
        "Set deleteCassandraCluster to what is meant: true deletes the children with the object.",
    ),
    Code.SEEDS_UNDELIVERED: Advice(
        "The Go operator did not bring a seed list to children that have a status sub-resource.",
        "Nothing; to give all of them the ring's list, which restarts pods, set spec.seeds.onChange: Roll.",
    ),
    Code.GO_STILL_RUNS: Advice(
        "Its Deployment has replicas, or it wrote to a child a moment ago.",
        "Scale it to 0, then `multicasskop migrate` again; if it is at 0, find the other one.",
    ),
    Code.CHILD_DIFFERS: Advice(
        "Somebody edited the child, or the two operators merge the manifest in different ways.",
        "Mend the override until `multicasskop migrate --dry-run` is clean, or say --accept-changes.",
    ),
    Code.CHILD_MISSING: Advice(
        "The Go operator makes members one after the other, and was stopped before this one.",
        "With --accept-changes the operator creates it.",
    ),
    Code.TRIGGER_IN_SPEC: Advice(
        "unlockNextOperation, rollingRestart and the like act once, and stand in base or override for ever.",
        "Take it out; to restart use `multicasskop restart`, other triggers are set on the child itself.",
    ),
}
ADVICE: Final[Mapping[Code, Advice]] = MappingProxyType(_INPUT | _ADVICE | _MEMBERS | _ROLLOUT | _MIGRATION)
