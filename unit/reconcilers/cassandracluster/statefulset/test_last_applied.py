"""The annotation that keeps a StatefulSet as it was generated."""

import base64
import io
import json
import zipfile
from typing import Any

import pytest
from fakes.cassandra import generated
from fakes.go_casskop import go_cluster, go_statefulset
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.statefulset.last_applied import ANNOTATION, annotated, original, packed

Json = dict[str, Any]
LEAST: Json = {"spec": {"template": {"spec": {"containers": [{"name": "cassandra"}]}}}}


def archive(entry: str, content: bytes) -> str:
    """The text of an annotation with this entry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(entry, content)
    return base64.b64encode(buffer.getvalue()).decode()


def carrying(text: str) -> Json:
    """An object with this annotation."""
    return {"metadata": {"annotations": {ANNOTATION: text}}}


def test_what_is_generated_is_kept() -> None:
    """The annotation of a generated object holds the object without the annotation."""
    found = generated()
    kept = original(found)
    assert kept["spec"] == found["spec"]
    assert kept["metadata"] == {key: value for key, value in found["metadata"].items() if key != "annotations"}


def test_the_form_is_that_of_the_go_casskop() -> None:
    """It is base64 of a zip archive whose one entry `original` is JSON."""
    text = generated()["metadata"]["annotations"]["banzaicloud.com/last-applied"]
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(text))) as opened:
        assert opened.namelist() == ["original"]
        assert json.loads(opened.read("original"))["kind"] == "StatefulSet"


def test_what_the_go_casskop_has_kept_is_read() -> None:
    """An annotation of the Go CassKop gives what it generated."""
    assert original(go_statefulset(go_cluster()))["spec"]["serviceName"] == "demo"


def test_the_text_is_the_same_at_any_time() -> None:
    """Equal objects give equal text, whatever the order of their keys is."""
    assert packed({"a": 1, "b": 2}) == packed({"b": 2, "a": 1})


def test_other_annotations_stay() -> None:
    """Only the one annotation is written, and what was given is not changed."""
    obj = {"metadata": {"name": "x", "annotations": {"a": "b"}}}
    found = annotated(obj, LEAST)
    assert found["metadata"]["annotations"] == {"a": "b", ANNOTATION: packed(LEAST)}
    assert obj["metadata"]["annotations"] == {"a": "b"}
    assert original(found) == LEAST


def test_text_that_was_never_packed_is_read() -> None:
    """Older Go CassKops wrote plain JSON."""
    assert original(carrying(json.dumps(LEAST))) == LEAST


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("?", id="no base64"),
        pytest.param(base64.b64encode(b"PK nothing").decode(), id="no archive"),
        pytest.param(archive("other", b"{}"), id="another entry"),
        pytest.param(archive("original", b"{"), id="no JSON"),
        pytest.param(archive("original", b"[]"), id="no object"),
        pytest.param(archive("original", b" " * 9_000_000 + json.dumps(LEAST).encode()), id="far too large"),
        pytest.param("{", id="no JSON, not packed"),
        pytest.param('{"spec": {"template": {}}}', id="no pod"),
        pytest.param('{"spec": {"template": {"spec": {"containers": [1]}}}}', id="no containers"),
        pytest.param('{"spec": {"template": {"spec": {"containers": [{"name": "x", "env": {}}]}}}}', id="no variables"),
    ],
)
def test_what_cannot_be_read_is_nothing(text: str) -> None:
    """Whatever somebody may have put there, it is an object of ours or counts as none."""
    assert original(carrying(text)) == {}


@given(st.binary(max_size=200))
def test_no_text_is_an_error(content: bytes) -> None:
    """Any content of the archive, and any bytes in the place of one, are read or count as none."""
    for text in (archive("original", content), base64.b64encode(content).decode(), content.decode("latin-1")):
        assert original(carrying(text)) in ({}, LEAST)


@pytest.mark.parametrize("metadata", [{}, {"annotations": None}, {"annotations": {"a": "b"}}])
def test_no_annotation(metadata: Json) -> None:
    """Without the annotation nothing is known."""
    assert original({"metadata": metadata}) == {}
