"""The schema of base and overrides: free in all but the few fields that rules look at."""

from typing import Final

from multicasskop.crds.base import FREE, Json

MEMBERS_MAX: Final = 64
MEMBER_NAME_MAX: Final = 63
DATACENTERS_MAX: Final = 16
RACKS_MAX: Final = 32
SEEDS_MAX: Final = 1024
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
    seedlist: Json = {"type": "array", "nullable": True, "maxItems": SEEDS_MAX, "items": _text(NAME_MAX + 1)}
    return FREE | {
        "properties": {
            "kind": {"type": "string", "enum": ["CassandraCluster"]},
            "metadata": _free(name=_text(NAME_MAX), namespace=_text(63)),
            "spec": _free(topology=topology),
            "status": _free(seedlist=seedlist),
        },
    }


def overrides() -> Json:
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": MEMBERS_MAX,
        # a member without a difference is written `k8s-cluster2:`, which is null
        "additionalProperties": partial_child() | {"default": {}},
    }
