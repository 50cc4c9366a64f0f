"""A line of a watch or a page of a list, into records.

One pass: the object's bytes are cut out of what was received, `msgspec` decodes their metadata and skips the rest, and
nothing is encoded again. Each cut is checked; where it cannot be made the object is decoded, trimmed and encoded, which
gives the same record more slowly. What is nested too deep to be decoded is cut off first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from multicasskop.informers.errors import ApiError, StreamCorrupt, UnexpectedAnswer
from multicasskop.informers.packing import Packer
from multicasskop.informers.poison import NESTING_MAX, cut, is_deep
from multicasskop.informers.record import Item, Metadata, Record
from multicasskop.informers.resource import Resource

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LIST_ENDS = "k8s.io/initial-events-end"


class Added(msgspec.Struct, frozen=True, gc=False):
    """An object that the server says is new."""

    item: Item


class Modified(msgspec.Struct, frozen=True, gc=False):
    """An object that the server says has changed."""

    item: Item


class Deleted(msgspec.Struct, frozen=True, gc=False):
    """An object that is gone, or no longer selected, in its last state."""

    item: Item


class Bookmark(msgspec.Struct, frozen=True, gc=False):
    """Everything up to this version has been sent; `ends_list`: and with it all there was when the stream began."""

    version: str
    ends_list: bool = False


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """The server ends the stream and says why."""

    error: ApiError


class Skipped(msgspec.Struct, frozen=True, gc=False):
    """Something that is no event of ours: an unknown type, another kind or namespace, an object without a name."""

    what: str


Event = Added | Modified | Deleted | Bookmark | ErrorEvent | Skipped


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `version` is the list's own, `token` asks for the next page and is empty on the last."""

    items: tuple[Item, ...]
    version: str
    token: str
    skipped: tuple[str, ...] = ()


class _Metadata(Metadata, frozen=True, gc=False, rename="camel"):
    managed_fields: msgspec.Raw = msgspec.Raw()


class _Object(msgspec.Struct, gc=False, rename="camel"):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    kind: str = ""
    api_version: str = ""


class _RawLine(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class _List(msgspec.Struct, rename="camel"):
    kind: str = ""
    api_version: str = ""
    metadata: _ListMetadata = msgspec.field(default_factory=_ListMetadata)
    items: list[msgspec.Raw] | None = None


_raw_line = msgspec.json.Decoder(_RawLine)
_object = msgspec.json.Decoder(_Object)
_list = msgspec.json.Decoder(_List)
_status = msgspec.json.Decoder(dict[str, Any])
_plain = msgspec.json.Decoder()

_EVENTS: dict[str, Callable[[Item], Event]] = {"ADDED": Added, "MODIFIED": Modified, "DELETED": Deleted}
# what stands in a line before the object, as servers write it
_BEGINNINGS = {b'{"type":"' + kind.encode() + b'","object":': make for kind, make in _EVENTS.items()}
_NONE = msgspec.Raw()
_MANAGED_FIELDS = b'"managedFields":'
# possessive: linear, and no memory for each of its characters
_LAST_APPLIED = re.compile(rb'"' + re.escape(LAST_APPLIED).encode() + rb'":"[^"\\]*+(?:\\.[^"\\]*+)*+"')
# what decoders raise: msgspec for syntax and types, Python for text that is no UTF-8 and for endless nesting
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Decoder:
    """Reads what one member sends of one resource, in one namespace or (empty) in all of them."""

    def __init__(self, member: str, resource: Resource, namespace: str = "") -> None:
        self._member, self._resource, self._namespace = member, resource, namespace
        self._packer = Packer()

    def line(self, line: bytes, *, pack: bool = False) -> Event:
        """Return the event that a line of a watch describes, its object packed or as it came.

        Raises StreamCorrupt when the line is no event at all.
        """
        try:
            return self._event_or_cut(line, pack=pack)
        except UNREADABLE as error:
            raise StreamCorrupt(self._member, f"{self._resource.plural}: undecodable event: {error}") from error

    def page(self, body: bytes) -> Page:
        """Return the page that the body of a list holds, packed; items that cannot be used are left out and named.

        Raises UnexpectedAnswer when the body is anything but a list of this kind.
        """
        try:
            found, deep = _whole_or_cut(body)
        except UNREADABLE as error:
            raise UnexpectedAnswer(self._member, f"{self._resource.plural}: undecodable list: {error}") from error
        if found.kind != f"{self._resource.kind}List" or found.api_version != self._resource.api_version:
            wanted = f"{self._resource.kind}List of {self._resource.api_version}"
            raise UnexpectedAnswer(self._member, f"asked for {wanted}, got {found.kind!r} of {found.api_version!r}")
        return self._page(found, deep=deep)

    def _page(self, found: _List, *, deep: bool) -> Page:
        read = [self._list_item(raw, deep=deep and is_deep(bytes(raw))) for raw in found.items or ()]
        items = tuple(item for item in read if isinstance(item, Item))
        skipped = tuple(what.what for what in read if isinstance(what, Skipped))
        return Page(items, found.metadata.resource_version, found.metadata.continue_, skipped)

    def _list_item(self, part: msgspec.Raw, *, deep: bool) -> Item | Skipped:
        try:
            # decoded from the page itself: slices of a copy would keep the copy, and heaps of them leave holes
            obj, raw = _object.decode(part), cut(bytes(part)) if deep else bytes(part)
            if not obj.kind:  # items of built-in kinds come without
                raw = self._with_kind(raw)
                obj.kind, obj.api_version = self._resource.kind, self._resource.api_version
            return self._item(obj, raw, deep=deep, pack=True)
        except UNREADABLE:
            return Skipped("undecodable object")

    def _with_kind(self, raw: bytes) -> bytes:
        start = msgspec.json.encode({"kind": self._resource.kind, "apiVersion": self._resource.api_version})
        return start[:-1] + b"," + raw[1:]

    def _event_or_cut(self, line: bytes, *, pack: bool) -> Event:
        try:
            return self._event(line, pack=pack)
        except RecursionError:
            return self._event(cut(line), deep=True)

    def _event(self, line: bytes, *, deep: bool = False, pack: bool = False) -> Event:
        begin = line.find(b"{", 1)
        make = _BEGINNINGS.get(line[:begin])
        if make is None or not line.endswith(b"}"):
            return self._odd_event(line, deep=deep)
        raw = line[begin:-1]
        try:
            # what is one object between this beginning and the last brace is all that the line holds
            obj = _object.decode(raw)
        except msgspec.DecodeError:
            return self._odd_event(line, deep=deep)
        item = self._item(obj, raw, deep=deep, pack=pack)
        return item if isinstance(item, Skipped) else make(item)

    def _odd_event(self, line: bytes, *, deep: bool) -> Event:
        read = _raw_line.decode(line)
        match read.type:
            case "BOOKMARK":
                metadata = _object.decode(read.object).metadata
                return Bookmark(metadata.resource_version, metadata.annotations.get(LIST_ENDS) == "true")
            case "ERROR":
                return ErrorEvent(ApiError.of_status(self._member, _status.decode(read.object)))
            case "ADDED" | "MODIFIED" | "DELETED":
                item = self._item(_object.decode(read.object), bytes(read.object), deep=deep)
                return item if isinstance(item, Skipped) else _EVENTS[read.type](item)
            case unknown:
                return Skipped(f"unknown type {unknown[:64]!r}")

    def _item(self, obj: _Object, raw: bytes, *, deep: bool, pack: bool = False) -> Item | Skipped:
        metadata = obj.metadata
        if not metadata.name:
            return Skipped("object without name")
        if obj.kind != self._resource.kind or (self._namespace and metadata.namespace != self._namespace):
            return Skipped("object of another kind or namespace")
        record = Record.of(metadata, trimmed(raw, metadata), deep=deep, packer=self._packer if pack else None)
        if pack:
            _let_go(metadata)
        return Item(record, metadata)


def _let_go(metadata: _Metadata) -> None:
    """Forget of metadata what is not in the record: it would keep all the bytes that it was cut out of.

    Of a list it is held until the list is complete, and what is freed so late leaves holes in the heap that stay.
    """
    msgspec.structs.force_setattr(metadata, "managed_fields", _NONE)
    metadata.annotations.pop(LAST_APPLIED, None)


def _whole_or_cut(body: bytes) -> tuple[_List, bool]:
    """Return a list, and whether something in it had to be cut off.

    What is too deep in an item is still too deep by one level then, so that it can be told which item it is.
    """
    try:
        return _list.decode(body), False
    except RecursionError:
        return _list.decode(cut(body, len("[{") + NESTING_MAX + 1)), True


def trimmed(raw: bytes, metadata: Metadata) -> bytes:
    """Return the object's bytes without `managedFields` and kubectl's last-applied annotation, at their exact size."""
    if isinstance(metadata, _Metadata) and (fields := bytes(metadata.managed_fields)):
        cut = _without_managed_fields(raw, fields)
        if cut is None:
            return _trimmed_slowly(raw)
        raw = cut
    if LAST_APPLIED not in metadata.annotations:
        return raw
    cut = _without_last_applied(raw, metadata.annotations[LAST_APPLIED])
    return _trimmed_slowly(raw) if cut is None else cut


def _without_managed_fields(raw: bytes, fields: bytes) -> bytes | None:
    start = raw.find(_MANAGED_FIELDS)
    end = start + len(_MANAGED_FIELDS) + len(fields)
    if start < 0 or not raw.startswith(fields, end - len(fields)):
        return None
    # it must be the metadata's own: these come first, as servers write objects, or there is no other of that name
    first = raw.endswith(b'"metadata":', 0, raw.find(b"{", 1))
    return _without(raw, start, end) if first or raw.rfind(_MANAGED_FIELDS) == start else None


def _without_last_applied(raw: bytes, value: str) -> bytes | None:
    found = _LAST_APPLIED.search(raw)
    if found is None or _LAST_APPLIED.search(raw, found.end()):
        return None
    same = _plain.decode(b"{" + found.group() + b"}") == {LAST_APPLIED: value}
    return _without(raw, found.start(), found.end()) if same else None


def _without(raw: bytes, start: int, end: int) -> bytes:
    """Leave out one member of an object, with the comma before it, or after it when it is the first."""
    if raw[start - 1 : start] == b",":
        start -= 1
    elif raw[end : end + 1] == b",":
        end += 1
    return raw[:start] + raw[end:]


def _trimmed_slowly(raw: bytes) -> bytes:
    obj = _plain.decode(raw)
    obj["metadata"].pop("managedFields", None)
    (obj["metadata"].get("annotations") or {}).pop(LAST_APPLIED, None)
    return bytes(msgspec.json.encode(obj))
