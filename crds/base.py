"""What all models share: immutable, camelCase on the wire, unknown fields kept; and the condition value."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from multicasskop.crds.conditions import ConditionStatus
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, WrapSerializer
from pydantic.alias_generators import to_camel

Json = dict[str, Any]
Value = TypeVar("Value")


def _thaw(value: Mapping[str, object], serialize: SerializerFunctionWrapHandler) -> object:
    return serialize(dict(value))


# a map that cannot be changed once it is part of a model
FrozenMap = Annotated[Mapping[str, Value], AfterValidator(MappingProxyType), WrapSerializer(_thaw)]


class Model(BaseModel):
    """The base of every model of the API.

    Instances are immutable. Fields are snake_case in Python and camelCase on the wire (both are accepted when an
    instance is made). Unknown fields are ignored: the server prunes or keeps them, and what is written to it is
    never made out of a model but out of the object that was read.
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
        """The object as it goes over the wire: aliases, no key whose value was never set or is null."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)


class Condition(Model):
    """One entry of `status.conditions`, with the fields of Kubernetes' `metav1.Condition`."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    status: ConditionStatus
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    message: Annotated[str, Field(max_length=32768)] = ""
    last_transition_time: datetime
    observed_generation: Annotated[int, Field(ge=0)] = 0
