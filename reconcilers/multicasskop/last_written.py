"""A child that cannot be asked, as it was last written: by what the home cluster alone knows of it.

The status says under which hash each member has what was wanted, and the stored spec says what has that hash.
"""

from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.multicasskop import MemberState
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, FIELDS, OWNER, SEEDLIST, api_version
from multicasskop.reconcilers.multicasskop.desire import Desired
from multicasskop.reconcilers.multicasskop.drift import fields_of
from multicasskop.reconcilers.multicasskop.facts import DONE, RUNNING, Parent, Told, texts
from multicasskop.reconcilers.multicasskop.history import SUCCEEDED, records
from multicasskop.reconcilers.multicasskop.ownership import Origin, mark_of
from multicasskop.reconcilers.multicasskop.seeds import write_list
from multicasskop.reconcilers.multicasskop.validate import Verdict
from multicasskop.reconcilers.patch import print_paths

_HAS_IT: Final = frozenset({MemberState.READY, MemberState.SOAKING, MemberState.PROGRESSING})


def last_written(parent: Parent, stored: Verdict, member: str, home_id: str) -> Json | None:
    """The child of a member as it was last written; None where home does not know.

    `parent` and `stored` are the object as home has it, and the verdict on it. A member that is dark has what is wanted
    only if this generation's rollout has ended.
    """
    told = parent.told(member)
    desired = stored.wish.children.get(member) if stored.wish is not None else None
    if desired is None or not told.uid or told.hash != desired.hash or not _has_it(parent, told):
        return None
    return _object(parent, desired, told, home_id)


def _has_it(parent: Parent, told: Told) -> bool:
    ended = {record.get("generation") for record in records(parent.status) if record.get("result") == SUCCEEDED}
    return told.state in _HAS_IT or (told.state == MemberState.DARK and parent.meta.generation in ended)


def _object(parent: Parent, desired: Desired, told: Told, home_id: str) -> Json:
    seeds = texts(parent.status.get("seedlist"))
    marks = {
        OWNER: mark_of(parent.meta, home_id, Origin.CREATED).text(),
        FIELDS: print_paths(fields_of(desired)),
        SEEDLIST: write_list(seeds),
    }
    metadata = {
        "name": desired.key.name,
        "namespace": desired.key.namespace,
        "uid": told.uid,
        "generation": 1,
        "annotations": {**desired.annotations, **marks},
    }
    status = {"phase": RUNNING, "lastClusterActionStatus": DONE, "observedGeneration": 1, "seedlist": list(seeds)}
    head = {"apiVersion": api_version(), "kind": CASSANDRACLUSTER_KIND, "metadata": metadata}
    return {**head, "spec": desired.spec, "status": status}
