"""What a MultiCasskop may not ask for, however well formed it is.

Whoever may write one in a namespace has that right and no other: it is no right to set what Kubernetes, CassKop and
this operator tell their objects by, to stand where the operator keeps the credentials of members, or to have objects
made that no server takes.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.conditions import Reason
from multicasskop.crds.names import is_reserved
from multicasskop.crds.problem import Problem, path_of
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.desire import Desired, Wish, inside
from multicasskop.reconcilers.multicasskop.drift import fields_of
from multicasskop.reconcilers.multicasskop.finding import Finding
from multicasskop.reconcilers.patch import print_paths

# bytes; the server takes 256 KiB in all, and owner, seeds and trace come on top
ANNOTATIONS_MAX: Final = 192 * 1024
# of all children together; merging and checking takes some 20 microseconds for each
VALUES_MAX: Final = 100_000
_TEXTS: Final = ("labels", "annotations")
# what of a child's metadata is taken from base and override
_USERS: Final = frozenset({"name", "namespace", *_TEXTS})


def parts_of(spec: Json) -> Mapping[str, object]:
    """Base and each override, by their paths."""
    overrides = {path_of(["spec", "override", name]): value for name, value in (spec.get("override") or {}).items()}
    return {"spec.base": spec.get("base"), **overrides}


def shut_out(parent: Key, closed_namespace: str) -> Iterator[Finding]:
    """Refuse everything in the namespace that is closed, if one is."""
    if closed_namespace and parent.namespace == closed_namespace:
        found, allowed = f'"{parent.namespace}", the operator\'s own', "any other namespace (--refuse-own-namespace)"
        yield Finding(Reason.OPERATOR_NAMESPACE, Code.OPERATOR_NAMESPACE, "metadata.namespace", found, allowed)


def too_much(spec: Json) -> Iterator[Finding]:
    """What would take seconds to merge, and a crowd of members' worth of memory, told before it is tried."""
    overrides = spec.get("override")
    wanted = overrides if isinstance(overrides, dict) else {}
    count = _values(spec.get("base")) * len(wanted) + _values(wanted)
    if count > VALUES_MAX:
        found = f"{count} values in {len(wanted)} children"
        yield Finding(Reason.BAD_OVERRIDE, Code.TOO_LARGE, "spec", found, f"at most {VALUES_MAX} in all of them")


def _values(value: object) -> int:
    """How many values there are in it, itself included; found without recursion."""
    count, level = 0, [value]
    while level:
        count += len(level)
        level = [inner for item in level for inner in inside(item)]
    return count


def too_large(wish: Wish) -> Iterator[Finding]:
    """Children whose annotations, and the names of their fields that are kept in one, are more than a server takes."""
    for name, child in wish.children.items():
        size = _annotations_size(child)
        if size > ANNOTATIONS_MAX:
            path = path_of(["spec", "override", name])
            found = f"gives a child of {size} bytes in annotations and names of fields"
            yield Finding(Reason.BAD_CHILD, Code.TOO_LARGE, path, found, f"at most {ANNOTATIONS_MAX}")


def _annotations_size(child: Desired) -> int:
    given = sum(len(name.encode()) + len(text.encode()) for name, text in child.annotations.items())
    return given + len(print_paths(fields_of(child)).encode())


def reserved(spec: Json) -> Iterator[Problem]:
    """What stands in the metadata of a child-to-be and does not reach it, since it is not the user's to set."""
    for path, part in parts_of(spec).items():
        metadata = part.get("metadata") if isinstance(part, dict) else None
        for names in _reserved_in(metadata if isinstance(metadata, dict) else {}):
            where = f"{path}.{path_of(['metadata', *names])}"
            yield Problem(where, "reserved", "it is left out", warning=True, code=Code.RESERVED_KEY)


def _reserved_in(metadata: Json) -> Iterator[tuple[str, ...]]:
    for field, value in metadata.items():
        match value:
            case None:
                pass
            case dict() if field in _TEXTS:
                yield from ((field, key) for key in value if is_reserved(key))
            case _ if field not in _USERS:
                yield (field,)
