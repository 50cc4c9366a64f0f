"""Members, hands, faults and one operator, as a machine whose rules may come in any order."""

from typing import Any

import hypothesis.strategies as st
from fakes.server import forbidden
from fakes.spans import Film
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, THIRD, Stage, datacenter, ring
from fakes.views import is_at_rest, is_running, is_triggered, with_trigger
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from multicasskop.informers.errors import ReadTimeout

Json = dict[str, Any]
MEMBERS = (HOME, OTHER, THIRD)
member_names = st.sampled_from(MEMBERS)
IMAGES = st.sampled_from(["cassandra:1", "cassandra:2", "cassandra:3"])


class RolloutMachine(RuleBasedStateMachine):
    """What may happen; what must hold is said by those that are made of it."""

    @initialize(image=IMAGES)
    def begin(self, image: str) -> None:
        """Apply a MultiCasskop over three members."""
        self.film, self.sent, self.ids = Film(), 0, set[tuple[str, str]]()
        self.stage = Stage(*MEMBERS, traces=self.film.traces)
        self.passed = dict.fromkeys(MEMBERS, False)
        self.observed = 0
        for name in MEMBERS:
            self.stage.members[name].server.before = self.watching(name)
        self.spec = ring(*MEMBERS)["spec"]
        self.spec["base"]["spec"]["cassandraImage"] = image
        self.stage.apply(ring(*MEMBERS) | {"spec": self.spec})

    # what people do

    @precondition(lambda self: self.alive)
    @rule(image=IMAGES)
    def wants_another_image(self, image: str) -> None:
        """Base names another image."""
        self.change({"base": {"spec": {"cassandraImage": image}}})

    @precondition(lambda self: self.alive)
    @rule(nodes=st.integers(1, 4))
    def wants_another_size(self, nodes: int) -> None:
        """Base names another number of nodes."""
        self.change({"base": {"spec": {"nodesPerRacks": nodes}}})

    @precondition(lambda self: self.alive)
    @rule(value=st.sampled_from(["", "monday", "tuesday"]))
    def wants_a_restart(self, value: str) -> None:
        """All racks are to restart, or no more."""
        self.change({"restart": value})

    @rule(name=member_names)
    def triggers_a_rack(self, name: str) -> None:
        """A hand restarts the one rack of a member."""
        child = self.stage.child(name)
        if child:
            self.stage.edit_child(name, with_trigger(child["spec"], on=True))

    @precondition(lambda self: self.alive)
    @rule(paused=st.booleans())
    def pauses(self, paused: bool) -> None:
        """The object is paused, or goes on."""
        self.change({"paused": paused})

    @precondition(lambda self: self.alive)
    @rule(cascade=st.booleans())
    def turns_the_cascade(self, cascade: bool) -> None:
        """The cascade is switched."""
        self.change({"deleteCassandraCluster": cascade})

    @precondition(lambda self: self.alive)
    @rule(name=st.sampled_from([OTHER, THIRD]), wanted=st.booleans())
    def changes_the_overrides(self, name: str, wanted: bool) -> None:
        """A member leaves the override, or comes back."""
        override = {"spec": {"topology": datacenter(MEMBERS.index(name) + 1)}} if wanted else None
        self.change({"override": {name: override}})

    @precondition(lambda self: self.alive)
    @rule()
    def resumes(self) -> None:
        """Whatever halted is let go on."""
        self.stage.annotate(resume=str(self.parent["metadata"]["generation"]))

    @rule(name=member_names)
    def edits_a_child(self, name: str) -> None:
        """A hand changes a child."""
        if self.stage.child(name):
            self.stage.edit_child(name, {"spec": {"cassandraImage": "by-hand"}})

    @rule(name=member_names)
    def deletes_a_child(self, name: str) -> None:
        """A hand deletes a child."""
        if self.stage.child(name):
            self.stage.members[name].server.remove(CHILDREN, NAMESPACE, "demo")
            self.stage.run()

    @precondition(lambda self: self.alive)
    @rule()
    def deletes_it(self) -> None:
        """The MultiCasskop is deleted."""
        self.stage.delete()

    @precondition(lambda self: not self.stage.has_parent())
    @rule()
    def makes_it_anew(self) -> None:
        """A MultiCasskop of the same name is made."""
        self.passed, self.observed = dict.fromkeys(MEMBERS, False), 0
        for name in MEMBERS:
            self.note(name)
        self.spec = ring(*MEMBERS)["spec"]
        self.stage.apply(ring(*MEMBERS))

    # what CassKop does

    @rule(name=member_names)
    def casskop_is_done(self, name: str) -> None:
        """A CassKop that tells generations ends its work."""
        if self.stage.child(name):
            self.spend(name)
            self.stage.members[name].server.edit(CHILDREN, NAMESPACE, "demo", self.done(name), status=True)
            self.note(name)
            self.stage.run()

    @rule(name=member_names)
    def casskop_is_at_work(self, name: str) -> None:
        """A CassKop is in the middle of something, or a node is down."""
        if self.stage.child(name):
            self.stage.casskop_says(name, "Pending", "UpdateDockerImage", "Ongoing")

    @rule(name=member_names)
    def casskop_is_behind(self, name: str) -> None:
        """A CassKop still shows the end of its work on a spec before this one."""
        child = self.stage.child(name)
        if child and child["metadata"]["generation"] > 1:
            old = self.done(name)
            old["status"]["observedGeneration"] -= 1
            self.stage.members[name].server.edit(CHILDREN, NAMESPACE, "demo", old, status=True)
            self.stage.run()

    # what networks, servers and processes do

    @rule(name=st.sampled_from([OTHER, THIRD]))
    def goes_dark(self, name: str) -> None:
        """A member answers no more."""
        self.stage.members[name].go_dark()
        self.stage.run()

    @rule(name=st.sampled_from([OTHER, THIRD]))
    def comes_back(self, name: str) -> None:
        """A member answers again."""
        self.stage.members[name].come_back()
        self.stage.run()

    @rule(name=member_names, verb=st.sampled_from(["create", "patch", "delete"]), late=st.booleans())
    def loses_a_call(self, name: str, verb: str, late: bool) -> None:
        """The next call of a kind fails, before or after it took effect."""
        error = (lambda call: ReadTimeout(name, "no answer")) if late else forbidden
        fault = self.stage.members[name].server.fail(verb, error, times=1, plural=CHILDREN)
        fault.after = late

    @rule(name=member_names)
    def lags(self, name: str) -> None:
        """A member's cache falls behind."""
        self.stage.members[name].informer_of(CHILDREN).lagging = True

    @rule(name=member_names)
    def catches_up(self, name: str) -> None:
        """A member's cache shows everything again."""
        if not self.stage.members[name].server.dark:
            self.stage.members[name].lag(lagging=False)
            self.stage.run()

    @rule()
    def crashes(self) -> None:
        """The operator dies, and another takes over."""
        dark = [cluster for cluster in self.stage.members.values() if cluster.server.dark]
        self.stage.restart()
        for cluster in dark:
            cluster.go_dark()
        self.stage.run()

    @rule(seconds=st.sampled_from([1.0, 40.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        """Time goes on."""
        self.stage.wait(seconds, steps=3)

    def watching(self, name: str) -> Any:  # noqa: ANN401  a hook
        """What looks at each write to a member before it takes effect; here nothing does."""
        return lambda call: None

    # helpers

    @property
    def alive(self) -> bool:
        """Whether there is a MultiCasskop that is not being deleted."""
        return self.stage.has_parent() and not self.parent["metadata"].get("deletionTimestamp")

    @property
    def parent(self) -> Json:
        """The MultiCasskop as the server has it."""
        return self.stage.parent()

    @property
    def parent_generation(self) -> int:
        """The generation of what is wanted; 0 where nothing is."""
        generation: int = self.parent["metadata"]["generation"] if self.alive else 0
        return generation

    def change(self, patch: Json) -> None:
        """Change the spec."""
        self.stage.change({"spec": patch})

    def done(self, name: str) -> Json:
        """The status of a CassKop that has nothing left to do."""
        child = self.stage.child(name)
        assert child is not None
        end = {"phase": "Running", "lastClusterAction": "UpdateSeedList", "lastClusterActionStatus": "Done"}
        return {"status": end | {"observedGeneration": child["metadata"]["generation"]}}

    def spend(self, name: str) -> None:
        """Let CassKop take a trigger out, as it does when it begins to restart a rack."""
        child = self.stage.child(name)
        if child and is_triggered(child["spec"]):
            self.stage.members[name].server.edit(CHILDREN, NAMESPACE, "demo", with_trigger(child["spec"], on=False))

    def note(self, name: str) -> None:
        """Remember that a member has passed the gate since our last write to it."""
        child = self.stage.child(name)
        if child and is_running(child):
            self.passed[name] = is_at_rest(child)

    def is_met(self, name: str) -> bool:
        """Whether a child is what is wanted, and Running for it."""
        child, base = self.stage.child(name), self.parent["spec"]["base"]["spec"]
        if child is None:
            return False
        same = all(child["spec"].get(field) == base[field] for field in ("cassandraImage", "nodesPerRacks"))
        return same and is_at_rest(child)

    def is_blind(self) -> bool:
        """Whether the operator cannot see all members as they are."""
        return any(
            cluster.server.dark or cluster.informer_of(CHILDREN).pending for cluster in self.stage.members.values()
        )
