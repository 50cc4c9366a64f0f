"""From a model to the structural schema of its CustomResourceDefinition, and the definitions of both kinds.

A structural schema has no references, no alternatives and no titles: what pydantic says is flattened, limits stay, and
an optional field is simply not required. Keywords of Kubernetes come from the models as they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.base import Json, Model
from multicasskop.crds.cassandracluster.spec import CassandraCluster
from multicasskop.crds.multicasskop import MultiCasskop
from multicasskop.crds.names import (
    CASSANDRACLUSTER_KIND,
    CASSANDRACLUSTER_PLURAL,
    CASSANDRACLUSTER_VERSIONS,
    CASSANDRACLUSTER_WHOLE_VERSION,
    CATEGORY,
    GROUP,
    MULTICASSKOP_KIND,
    MULTICASSKOP_PLURAL,
    MULTICASSKOP_VERSIONS,
    STORAGE_VERSION,
    api_version,
    crd_name,
)

_DROPPED: Final = frozenset({"title", "default", "$defs", "$ref", "anyOf", "const"})
# the order in which people read a schema
_FIRST: Final = ("type", "description", "nullable", "default", "enum")
_LAST: Final = frozenset({"properties", "items", "additionalProperties"})
_WHERE_FIELDS_ARE: Final = frozenset({"properties"})


@dataclass(frozen=True, slots=True)
class Column:
    """A printer column; wide ones are shown by `kubectl get -o wide` only."""

    name: str
    path: str
    type: str = "string"
    wide: bool = False

    def to_json(self) -> Json:
        """The column as it stands in the definition."""
        column = {"name": self.name, "type": self.type, "jsonPath": self.path}
        return column | {"priority": 1} if self.wide else column


@dataclass(frozen=True, slots=True)
class Kind:
    """What a definition says about a kind beside its schema."""

    model: type[Model]
    kind: str
    plural: str
    short_names: tuple[str, ...]
    versions: tuple[str, ...]
    columns: tuple[Column, ...]
    # versions in which status is an ordinary field: whoever creates the object may set it
    without_status: frozenset[str] = frozenset()
    # whether null is taken for any optional field of status
    nullable_status: bool = False


MULTICASSKOP: Final = Kind(
    model=MultiCasskop,
    kind=MULTICASSKOP_KIND,
    plural=MULTICASSKOP_PLURAL,
    short_names=("mck",),
    versions=MULTICASSKOP_VERSIONS,
    columns=(
        Column("Ready", ".status.ready"),
        Column("Phase", ".status.phase"),
        Column("Waiting For", ".status.waitingFor"),
        Column("Age", ".metadata.creationTimestamp", "date"),
        Column("Members", ".status.members", "integer", wide=True),
        Column("Generation", ".status.observedGeneration", "integer", wide=True),
        Column("Nodes", ".status.nodes", wide=True),
        Column("Since", ".status.since", "date", wide=True),
        Column("Message", ".status.message", wide=True),
    ),
)
CASSANDRACLUSTER: Final = Kind(
    model=CassandraCluster,
    kind=CASSANDRACLUSTER_KIND,
    plural=CASSANDRACLUSTER_PLURAL,
    short_names=("cassc", "casscs"),
    versions=CASSANDRACLUSTER_VERSIONS,
    columns=(
        Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
        Column("Nodes", ".status.nodes"),
        Column("Phase", ".status.phase"),
        Column("Action", ".status.lastClusterAction"),
        Column("Status", ".status.lastClusterActionStatus"),
        Column("Owner", ".status.owner"),
        Column("Age", ".metadata.creationTimestamp", "date"),
    ),
    without_status=frozenset({CASSANDRACLUSTER_WHOLE_VERSION}),
    nullable_status=True,
)
KINDS: Final = (MULTICASSKOP, CASSANDRACLUSTER)


def definition(kind: Kind) -> Json:
    """The CustomResourceDefinition of `kind`, with one schema for all its versions."""
    schema = object_schema(kind)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": crd_name(kind.plural)},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.kind,
                "listKind": f"{kind.kind}List",
                "plural": kind.plural,
                "singular": kind.kind.lower(),
                "shortNames": list(kind.short_names),
                "categories": [CATEGORY],
            },
            "conversion": {"strategy": "None"},
            "versions": [_version(kind, name, schema) for name in kind.versions],
        },
    }


def object_schema(kind: Kind) -> Json:
    """The schema of whole objects of `kind`; metadata is Kubernetes' own and only named."""
    raw = kind.model.model_json_schema(by_alias=True)
    definitions = raw["$defs"]
    fields = raw["properties"]
    text: Json = {"type": "string"}
    properties: Json = {
        "apiVersion": text,
        "kind": text,
        "metadata": {"type": "object"},
        "spec": _Flattener(definitions).flatten(fields["spec"]),
        "status": _Flattener(definitions, kind.nullable_status).flatten(fields["status"]),
    }
    return {"type": "object", "description": raw["description"], "properties": properties}


def _version(kind: Kind, name: str, schema: Json) -> Json:
    version: Json = {"name": name, "served": True, "storage": name == STORAGE_VERSION}
    if name != STORAGE_VERSION:
        warning = f"{api_version(name)} {kind.kind} is deprecated; use {api_version()}"
        version |= {"deprecated": True, "deprecationWarning": warning}
    if name not in kind.without_status:
        version["subresources"] = {"status": {}}
    columns = [column.to_json() for column in kind.columns]
    return version | {"additionalPrinterColumns": columns, "schema": {"openAPIV3Schema": schema}}


@dataclass(frozen=True, slots=True)
class _Flattener:
    """Turns JSON schema of pydantic into a structural one."""

    definitions: Mapping[str, Json]
    nullable: bool = False

    def flatten(self, node: Json) -> Json:
        """`node` without references and alternatives, the fields of its models in their order."""
        node = self._resolve(node)
        flat = {key: self._value(key, value) for key, value in node.items() if key not in _DROPPED}
        if "const" in node:
            flat["enum"] = [node["const"]]
        return _typed(_described(flat, node.get("default")))

    def _resolve(self, node: Json) -> Json:
        if "$ref" in node:
            target = self.definitions[node["$ref"].removeprefix("#/$defs/")]
            return self._resolve(target | {key: value for key, value in node.items() if key != "$ref"})
        choices = [choice for choice in node.get("anyOf", ()) if choice != {"type": "null"}]
        if len(choices) != 1:
            return node
        rest = {key: value for key, value in node.items() if key != "anyOf"}
        return self._resolve(choices[0] | rest) | ({"nullable": True} if self.nullable else {})

    def _value(self, key: str, value: object) -> object:
        match value:
            case dict() if key in _WHERE_FIELDS_ARE:
                return {name: self.flatten(field) for name, field in value.items()}
            case dict() if key in ("items", "additionalProperties"):
                return self.flatten(value)
            case _:
                return value


def _typed(node: Json) -> Json:
    """Keywords where Kubernetes has others than pydantic."""
    if node.get("x-kubernetes-int-or-string"):
        node["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if node.get("type") == "object" and "maxLength" in node:
        node["maxProperties"] = node.pop("maxLength")
    if "x-default" in node:
        node["default"] = node.pop("x-default")
    kept = {key: value for key, value in node.items() if key != "additionalProperties" or isinstance(value, dict)}
    return dict(sorted(kept.items(), key=lambda item: (_order(item[0]), item[0])))


def _order(keyword: str) -> int:
    return _FIRST.index(keyword) if keyword in _FIRST else len(_FIRST) + (keyword in _LAST)


def _described(node: Json, default: object) -> Json:
    """A default of the program belongs into the description: in the schema it would be written into objects."""
    if default and "description" in node and isinstance(default, str | int) and not isinstance(default, bool):
        node["description"] = f"{node['description']} Default: {default}."
    return node


def walk(node: Json, path: str = "") -> Iterable[tuple[str, Json]]:
    """Each node of a structural schema with its path, the root first."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from walk(child, f"{path}.{name}")
    for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(node.get(keyword), dict):
            yield from walk(node[keyword], path + mark)
