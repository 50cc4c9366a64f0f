"""Objects that are nested too deep to be decoded."""

import json
import time
from typing import Any

import msgspec
import pytest
from fakes.objects import WIDGETS, Json, line, listed, widget
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.decoding import LAST_APPLIED, Added, Decoder, Deleted, Modified
from multicasskop.informers.poison import NESTING_MAX, cut, is_deep, tolerant
from multicasskop.informers.record import Metadata, Record

decoder = Decoder("m", WIDGETS)
texts = st.text(st.sampled_from('a"\\{}[],:\n\u00e9')) | st.text()
leaves = st.none() | st.booleans() | st.integers(-9, 9) | texts
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


def poison(levels: int, name: str = "bad", **metadata: Any) -> bytes:  # noqa: ANN401  any metadata
    """A widget whose spec is nested so deep."""
    raw = line(widget(name, 7, **metadata) | {"spec": "HERE"})
    return raw.replace(b'"HERE"', b'{"a":' * levels + b'"[{\\""' + b"}" * levels)


def pruned(value: Any, levels: int) -> Any:  # noqa: ANN401  plain data
    """The value with null for each map and list that lies inside so many others."""
    if isinstance(value, dict):
        return {key: pruned(item, levels - 1) for key, item in value.items()} if levels else None
    if isinstance(value, list):
        return [pruned(item, levels - 1) for item in value] if levels else None
    return value


def depth_of(value: object) -> int:
    """How many maps and lists stand inside each other."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


@given(value=values, levels=st.integers(0, 5), ascii_only=st.booleans())
def test_cut_is_json_of_what_is_left(value: object, levels: int, ascii_only: bool) -> None:
    """Whatever is in the strings, cutting text is the same as cutting the data that it describes."""
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert json.loads(cut(raw, levels)) == pruned(value, levels)
    assert is_deep(raw, levels) == (depth_of(value) > levels)


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED", "DELETED"])
@pytest.mark.parametrize("levels", [900, 2000, 9900])
def test_event_of_poison(kind: str, levels: int) -> None:
    """A line that is nested too deep is the event that it is, with all of the object but what lies too deep."""
    raw = poison(levels, labels={"app": "x"}, managedFields=[{"fieldsV1": {}}], annotations={LAST_APPLIED: "{}"})
    found = decoder.line(b'{"type":"' + kind.encode() + b'","object":' + raw + b"}")
    assert isinstance(found, Added | Modified | Deleted)
    record = found.item.record
    assert (record.key.name, record.uid, record.version, dict(record.labels)) == ("bad", "uid-bad", "7", {"app": "x"})
    assert record.deep == (levels > 950)
    kept = record.mutable()
    assert 60 < depth_of(kept) <= max(NESTING_MAX, levels + 1 if not record.deep else 0)
    assert kept["metadata"].keys() == {"name", "namespace", "uid", "resourceVersion", "labels", "annotations"}
    assert kept["metadata"]["annotations"] == {}


def test_page_with_poison() -> None:
    """Of a page that cannot be decoded every item is there; those that are too deep are the ones that are cut."""
    body = line(listed(widget("a", 5), widget("P", 6), widget("b", 7), version=10, token="t"))  # noqa: S106
    body = body.replace(line(widget("P", 6)), poison(2000))
    page = decoder.page(body)
    assert [(item.record.key.name, item.record.deep) for item in page.items] == [
        ("a", False),
        ("bad", True),
        ("b", False),
    ]
    assert (page.version, page.token, page.skipped) == ("10", "t", ())
    assert page.items[2].record.mutable() == widget("b", 7)


@pytest.mark.parametrize("levels", range(NESTING_MAX - 3, NESTING_MAX + 4))
def test_edge(levels: int) -> None:
    """Beside a poison, an object counts as too deep from the first level on that it loses."""
    body = line(listed(widget("P", 5), widget("Q", 6), version=10))
    body = body.replace(line(widget("P", 5)), poison(levels - 1)).replace(line(widget("Q", 6)), poison(2000, "worse"))
    edge = decoder.page(body).items[0].record
    assert edge.deep == (levels > NESTING_MAX)
    assert depth_of(edge.mutable()) == min(levels, NESTING_MAX)


def test_readers_follow() -> None:
    """A record that was decoded where the stack had room is readable where it has none."""
    record = Record.of(Metadata(name="bad"), poison(4000))
    assert record.metadata().name == "bad"
    assert depth_of(record.mutable()) == NESTING_MAX


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"{" * 1000, id="cut off"),
        pytest.param(b'{"a":' * 1000 + b"]" * 1000, id="closed by the wrong sign"),
        pytest.param(b"]" * 1000, id="closed before it was opened"),
        pytest.param(b'"' * 1001, id="strings without an end"),
    ],
)
def test_what_is_no_json_stays_none(raw: bytes) -> None:
    """Cutting makes no JSON out of what was none."""
    with pytest.raises(msgspec.DecodeError):
        tolerant(msgspec.json.decode, raw)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'"' + b"\\n" * 1_500_000 + b'"', id="escapes"),
        pytest.param(b'"' + b"\\" * 3_000_000, id="backslashes without an end"),
        pytest.param(b'"' * 3_000_001, id="quotes"),
        pytest.param(b'{"a":' * 500_000, id="nesting"),
        pytest.param(b"[]," * 500_000, id="many"),
    ],
)
def test_24_linear(raw: bytes) -> None:
    """S24: three megabytes of whatever are gone through once."""
    began = time.process_time()
    cut(raw)
    assert time.process_time() - began < 5, "a guard against more than linear time, which would be minutes"


def test_deep_map_of_json() -> None:
    """The object that another reader would get is the same, apart from what was cut."""
    obj: Json = {"spec": 1}
    for _ in range(NESTING_MAX + 50):
        obj = {"a": obj, "b": [1, {"c": "}"}]}
    left = msgspec.json.decode(cut(json.dumps(obj).encode()))
    assert left == pruned(obj, NESTING_MAX)
