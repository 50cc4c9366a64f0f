"""What holds of a rollout at every moment, whatever CassKop, people, networks and crashes do.

A state machine: its rules are what may happen to two or three members in memory, the operator between them is the real
reconciler. Invariants are checked on each of its writes, before the write takes effect, and after each rule; in the end
all faults are healed, and everything must come to rest where it belongs.
"""

import json
from typing import Any

import hypothesis.strategies as st
from fakes.cluster import Call, forbidden
from fakes.law import law
from fakes.spans import Film, context_of
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, THIRD, Stage, datacenter, ring
from fakes.views import is_at_rest, is_owned, is_running, is_triggered, with_trigger
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from multicasskop.crds.conditions import RULES
from multicasskop.crds.multicasskop import MultiCasskopStatus
from multicasskop.crds.names import FINALIZER, RESTART
from multicasskop.informers.errors import ReadTimeout
from multicasskop.reconcilers.multicasskop.event_reasons import TYPES
from multicasskop.reconcilers.spans import COMMON, SPANS

Json = dict[str, Any]
MEMBERS = (HOME, OTHER, THIRD)
member_names = st.sampled_from(MEMBERS)
SPAN_ATTRIBUTES = {rule.name: set(rule.attributes) for rule in SPANS}
IMAGES = st.sampled_from(["cassandra:1", "cassandra:2", "cassandra:3"])


class Rollout(RuleBasedStateMachine):
    """Members, hands, faults, and one operator."""

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

    # what is checked on each write, before it takes effect

    def watching(self, name: str) -> Any:  # noqa: ANN401  a hook
        """The check of the calls to one member."""

        def check(call: Call) -> None:
            if call.plural == CHILDREN and call.writes:
                self.check_write(name, call)
            if call.plural == PARENTS and call.subresource == "status":
                self.check_times(call.body["status"].get("conditions") or [])

        return check

    def check_times(self, conditions: list[Json]) -> None:
        """The time of a condition moves exactly when its status does."""
        known = {found["type"]: found for found in self.stage.status().get("conditions") or ()}
        for found in conditions:
            old = known.get(found["type"], found)
            if old["status"] == found["status"]:
                assert old["lastTransitionTime"] == found["lastTransitionTime"]

    def check_write(self, name: str, call: Call) -> None:
        """Every write to a child is allowed by what is wanted, and comes in its turn."""
        parent, child = self.parent, self.stage.child(name)
        assert call.key == (NAMESPACE, "demo"), "children stand where their parent stands, under one name"
        if call.verb == "delete":
            assert parent["metadata"].get("deletionTimestamp"), "a child is deleted only with its parent"
            assert parent["spec"].get("deleteCassandraCluster") is True, "and only if the cascade is wanted"
            assert child is None or is_owned(child, parent), "and only if it is ours"
            assert call.body["uid"], "and by its UID"
            return
        assert not parent["spec"].get("paused"), "paused, nothing is written"
        assert name in parent["spec"]["override"], "a member without an override is left alone"
        if call.verb == "create" or "spec" in (call.body or {}):
            order = [member for member in MEMBERS if member in parent["spec"]["override"]]
            for before in order[: order.index(name)]:
                assert self.passed[before] or self.is_excused(before), f"{name} is written while {before} is not ready"
            self.check_restart(name, call, child)
            self.check_room(name, order)
            self.passed[name] = False
        if call.subresource == "status" or call.verb == "create":
            self.check_seeds(parent, call.body["status"]["seedlist"])

    def check_room(self, name: str, order: list[str]) -> None:
        """A member that is at rest is put in change only while no other one is."""
        others = [other for other in order if other != name and not self.is_excused(other)]
        moving = [other for other in others if self.stage.child(other) and not self.passed[other]]
        blind = [other for other in moving if self.stage.members[other].server.dark]
        assert not is_at_rest(self.stage.child(name)) or moving == blind, f"{name} is put in change while {moving} are"

    def check_restart(self, name: str, call: Call, child: Json | None) -> None:
        """A rack is triggered once for each value, and a trigger that stands is not taken out."""
        told = (call.body["metadata"].get("annotations") or {}).get(RESTART)
        if call.verb == "create":
            assert told == (self.parent["spec"].get("restart") or None), "a child is made with the value that stands"
            return
        assert child is not None
        known, before = child["metadata"]["annotations"].get(RESTART), is_triggered(child["spec"])
        sent = is_triggered(call.body["spec"]) if "topology" in call.body["spec"] else before
        assert sent or not before, "a trigger that stands is not taken out"
        if sent and not before:
            assert told == self.parent["spec"]["restart"] != known, "and none is set but for a new value"

    def is_excused(self, name: str) -> bool:
        """Whether a member lacks a right: such a one is passed."""
        return self.stage.entry(name).get("state") == "Failed" or any(
            told.reason == "PermissionDenied" and told.member == name for told in self.stage.tape.events
        )

    def check_seeds(self, parent: Json, seeds: list[str]) -> None:
        """At most three seeds of each datacenter, all of them pods that are wanted, none twice."""
        nodes = parent["spec"]["base"]["spec"]["nodesPerRacks"]
        numbers = [MEMBERS.index(name) + 1 for name in parent["spec"]["override"]]
        pods = {f"demo-dc{number}-rack1-{pod}.ring.example" for number in numbers for pod in range(nodes)}
        assert set(seeds) <= pods
        assert len(set(seeds)) == len(seeds)
        assert all(sum(f"-dc{number}-" in seed for seed in seeds) <= 3 for number in numbers)

    # what is checked after each rule

    @invariant()
    def one_child_each(self) -> None:
        """No member ever holds a second CassandraCluster."""
        for cluster in self.stage.members.values():
            assert sum(plural == CHILDREN for plural, _ in cluster.server.objects) <= 1

    @invariant()
    def status_is_honest(self) -> None:
        """The generation that was observed is no future one and never goes back; Ready is never said too early."""
        if not self.stage.has_parent():
            return
        status, generation = self.stage.status(), self.parent["metadata"]["generation"]
        observed = status.get("observedGeneration", 0)
        assert self.observed <= observed <= generation
        self.observed = observed
        ready = self.stage.condition("Ready")
        if ready.get("status") == "True" and observed == generation and not self.is_blind():
            assert all(self.is_met(name) for name in self.parent["spec"]["override"])

    @invariant()
    def waiting_is_told(self) -> None:
        """Whoever waits is told for which member and for what, and since when; who is Ready waits for nobody."""
        status = self.stage.status() if self.alive else {}
        if status.get("observedGeneration") != self.parent_generation:
            return
        member, _, what = status.get("waitingFor", "").partition(": ")
        assert (status["phase"] == "Ready") == (not member) or status["phase"] == "Paused", status
        assert not member or (member in MEMBERS and what), status
        assert status["since"]

    @invariant()
    def status_keeps_to_the_api(self) -> None:
        """Every condition has a reason that its type and status may have, and all of the seven are there."""
        status = self.stage.status() if self.stage.has_parent() else {}
        if not status:
            return
        MultiCasskopStatus.model_validate(status)
        assert len(json.dumps(status)) < 16_000
        found = {condition["type"]: condition for condition in status["conditions"]}
        for type_, rule_of in RULES.items():
            if type_ in found:
                status_of = found[type_]["status"]
                allowed = {"True": rule_of.true, "False": rule_of.false, "Unknown": rule_of.unknown}[status_of]
                assert found[type_]["reason"] in allowed, found[type_]
                assert status_of == "True" or not rule_of.only_while_true
            else:
                assert rule_of.only_while_true, f"{type_} is missing"

    @invariant()
    def events_are_in_the_table(self) -> None:
        """Every event has a reason that is known, and a note that the server takes."""
        for told in self.stage.tape.events:
            assert told.type == TYPES[told.reason]
            assert 0 < len(told.note) <= 1024

    @invariant()
    def spans_are_sent_once(self) -> None:
        """Whoever leads, no span is sent twice; none ends before it begins, and all are in the table."""
        new, self.sent = self.film.spans[self.sent :], len(self.film.spans)
        for span in new:
            context = context_of(span)
            assert (context.trace_id, context.span_id) not in self.ids, span.name
            self.ids.add((context.trace_id, context.span_id))
            assert set(span.attributes or {}) <= SPAN_ATTRIBUTES[span.name] | set(COMMON)
            assert span.start_time is not None
            assert span.end_time is not None
            assert span.start_time <= span.end_time
        # steps are told apart by the second in which they begin
        self.stage.wait(1)

    @invariant()
    def it_rests(self) -> None:
        """A second look at the same world writes nothing."""
        before = len(self.stage.writes())
        self.stage.annotate(poke="x") if self.alive else None
        assert len(self.stage.writes()) == before

    def teardown(self) -> None:
        """All faults are healed: everything comes to rest, where it belongs, and stays there."""
        if not hasattr(self, "stage"):
            return
        self.heal()
        for _ in range(12):
            for name in MEMBERS:
                self.casskop_is_done(name)
            self.stage.wait(700, steps=2)
        writes = len(self.stage.writes())
        self.stage.wait(3600, steps=3)
        assert len(self.stage.writes()) == writes, "there is an end to writing"
        if not self.stage.has_parent():
            return
        assert not self.parent["metadata"].get("deletionTimestamp"), "what is deleted goes"
        present = FINALIZER in self.parent["metadata"].get("finalizers", [])
        assert present == self.parent["spec"]["deleteCassandraCluster"]
        # in rollout order, which is not the one in which overrides came
        for name in filter(self.parent["spec"]["override"].__contains__, MEMBERS):
            # there a person is asked for, and the members behind wait
            if self.stage.entry(name).get("state") in {"Refused", "Conflict"}:
                break
            assert self.is_met(name), [self.stage.entry(other) for other in MEMBERS]
            child, value = self.stage.child(name), self.parent["spec"].get("restart")
            assert child is not None
            assert not value or child["metadata"]["annotations"].get(RESTART) == value
            assert not is_triggered(child["spec"])

    def heal(self) -> None:
        """Take all faults away, and let people take back what holds the rollout up."""
        for cluster in self.stage.members.values():
            cluster.server.faults.clear()
            if cluster.server.dark:
                cluster.come_back()
            cluster.lag(lagging=False)
        self.stage.run()
        if self.stage.has_parent():
            self.change({"paused": False})
        if self.alive:
            self.change({"rollout": {"progressDeadline": "1000h"}})

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


TestRollout = Rollout.TestCase
TestRollout.settings = law(40, 30)
