"""What a store keeps of an object: its identity, and its bytes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol, Self, TypeVar

import msgspec
from cachetools.func import lru_cache
from multicasskop.informers.key import Key
from multicasskop.informers.packing import Packed, Packer
from multicasskop.informers.poison import tolerant

VIEWS_KEPT = 1024
_NO_LABELS: Mapping[str, str] = MappingProxyType({})
_NO_CONFIG: Mapping[str, bool] = MappingProxyType({})


class OwnerReference(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One entry of `metadata.ownerReferences`."""

    uid: str = ""
    kind: str = ""
    name: str = ""
    api_version: str = ""
    controller: bool = False


class Metadata(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The metadata of an object, decoded; what indexes see."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    deletion_timestamp: str | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: tuple[OwnerReference, ...] = ()


class Model(Protocol):
    """A class that reads itself from JSON: every pydantic model does."""

    @classmethod
    def model_validate_json(cls, json_data: bytes, /) -> Self:
        """Return the object that the JSON describes."""
        ...


ModelT = TypeVar("ModelT", bound=Model)


class _MetadataOnly(msgspec.Struct):
    metadata: Metadata


_metadata_only = msgspec.json.Decoder(_MetadataOnly)


class Record(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One object as the server sent it, without `managedFields` and kubectl's last-applied annotation.

    Immutable, whatever a reader does; what it hands out that can be changed is the reader's own, but for what `view`
    says. `raw` holds exactly the object's JSON; of one that is `deep`, nested deeper than can be read, without what
    lies too deep. Because it is trimmed it is no base for a full update (PUT). Two records are equal only if they are
    one.

    A large one may be kept packed; it is unpacked each time it is read.
    """

    key: Key
    uid: str
    version: str
    generation: int
    deleting: bool
    labels: Mapping[str, str]
    owner_uids: tuple[str, ...]
    body: bytes
    deep: bool = False
    basis: bytes | None = None

    @classmethod
    def of(cls, metadata: Metadata, raw: bytes, *, deep: bool = False, packer: Packer | None = None) -> Self:
        """Return the record of an object whose metadata is decoded already; with a packer it is packed if it is large.

        Objects of one kind should have one packer.
        """
        body, basis = packer.pack(raw) if packer else (raw, None)
        return cls(
            Key(metadata.namespace, metadata.name),
            metadata.uid,
            metadata.resource_version,
            metadata.generation,
            metadata.deletion_timestamp is not None,
            MappingProxyType(metadata.labels.copy()) if metadata.labels else _NO_LABELS,
            tuple([owner.uid for owner in metadata.owner_references]) if metadata.owner_references else (),
            body,
            deep,
            basis,
        )

    @property
    def raw(self) -> bytes:
        """The object's JSON."""
        return Packed(self.body, self.basis).raw()

    @property
    def packed(self) -> bool:
        """Whether its JSON is kept packed."""
        return self.basis is not None

    @property
    def size(self) -> int:
        """How many bytes are kept of its JSON."""
        return len(self.body)

    def mutable(self) -> dict[str, Any]:
        """Return the whole object as plain data of the caller's own."""
        copy: dict[str, Any] = tolerant(msgspec.json.decode, self.raw)
        return copy

    def metadata(self) -> Metadata:
        """Return the metadata, annotations included, decoded anew; some microseconds."""
        return tolerant(_metadata_only.decode, self.raw).metadata

    def view(self, model: type[ModelT]) -> ModelT:
        """Return the object as a typed model: the last ones of frozen pydantic models are kept and shared.

        Such a model is frozen no deeper than its fields: dictionaries and lists that it holds are to be read only. Any
        other model is made for the caller alone. Raises whatever the model raises for an object that it cannot read
        (pydantic: ValidationError).
        """
        shared = getattr(model, "model_config", _NO_CONFIG).get("frozen")
        view: ModelT = _view(self, model) if shared else model.model_validate_json(self.raw)
        return view


class Item(msgspec.Struct, frozen=True, gc=False):
    """A record together with the metadata it was made from, which is at hand while it is being written."""

    record: Record
    metadata: Metadata


@lru_cache(maxsize=VIEWS_KEPT)
def _view(record: Record, model: type[Model]) -> Any:  # noqa: ANN401  the caller knows the model
    return model.model_validate_json(record.raw)
