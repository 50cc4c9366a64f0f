"""What holds of a rollout at every moment, whatever CassKop, people, networks and crashes do.

A state machine: its rules are what may happen to two or three members in memory, the operator between them is the real
reconciler. Invariants are checked on each of its writes, before the write takes effect, and after each rule; in the end
all faults are healed, and everything must come to rest where it belongs.
"""

import json
from typing import Any

from fakes.law import law
from fakes.rollout_machine import MEMBERS, Json, RolloutMachine
from fakes.server import Call
from fakes.spans import context_of
from fakes.stage import CHILDREN, NAMESPACE, PARENTS
from fakes.views import is_at_rest, is_owned, is_triggered
from hypothesis.stateful import invariant
from multicasskop.crds.conditions import RULES
from multicasskop.crds.multicasskop import MultiCasskopStatus
from multicasskop.crds.names import FINALIZER, RESTART
from multicasskop.reconcilers.multicasskop.event_reasons import TYPES
from multicasskop.reconcilers.spans import COMMON, SPANS

SPAN_ATTRIBUTES = {rule.name: set(rule.attributes) for rule in SPANS}


def is_refused(call: Call, child: Json | None) -> bool:
    """Whether the server will not take a write: it was compared with another version than the one that is there."""
    sent = (call.body or {}).get("metadata", {}).get("resourceVersion")
    return child is not None and sent not in {None, child["metadata"]["resourceVersion"]}


class Rollout(RolloutMachine):
    """What must hold at every write, after every rule, and when all is healed."""

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
        if is_refused(call, child):
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
        if child is None:
            return  # it is gone, and the server says so
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


TestRollout = Rollout.TestCase
TestRollout.settings = law(40, 30)
