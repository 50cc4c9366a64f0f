"""Cassandra's configuration as the builder gets it."""

import json
from typing import Any

import pytest
from fakes.cassandra import cluster, container, dc, generated, topology, variables
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.cassandracluster.topology import Resources
from multicasskop.reconcilers.cassandracluster.server_version import version_of
from multicasskop.reconcilers.cassandracluster.statefulset.cassandra_config import heap, jvm_section, laid_over

Json = dict[str, Any]
TIMEOUT = 5000
DEFAULTS = {
    "cluster-info": {"name": "demo", "seeds": "a.example,b.example"},
    "datacenter-info": {"name": "dc1"},
    "cassandra-yaml": {
        "read_request_timeout_in_ms": TIMEOUT,
        "write_request_timeout_in_ms": TIMEOUT,
        "counter_write_request_timeout_in_ms": TIMEOUT,
    },
    "logback-xml": {"debuglog-enabled": False},
}
JVM = {
    "initial_heap_size": "512M",
    "max_heap_size": "2048M",
    "cassandra_ring_delay_ms": 30000,
    "jmx-connection-type": "remote-no-auth",
}
TREES = st.recursive(
    st.none() | st.integers(0, 3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
).map(lambda tree: tree if isinstance(tree, dict) else {})


def text(spec: Json, rack: str = "dc1-rack1") -> str:
    """The configuration of a rack's nodes."""
    found: str = variables(container(generated(spec, rack), "config-builder"))["CONFIG_FILE_DATA"]
    return found


def config(spec: Json, rack: str = "dc1-rack1") -> Json:
    """The configuration of a rack's nodes, read."""
    found: Json = json.loads(text(spec, rack))
    return found


def test_defaults() -> None:
    """A spec that says nothing gives names, seeds, timeouts and the JVM's options."""
    assert config({}) == {**DEFAULTS, "jvm-options": JVM}


def test_scenario_21_layers() -> None:
    """Racks and datacenters differ only in what they say, and in the datacenter's name."""
    tokens = [{"cassandra-yaml": {"num_tokens": number}} for number in (32, 16, 64)]
    first = dc("dc1", config=tokens[1]) | {"rack": [{"name": "rack1"}, {"name": "rack2", "config": tokens[2]}]}
    spec = {
        "config": tokens[0],
        "resources": {"limits": {"memory": "2Gi"}},
        **topology(first, dc("dc2")),
    }
    found = [config(spec, rack) for rack in ("dc2-rack1", "dc1-rack1", "dc1-rack2")]
    assert [each["cassandra-yaml"].pop("num_tokens") for each in found] == [32, 16, 64]
    assert [each["datacenter-info"].pop("name") for each in found] == ["dc2", "dc1", "dc1"]
    assert found[0] == found[1] == found[2]
    assert found[0]["jvm-options"].items() >= {"max_heap_size": "512M", "initial_heap_size": "128M"}.items()


@pytest.mark.parametrize(
    ("spec", "section", "expected"),
    [
        pytest.param({"config": {"x": {"y": 1}}}, "x", {"y": 1}, id="another section"),
        pytest.param(
            {"config": {"logback-xml": {"debuglog-enabled": True}}},
            "logback-xml",
            {"debuglog-enabled": True},
            id="a value against a default",
        ),
        pytest.param(
            {"config": {"logback-xml": {"debuglog-enabled": None, "a": None}}},
            "logback-xml",
            {"debuglog-enabled": False, "a": None},
            id="a null is filled in",
        ),
        pytest.param({"config": {"logback-xml": [1]}}, "logback-xml", [1], id="no map"),
        pytest.param({"config": {"a": [1, 2]}, **topology(dc(config={"a": [3]}))}, "a", [3], id="lists as a whole"),
        pytest.param({"config": {"a": {"b": 1}}, **topology(dc(config={"a": 2}))}, "a", 2, id="another kind of value"),
        pytest.param(
            {"config": {"cluster-info": {"name": "other"}}},
            "cluster-info",
            {"name": "other", "seeds": "a.example,b.example"},
            id="another name",
        ),
    ],
)
def test_what_is_given_wins(spec: Json, section: str, expected: object) -> None:
    """Only what nobody says is filled in."""
    assert config(spec)[section] == expected


@pytest.mark.parametrize(
    ("spec", "section"),
    [
        pytest.param({"serverVersion": "3.11.10"}, "jvm-options", id="3.11"),
        pytest.param({"serverVersion": "4.0.7"}, "jvm-server-options", id="4.0"),
        pytest.param({"cassandraImage": "cassandra:4.1.3"}, "jvm-server-options", id="4.1 by its tag"),
        pytest.param({"serverVersion": "5.0"}, "jvm-server-options", id="5.0"),
        pytest.param({"serverVersion": "40.0"}, "jvm-server-options", id="40"),
        pytest.param({"cassandraImage": "cassandra:latest"}, "jvm-options", id="not known"),
        pytest.param({"serverVersion": "6.8.1", "serverType": "dse"}, "jvm-options", id="another product"),
    ],
)
def test_d16_the_section_of_the_jvm(spec: Json, section: str) -> None:
    """What is filled in and what people give stand in the one section that the version reads."""
    found = cluster(spec)
    assert jvm_section(found, version_of(found)) == section
    given = config({**spec, "config": {"jvm-options": {"max_heap_size": "1G"}}})
    assert given[section] == {**JVM, "max_heap_size": "1G"}
    assert {"jvm-options", "jvm-server-options"} & given.keys() == {section}


def test_both_sections_are_merged() -> None:
    """Options under both names are kept, and those of the right name win."""
    both = {"jvm-options": {"a": 1, "b": 1}, "jvm-server-options": {"b": 2}}
    found = config({"serverVersion": "4.0", "config": both})
    assert found["jvm-server-options"] == {**JVM, "a": 1, "b": 2}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param({}, ("512M", "2048M"), id="no limit"),
        pytest.param({"requests": {"memory": "8Gi"}}, ("512M", "2048M"), id="only a request"),
        pytest.param({"limits": {"cpu": "1"}}, ("512M", "2048M"), id="no limit of memory"),
        pytest.param({"limits": {"memory": 0}}, ("512M", "2048M"), id="a limit of zero"),
        pytest.param({"limits": {"memory": "2Gi"}}, ("128M", "512M"), id="2Gi"),
        pytest.param({"limits": {"memory": "3G"}}, ("178M", "715M"), id="decimal"),
        pytest.param({"limits": {"memory": 1073741824}}, ("64M", "256M"), id="a number"),
    ],
)
def test_heap(resources: Json, expected: tuple[str, str]) -> None:
    """The heap is a quarter of the memory limit, in whole MiB, and begins with a quarter of that."""
    assert heap(Resources.model_validate(resources)) == expected


def test_equal_configurations_give_equal_text() -> None:
    """Keys are sorted and letters written as Go writes them, so that no pod restarts for another order."""
    one = {"b": {"y": "<a & b>", "x": 1}, "a": 1.5}
    other = {"a": 1.5, "b": {"x": 1, "y": "<a & b>"}}
    assert text({"config": one}) == text({"config": other})
    assert text({"config": one}).startswith('{"a":1.5,"b":{"x":1,"y":"\\u003ca \\u0026 b\\u003e"},"cassandra-yaml":{')


@given(TREES, TREES)
def test_laying_over(one: Json, two: Json) -> None:
    """Nothing, and itself, change nothing when laid over; every key of both is there; nothing is changed in place."""
    before = json.dumps([one, two])
    assert laid_over(one, ()) == laid_over(one, (one,)) == one
    assert laid_over(one, (two,)).keys() == one.keys() | two.keys()
    assert laid_over(laid_over(one, (two,)), (two,)) == laid_over(one, (two,))
    assert json.dumps([one, two]) == before
