"""Resources and their paths."""

import pytest
from multicasskop.informers.resource import Resource

PODS = Resource("", "v1", "pods", "Pod")
CHILDREN = Resource("db.orange.com", "v2", "cassandraclusters", "CassandraCluster")
CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False)


@pytest.mark.parametrize(
    ("resource", "where", "path"),
    [
        (PODS, (), "/api/v1/pods"),
        (PODS, ("n",), "/api/v1/namespaces/n/pods"),
        (PODS, ("n", "a"), "/api/v1/namespaces/n/pods/a"),
        (CHILDREN, (), "/apis/db.orange.com/v2/cassandraclusters"),
        (CHILDREN, ("n", "a", "status"), "/apis/db.orange.com/v2/namespaces/n/cassandraclusters/a/status"),
        (CRDS, ("", "x.y"), "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x.y"),
        (CRDS, ("n", "x.y"), "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x.y"),
        (PODS, ("../n", "a/b?c#d e"), "/api/v1/namespaces/..%2Fn/pods/a%2Fb%3Fc%23d%20e"),
        (PODS, ("n", "x\r\ny"), "/api/v1/namespaces/n/pods/x%0D%0Ay"),
    ],
    ids=["all", "namespace", "object", "group", "status", "cluster", "namespace ignored", "quoted", "line ends"],
)
def test_paths(resource: Resource, where: tuple[str, ...], path: str) -> None:
    """Paths are those under which the API server serves the resource, and names stay in their place in it."""
    assert resource.path(*where) == path


@pytest.mark.parametrize("where", [("..",), ("n", "."), ("n", ".."), ("n", "a", "..")])
def test_dots_do_not_climb(where: tuple[str, ...]) -> None:
    """A part that would be resolved on the way is refused."""
    with pytest.raises(ValueError, match="cannot be part of a path"):
        PODS.path(*where)


def test_subresource_of_nothing() -> None:
    """A sub-resource without an object is refused."""
    with pytest.raises(ValueError, match="needs the name"):
        PODS.path("n", "", "status")


@pytest.mark.parametrize(
    ("resource", "api_version", "group_path"),
    [(PODS, "v1", "/api/v1"), (CHILDREN, "db.orange.com/v2", "/apis/db.orange.com/v2")],
    ids=["core", "group"],
)
def test_api_version(resource: Resource, api_version: str, group_path: str) -> None:
    """The core group is written without a name, in objects and in paths."""
    assert (resource.api_version, resource.group_path()) == (api_version, group_path)


def test_other_version() -> None:
    """A resource in another version is the same kind under another path."""
    older = CHILDREN.with_version("v1alpha1")
    assert (older.kind, older.path()) == ("CassandraCluster", "/apis/db.orange.com/v1alpha1/cassandraclusters")
