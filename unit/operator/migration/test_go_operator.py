"""The Go operator as it is found: by image or command, its arguments in all their forms, and its last write."""

from typing import Any

import pytest
from multicasskop.operator.migration.go_operator import go_operators, last_write, members_of

Json = dict[str, Any]
SIDECAR = {"image": "x"}


def deployment(image: str = "ghcr.io/cscetbon/multi-casskop:2.2.1", **more: Any) -> Json:  # noqa: ANN401
    """A Deployment as its chart makes it."""
    container = {
        "image": image,
        "command": more.get("command", ["/usr/local/bin/multi-casskop"]),
        "args": more.get("args", ["-lk8s-cluster1", "-rk8s-cluster2", "-v"]),
    }
    return {
        "metadata": {"namespace": "casskop", "name": "multi-casskop"},
        "spec": {
            "replicas": more.get("replicas", 1),
            "template": {"spec": {"containers": [{"image": "x"}, container]}},
        },
        "status": {"replicas": more.get("there", 0)},
    }


def test_it_is_found_with_its_members() -> None:
    """The chart's own Deployment is found, with its members, home first."""
    (found,) = go_operators([deployment()])
    assert (str(found), found.replicas) == ("deployment casskop/multi-casskop", 1)
    assert found.members == ("k8s-cluster1", "k8s-cluster2")


@pytest.mark.parametrize(
    ("item", "count"),
    [
        pytest.param(deployment("registry:5000/a/multi-casskop@sha256:00", command=[]), 1, id="by image and digest"),
        pytest.param(deployment("mine:1"), 1, id="by command"),
        pytest.param(deployment("casskop:2", command=["/casskop"]), 0, id="CassKop itself"),
        pytest.param(deployment("multicasskop/operator:1", command=["multicasskop", "run"]), 0, id="ours"),
        pytest.param({"metadata": {"namespace": "a", "name": "b"}}, 0, id="nothing in it"),
    ],
)
def test_recognised(item: Json, count: int) -> None:
    """It is told from others by its image or its program."""
    assert len(go_operators([item])) == count


@pytest.mark.parametrize(("replicas", "there", "running"), [(0, 0, 0), (0, 1, 1), (2, 0, 2)])
def test_replicas(replicas: int, there: int, running: int) -> None:
    """It runs as long as a replica is wanted, or still there."""
    (found,) = go_operators([deployment(replicas=replicas, there=there)])
    assert found.replicas == running


@pytest.mark.parametrize(
    ("arguments", "members"),
    [
        (["-l", "a", "-r", "b", "-r", "c"], ("a", "b", "c")),
        (["-la", "-rb"], ("a", "b")),
        (["-r=b", "-l=a"], ("a", "b")),
        (["--local", "a", "--remote=b"], ("a", "b")),
        (["-r", "b"], ("b",)),
        (["-l"], ()),
        (["-v", "x"], ()),
        ([], ()),
    ],
)
def test_arguments(arguments: list[str], members: tuple[str, ...]) -> None:
    """All forms of its flags are understood, glued ones too."""
    assert members_of(arguments) == members


def written(manager: str, time: str) -> Json:
    """An object that a manager wrote to."""
    return {"metadata": {"managedFields": [{"manager": manager, "time": time}]}}


def test_last_write() -> None:
    """The last write is the latest of its own, wherever; others' do not count, nor does nonsense."""
    found = last_write(
        [
            written("multi-casskop", "2026-01-01T00:00:00Z"),
            written("multi-casskop", "2026-01-02T00:00:00Z"),
            written("casskop", "2026-01-03T00:00:00Z"),
            written("multi-casskop", "soon"),
            {"metadata": {}},
        ]
    )
    assert found is not None
    assert found.isoformat() == "2026-01-02T00:00:00+00:00"
    assert last_write([]) is None
