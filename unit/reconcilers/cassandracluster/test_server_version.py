"""Which Cassandra runs."""

import pytest
from fakes.cassandra import cluster
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.server_version import ServerVersion, version_of


@pytest.mark.parametrize(
    ("image", "text", "numbers"),
    [
        pytest.param("cassandra:3.11.10", "3.11.10", (3, 11, 10), id="a tag"),
        pytest.param("cassandra:4", "4", (4, 0, 0), id="a short tag"),
        pytest.param("cassandra:4.0-jre11", "4.0.0", (4, 0, 0), id="a suffix"),
        pytest.param("cassandra:4.0.7-jre11-slim", "4.0.7.0", (4, 0, 7, 0), id="two suffixes"),
        pytest.param("registry.example:5000/cassandra:4.1.3", "4.1.3", (4, 1, 3), id="a registry with a port"),
        pytest.param("registry.example:5000/cassandra", "", (), id="a port and no tag"),
        pytest.param("cassandra:4.0.7@sha256:00ff", "4.0.7", (4, 0, 7), id="a tag and a digest"),
        pytest.param("cassandra@sha256:00ff", "", (), id="only a digest"),
        pytest.param("cassandra", "", (), id="no tag"),
        pytest.param("cassandra:latest", "latest", (), id="no number"),
    ],
)
def test_versions_of_images(image: str, text: str, numbers: tuple[int, ...]) -> None:
    """The version is that of the image's tag, in the Go CassKop's spelling; no port and no digest is taken for one."""
    assert version_of(cluster({"cassandraImage": image})) == ServerVersion(numbers, text)


def test_the_spec_wins() -> None:
    """A version in the spec is taken as it stands."""
    found = version_of(cluster({"cassandraImage": "cassandra:4.0", "serverVersion": "3.11-beta"}))
    assert found == ServerVersion((3, 11, 0), "3.11-beta")


@pytest.mark.parametrize(
    ("version", "least", "expected"),
    [
        pytest.param("10.0", (4, 0), True, id="ten is more than four"),
        pytest.param("4.10", (4, 9), True, id="ten is more than nine"),
        pytest.param("4", (4, 0), True, id="a short one"),
        pytest.param("4.0.0", (4,), True, id="a long one"),
        pytest.param("4.0.1", (4, 0, 1), True, id="the same"),
        pytest.param("3.11.10", (4, 0), False, id="less"),
        pytest.param("40", (5,), True, id="no prefix"),
        pytest.param("latest", (1,), False, id="not known"),
    ],
)
def test_d16_versions_compare_by_numbers(version: str, least: tuple[int, ...], expected: bool) -> None:
    """Versions are compared part by part as numbers, never as text."""
    assert version_of(cluster({"serverVersion": version})).at_least(*least) is expected


@given(st.lists(st.integers(0, 99), min_size=3, max_size=3), st.lists(st.integers(0, 99), min_size=3, max_size=3))
def test_the_order_of_versions(one: list[int], other: list[int]) -> None:
    """Versions have the order of their numbers."""
    first, second = (version_of(cluster({"serverVersion": ".".join(map(str, parts))})) for parts in (one, other))
    assert (first < second) == (one < other)
