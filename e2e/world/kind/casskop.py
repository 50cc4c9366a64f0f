"""The simulated CassKop as a pod of the member that it plays in."""

from functools import partial
from typing import Any

from multicasskop.crds.names import GROUP
from multicasskop.world import accounts
from multicasskop.world.accounts import Rules, put, rule
from multicasskop.world.api import Api, Json
from multicasskop.world.errors import WorldError
from multicasskop.world.kinds import DEPLOYMENTS, NAMESPACES, PODS
from multicasskop.world.processes import wait_until
from multicasskop.world.simulators.modes import Mode, SimulatorOptions

NAME = "casskop-simulator"
READY_SECONDS = 180.0
ALL = "get list watch create update patch delete"
RULES: Rules = (
    rule(ALL, "cassandraclusters", "cassandraclusters/status", groups=[GROUP]),
    rule(ALL, "statefulsets", "statefulsets/status", groups=["apps"]),
    rule(ALL, "pods", "pods/status", "services", "persistentvolumeclaims"),
    rule(ALL, "poddisruptionbudgets", groups=["policy"]),
)


def deploy(api: Api, image: str, options: SimulatorOptions) -> None:
    """Run it, instead of the one that may run; return when it does.

    It stands in the namespace that it is to look after, or in one of its own when that is all of them. Raises
    WorldError when its pod does not run in time.
    """
    namespace = options.namespace or NAME
    if not options.namespace:
        put(api, NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME}})
    accounts.grant(api, namespace, NAME, RULES, cluster_wide=not options.namespace)
    put(api, DEPLOYMENTS, namespace, deployment(image, options, api.member))
    await_it(api, namespace)


def change(api: Api, mode: Mode, refuse: str) -> None:
    """Have all that run in the cluster start again in another mode; return when they do."""
    for found in api.items(DEPLOYMENTS, labels=f"app={NAME}"):
        container = found["spec"]["template"]["spec"]["containers"][0]
        changed = (f"--mode={mode}", f"--refuse={refuse}")
        container["args"] = [a for a in container["args"] if not a.startswith(("--mode=", "--refuse="))] + [*changed]
        api.replace(DEPLOYMENTS, found["metadata"]["namespace"], found)
        await_it(api, found["metadata"]["namespace"])


def await_it(api: Api, namespace: str) -> None:
    """Return when the newest of its pods runs and no older one does."""
    if not wait_until(partial(runs, api, namespace), READY_SECONDS):
        raise WorldError(f"{api.member}: {NAME} does not run after {READY_SECONDS:g}s; {reasons(api, namespace)}")


def runs(api: Api, namespace: str) -> bool:
    """Whether one pod runs, and it is of the newest template."""
    found = api.get(DEPLOYMENTS, namespace, NAME)
    status = found.get("status") or {}
    newest = status.get("observedGeneration") == found["metadata"]["generation"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return newest and counts == [1, 1, 1]


def reasons(api: Api, namespace: str) -> str:
    """What its pods wait for."""
    pods = api.items(PODS, namespace, labels=f"app={NAME}")
    waiting = [
        f"{pod['metadata']['name']}: {container.get('state')}"
        for pod in pods
        for container in (pod.get("status") or {}).get("containerStatuses") or []
    ]
    return "; ".join(waiting) or f"{len(pods)} pods, none with a container"


def deployment(image: str, options: SimulatorOptions, member: str) -> Json:
    """One replica, replaced and not rolled: two of them would fight."""
    labels = {"app": NAME}
    container: dict[str, Any] = {
        "name": "casskop",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": [f"--context={member}", *options.arguments()],
    }
    spec = {"serviceAccountName": NAME, "containers": [container], "terminationGracePeriodSeconds": 5}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "labels": labels},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
