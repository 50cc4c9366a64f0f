"""The least that containers must be for us to work with them: those that people write, and those that annotations keep.

What a container may hold beyond that is for the API server to judge.
"""

from typing import Any

import msgspec
from multicasskop.crds.base import Json


class UnusableSpec(ValueError):  # noqa: N818  the message says what is wrong with it
    """A spec that no StatefulSet can be made of; the message names the place and what is wrong there."""


class _Named(msgspec.Struct):
    name: str


class _Variable(_Named):
    value: str | None = None


class _Mount(_Named, rename="camel"):
    mount_path: str


class _Container(_Named, rename="camel"):
    env: list[_Variable] | None = None
    volume_mounts: list[_Mount] | None = None


class _Pod(msgspec.Struct, rename="camel"):
    containers: list[_Container]
    init_containers: list[_Container] | None = None
    volumes: list[_Named] | None = None
    affinity: dict[str, Any] | None = None


class _Labelled(msgspec.Struct):
    labels: dict[str, str] | None = None


class _Template(msgspec.Struct):
    spec: _Pod
    metadata: _Labelled | None = None


class _Claim(msgspec.Struct):
    metadata: _Named
    spec: dict[str, Any]


class _Spec(msgspec.Struct, rename="camel"):
    template: _Template
    volume_claim_templates: list[_Claim] | None = None


class _StatefulSet(msgspec.Struct):
    spec: _Spec
    metadata: _Labelled | None = None


def is_statefulset(value: Json) -> bool:
    """Whether the value has the shape of a generated StatefulSet."""
    try:
        msgspec.convert(value, _StatefulSet)
    except msgspec.ValidationError:
        return False
    return True


def check_container(place: str, value: Json) -> None:
    """Raise UnusableSpec unless this is a container with a name, and its variables and mounts are lists of such."""
    _check(place, value, _Container)


def check_mount(place: str, value: Json) -> None:
    """Raise UnusableSpec unless this is a mount with the name of a volume and a path."""
    _check(place, value, _Mount)


def _check(place: str, value: Json, shape: type[msgspec.Struct]) -> None:
    try:
        msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise UnusableSpec(f"{place}: {error}") from error
