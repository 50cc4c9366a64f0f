"""What holds of a rollout while tenants and clumsy hands do what they can: the laws of rollouts hold all the same.

The machine of `test_rollout_laws`, and beside its rules those of people who mean no good: who forge statuses and marks,
want what is not theirs, ask for nonsense, and decorate what is ours. Numbers are those of the invariants (I2, ...).
"""

import copy
import json
from typing import Any

import hypothesis.strategies as st
from fakes.law import law
from fakes.rollout_machine import MEMBERS, member_names
from fakes.server import Call
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, THIRD, ring
from hypothesis.stateful import invariant, precondition, rule
from laws.test_rollout_laws import Rollout
from multicasskop.crds.names import OWNER
from multicasskop.informers.errors import ApiError
from multicasskop.informers.key import Key

Json = dict[str, Any]
ELSEWHERE = "a-tenant"
THEIRS = "them.example/"
CANARY = "canary-secret"
NONSENSE: dict[str, Json] = {
    "another namespace in base": {"base": {"metadata": {"namespace": ELSEWHERE}}},
    "another namespace in an override": {"override": {HOME: {"metadata": {"namespace": ELSEWHERE}}}},
    "a name that is none": {"base": {"metadata": {"name": "No Name"}}},
    "a datacenter that is none": {"override": {HOME: {"spec": {"topology": {"dc": [{"name": "a-b"}]}}}}},
    "a wrong type": {"base": {"spec": {"nodesPerRacks": "many"}}},
    "a duration that is none": {"rollout": {"soak": "soon"}},
    "nesting": {"base": {"spec": {"config": json.loads('{"a":' * 70 + "1" + "}" * 70)}}},
}
FORGED = st.sampled_from(
    [
        {"phase": "Halted", "waitingFor": f"{OTHER}: nothing"},
        {"phase": "Ready", "ready": "3/3", "observedGeneration": 1},
        {"clusters": []},
        {"clusters": [{"name": name, "state": "Ready", "uid": "none"} for name in MEMBERS]},
        {"seedlist": ["evil.example"], "rollout": None, "conditions": []},
        {"clusters": "x", "rollout": [1], "seedlist": {}},
    ]
)


class Hostile(Rollout):
    """Members, an operator, and people who mean no good."""

    decorated: dict[str, Json]

    # who want what is not theirs

    @rule()
    def intrudes(self) -> None:
        """A tenant of another namespace asks for children in ours, by our name."""
        wanted = ring(*MEMBERS)
        wanted["metadata"] = {"name": "demo", "namespace": ELSEWHERE}
        wanted["spec"]["base"] |= {"metadata": {"namespace": NAMESPACE, "name": "demo"}}
        wanted["spec"]["base"]["spec"]["cassandraImage"] = "cassandra:evil"
        self.stage.apply(wanted)

    @rule()
    def gives_up(self) -> None:
        """That tenant deletes its object."""
        if self.stage.home.server.find(PARENTS, ELSEWHERE, "demo"):
            self.stage.home.server.remove(PARENTS, ELSEWHERE, "demo")
            self.stage.run()

    @precondition(lambda self: self.alive)
    @rule(name=member_names, elsewhere=st.booleans())
    def copies_a_mark(self, name: str, elsewhere: bool) -> None:
        """Somebody puts our mark onto a CassandraCluster of their own."""
        child = self.stage.child(name)
        mark = json.loads(child["metadata"]["annotations"].get(OWNER, "{}")) if child else {}
        namespace = ELSEWHERE if elsewhere else NAMESPACE
        forged = mark | ({} if elsewhere else {"name": "theirs"})
        head = {"name": "theirs", "namespace": namespace, "annotations": {OWNER: json.dumps(forged)}}
        self.stage.members[name].server.put(CHILDREN, {"metadata": head, "spec": {"cassandraImage": "theirs"}})
        self.stage.run()

    @precondition(lambda self: self.stage.has_parent() and not self.lags_somewhere())
    @rule(forged=FORGED)
    def forges_a_status(self, forged: Json) -> None:
        """Somebody writes a status, and the operator knows better: at once, unless it waits for a view to catch up."""
        self.stage.home.server.edit(PARENTS, NAMESPACE, "demo", {"status": copy.deepcopy(forged)}, status=True)
        self.stage.run()

    def lags_somewhere(self) -> bool:
        """Whether some member's cache is behind."""
        return any(cluster.informer_of(CHILDREN).lagging for cluster in self.stage.members.values())

    @precondition(lambda self: self.alive)
    @rule()
    def forges_a_status_between_two_operators(self) -> None:
        """Somebody calls all members Ready for what is wanted while no operator runs."""
        entries = [self.stage.entry(name) | {"state": "Ready"} for name in MEMBERS if self.stage.entry(name)]
        forged = {"status": {"clusters": entries, "phase": "Ready"}}
        self.stage.home.server.edit(PARENTS, NAMESPACE, "demo", forged, status=True)
        self.crashes()

    # who ask for nonsense

    @precondition(lambda self: self.alive)
    @rule(what=st.sampled_from(sorted(NONSENSE)), crash=st.booleans())
    def asks_for_nonsense(self, what: str, crash: bool) -> None:
        """I21: what is refused leaves the children as they were, also for an operator that begins with it."""
        before = copy.deepcopy(self.parent["spec"])
        specs = self.specs()
        self.change(NONSENSE[what])
        if crash:
            self.crashes()
        assert self.specs() == specs, what
        self.stage.home.server.replace_spec(PARENTS, NAMESPACE, "demo", before)
        self.stage.run()

    # who decorate what is ours

    @rule(name=member_names, number=st.integers(0, 2))
    def decorates_a_child(self, name: str, number: int) -> None:
        """Somebody hangs labels, annotations and finalizers of their own onto a child."""
        child = self.stage.child(name)
        if child and not child["metadata"].get("deletionTimestamp"):
            key = f"{THEIRS}{number}"
            patch: Json = {"metadata": {"labels": {key: "x"}, "annotations": {key: "y"}}}
            self.stage.members[name].server.edit(CHILDREN, NAMESPACE, "demo", patch)
            self.theirs()[child["metadata"]["uid"]] = foreign(self.stage.child(name) or {})
            self.stage.run()

    @rule(name=st.sampled_from([OTHER, THIRD]), times=st.integers(1, 4))
    def disagrees(self, name: str, times: int) -> None:
        """The next patches to a child meet a conflict."""
        conflict = ApiError(name, 409, "Conflict", f"modified; {CANARY} Bearer {CANARY}", object_name="demo")
        self.stage.members[name].server.fail("patch", lambda call: conflict, times=times, plural=CHILDREN)

    # what is checked

    def watching(self, name: str) -> Any:  # noqa: ANN401  a hook
        """The check of the calls to one member that are about what is ours."""
        check = super().watching(name)
        return lambda call: None if (call.plural, call.key.namespace) == (PARENTS, ELSEWHERE) else check(call)

    def check_write(self, name: str, call: Call) -> None:
        """I2: beside the laws of rollouts, no call names another namespace, or a child that is not ours."""
        assert call.key == Key(NAMESPACE, "demo")
        super().check_write(name, call)

    @invariant()
    def reads_nothing_of_others(self) -> None:
        """I2: not even a read names what is nobody's child; the tenant's own, which never are, may be looked for."""
        for _, call in self.stage.calls:
            if call.plural == CHILDREN:
                assert call.key == Key(NAMESPACE, "demo") or (call.key.namespace == ELSEWHERE and not call.writes)
                assert call.key.name == "demo"

    @invariant()
    def one_child_each(self) -> None:
        """I4: no member ever holds a second child, whatever others put there."""
        for cluster in self.stage.members.values():
            found = [key for plural, key in cluster.server.objects if plural == CHILDREN and key.name != "theirs"]
            assert len(found) <= 1

    @invariant()
    def what_is_theirs_stays(self) -> None:
        """I9: labels, annotations and objects of others are as they left them."""
        for name, cluster in self.stage.members.items():
            child = self.stage.child(name)
            known = self.theirs().get(child["metadata"]["uid"]) if child else None
            assert known is None or foreign(child or {}) == known
            for (plural, key), obj in cluster.server.objects.items():
                if plural == CHILDREN and key.name == "theirs":
                    assert obj["spec"] == {"cassandraImage": "theirs"}
                    assert not obj["metadata"].get("deletionTimestamp")

    @invariant()
    def intruders_get_nothing(self) -> None:
        """I3: who asks for children in another namespace is refused as a whole."""
        intruder = self.stage.home.server.find(PARENTS, ELSEWHERE, "demo")
        for condition in ((intruder or {}).get("status") or {}).get("conditions") or ():
            assert condition["type"] != "Valid" or condition["status"] == "False"
        for name in MEMBERS:
            child = self.stage.child(name)
            assert child is None or child["spec"].get("cassandraImage") != "cassandra:evil"

    @invariant()
    def no_run_breaks(self) -> None:
        """Whatever they do, a run ends by a conflict at worst."""
        for error in self.stage.failures:
            assert isinstance(error, ApiError), repr(error)
            assert error.status == 409, repr(error)

    # helpers

    def theirs(self) -> dict[str, Json]:
        """What others have hung onto children, by UID."""
        if not hasattr(self, "decorated"):
            self.decorated = {}
        return self.decorated

    def specs(self) -> dict[str, Json]:
        """The spec of each child that there is."""
        return {name: child["spec"] for name in MEMBERS if (child := self.stage.child(name))}


def foreign(child: Json) -> Json:
    """What others have hung onto a child."""
    metadata = child["metadata"]
    fields = ("labels", "annotations")
    return {field: {k: v for k, v in (metadata.get(field) or {}).items() if k.startswith(THEIRS)} for field in fields}


TestHostile = Hostile.TestCase
TestHostile.settings = law(12, 30)
