"""What all models share: immutable, camelCase on the wire; typed values with their limits; metadata and conditions.

Limits stand on every string, list and map, so that the generated schemas bound what an API server accepts.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeVar

from multicasskop.crds.conditions import ConditionStatus
from multicasskop.crds.quantity import DurationError, QuantityError, parse_duration, parse_quantity
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializerFunctionWrapHandler,
    Strict,
    WithJsonSchema,
    WrapSerializer,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

Json = dict[str, Any]
Value = TypeVar("Value")

INT32_MAX: Final = 2**31 - 1
# kept by the server as they are: their content is not this API's business
FREE: Final[Json] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
QUANTITY_SCHEMA: Final[Json] = {
    "anyOf": [{"type": "integer"}, {"type": "string"}],
    "x-kubernetes-int-or-string": True,
    "pattern": r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$",
    "maxLength": 64,
}
DURATION_SCHEMA: Final[Json] = {
    "type": "string",
    "maxLength": 32,
    "pattern": r"^(0|([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+)$",
}


def _check_quantity(value: object) -> str | int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PydanticCustomError("quantity", "a quantity such as 500m, 2 or 4Gi")
    try:
        parse_quantity(value)
    except QuantityError as error:
        raise PydanticCustomError("quantity", "a quantity such as 500m, 2 or 4Gi") from error
    return value


def _check_duration(value: str) -> str:
    try:
        parse_duration(value)
    except DurationError as error:
        raise PydanticCustomError("duration", "a duration such as 90s, 10m or 1h30m") from error
    return value


def _thaw(value: Mapping[str, object], serialize: SerializerFunctionWrapHandler) -> object:
    return serialize(dict(value))


def _print_time(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _int32(minimum: int) -> Any:  # noqa: ANN401 - the type of pydantic's own Field
    return Field(ge=minimum, le=INT32_MAX, json_schema_extra={"format": "int32"})


Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), _int32(0)]
Positive = Annotated[int, Strict(), _int32(1)]
Generation = Annotated[int, Strict(), Field(ge=0, json_schema_extra={"format": "int64"})]
# short text that no rule but its length is needed for: phases, actions, versions, images
Word = Annotated[str, Field(max_length=253)]
Text = Annotated[str, Field(max_length=1024)]
Quantity = Annotated[str | int | float, PlainValidator(_check_quantity), WithJsonSchema(QUANTITY_SCHEMA)]
Duration = Annotated[str, AfterValidator(_check_duration), WithJsonSchema(DURATION_SCHEMA)]
Timestamp = Annotated[AwareDatetime, PlainSerializer(_print_time, when_used="json")]
FreeForm = Annotated[Json, WithJsonSchema(FREE)]
# a map that cannot be changed once it is part of a model
FrozenMap = Annotated[Mapping[str, Value], AfterValidator(MappingProxyType), WrapSerializer(_thaw)]


class Model(BaseModel):
    """The base of every model of the API.

    Instances are immutable. Fields are snake_case in Python and camelCase on the wire; both are accepted when an
    instance is made. Unknown fields are ignored: what is written to a server is never made out of a model that was
    read, but out of the object itself, so nothing is lost.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )

    def to_json(self) -> Json:
        """The object as it goes over the wire: aliases, without what was never set and without nulls."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)


class ObjectMeta(Model):
    """The part of Kubernetes' object metadata that decisions read."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: FrozenMap[str] = Field(default_factory=dict, validate_default=True)
    annotations: FrozenMap[str] = Field(default_factory=dict, validate_default=True)
    finalizers: tuple[str, ...] = ()
    creation_timestamp: Timestamp | None = None
    deletion_timestamp: Timestamp | None = None

    @property
    def deleting(self) -> bool:
        """Whether the object was deleted and waits for its finalizers."""
        return self.deletion_timestamp is not None


class Condition(Model):
    """One entry of `status.conditions`, with the fields and limits of Kubernetes' `metav1.Condition`."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    """Type of the condition in CamelCase."""
    status: ConditionStatus
    """True, False or Unknown."""
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    """One word in CamelCase: why the condition has this status."""
    message: Annotated[str, Field(max_length=32768)]
    """What a person should know about it."""
    last_transition_time: Timestamp
    """When the status last changed."""
    observed_generation: Generation = 0
    """The generation of the spec that the condition speaks of."""


CONDITIONS_LIST: Final[Json] = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
Conditions = Annotated[tuple[Condition, ...], Field(max_length=32, json_schema_extra=CONDITIONS_LIST)]
