"""StatefulSets, pods and Cassandra in memory: each `tick` does one thing, as controllers and kubelets would in time."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from fakes.kop_store import KopStore

Json = dict[str, Any]
STATEFULSETS, PODS, CLAIMS = "statefulsets", "pods", "persistentvolumeclaims"
NORMAL, JOINING, GONE = "NORMAL", "JOINING", "DECOMMISSIONED"


@dataclass
class KopKubernetes:
    """What goes on by itself. `images` are those that can be pulled; all of them but `cassandra:none`."""

    store: KopStore
    modes: dict[str, str] = field(default_factory=dict)
    """What the node in each pod is at, by the pod's UID."""
    known: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The host id and the last address of each node that ever was in the ring, by the name of its pod."""
    left: set[str] = field(default_factory=set)
    """Pods whose nodes have left the ring, by name."""
    sick: set[str] = field(default_factory=set)
    """Pods that run and do not become ready, by name."""
    taken: list[str] = field(default_factory=list)
    """The pods that were taken away while their nodes were in the ring, for updates; for tests to look at."""

    def tick(self) -> bool:
        """Do one thing, if there is anything to do; whether there was."""
        return any(self._advance(found) for found in self.store.all(STATEFULSETS)) or self._nodes() or self._volumes()

    def _advance(self, found: Json) -> bool:
        """One StatefulSet: the one thing that its controller would do next, or its status."""
        name, wanted = found["metadata"]["name"], found["spec"].get("replicas", 1)
        pods = {number: self.store.find(PODS, f"{name}-{number}") for number in range(wanted + 8)}
        there = {number: pod for number, pod in pods.items() if pod is not None}
        for number in range(wanted):
            if number not in there:
                self._make(found, number)
                return True
            if not is_ready(there[number]):
                return self._run(there[number]) or self._say(found, there)
        surplus = max((number for number in there if number >= wanted), default=None)
        if surplus is not None:
            self._end(there[surplus])
            return True
        old = [number for number in there if revision_of(there[number]) != revision(found)]
        if old and max(old) >= partition(found):
            self.taken.append(there[max(old)]["metadata"]["name"])
            self._end(there[max(old)])
            return True
        return self._say(found, there)

    def _make(self, found: Json, number: int) -> None:
        name, template = found["metadata"]["name"], found["spec"]["template"]
        for claim in found["spec"].get("volumeClaimTemplates") or ():
            self._claim(found, claim, f"{claim['metadata']['name']}-{name}-{number}")
        labels = {**template["metadata"]["labels"], "controller-revision-hash": revision(found)}
        metadata = {"name": f"{name}-{number}", "labels": labels, "creationTimestamp": "2026-11-26T12:00:00Z"}
        self.store.create(PODS, {"metadata": metadata, "spec": template["spec"], "status": {"phase": "Pending"}})

    def _claim(self, found: Json, claim: Json, name: str) -> None:
        if self.store.find(CLAIMS, name) is None:
            size = claim["spec"]["resources"]["requests"]["storage"]
            status = {"phase": "Bound", "capacity": {"storage": size}}
            metadata = {"name": name, "labels": found["spec"]["selector"]["matchLabels"]}
            self.store.create(CLAIMS, {"metadata": metadata, "spec": claim["spec"], "status": status})

    def _run(self, pod: Json) -> bool:
        """Start a pod, or find that it cannot be; whether anything has changed."""
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        if image_of(pod) == "cassandra:none":
            waits = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
            state: Json = {"containerStatuses": [{"name": "cassandra", "ready": False, "state": waits}]}
            return self._status(PODS, pod, {"phase": "Pending", **state})
        address = address_of(uid)
        state = {"name": "cassandra", "ready": name not in self.sick, "state": {"running": {}}}
        if name not in self.sick and uid not in self.modes:
            self._start(name, uid, address)
        return self._status(PODS, pod, {"phase": "Running", "podIP": address, "containerStatuses": [state]})

    def _start(self, name: str, uid: str, address: str) -> None:
        """A node that is in the ring comes back to it, and any other one joins."""
        if name in self.ring:
            self.modes[uid], self.known[name] = NORMAL, (self.known[name][0], address)
        else:
            self.modes[uid] = JOINING
            self.known.pop(name, None)
        self.left.discard(name)

    @property
    def ring(self) -> dict[str, tuple[str, str]]:
        """The host id and the address of each node in the ring, up or down, by the name of its pod."""
        return {name: node for name, node in self.known.items() if name not in self.left}

    @property
    def held(self) -> set[str]:
        """Pods whose nodes are in the ring or join it: what nobody may take away."""
        pods = self.store.all(PODS)
        joining = {each["metadata"]["name"] for each in pods if self.modes.get(each["metadata"]["uid"]) == JOINING}
        return {*self.ring, *joining}

    def decommission(self, name: str, uid: str) -> None:
        """Let a node leave the ring."""
        self.modes[uid] = GONE
        self.left.add(name)

    def restart(self, name: str) -> None:
        """Take a pod away, as an eviction does; its node stays in the ring, and is down."""
        pod = self.store.find(PODS, name)
        if pod is not None:
            self._end(pod)

    def fail(self, name: str) -> None:
        """A pod is not ready any more."""
        pod = self.store.find(PODS, name)
        self.sick.add(name)
        if pod is not None and is_ready(pod):
            self._run(pod)

    def _nodes(self) -> bool:
        names = {pod["metadata"]["uid"]: pod["metadata"]["name"] for pod in self.store.all(PODS)}
        for uid, mode in self.modes.items():
            if mode == JOINING and uid in names:
                self.modes[uid] = NORMAL
                self.known[names[uid]] = (f"host-{uid}", address_of(uid))
                return True
        return False

    def _volumes(self) -> bool:
        for claim in self.store.all(CLAIMS):
            size = claim["spec"]["resources"]["requests"]["storage"]
            if claim["status"]["capacity"]["storage"] != size:
                return self._status(CLAIMS, claim, {**claim["status"], "capacity": {"storage": size}})
        return False

    def _end(self, pod: Json) -> None:
        self.modes.pop(pod["metadata"]["uid"], None)
        self.store.delete(PODS, pod["metadata"]["name"])

    def _say(self, found: Json, pods: dict[int, Json]) -> bool:
        ready = sum(is_ready(pod) for pod in pods.values())
        fresh = {number for number, pod in pods.items() if revision_of(pod) == revision(found)}
        now, wanted = revision(found), found["spec"].get("replicas", 1)
        status = {
            "observedGeneration": found["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "updateRevision": now,
            "currentRevision": now if len(fresh) == len(pods) == ready == wanted else "older",
        }
        return self._status(STATEFULSETS, found, status)

    def _status(self, plural: str, found: Json, status: Json) -> bool:
        if found.get("status") == status:
            return False
        self.store.patch(
            plural, found["metadata"]["name"], {"status": {**dict.fromkeys(found.get("status") or {}), **status}}
        )
        return True


def address_of(uid: str) -> str:
    """The address of a pod, which no other one ever has."""
    number = int(uid.removeprefix("uid-"))
    return f"10.{number // 62_500}.{number // 250 % 250}.{number % 250}"


def revision(found: Json) -> str:
    """The name of a StatefulSet's template."""
    return hashlib.sha256(json.dumps(found["spec"]["template"], sort_keys=True).encode()).hexdigest()[:10]


def revision_of(pod: Json) -> str:
    """The template that a pod was made of."""
    return str(pod["metadata"]["labels"]["controller-revision-hash"])


def partition(found: Json) -> int:
    """Pods below this number are not updated."""
    return int(((found["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition") or 0)


def is_ready(pod: Json) -> bool:
    """Whether its Cassandra is ready."""
    return any(each.get("ready") for each in pod["status"].get("containerStatuses") or ())


def image_of(pod: Json) -> str:
    """The image of Cassandra."""
    return next(str(each["image"]) for each in pod["spec"]["containers"] if each["name"] == "cassandra")
