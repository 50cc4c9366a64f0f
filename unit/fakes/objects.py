"""Objects, events and lists as an API server sends them, and records as a store keeps them."""

import json
from typing import Any

from multicasskop.informers.decoding import Decoder
from multicasskop.informers.record import Item, Record
from multicasskop.informers.resource import Resource

WIDGETS = Resource("example.com", "v1", "widgets", "Widget")
WIDGETS_PATH = WIDGETS.path()

Json = dict[str, Any]


def widget(name: str, version: int | str, *, namespace: str = "ns", uid: str = "", **metadata: object) -> Json:
    """Return an object; its uid follows from its name unless given, its spec from its version."""
    return {
        "apiVersion": WIDGETS.api_version,
        "kind": WIDGETS.kind,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": uid or f"uid-{name}",
            "resourceVersion": str(version),
            **metadata,
        },
        "spec": {"size": {"value": str(version)}, "list": [1, {"a": "b"}]},
    }


def listed(*objects: Json, version: int | str, token: str = "") -> Json:
    """Return a list of these objects."""
    metadata = {"resourceVersion": str(version), **({"continue": token} if token else {})}
    return {"kind": "WidgetList", "apiVersion": WIDGETS.api_version, "metadata": metadata, "items": list(objects)}


def event(kind: str, obj: Json) -> Json:
    """Return an event of a watch."""
    return {"type": kind, "object": obj}


def bookmark(version: int | str) -> Json:
    """Return a bookmark."""
    metadata = {"resourceVersion": str(version), "creationTimestamp": None}
    return event("BOOKMARK", {"kind": "Widget", "apiVersion": WIDGETS.api_version, "metadata": metadata})


def mark(version: int | str) -> Json:
    """Return the bookmark that ends a list in a stream."""
    ends = bookmark(version)
    ends["object"]["metadata"]["annotations"] = {"k8s.io/initial-events-end": "true"}
    return ends


def line(obj: Json) -> bytes:
    """Return JSON as an API server writes it: without spaces, and (on a stream) with a newline that is not here."""
    return json.dumps(obj, separators=(",", ":")).encode()


def item(name: str, version: int | str, **more: Any) -> Item:  # noqa: ANN401  as of widget
    """Return an object as it comes out of the decoder."""
    (found,) = Decoder("m", WIDGETS).page(line(listed(widget(name, version, **more), version=version))).items
    return found


def record(name: str, version: int | str, **more: Any) -> Record:  # noqa: ANN401  as of widget
    """Return an object as a store keeps it."""
    return item(name, version, **more).record
