"""Makes and deletes one kind cluster by pytest-kind: `python -m multicasskop.world.kind.creation create|delete FOLDER`.

A process of its own, since kind talks while it works: what it says goes to the caller's log.
"""

import os
import sys
from pathlib import Path

import msgspec
from multicasskop.world.kind import engine
from multicasskop.world.kind.cluster import AUDIT_POLICY, Cluster, configuration


def main(verb: str, facts: str) -> None:
    """Do it; kind's own errors end the process."""
    os.environ.setdefault("KIND_VERSION", engine.KIND_VERSION)
    os.environ.setdefault("KUBECTL_VERSION", engine.KUBECTL_VERSION)
    from pytest_kind import KindCluster  # reads the versions when it is imported

    cluster = msgspec.json.decode(Path(facts).read_bytes(), type=Cluster)
    found = KindCluster(
        cluster.name,
        kubeconfig=cluster.kubeconfig,
        image=os.environ.get("KIND_NODE_IMAGE"),
        kind_path=engine.kind_path(),
        kubectl_path=engine.kubectl_path(),
    )
    if verb == "delete":
        found.delete()
        return
    (cluster.root / "audit-policy.yaml").write_text(AUDIT_POLICY)
    (cluster.root / "kind.yaml").write_text(configuration(cluster))
    found.create(cluster.root / "kind.yaml")


if __name__ == "__main__":
    main(*sys.argv[1:])
