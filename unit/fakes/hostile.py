"""Rings for hostile input, and what must be left of what is not theirs."""

from typing import Any

from fakes.stage import CHILDREN, NAMESPACE, OTHER, PARENTS, Stage, datacenter, ring

Json = dict[str, Any]


FOREIGN = "kube-system"


def ready(stage: Stage, name: str = "demo") -> Stage:
    """Let a ring come up."""
    for _ in stage.members:
        stage.all_running(name)
        stage.wait(1)
    assert stage.condition("Ready", name)["status"] == "True", stage.status(name)
    return stage


def running(*members: str, spec: Json | None = None) -> Stage:
    """A ring that is Ready."""
    stage = Stage(*members)
    stage.apply(ring(*members, **(spec or {})))
    return ready(stage)


def spec_with(*, base: Json | None = None, other: Json | None = None) -> Json:
    """The spec of a ring with something more in base, or in the override of the second member."""
    spec: Json = ring()["spec"]
    spec["base"] |= base or {}
    spec["override"][OTHER] |= other or {}
    return spec


def touched(stage: Stage) -> set[str]:
    """All namespaces that any call so far was about."""
    return {call.key.namespace for _, call in stage.calls if call.plural in {CHILDREN, PARENTS}}


def theirs(stage: Stage, member: str, name: str = "demo", namespace: str = NAMESPACE, **metadata: Any) -> Json:  # noqa: ANN401
    """A CassandraCluster that somebody else made."""
    head = {"name": name, "namespace": namespace} | metadata
    spec = {"cassandraImage": "cassandra:theirs", "topology": datacenter(7)}
    return stage.members[member].server.put(CHILDREN, {"metadata": head, "spec": spec})
