"""Facts and wishes for the tests of decisions: small, and spelled out only where a test is about it."""

from dataclasses import replace
from typing import Any

from fakes.clock import EPOCH
from fakes.stage import NAMESPACE, ring
from multicasskop.crds.names import FIELDS, LAST_APPLIED, OWNER, SEEDLIST
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.desire import Wish
from multicasskop.reconcilers.multicasskop.drift import fields_of
from multicasskop.reconcilers.multicasskop.facts import Child, Facts, MemberFacts, Parent
from multicasskop.reconcilers.multicasskop.members import Case
from multicasskop.reconcilers.multicasskop.orphans import Orphan
from multicasskop.reconcilers.multicasskop.ownership import Mark, Origin, mark_of
from multicasskop.reconcilers.multicasskop.seeds import plan_seeds, write_list
from multicasskop.reconcilers.multicasskop.validate import judge
from multicasskop.reconcilers.patch import print_paths

Json = dict[str, Any]
NOW = 1000.0
OWNER_MARK = Mark("home", NAMESPACE, "demo", "u", "created")
ORPHAN = Orphan("c2", NAMESPACE, "demo", "child-c2", OWNER_MARK, "2030-01-01T00:00:00Z", "00-a-b-01")
RUNNING = {"phase": "Running", "lastClusterAction": "Initializing", "lastClusterActionStatus": "Done"}


def parent(spec: Json | None = None, *, status: Json | None = None, **metadata: Any) -> Parent:  # noqa: ANN401
    """A MultiCasskop in its first generation."""
    given = {"uid": "u", "generation": 1, "creationTimestamp": "2030-01-01T00:00:00Z"} | metadata
    whole = ring(spec=None) if spec is None else {"metadata": {"name": "demo", "namespace": NAMESPACE}, "spec": spec}
    whole["spec"].pop("spec", None)
    return Parent.of({"metadata": whole["metadata"] | given, "spec": whole["spec"], "status": status or {}})


def wish(found: Parent, *registered: str) -> Wish:
    """What a valid MultiCasskop asks for."""
    verdict = judge(found.meta.key, found.spec, registered or tuple(found.spec["override"]))
    assert verdict.wish is not None, verdict.message
    return verdict.wish


def child(
    found: Parent,
    member: str,
    *,
    status: Json | None = None,
    seeds: tuple[str, ...] = (),
    generation: int = 1,
    processed: int | None = None,
    origin: Origin = Origin.CREATED,
    spec: Json | None = None,
    **metadata: Any,  # noqa: ANN401  any metadata
) -> Child:
    """A child as we would have made it, Running and Done beside the Go CassKop; `spec` is laid over what is wanted."""
    desired = wish(found).children[member]
    annotations = {
        OWNER: mark_of(found.meta, "home", origin).text(),
        FIELDS: print_paths(fields_of(desired)),
        SEEDLIST: write_list(seeds),
        LAST_APPLIED: f'{{"metadata":{{"generation":{generation if processed is None else processed}}}}}',
    }
    head = {"name": "demo", "namespace": NAMESPACE, "uid": f"child-{member}", "resourceVersion": "5"}
    meta = head | {"generation": generation, "annotations": annotations | metadata.pop("annotations", {})} | metadata
    state = {"seedlist": list(seeds)} | (RUNNING if status is None else status)
    return Child.of({"metadata": meta, "spec": desired.spec | (spec or {}), "status": state})


def facts(found: Parent, **members: MemberFacts | Child | None) -> Facts:
    """What is seen: for each member its facts, its child, or nothing."""
    named = {name: _member(name, given) for name, given in members.items()}
    return Facts(found, named, home_id="home", living={found.meta.uid}, monotonic=NOW, now=EPOCH)


def case(found: Parent, **members: MemberFacts | Child | None) -> Case:
    """One moment, with the seeds planned."""
    seen, wanted = facts(found, **members), wish(found)
    told = {name: replace(member, told=found.told(name)) for name, member in seen.members.items()}
    seen = replace(seen, members=told)
    return Case(seen, wanted, plan_seeds(wanted, seen.members))


def many_orphans(count: int, namespaces: int) -> list[Orphan]:
    """Records of so many children, spread over so many namespaces."""
    marks = [replace(OWNER_MARK, namespace=f"ns{number}") for number in range(namespaces)]
    return [replace(ORPHAN, uid=f"u{number}", owner=marks[number % namespaces]) for number in range(count)]


def _member(name: str, given: MemberFacts | Child | None) -> MemberFacts:
    if isinstance(given, MemberFacts):
        return replace(given, name=name)
    return MemberFacts(name, wanted=Key(NAMESPACE, "demo"), child=given)
