"""Schema and check of a child are made from the same models: on any object a real API server must agree with them."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from multicasskop.crds.cassandracluster import validate_child
from multicasskop.crds.names import GROUP
from multicasskop.crds.schema import CASSANDRACLUSTER, object_schema
from multicasskop.world.api import Api
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CASSANDRACLUSTERS
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

Json = dict[str, Any]
Values = st.SearchStrategy[Any]
WORDS = st.sampled_from(["", "a", "dc1", "rack-1", "x" * 64, "Always", "cassandra", "1Gi", "10", "much", "ä"])
NUMBERS = st.sampled_from([-1, 0, 1, 999, 2**31 - 1, 2**31])
ODD: Values = st.sampled_from(["1", 1, True, [], {}])


def values(node: Json) -> Values:
    """Values for a node of a schema: mostly of its type, at times not."""
    match node.get("type"):
        case "string" if "enum" in node:
            fitting: Values = st.sampled_from(node["enum"])
        case "string":
            fitting = WORDS
        case "integer":
            fitting = NUMBERS
        case "boolean":
            fitting = st.booleans()
        case "array":
            fitting = st.lists(values(node["items"]), max_size=2)
        case "object" if "additionalProperties" in node:
            fitting = st.dictionaries(st.sampled_from(["a", "cpu"]), values(node["additionalProperties"]), max_size=2)
        case "object":
            fitting = objects(node.get("properties", {}), node.get("required", []))
        case _:
            fitting = WORDS | NUMBERS
    return st.integers(0, 19).flatmap(lambda dice: ODD if dice == 0 else fitting)


def objects(properties: dict[str, Json], required: list[str]) -> Values:
    """Objects with a few of the declared fields, and nearly always with those that are needed."""
    if not properties:
        return st.just({}) | st.just({"anything": [1]})
    chosen = st.lists(st.sampled_from(sorted(properties)), max_size=3, unique=True)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries({name: values(properties[name]) for name in {*names, *required}})
    )


SPECS = objects(object_schema(CASSANDRACLUSTER)["properties"]["spec"]["properties"], [])


def refusal(api: Api, body: Json) -> str:
    """Why the server would refuse an object, or nothing when it would take it."""
    try:
        api.request("POST", CASSANDRACLUSTERS.path("default") + "?dryRun=All", body)
    except ApiError as failure:
        if failure.status not in (400, 422):
            raise
        return str(failure)
    return ""


def test_server_takes_what_the_check_lets_pass(world: World) -> None:
    """No child passes our check and is then refused by the server, whatever stands in its spec."""
    api = world.admin(world.members[0])
    taken: list[bool] = []

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(SPECS)
    def law(spec: Json) -> None:
        body = {"apiVersion": f"{GROUP}/v2", "kind": "CassandraCluster", "metadata": {"name": "probe"}, "spec": spec}
        failures = [str(problem) for problem in validate_child(body) if not problem.warning]
        refused = refusal(api, body)
        note(f"server: {refused}; check: {failures}")
        taken.append(not refused)
        assert failures or not refused

    law()
    # else the law was never put to the test
    assert min(taken.count(True), taken.count(False)) > 20
