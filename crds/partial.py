"""The schema of base and overrides: free in all but the few fields that rules look at; and those rules."""

from typing import Final

from multicasskop.crds.base import FREE, Json
from multicasskop.crds.names import STATEFULSET_NAME_MAX

MEMBERS_MAX: Final = 64
MEMBER_NAME_MAX: Final = 63
DATACENTERS_MAX: Final = 16
RACKS_MAX: Final = 64
SEEDS_MAX: Final = 1024
MEMBER_PATTERN: Final = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
# a name or one seed: a DNS name, for seeds with its trailing dot
NAME_MAX: Final = 253


def _text(length: int) -> Json:
    # null is how a merge takes a key out
    return {"type": "string", "nullable": True, "maxLength": length}


def _named_list(length: int, **more: Json) -> Json:
    item = FREE | {"properties": {"name": _text(NAME_MAX), **more}}
    return {"type": "array", "nullable": True, "maxItems": length, "items": item}


def _free(**properties: Json) -> Json:
    return FREE | {"nullable": True, "properties": properties}


def partial_child() -> Json:
    """The schema of base and of each override: all fields are kept, those that rules look at are declared.

    Nothing is required and nothing has a default, since an override is a part of an object.
    """
    topology = _free(dc=_named_list(DATACENTERS_MAX, rack=_named_list(RACKS_MAX)))
    seedlist: Json = {
        "type": "array",
        "nullable": True,
        "maxItems": SEEDS_MAX,
        "items": {"type": "string", "maxLength": NAME_MAX + 1},
    }
    return FREE | {
        "properties": {
            "kind": {"type": "string", "enum": ["CassandraCluster"]},
            "metadata": _free(name=_text(NAME_MAX), namespace=_text(63)),
            "spec": _free(topology=topology),
            "status": _free(seedlist=seedlist),
        },
    }


def _rule(rule: str, message: str, **more: str) -> Json:
    return {"rule": rule, "message": message, **more}


# Rules may stand here, but never on spec or at the root: an object that was stored before a rule existed would refuse
# every later write there, the removal of its finalizer included. On a part that did not change, the server forgives.
MEMBER_NAMES: Final[Json] = _rule(
    f"self.all(m, size(m) <= {MEMBER_NAME_MAX} && m.matches('{MEMBER_PATTERN}'))",
    f"a member's name is at most {MEMBER_NAME_MAX} of a-z, 0-9, inner dashes and dots",
)
_TOPOLOGY: Final = "has(self[m].spec) && has(self[m].spec.topology) && has(self[m].spec.topology.dc)"
_SET_NAMES: Final = _rule(
    f"self.all(m, !(has(self[m].metadata) && has(self[m].metadata.name) && {_TOPOLOGY})"
    " || self[m].spec.topology.dc.all(d, !has(d.name) || !has(d.rack)"
    # a list of one names a value: what is left for the rack is computed once, not for each rack
    f" || [{STATEFULSET_NAME_MAX - len('--')} - size(self[m].metadata.name) - size(d.name)]"
    ".all(room, d.rack.all(r, !has(r.name) || size(r.name) <= room))))",
    f"<metadata.name>-<dc>-<rack> has more than {STATEFULSET_NAME_MAX} characters, which is the most that leaves room"
    " for the revision label of pods; shorten one of the three",
)
_CHILD_NAMES: Final = _rule(
    "self.all(m, !has(self[m].metadata) || !has(self[m].metadata.name)"
    f" || size(self[m].metadata.name) <= {STATEFULSET_NAME_MAX - len('-d-r')})",
    f"metadata.name has more than {STATEFULSET_NAME_MAX - len('-d-r')} characters, which leaves no room for the names"
    " of datacenter and rack",
)
_DATACENTERS: Final = _rule(
    f"self.all(m, !({_TOPOLOGY}) || self[m].spec.topology.dc.all(d, !has(d.name)"
    " || self[m].spec.topology.dc.exists_one(e, has(e.name) && e.name == d.name)))",
    "two datacenters of one override have the same name; in one ring every datacenter needs its own",
)


def overrides() -> Json:
    """The schema of `override`: member name to partial child, at least one and at most as many as members may be."""
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": MEMBERS_MAX,
        # a member without a difference is written `k8s-cluster2:`, which is null
        "additionalProperties": partial_child() | {"x-default": {}},
        "x-kubernetes-validations": [MEMBER_NAMES, _CHILD_NAMES, _SET_NAMES, _DATACENTERS],
    }
