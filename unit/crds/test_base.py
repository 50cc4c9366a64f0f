"""What all models share."""

from datetime import UTC, datetime

import pytest
from multicasskop.crds.base import Condition, Count, Duration, Flag, FrozenMap, Model, ObjectMeta, Quantity, Timestamp
from pydantic import ValidationError

NOON = datetime(2026, 11, 23, 12, 0, 0, 987654, tzinfo=UTC)


class Sample(Model):
    """One field of each sort."""

    node_count: Count = 0
    switched_on: Flag = False
    wait: Duration = "0s"
    size: Quantity | None = None
    at: Timestamp | None = None
    zones: FrozenMap[str] | None = None


def test_wire_names_are_camel_case() -> None:
    """Fields are written in camelCase, and only those that were set."""
    assert Sample(node_count=3).to_json() == {"nodeCount": 3}
    assert Sample.model_validate({"nodeCount": 3}).node_count == 3


def test_null_is_not_written() -> None:
    """A field that is null is left out."""
    assert Sample(size=None, at=None).to_json() == {}


def test_unknown_fields_are_ignored() -> None:
    """An object of a newer version can still be read."""
    assert Sample.model_validate({"later": 1}) == Sample()


def test_models_cannot_be_changed() -> None:
    """Neither a field nor the content of a map can be set."""
    sample = Sample(zones={"a": "b"})
    with pytest.raises(ValidationError, match="frozen"):
        sample.node_count = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        sample.zones["a"] = "c"  # type: ignore[index]


def test_map_is_a_copy() -> None:
    """Changing the map that a model was made from does not change the model."""
    zones = {"a": "b"}
    sample = Sample(zones=zones)
    zones["a"] = "c"
    assert sample.to_json() == {"zones": {"a": "b"}}


def test_times_are_written_as_kubernetes_does() -> None:
    """Times go out in UTC and whole seconds."""
    assert Sample(at=NOON).to_json() == {"at": "2026-11-23T12:00:00Z"}
    assert Sample.model_validate({"at": "2026-11-23T14:00:00+02:00"}).at == NOON.replace(microsecond=0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nodeCount", "3"),
        ("nodeCount", -1),
        ("nodeCount", 2**31),
        ("nodeCount", True),
        ("nodeCount", 1.5),
        ("switchedOn", "true"),
        ("switchedOn", 1),
        ("wait", "2d"),
        ("wait", 5),
        ("size", "much"),
        ("size", True),
        ("size", ["1"]),
        ("at", "2026-11-23T14:00:00"),
        ("zones", {"a": 1}),
        ("zones", "a"),
    ],
)
def test_value_of_another_type_is_refused(field: str, value: object) -> None:
    """Nothing is converted silently: what the API server refuses is refused here."""
    with pytest.raises(ValidationError):
        Sample.model_validate({field: value})


@pytest.mark.parametrize("value", ["500m", "1Gi", 1, 0.5])
def test_quantities_keep_their_spelling(value: str | float) -> None:
    """A quantity is checked and kept as it was written."""
    assert Sample.model_validate({"size": value}).size == value


def test_metadata_needs_no_more_than_a_name() -> None:
    """What a server adds may be missing."""
    meta = ObjectMeta.model_validate({"name": "demo"})
    assert (meta.namespace, dict(meta.labels), dict(meta.annotations), meta.deleting) == ("", {}, {}, False)


def test_metadata_knows_whether_the_object_is_deleted() -> None:
    """A deletion timestamp means that only finalizers hold the object."""
    assert ObjectMeta.model_validate({"name": "demo", "deletionTimestamp": "2026-11-23T14:00:00Z"}).deleting


def test_condition_is_written_as_kubernetes_does() -> None:
    """A condition has the fields of metav1.Condition."""
    condition = Condition.model_validate(
        {"type": "Ready", "status": "True", "reason": "AllMembersReady", "message": "", "lastTransitionTime": NOON}
    )
    assert condition.to_json() == {
        "type": "Ready",
        "status": "True",
        "reason": "AllMembersReady",
        "message": "",
        "lastTransitionTime": "2026-11-23T12:00:00Z",
    }


@pytest.mark.parametrize("field", ["type", "status", "reason", "message", "lastTransitionTime"])
def test_condition_is_whole(field: str) -> None:
    """No field that metav1.Condition requires may be missing."""
    whole = {"type": "A", "status": "True", "reason": "B", "message": "", "lastTransitionTime": NOON}
    with pytest.raises(ValidationError):
        Condition.model_validate({key: value for key, value in whole.items() if key != field})
