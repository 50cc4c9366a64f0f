"""The annotation that keeps a StatefulSet as it was generated, in the form in which the Go CassKop keeps it.

It says which fields were set by the operator, so that what it no longer wants can be told from what others added. Both
operators read and write it: either can take over from the other.
"""

import io
import zipfile
import zlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Any, Final

import msgspec
from multicasskop.crds.base import Json
from multicasskop.reconcilers.cassandracluster.statefulset.shapes import is_statefulset

ANNOTATION: Final = "banzaicloud.com/last-applied"
_ENTRY: Final = "original"
# the same object gives the same text at any time
_DATE: Final = (1980, 1, 1, 0, 0, 0)
# far above what an object can be; who writes annotations shall not fill our memory
_LARGEST: Final = 8 * 1024 * 1024


def annotated(obj: Json, generated: Json) -> Json:
    """The object with an annotation that keeps what was generated."""
    metadata = obj["metadata"]
    annotations = {**(metadata.get("annotations") or {}), ANNOTATION: packed(generated)}
    return {**obj, "metadata": {**metadata, "annotations": annotations}}


def original(live: Json) -> Json:
    """What a living object was generated as; `{}` where nobody has kept it, or not in a form that can be read."""
    text = (live["metadata"].get("annotations") or {}).get(ANNOTATION, "")
    try:
        found = msgspec.json.decode(_unpacked(text), type=dict[str, Any])
    except (msgspec.DecodeError, zipfile.BadZipFile, Base64Error, zlib.error, KeyError, ValueError, EOFError):
        return {}
    return found if is_statefulset(found) else {}


def packed(generated: Json) -> str:
    """The text of the annotation: base64 of a zip archive with the object's JSON as its only entry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(_ENTRY, _DATE)
        archive.writestr(entry, msgspec.json.encode(generated, order="sorted"), zipfile.ZIP_DEFLATED)
    return b64encode(buffer.getvalue()).decode()


def _unpacked(text: str) -> bytes:
    if text.startswith("{"):  # older Go CassKops did not pack it
        return text.encode()
    with zipfile.ZipFile(io.BytesIO(b64decode(text, validate=True))) as archive, archive.open(_ENTRY) as entry:
        found = entry.read(_LARGEST + 1)
    if len(found) > _LARGEST:
        raise ValueError(f"more than {_LARGEST} bytes")
    return found
