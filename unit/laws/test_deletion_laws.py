"""What holds of every end, whatever is dark, stale, held, released or changed in between.

Nothing is deleted on the word of a cache: each delete is of an object that the server has under that very UID at that
moment, that carries the mark of an object which asks for its end, or which has left it behind. And when a MultiCasskop
is gone, each of its children was seen to be absent, or is on record, or was to be left.
"""

from typing import Any

import hypothesis.strategies as st
from fakes.server import Call, forbidden
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, THIRD, Stage, ring
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from multicasskop.crds.names import OWNER
from multicasskop.informers.errors import ReadTimeout
from multicasskop.reconcilers.multicasskop.ownership import Mark, read_mark

Json = dict[str, Any]
MEMBERS = (HOME, OTHER, THIRD)
REMOTE = st.sampled_from([OTHER, THIRD])
ANY = st.sampled_from(MEMBERS)


class End(RuleBasedStateMachine):
    """A MultiCasskop that goes, and comes again, among faults."""

    @initialize(dark=st.sampled_from(["Wait", "Orphan"]), removed=st.sampled_from(["Retain", "Drain"]))
    def begin(self, dark: str, removed: str) -> None:
        """Bring a MultiCasskop over three members."""
        self.stage = Stage(*MEMBERS)
        self.deletion = {"onDark": dark, "deadline": "10m", "onOverrideRemoved": removed}
        # by parent: whether it ever wanted its children's end; by child: whose it was when it was made
        self.wanted: dict[str, bool] = {}
        self.released: set[tuple[str, str]] = set()
        for name in MEMBERS:
            self.stage.members[name].server.before = self.watching(name)
        self.make()

    def make(self) -> None:
        """Make it, and let all CassKops end their work."""
        self.stage.apply(ring(*MEMBERS, deletion=self.deletion))
        for _ in range(4):
            self.stage.all_running()

    # what people do

    @precondition(lambda self: self.stage.has_parent())
    @rule()
    def deletes_it(self) -> None:
        """The MultiCasskop is deleted."""
        self.stage.delete()

    @precondition(lambda self: not self.stage.has_parent())
    @rule()
    def makes_it_again(self) -> None:
        """A MultiCasskop of that name is made."""
        self.make()

    @precondition(lambda self: self.stage.has_parent())
    @rule(cascade=st.booleans(), paused=st.booleans())
    def switches(self, cascade: bool, paused: bool) -> None:
        """Cascade and pause are set."""
        self.stage.change({"spec": {"deleteCassandraCluster": cascade, "paused": paused}})

    @precondition(lambda self: self.stage.has_parent())
    @rule(name=REMOTE)
    def releases(self, name: str) -> None:
        """A member is released."""
        self.released.add((self.parent["metadata"]["uid"], name))
        self.stage.annotate(release=name)

    @precondition(lambda self: self.stage.has_parent() and not self.is_deleting)
    @rule(name=REMOTE)
    def takes_out(self, name: str) -> None:
        """A member's override is taken out."""
        self.stage.change({"spec": {"override": {name: None}}})

    @precondition(lambda self: self.stage.has_parent() and not self.is_deleting)
    @rule(name=REMOTE)
    def puts_back(self, name: str) -> None:
        """A member's override is put back."""
        self.stage.change({"spec": {"override": {name: ring(*MEMBERS)["spec"]["override"][name]}}})

    @rule(name=ANY)
    def makes_a_child_again(self, name: str) -> None:
        """A hand deletes a child and makes another one of that name, with the mark of the old one."""
        server, child = self.stage.members[name].server, self.stage.child(name)
        if child is None or child["metadata"].get("finalizers"):
            return
        server.remove(CHILDREN, NAMESPACE, "demo")
        kept = {"name": "demo", "namespace": NAMESPACE, "annotations": child["metadata"].get("annotations") or {}}
        server.put(CHILDREN, {"metadata": kept, "spec": child["spec"]})
        self.stage.run()

    @rule(name=ANY, held=st.booleans())
    def holds(self, name: str, held: bool) -> None:
        """A child gets a finalizer, or loses it."""
        if self.stage.child(name):
            self.stage.edit_child(name, {"metadata": {"finalizers": ["example.com/hold"] if held else None}})

    # what CassKops, networks and processes do

    @rule(name=ANY, action=st.sampled_from(["ScaleDown", "UpdateSeedList", "ScaleUp"]))
    def casskop_is_done(self, name: str, action: str) -> None:
        """A CassKop ends its work."""
        if self.stage.child(name):
            self.stage.own_casskop(name, action=action)

    @rule(name=REMOTE)
    def goes_dark(self, name: str) -> None:
        """A member answers no more."""
        self.stage.members[name].go_dark()
        self.stage.run()

    @rule(name=REMOTE)
    def comes_back(self, name: str) -> None:
        """A member answers again."""
        self.stage.members[name].come_back()
        self.stage.run()

    @rule(name=ANY)
    def lags(self, name: str) -> None:
        """The caches of a member fall behind."""
        self.stage.members[name].lag()

    @rule(name=ANY)
    def catches_up(self, name: str) -> None:
        """The caches of a member show everything again."""
        if not self.stage.members[name].server.dark:
            self.stage.members[name].lag(lagging=False)
            self.stage.run()

    @rule(name=ANY, verb=st.sampled_from(["patch", "delete", "get", "create"]), late=st.booleans())
    def loses_a_call(self, name: str, verb: str, late: bool) -> None:
        """The next call of a kind fails, before or after it took effect."""
        error = (lambda call: ReadTimeout(name, "no answer")) if late else forbidden
        self.stage.members[name].server.fail(verb, error, times=1).after = late

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

    # what is checked on each call, before it takes effect

    def watching(self, name: str) -> Any:  # noqa: ANN401  a hook
        """The check of the calls to one member."""

        def check(call: Call) -> None:
            if (call.plural, call.verb) == (CHILDREN, "delete"):
                self.check_delete(name, call)
            if (call.plural, call.verb, call.subresource) == (PARENTS, "patch", "") and isinstance(call.body, list):
                self.check_letting_go(call)

        return check

    def check_delete(self, name: str, call: Call) -> None:
        """A child is deleted by its UID, for an object that asks for it now, or that left it behind."""
        child = self.stage.child(name)
        assert call.body["uid"], "never without a UID"
        if child is None or child["metadata"]["uid"] != call.body["uid"]:
            return  # the server refuses it
        mark = mark_of(child)
        assert mark is not None, "a child without a mark is nobody's to delete"
        if self.stage.has_parent() and self.parent["metadata"]["uid"] == mark.uid:
            self.check_asked_for(name)
            return
        left = [orphan for orphan in self.stage.orphans() if orphan.member == name]
        assert any((o.uid, o.owner.uid) == (call.body["uid"], mark.uid) for o in left), "left behind by its owner"
        wants = self.stage.has_parent() and name in self.parent["spec"]["override"]
        assert not wants, "and wanted by nobody"

    def check_asked_for(self, name: str) -> None:
        """The owner is there: it goes and takes its children with it, or has no override for a member that drains."""
        spec = self.parent["spec"]
        assert not spec.get("paused"), "paused, nothing is deleted"
        if self.is_deleting:
            assert spec["deleteCassandraCluster"] is True, "the cascade is wanted"
            return
        assert name not in spec["override"], "a member that is wanted keeps its child"
        assert self.deletion["onOverrideRemoved"] == "Drain", "what is retained stays"
        child = self.stage.child(name)
        assert child is not None
        left = [dc.get("nodesPerRacks", 1) for dc in child["spec"]["topology"]["dc"]]
        assert not any(left), "a child goes only without nodes"
        status = child["status"]
        assert (status["phase"], status["lastClusterActionStatus"]) == ("Running", "Done")
        assert status["observedGeneration"] == child["metadata"]["generation"]

    def check_letting_go(self, call: Call) -> None:
        """The finalizer goes when every child of ours is gone or on record, or nothing is wanted any more."""
        if not (self.is_deleting and any(step["op"] == "remove" for step in call.body)):
            return
        spec, uid = self.parent["spec"], self.parent["metadata"]["uid"]
        if spec["deleteCassandraCluster"] is not True:
            return
        recorded = {orphan.member for orphan in self.stage.orphans() if orphan.owner.uid == uid}
        for name in MEMBERS:
            child = self.stage.child(name)
            if child is None or name in recorded or not is_cascaded(child, uid):
                continue
            retained = name not in spec["override"] and self.deletion["onOverrideRemoved"] == "Retain"
            assert retained, f"{name}: neither gone nor on record"

    # what is checked after each rule

    @invariant()
    def records_have_a_reason(self) -> None:
        """There is a record only where the policy or a person allows it."""
        if self.deletion["onDark"] == "Wait":
            for orphan in self.stage.orphans():
                assert (orphan.owner.uid, orphan.member) in self.released

    def teardown(self) -> None:
        """All faults are healed: what is to go goes, no record is left of it, and the operator rests."""
        if not hasattr(self, "stage"):
            return
        for cluster in self.stage.members.values():
            cluster.server.faults.clear()
            if cluster.server.dark:
                cluster.come_back()
            cluster.lag(lagging=False)
        for name in MEMBERS:
            self.holds(name, held=False)
        if self.stage.has_parent():
            self.stage.change({"spec": {"paused": False}})
        for _ in range(12):
            for name in MEMBERS:
                self.casskop_is_done(name, "UpdateSeedList")
            self.stage.wait(700, steps=2)
        assert not self.is_deleting, "what is deleted goes"
        if not self.stage.has_parent():
            assert self.stage.orphans() == (), "without anybody who wants it a child goes, or is off the record"
        writes = len(self.stage.writes())
        self.stage.wait(3600, steps=3)
        assert len(self.stage.writes()) == writes, "there is an end to writing"

    # helpers

    @property
    def parent(self) -> Json:
        """The MultiCasskop as the server has it."""
        return self.stage.parent()

    @property
    def is_deleting(self) -> bool:
        """Whether it is there and going."""
        return self.stage.has_parent() and bool(self.parent["metadata"].get("deletionTimestamp"))


def mark_of(child: Json) -> Mark | None:
    """The mark of a child."""
    return read_mark((child["metadata"].get("annotations") or {}).get(OWNER))


def is_cascaded(child: Json, uid: str) -> bool:
    """Whether a child goes with the parent of this UID."""
    mark = mark_of(child)
    return mark is not None and mark.uid == uid and mark.origin != "agreed"


TestEnd = End.TestCase
TestEnd.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    # explaining traces every line, which takes longer than everything else together
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
