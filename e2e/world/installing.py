"""Bringing our kinds into a world."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from multicasskop.crds.generate import load_manifest
from multicasskop.crds.names import CASSANDRACLUSTER_PLURAL, MULTICASSKOP_PLURAL
from multicasskop.world.api import Api, Json
from multicasskop.world.errors import ApiError, WorldError
from multicasskop.world.kinds import DEFINITIONS
from multicasskop.world.processes import wait_until
from multicasskop.world.world import World

PATIENCE = 90.0


def install_crds(world: World, *, plurals: tuple[str, ...] = (MULTICASSKOP_PLURAL, CASSANDRACLUSTER_PLURAL)) -> None:
    """Create the kinds in all members, or bring them up to date, and return when all of them are served.

    Where one is new the controller manager is started again: its garbage collector would see it only at its next look,
    up to half a minute later. Raises WorldError when a kind is not served in time. (For the first two seconds of a new
    kind an API server answers every create of it two seconds late; nobody waits for that here.)
    """
    manifests = [load_manifest(plural) for plural in plurals]
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="install") as side_by_side:
        list(side_by_side.map(lambda member: install(world, member, manifests), world.members))


def install(world: World, member: str, manifests: list[Json]) -> None:
    """Install the kinds in one member."""
    api = world.admin(member)
    created = [put(api, manifest) for manifest in manifests]
    for manifest in manifests:
        name = manifest["metadata"]["name"]
        if not wait_until(partial(is_served, api, name), PATIENCE):
            raise WorldError(
                f"{member}: {name} was not served within {PATIENCE:.0f}s; kubectl describe crd {name} says why"
            )
    if any(created):
        world.restart_controllers(member)


def put(api: Api, manifest: Json) -> bool:
    """Create the definition or replace the one that is there; True when it is new."""
    found = api.find(DEFINITIONS, "", manifest["metadata"]["name"])
    if found is None:
        api.create(DEFINITIONS, "", manifest)
        return True
    version = {"resourceVersion": found["metadata"]["resourceVersion"]}
    api.replace(DEFINITIONS, "", {**manifest, "metadata": {**manifest["metadata"], **version}})
    return False


def is_served(api: Api, name: str) -> bool:
    """Whether the definition is established and its collection answers."""
    definition = api.get(DEFINITIONS, "", name)
    conditions = (definition.get("status") or {}).get("conditions") or []
    if not any(found["type"] == "Established" and found["status"] == "True" for found in conditions):
        return False
    spec = definition["spec"]
    served = [version["name"] for version in spec["versions"] if version["served"]]
    try:
        for version in served:
            api.request("GET", f"/apis/{spec['group']}/{version}/{spec['names']['plural']}", query={"limit": "1"})
    except ApiError as failure:
        if failure.is_not_found:
            return False
        raise
    return True
