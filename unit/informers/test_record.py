"""What a store keeps of an object."""

from typing import Any

import msgspec
import pytest
from fakes.objects import item, record, widget
from multicasskop.informers.packing import Packer
from multicasskop.informers.record import Metadata, OwnerReference, Record
from pydantic import BaseModel, ValidationError


class Size(BaseModel):
    """A part of a widget's spec."""

    value: str


class Spec(BaseModel):
    """A widget's spec."""

    size: Size


class Widget(BaseModel):
    """A widget as a model that knows some of it."""

    spec: Spec


class Frozen(Widget, frozen=True):
    """The same as a model whose fields cannot be set."""


class Strange(BaseModel):
    """A model that no widget fits."""

    colour: str


def test_37_copies() -> None:
    """Whatever a reader does to what it was given, the next read is unchanged."""
    found = record("a", 7, labels={"app": "x"})
    copy = found.mutable()
    copy["spec"]["size"]["value"] = "changed"
    copy["metadata"].clear()
    found.metadata().labels["app"] = "changed"
    with pytest.raises(TypeError):
        found.labels["app"] = "changed"  # type: ignore[index]
    with pytest.raises(AttributeError, match="immutable"):
        found.version = "8"  # type: ignore[misc]
    assert found.mutable() == widget("a", 7, labels={"app": "x"})
    assert dict(found.labels) == {"app": "x"}


def test_labels_are_not_those_of_the_metadata_it_was_made_from() -> None:
    """An index function that scribbles into the metadata that it is shown does not reach the record."""
    found = item("a", 7, labels={"app": "x"})
    found.metadata.labels["app"] = "changed"
    assert found.record.labels["app"] == "x"


def test_metadata() -> None:
    """The metadata can be had again with all that is in them."""
    owner: dict[str, Any] = {"uid": "o", "kind": "K", "name": "n", "apiVersion": "v1", "controller": True}
    metadata = record("a", 7, annotations={"k": "v"}, ownerReferences=[owner]).metadata()
    assert metadata.annotations == {"k": "v"}
    assert metadata.owner_references == (OwnerReference("o", "K", "n", "v1", True),)
    assert (metadata.name, metadata.resource_version) == ("a", "7")


def test_view_of_a_frozen_model() -> None:
    """A typed view that cannot be changed is made once and kept."""
    found = record("a", 7)
    assert found.view(Frozen).spec.size.value == "7"
    assert found.view(Frozen) is found.view(Frozen)


def test_view_of_a_model_that_can_be_changed() -> None:
    """A view that its reader can change is its reader's own."""
    found = record("a", 7)
    found.view(Widget).spec = Spec(size=Size(value="changed"))
    assert found.view(Widget).spec.size.value == "7"


def test_view_of_another_object() -> None:
    """Views of equal objects in two clusters are not mixed up."""
    one, two = record("a", 7), record("a", 7)
    assert one.view(Frozen) is not two.view(Frozen)


def test_view_that_does_not_fit() -> None:
    """An object that a model cannot read raises the model's own error, for that object alone."""
    with pytest.raises(ValidationError):
        record("a", 7).view(Strange)


def test_records_are_equal_only_to_themselves() -> None:
    """Two records of the same bytes are different moments."""
    one = record("a", 7)
    assert one == one
    assert one != msgspec.structs.replace(one)


LARGE = b'{"metadata":{"name":"a"},"spec":"' + b"seed-1.ring.example. " * 300 + b'"}'


def test_packed_record_is_small() -> None:
    """A record that is packed reads as one that is not, and what it says of its size is what it keeps."""
    loose, packed = (Record.of(Metadata(name="a"), LARGE, packer=packer) for packer in (None, Packer()))
    assert (loose.packed, packed.packed) == (False, True)
    assert loose.size == len(LARGE)
    assert packed.size == len(packed.body) < len(LARGE) / 3
    assert packed.raw == loose.raw == LARGE
    assert packed.mutable() == loose.mutable()
    assert packed.metadata() == loose.metadata()
