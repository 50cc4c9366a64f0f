"""One MultiCasskop in the hands of a test: begun, changed, deleted, and watched from outside."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from multicasskop.crds.names import ORPHANS, RELEASE
from multicasskop.world.kinds import CASSANDRACLUSTERS, CONFIGMAPS, MULTICASSKOPS
from multicasskop.world.operators import ALONE, Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import event, has_condition, parent, ready, ring
from multicasskop.world.world import World

Json = dict[str, Any]
PATIENCE = 90.0
# a member is dark soon
QUICK = ("--probe-interval=300ms", "--dark-after=2s", ALONE)


class Play:
    """One MultiCasskop over all members of a world, in a namespace of its own, with an operator that is ready.

    What waits raises TimeoutError, or AssertionError, when it has not come after half a minute.
    """

    def __init__(self, world: World, namespace: str, recorder: Recorder, operator: Operator) -> None:
        self.world, self.namespace, self.recorder, self.operator = world, namespace, recorder, operator
        self.members: Sequence[str] = world.members
        self.home = world.admin(self.members[0])

    def begin(self, **spec: Any) -> None:  # noqa: ANN401  any field of the spec
        """Bring it to all members."""
        self.home.create(MULTICASSKOPS, self.namespace, ring("demo", self.members, **spec))
        self.recorder.wait_for(ready(self.namespace, "demo"), PATIENCE)

    def child(self, member: str) -> Json | None:
        """The child in a member, seen past all faults."""
        return self.world.admin(member).find(CASSANDRACLUSTERS, self.namespace, "demo")

    def parent(self) -> Json | None:
        """The MultiCasskop."""
        return self.home.find(MULTICASSKOPS, self.namespace, "demo")

    def change(self, spec: Json, **annotations: str) -> None:
        """Change its spec or annotations."""
        body = {"spec": spec, "metadata": {"annotations": annotations}}
        self.home.patch(MULTICASSKOPS, self.namespace, "demo", body)

    def edit_child(self, member: str, body: Json) -> None:
        """Change a child by hand."""
        self.world.admin(member).patch(CASSANDRACLUSTERS, self.namespace, "demo", body)

    def delete(self) -> None:
        """Delete it."""
        self.home.delete(MULTICASSKOPS, self.namespace, "demo")

    def release(self, member: str) -> None:
        """Let it go without a member."""
        self.change({}, **{RELEASE: member})

    def records(self) -> list[Json]:
        """The records of what was left behind."""
        found = self.home.find(CONFIGMAPS, self.namespace, ORPHANS) or {}
        return [json.loads(text) for text in (found.get("data") or {}).values()]

    def gone(self) -> None:
        """Wait until it is gone."""
        self.recorder.wait_for(parent(self.namespace, "demo", "DELETED"), PATIENCE)

    def told(self, reason: str, text: str = "") -> None:
        """Wait for an event about it."""
        self.recorder.wait_for(event(self.namespace, "demo", reason, text), PATIENCE)

    def says(self, type_: str, status: str, reason: str = "") -> Json:
        """Wait for a condition of it, and return the object."""
        fits = has_condition(self.namespace, "demo", type_, status, reason)
        return self.recorder.wait_for(fits, PATIENCE).object

    @contextmanager
    def dark(self, member: str) -> Iterator[None]:
        """The operator's packets to a member vanish, until the end."""
        self.world.black_hole(member)
        try:
            self.says("MembersReachable", "False")
            yield
        finally:
            self.world.restore(member)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    if not wait_until(holds, PATIENCE):
        raise AssertionError(f"has not come after {PATIENCE:g}s")
