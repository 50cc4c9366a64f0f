"""Namespaces of tests: taken away with all that is in them, whoever was to let go of it."""

from multicasskop.world.api import MERGE_PATCH, Api
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, NAMESPACES


def take_away(api: Api, name: str) -> None:
    """Delete a namespace, and whatever holds objects of our kinds in it: operators may be gone that would let go.

    A namespace that cannot go is tried again and again, with seventy calls each time: a hundred of them cost their API
    server more than all tests.
    """
    api.delete(NAMESPACES, "", name)
    for kind in (MULTICASSKOPS, CASSANDRACLUSTERS):
        try:
            held = [item["metadata"] for item in api.items(kind, name) if item["metadata"].get("finalizers")]
        except ApiError as error:
            if error.status != 404:
                raise
            continue  # the kind is not served
        for meta in held:
            let_go(api, kind.path(name, meta["name"]))


def let_go(api: Api, path: str) -> None:
    """Take all finalizers off an object, unless it is gone by now."""
    try:
        api.request("PATCH", path, {"metadata": {"finalizers": None}}, content_type=MERGE_PATCH)
    except ApiError as error:
        if error.status != 404:
            raise
