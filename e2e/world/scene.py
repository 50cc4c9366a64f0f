"""One namespace in all members, with a CassKop in each and an operator over them: a place for many rings."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from multicasskop.crds.names import OWN_PREFIX
from multicasskop.world.accounts import ACCOUNT
from multicasskop.world.api import Api, Json
from multicasskop.world.audit import account_of, entries
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, NAMESPACES
from multicasskop.world.operators import Launch, Operator, credentials
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import child, event, is_reported, parent, ring
from multicasskop.world.simulators.casskop import CassKop
from multicasskop.world.simulators.modes import MODE, Mode, SimulatorOptions
from multicasskop.world.world import World

PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a test does to the rings of one namespace, and what it may ask of their history."""

    world: World
    namespace: str
    operator: Operator
    recorder: Recorder

    @property
    def home(self) -> Api:
        """The home cluster, with all rights."""
        return self.world.admin(self.world.members[0])

    # what people do

    def apply(self, name: str, members: Sequence[str] = (), **spec: Any) -> "Ring":  # noqa: ANN401 - any field
        """Make a ring over these members, or all; `spec` replaces top-level fields."""
        body = ring(name, members or self.world.members, **spec)
        self.home.create(MULTICASSKOPS, self.namespace, body)
        return Ring(self, name, tuple(members or self.world.members))

    def running(self, name: str, members: Sequence[str] = (), **spec: Any) -> "Ring":  # noqa: ANN401 - any field
        """Make a ring, and wait until it is Ready."""
        found = self.apply(name, members, **spec)
        found.until_ready()
        return found

    def clear(self) -> None:
        """Delete all rings, without waiting for their end."""
        for item in self.home.items(MULTICASSKOPS, self.namespace):
            self.home.delete(MULTICASSKOPS, self.namespace, item["metadata"]["name"])


@contextmanager
def raised(world: World, name: str, folder: Path, options: SimulatorOptions, *flags: str) -> Iterator[Scene]:
    """Lend a scene: its namespace in each member, a CassKop like this in each, one ready operator, and a recorder."""
    namespace = f"{name}-{os.urandom(3).hex()}"
    with ExitStack() as stack:
        for member in world.members:
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            world.admin(member).create(NAMESPACES, "", body)
            stack.callback(world.admin(member).delete, NAMESPACES, "", namespace)
        recorder = stack.enter_context(Recorder(world))
        for member in world.members:
            found = CassKop(world.admin(member), replace(options, namespace=namespace))
            found.start()
            stack.callback(found.stop)
        home, *remotes = world.members
        operator = Operator(folder, Launch(namespace, home, remotes, flags))
        credentials(world, operator.kubeconfig, operator.launch)
        stack.callback(operator.kill)
        operator.start()
        yield Scene(world, namespace, operator, recorder)


@dataclass(frozen=True, slots=True)
class Ring:
    """One MultiCasskop of a scene, and its children."""

    scene: Scene
    name: str
    members: tuple[str, ...]

    # what people do

    def change(self, spec: Json) -> None:
        """Change the spec by a merge patch."""
        self._patch({"spec": spec})

    def image(self, name: str, **spec: Any) -> None:  # noqa: ANN401 - any field
        """Want another image, and whatever else."""
        self.change({"base": {"spec": {"cassandraImage": name}}, **spec})

    def annotate(self, **annotations: str) -> None:
        """Set annotations of ours."""
        self._patch({"metadata": {"annotations": {f"{OWN_PREFIX}{key}": value for key, value in annotations.items()}}})

    def delete(self) -> None:
        """Delete it."""
        self.scene.home.delete(MULTICASSKOPS, self.scene.namespace, self.name)

    def edit(self, member: str, body: Json, *, subresource: str = "") -> Json:
        """Change a child as a person does."""
        admin = self.scene.world.admin(member)
        return admin.patch(CASSANDRACLUSTERS, self.scene.namespace, self.name, body, subresource=subresource)

    def behave(self, member: str, mode: Mode | None) -> None:
        """Have the CassKop of a member treat this child in another way; None is as all others."""
        self.edit(member, {"metadata": {"annotations": {MODE: mode}}})

    # what is so now

    @property
    def generation(self) -> int:
        """The generation of what is wanted."""
        generation: int = self.object["metadata"]["generation"]
        return generation

    @property
    def object(self) -> Json:
        """The MultiCasskop."""
        return self.scene.home.get(MULTICASSKOPS, self.scene.namespace, self.name)

    @property
    def waiting_for(self) -> str:
        """What the status says that is waited for."""
        return str(self.object["status"].get("waitingFor", ""))

    def child(self, member: str) -> Json | None:
        """The child in a member."""
        return self.scene.world.admin(member).find(CASSANDRACLUSTERS, self.scene.namespace, self.name)

    def images(self) -> list[str]:
        """The image of each child, in the order of members; nothing for one that is not there."""
        found = map(self.child, self.members)
        return [child["spec"]["cassandraImage"] if child else "" for child in found]

    # what happens

    def until(self, fits: Callable[[Json], bool], seconds: float = PATIENCE, *, after: float = 0.0) -> Entry:
        """Wait for a status of the present generation that fits; the first there was, or was after that moment."""
        generation, is_parent = self.generation, parent(self.scene.namespace, self.name)

        def holds(entry: Entry) -> bool:
            if not is_parent(entry) or entry.object["metadata"]["generation"] != generation:
                return False
            return is_reported(entry.object) and fits(entry.object["status"])

        return self.scene.recorder.wait_for(holds, seconds, after=after)

    def until_ready(self, seconds: float = PATIENCE, *, after: float = 0.0) -> Entry:
        """Wait until it is Ready for its present generation."""
        return self.until(lambda status: status.get("phase") == "Ready", seconds, after=after)

    def until_waiting(self, text: str, seconds: float = PATIENCE) -> Entry:
        """Wait until the status says of its present generation that it waits for this."""
        return self.until(lambda status: status.get("waitingFor", "").startswith(text), seconds)

    def until_told(self, reason: str, text: str = "", seconds: float = PATIENCE) -> Entry:
        """Wait for an event."""
        return self.scene.recorder.wait_for(event(self.scene.namespace, self.name, reason, text), seconds)

    def until_child(
        self, member: str, fits: Callable[[Json], bool], seconds: float = PATIENCE, *, after: float = 0.0
    ) -> Entry:
        """Wait for a version of a child that fits; the first there was, or was after that moment."""
        is_child = child(self.scene.namespace, self.name, member)
        return self.scene.recorder.wait_for(
            lambda e: is_child(e) and e.type != "DELETED" and fits(e.object), seconds, after=after
        )

    def until_image(self, member: str, image: str, seconds: float = PATIENCE) -> Entry:
        """Wait until a child is to have this image."""
        return self.until_child(member, lambda obj: obj["spec"].get("cassandraImage") == image, seconds)

    def until_gone(self, member: str, seconds: float = PATIENCE) -> Entry:
        """Wait until the child is deleted."""
        return self.scene.recorder.wait_for(child(self.scene.namespace, self.name, member, "DELETED"), seconds)

    def history(self, member: str = "") -> tuple[Entry, ...]:
        """Every version of the children, or of one."""
        return self.scene.recorder.history(CASSANDRACLUSTERS.plural, self.scene.namespace, self.name, member=member)

    def writes(self, member: str, subresource: str = "") -> list[str]:
        """What the operator has done to the child in a member, by the API server's audit log."""
        return [
            entry["verb"]
            for entry in entries(self.scene.world.audit_log(member), account_of(self.scene.namespace, ACCOUNT))
            if entry["verb"] in {"create", "patch", "delete"}
            and entry["responseStatus"]["code"] < 300
            and entry["objectRef"].get("resource") == CASSANDRACLUSTERS.plural
            and entry["objectRef"].get("name") == self.name
            and entry["objectRef"].get("subresource", "") == subresource
        ]

    def _patch(self, body: Json) -> None:
        self.scene.home.patch(MULTICASSKOPS, self.scene.namespace, self.name, body)
