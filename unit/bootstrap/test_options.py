"""Options of the JVM, from the words of the configuration builder to lines of Cassandra's option files."""

from typing import Any

import pytest
from multicasskop.bootstrap import options


@pytest.mark.parametrize(
    ("section", "lines"),
    [
        pytest.param({"max_heap_size": "2G", "initial_heap_size": "1G"}, ["-Xms1G", "-Xmx2G"], id="heap"),
        pytest.param({"heap_size_young_generation": "100M"}, ["-Xmn100M"], id="young generation"),
        pytest.param({"cassandra_ring_delay_ms": 3000}, ["-Dcassandra.ring_delay_ms=3000"], id="number"),
        pytest.param({"cassandra_load_ring_state": False}, ["-Dcassandra.load_ring_state=false"], id="switch"),
        pytest.param({"cassandra_ring_delay_ms": None}, [], id="null"),
        pytest.param({"jmx-connection-type": "remote-no-auth"}, [], id="set elsewhere"),
        pytest.param({"additional-jvm-opts": ["-Xmx9G"], "max_heap_size": "1G"}, ["-Xmx1G", "-Xmx9G"], id="last wins"),
        pytest.param({"garbage_collector": "G1GC"}, [], id="not understood"),
    ],
)
def test_lines(section: dict[str, Any], lines: list[str]) -> None:
    """Each key that is understood is a line, what is given verbatim comes last."""
    assert options.lines(section) == lines


def test_unknown_keys_are_named() -> None:
    """A key without a line is named; those that are read elsewhere are not."""
    section = {
        "garbage_collector": "G1GC",
        "max_heap_size": "1G",
        "jmx-connection-type": "x",
        "additional-jvm-opts": [],
    }
    assert options.unknown(section) == ["garbage_collector"]


@pytest.mark.parametrize(
    ("text", "added", "result"),
    [
        pytest.param("# -Xms4G\n-ea\n", ["-Xms1G"], "# -Xms4G\n-ea\n-Xms1G\n", id="a comment stays"),
        pytest.param("-Xms4G\n", ["-Xms1G"], "-Xms1G\n", id="size"),
        pytest.param("-Da.b=1\n-Da.bc=2\n", ["-Da.b=3"], "-Da.bc=2\n-Da.b=3\n", id="property"),
        pytest.param("-XX:+UseG1GC\n", ["-XX:-UseG1GC"], "-XX:-UseG1GC\n", id="switch"),
        pytest.param("", ["-Xms1G"], "-Xms1G\n", id="no file"),
    ],
)
def test_replaced(text: str, added: list[str], result: str) -> None:
    """An option is set once, as asked for."""
    assert options.replaced(text, added) == result
