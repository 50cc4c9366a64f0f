"""Lines and pages into records."""

import json
import sys
from random import Random
from typing import Any, cast

import msgspec
import pytest
from fakes.objects import WIDGETS, Json, bookmark, event, line, listed, widget
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers import decoding
from multicasskop.informers.decoding import (
    LAST_APPLIED,
    Added,
    Bookmark,
    Decoder,
    Deleted,
    ErrorEvent,
    Modified,
    Skipped,
    trimmed,
)
from multicasskop.informers.errors import StreamCorrupt, UnexpectedAnswer, is_expired
from multicasskop.informers.packing import PACKED_FROM
from multicasskop.informers.record import Metadata, Record
from multicasskop.informers.resource import Resource

PODS = Resource("", "v1", "pods", "Pod")
FIELDS = [{"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {"f:size": {}}}}]

decoder = Decoder("m", WIDGETS)


def decode(obj: Json, kind: str = "ADDED", *, text: bytes | None = None) -> Record:
    """Return the record of an object that comes as an event."""
    found = decoder.line(text or line(event(kind, obj)))
    assert isinstance(found, Added | Modified | Deleted)
    return found.item.record


def without_trimmings(obj: Json) -> Json:
    """Return the object as a store is to keep it."""
    copy: Json = json.loads(json.dumps(obj))
    copy["metadata"].pop("managedFields", None)
    copy["metadata"].get("annotations", {}).pop(LAST_APPLIED, None)
    return copy


@pytest.mark.parametrize(("kind", "of"), [("ADDED", Added), ("MODIFIED", Modified), ("DELETED", Deleted)])
def test_events(kind: str, of: type) -> None:
    """Each type of event has its own class, with the object's identity in the record."""
    more: dict[str, Any] = {
        "generation": 4,
        "labels": {"app": "x"},
        "deletionTimestamp": "2024-01-01T00:00:00Z",
        "ownerReferences": [{"uid": "o1", "kind": "K", "name": "n", "apiVersion": "v1", "controller": True}],
    }
    obj = widget("a", 7, **more)
    found = decoder.line(line(event(kind, obj)))
    assert isinstance(found, of)
    record = decode(obj, kind)
    assert (*record.key, record.uid, record.version, record.generation) == ("ns", "a", "uid-a", "7", 4)
    assert (record.deleting, dict(record.labels), record.owner_uids) == (True, {"app": "x"}, ("o1",))
    assert record.raw == line(obj)


def test_bookmark() -> None:
    """A bookmark is its version."""
    assert decoder.line(line(bookmark(17))) == Bookmark("17")


def test_error_event() -> None:
    """An ERROR event carries the error that a refusal with the same Status would be."""
    found = decoder.line(line(event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "metadata": {}})))
    assert isinstance(found, ErrorEvent)
    assert is_expired(found.error)


@pytest.mark.parametrize(
    ("obj", "what"),
    [
        pytest.param(event("COMPACTED", widget("a", 1)), "unknown type 'COMPACTED'", id="type"),
        pytest.param(event("ADDED", widget("", 1)), "object without name", id="nameless"),
        pytest.param(event("ADDED", widget("a", 1) | {"kind": "Gadget"}), "another kind", id="kind"),
        pytest.param(event("ADDED", widget("a", 1, namespace="other")), "or namespace", id="namespace"),
    ],
)
def test_skipped(obj: Json, what: str) -> None:
    """What is no event of ours is named and has no effect."""
    found = Decoder("m", WIDGETS, "ns").line(line(obj))
    assert isinstance(found, Skipped)
    assert what in found.what


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'{"type":"ADDED","object":{"metadata"', id="cut off"),
        pytest.param(b"<html>bad gateway</html>", id="html"),
        pytest.param(b'{"type":"ADDED"}', id="no object"),
        pytest.param(b'{"type":"ADDED","object":{"metadata":{"name":1}}}', id="wrong type"),
        pytest.param(b'{"type":"ADDED","object":{"metadata":{"name":"a\xff"}}}', id="no UTF-8"),
        pytest.param(b'{"type":"ADDED","object":{"a":' + b"[" * 5000, id="deep and cut off"),
    ],
)
def test_unreadable_line(text: bytes) -> None:
    """A line that cannot be read is a corrupt stream, whatever the decoder makes of it."""
    with pytest.raises(StreamCorrupt):
        decoder.line(text)


TRIMMINGS = [
    pytest.param({"managedFields": FIELDS}, id="managedFields"),
    pytest.param({"annotations": {LAST_APPLIED: '{"a":"\\"b\\\\"}\n', "own": "kept"}}, id="first annotation"),
    pytest.param({"annotations": {"own": "kept", LAST_APPLIED: "é\\u0041"}}, id="last annotation"),
    pytest.param({"annotations": {LAST_APPLIED: ""}, "managedFields": FIELDS}, id="both"),
    pytest.param({"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}, id="neither"),
]


@pytest.mark.parametrize("metadata", TRIMMINGS)
@pytest.mark.parametrize("spaces", [False, True], ids=["as servers write", "with spaces"])
def test_38_trimming(metadata: Json, spaces: bool) -> None:
    """`managedFields` and kubectl's annotation are absent, all else is there, and the bytes have their exact size."""
    obj = widget("a", 7, **metadata)
    text = json.dumps(event("ADDED", obj)).encode() if spaces else None
    record = decode(obj, text=text)
    assert record.mutable() == without_trimmings(obj)
    assert sys.getsizeof(record.raw) == sys.getsizeof(b"") + len(record.raw)


@pytest.mark.parametrize("metadata", TRIMMINGS)
def test_trimming_is_idempotent(metadata: Json) -> None:
    """What has been trimmed is left as it is."""
    record = decode(widget("a", 7, **metadata))
    assert decode({}, text=b'{"type":"ADDED","object":' + record.raw + b"}").raw == record.raw


def test_cut_encodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes as servers write them are cut, without being decoded whole."""
    monkeypatch.setattr(decoding, "_trimmed_slowly", None)
    metadata: Json = {"annotations": {LAST_APPLIED: "x" * 100, "own": "kept"}, "managedFields": FIELDS}
    obj = widget("a", 7, **metadata)
    assert decode(obj).raw == line(without_trimmings(obj))


LOOKALIKES = [
    pytest.param({"spec": {"template": {"metadata": {"managedFields": FIELDS}}}}, id="managedFields elsewhere"),
    pytest.param({"aaa": {"managedFields": FIELDS}}, id="managedFields before"),
    pytest.param({"data": {LAST_APPLIED: "mine"}}, id="annotation elsewhere"),
    pytest.param({"spec": {"text": '"managedFields":[]'}}, id="in a text"),
    pytest.param({"spec": {"object": {"metadata": {}}}}, id="a field called object"),
    pytest.param({"spec": {"text": '},"object":{'}}, id="the beginning of an object in a text"),
]


@pytest.mark.parametrize("more", LOOKALIKES)
def test_lookalikes(more: Json) -> None:
    """A name that also stands elsewhere in the object is cut where it belongs and nowhere else."""
    metadata: Json = {"annotations": {LAST_APPLIED: "mine"}, "managedFields": FIELDS}
    obj = {**more, **widget("a", 7, **metadata), **more}
    assert decode(obj).mutable() == without_trimmings(obj)


def test_line_in_another_order() -> None:
    """A line whose fields stand in another order, or that has more of them, gives the same record."""
    obj = widget("a", 7)
    for text in (
        b'{"object":' + line(obj) + b',"type":"ADDED"}',
        b'{"type":"ADDED","object":' + line(obj) + b',"x":1}',
    ):
        assert decode({}, text=text).raw == line(obj)


texts = st.text(st.sampled_from('a"\\{}[],:é\n') | st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)
names = st.sampled_from(["managedFields", "object", "type", "metadata", LAST_APPLIED]) | texts


@given(
    spec=st.dictionaries(names, values, max_size=4),
    annotations=st.dictionaries(st.sampled_from([LAST_APPLIED, "managedFields", "object"]) | texts, texts, max_size=3),
    fields=st.none() | st.lists(st.dictionaries(names, values, max_size=2), max_size=2),
    dense=st.booleans(),
)
def test_any_object(spec: Json, annotations: dict[str, str], fields: list[Json] | None, dense: bool) -> None:
    """Whatever is in an object, its record holds all of it but the two trimmings."""
    metadata: Json = {"annotations": annotations, **({} if fields is None else {"managedFields": fields})}
    obj = widget("a", 7, **metadata) | {"spec": spec}
    text = line(event("MODIFIED", obj)) if dense else json.dumps(event("MODIFIED", obj), ensure_ascii=False).encode()
    assert decode(obj, text=text).mutable() == without_trimmings(obj)


def test_page() -> None:
    """A page has items in order, the list's own version, and the token for the next page."""
    page = decoder.page(line(listed(widget("b", 5), widget("a", 6), version=10, token="t")))  # noqa: S106
    assert [item.record.key.name for item in page.items] == ["b", "a"]
    assert (page.version, page.token, page.skipped) == ("10", "t", ())


LARGE = widget("a", 7) | {"spec": {"text": "x" * PACKED_FROM}}


@pytest.mark.parametrize("pack", [False, True], ids=["in a rush", "at leisure"])
def test_object_of_an_event_is_packed_when_there_is_time(pack: bool) -> None:
    """A line's object is kept packed or as it came, as it is asked for, and reads the same."""
    found = decoder.line(line(event("MODIFIED", LARGE)), pack=pack)
    assert isinstance(found, Modified)
    assert found.item.record.packed is pack
    assert found.item.record.mutable() == LARGE


def test_objects_of_a_page_are_packed() -> None:
    """Lists bring most of what is kept: their objects are packed."""
    (found,) = decoder.page(line(listed(LARGE, version=10))).items
    assert (found.record.packed, found.record.mutable()) == (True, LARGE)


def test_objects_of_one_decoder_share_a_basis() -> None:
    """What a page and a line after it bring is packed by what it shares with the first object."""
    first, second = (widget(name, 7) | {"spec": {"text": Random(1).randbytes(PACKED_FROM).hex()}} for name in "ab")
    reader = Decoder("eu", WIDGETS)
    (page,) = reader.page(line(listed(first, version=10))).items
    found = reader.line(line(event("MODIFIED", second)), pack=True)
    assert isinstance(found, Modified)
    assert found.item.record.size * 10 < page.record.size
    assert found.item.record.mutable() == second


@pytest.mark.parametrize("way", ["page", "stream"])
def test_what_was_cut_out_is_let_go(way: str) -> None:
    """Metadata of an object of a list hold nothing that its record does not have: no managed fields, no annotation."""
    obj = widget("a", 7, managedFields=FIELDS, annotations={LAST_APPLIED: "x", "own": "kept"})
    if way == "page":
        (found,) = decoder.page(line(listed(obj, version=10))).items
    else:
        found = cast(Added, decoder.line(line(event("ADDED", obj)), pack=True)).item
    assert bytes(getattr(found.metadata, "managed_fields")) == b""  # noqa: B009  not of the type that is known
    assert found.metadata.annotations == {"own": "kept"}


def test_items_of_built_in_kinds() -> None:
    """Items that come without kind and version, as those of built-in kinds do, are given the list's."""
    pod = {"metadata": {"name": "p", "namespace": "ns", "resourceVersion": "3"}, "spec": {}}
    body: Json = {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "9"}, "items": [pod]}
    (item,) = Decoder("m", PODS).page(line(body)).items
    whole = item.record.mutable()
    assert (whole["kind"], whole["apiVersion"], whole["spec"]) == ("Pod", "v1", {})


@pytest.mark.parametrize(
    ("obj", "what"),
    [
        pytest.param({"metadata": {"namespace": "ns"}}, "object without name", id="nameless"),
        pytest.param({"metadata": {"name": 7}}, "undecodable object", id="undecodable"),
        pytest.param(widget("x", 1) | {"kind": "Gadget"}, "object of another kind or namespace", id="kind"),
    ],
)
def test_unusable_items(obj: Json, what: str) -> None:
    """An item that cannot be used is left out and named, and the others are there."""
    page = decoder.page(line(listed(obj, widget("a", 5), version=10)))
    assert [item.record.key.name for item in page.items] == ["a"]
    assert page.skipped == (what,)


@pytest.mark.parametrize("items", [pytest.param([], id="empty"), pytest.param(None, id="null")])
def test_empty_list(items: object) -> None:
    """A list without items is a good one, whichever way a server writes that."""
    body = listed(version=10) | {"items": items}
    assert decoder.page(line(body)).items == ()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"kind":"Status","apiVersion":"v1","metadata":{},"code":200}', id="Status"),
        pytest.param(b'{"kind":"Table","apiVersion":"meta.k8s.io/v1","rows":[]}', id="Table"),
        pytest.param(b'{"kind":"GadgetList","apiVersion":"example.com/v1","items":[]}', id="another kind"),
        pytest.param(b'{"kind":"WidgetList","apiVersion":"example.com/v2","items":[]}', id="another version"),
        pytest.param(b'{"kind":"WidgetList","apiVersion":"example.com/v1","items":{}}', id="items are no list"),
        pytest.param(b"[]", id="array"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"kind":"WidgetList","apiVersion":"example.com/v1","items":[', id="cut off"),
    ],
)
def test_no_list(body: bytes) -> None:
    """A body that is no list of this kind and version is an unexpected answer, and no empty list."""
    with pytest.raises(UnexpectedAnswer):
        decoder.page(body)


def test_trimmed_without_decoded_slice() -> None:
    """Metadata that were not decoded for a cut leave `managedFields` to those that were."""
    raw = line(widget("a", 7))
    assert trimmed(raw, msgspec.convert({"name": "a"}, Metadata)) == raw
