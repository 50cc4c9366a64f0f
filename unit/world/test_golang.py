"""What Go makes of an object that it reads and writes back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.names import LAST_APPLIED
from multicasskop.world.simulators.golang import applied, applied_generation, as_written, last_applied

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("spec", "written"),
    [
        pytest.param({"hardAntiAffinity": False, "debug": True}, {"debug": True}, id="false goes, true stays"),
        pytest.param({"nodesPerRacks": 0, "envVars": [], "pod": {}}, {}, id="zero and empty go"),
        pytest.param({"readOnlyRootFilesystem": False}, {"readOnlyRootFilesystem": False}, id="pointers keep false"),
        pytest.param({"livenessInitialDelaySeconds": 0}, {"livenessInitialDelaySeconds": 0}, id="pointers keep zero"),
        pytest.param({"cassandraImagee": "x"}, {}, id="unknown fields go"),
        pytest.param({"cassandraImage": None}, {}, id="null goes"),
        pytest.param({"config": {"a": 0, "b": {}}}, {"config": {"a": 0, "b": {}}}, id="free fields stay as they are"),
        pytest.param(
            {"resources": {"requests": {"cpu": "0.1", "memory": "131072Ki"}}},
            {"resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}},
            id="quantities are respelled",
        ),
        pytest.param({"resources": {"limits": {"cpu": 1}}}, {"resources": {"limits": {"cpu": "1"}}}, id="numbers too"),
        pytest.param({"dataCapacity": "1024Mi"}, {"dataCapacity": "1024Mi"}, id="a capacity is text"),
        pytest.param(
            {"envVars": [{"name": "A", "value": ""}]}, {"envVars": [{"name": "A"}]}, id="zero values inside of lists"
        ),
        pytest.param(
            {
                "topology": {
                    "dc": [{"name": "dc1", "nodesPerRacks": 0, "rack": [{"name": "r", "rollingRestart": False}]}]
                }
            },
            {"topology": {"dc": [{"name": "dc1", "resources": {}, "nodesPerRacks": 0, "rack": [{"name": "r"}]}]}},
            id="a datacenter gets resources and keeps 0 nodes",
        ),
    ],
)
def test_spec_is_written_back_as_structs_are(spec: Json, written: Json) -> None:
    """Zero values, unknown fields and other spellings don't survive, pointers and free fields do."""
    assert as_written(spec) == written


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b"]),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["x", "y", "enabled"]), below, max_size=3)
    ),
    max_leaves=8,
)
SPECS = st.dictionaries(
    st.sampled_from(["pod", "service", "envVars", "debug", "config", "unknown"]), VALUES, max_size=5
)


@given(SPECS)
def test_writing_back_twice_changes_nothing_more(spec: Json) -> None:
    """What Go wrote it writes again."""
    once = as_written(spec)
    assert as_written(once) == once


def cluster(**metadata: object) -> Json:
    """A CassandraCluster."""
    return {
        "apiVersion": "db.orange.com/v2",
        "kind": "CassandraCluster",
        "metadata": {"name": "demo", "generation": 4, "uid": "u", "resourceVersion": "77", **metadata},
        "spec": {"cassandraImage": "c:1", "debug": False},
        "status": {"phase": "Running"},
    }


def test_annotation_holds_the_object_less_annotations_version_and_status() -> None:
    """It is the whole object otherwise, as Go writes it."""
    content = json.loads(last_applied(cluster(annotations={"a": "b"}, labels={"l": "1"})))
    assert content["metadata"] == {"name": "demo", "generation": 4, "uid": "u", "labels": {"l": "1"}}
    assert content["spec"] == {"cassandraImage": "c:1"}
    assert content["status"] == {}


def test_annotation_is_the_same_text_for_the_same_object() -> None:
    """The order of keys plays no part, so that equal objects give no write."""
    found = cluster()
    assert last_applied(found) == last_applied(dict(reversed(found.items())))


@pytest.mark.parametrize(
    ("text", "generation"),
    [
        (None, 0),
        ("", 0),
        ("no json", 0),
        ("[]", 0),
        ("{}", 0),
        ('{"metadata": null}', 0),
        ('{"metadata": {"generation": 3}}', 3),
    ],
)
def test_generation_is_read_back_from_any_annotation(text: str | None, generation: int) -> None:
    """One that is missing or cannot be read counts as none."""
    found = cluster(annotations={} if text is None else {LAST_APPLIED: text})
    assert applied_generation(found) == generation


def test_own_annotation_is_read_back() -> None:
    """What was written is what is compared with."""
    found = cluster()
    found["metadata"]["annotations"] = {LAST_APPLIED: last_applied(found)}
    assert (applied(found) or {})["spec"] == {"cassandraImage": "c:1"}
    assert applied_generation(found) == 4
