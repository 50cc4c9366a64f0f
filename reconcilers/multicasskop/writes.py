"""All that may be written, as values: made by the decisions, carried out by `act` and by nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from multicasskop.crds.base import Json
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, FIELDS, OWNER, RESTART, SEEDLIST, TRACEPARENT, api_version
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.desire import Desired
from multicasskop.reconcilers.multicasskop.drift import Cause, document, fields_of
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.managers import paths_of_go
from multicasskop.reconcilers.multicasskop.orphans import Orphan
from multicasskop.reconcilers.multicasskop.ownership import Mark, Origin, read_mark
from multicasskop.reconcilers.multicasskop.restart import with_triggers
from multicasskop.reconcilers.multicasskop.seeds import Seeds, delivered, write_list
from multicasskop.reconcilers.patch import merge_patch, print_paths, with_preconditions
from multicasskop.reconcilers.trace_context import TraceContext


@dataclass(frozen=True, slots=True)
class CreateChild:
    """Make the child of a member; `seeds` are to be in its status before its CassKop looks at it."""

    member: str
    key: Key
    body: Json
    seeds: Seeds
    hash: str
    owner_uid: str
    step: TraceContext | None = None
    """The span of the step that this begins."""
    joins: bool = False
    """Whether another member has, or had, a child: its pods are to join that ring, and not to be one of their own."""


@dataclass(frozen=True, slots=True)
class PatchChild:
    """Change a child, if it still is the one that was compared, in that very version."""

    member: str
    key: Key
    uid: str
    version: str
    patch: Json
    paths: tuple[str, ...]
    hash: str
    before: str
    cause: Cause = Cause.NEWS
    origin: Origin | None = None
    """Set when the child is taken over by this."""
    wanted: Json | None = None
    """Set when it is not known what was set before, so that it must be found out: what is to be there in the end."""
    restart: bool = False
    """Whether it triggers a restart of all racks."""
    step: TraceContext | None = None
    seeds: bool = False
    """Whether its CassKop, which was at rest, reads new seeds from it, and so may act before they are in its status."""

    @property
    def in_spec(self) -> bool:
        """Whether CassKop has something to do about it."""
        return "spec" in self.patch


@dataclass(frozen=True, slots=True)
class PatchSeeds:
    """Set the seed list of a living child; nothing else of its status is ever sent."""

    member: str
    key: Key
    uid: str
    seeds: Seeds
    hash: str
    before: str
    correction: bool = False
    step: TraceContext | None = None
    follows: bool = False
    """Whether its CassKop has read them already, in the write before this one."""


@dataclass(frozen=True, slots=True)
class DeleteChild:
    """Delete a child, if a live read finds it to be the one that was meant.

    With a `version` only as it was then: for one that is deleted because it had no node left.
    """

    member: str
    key: Key
    uid: str
    step: TraceContext | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class AddFinalizer:
    """Make sure that the parent stays until its children are gone."""


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Let the parent go; `gone` are the children that a last live read must not find.

    `orphans` go on record first, and not before an instant of home's own clock, if there is one. `called_off`: nothing
    is to be deleted any more, so that what was recorded already is struck.
    """

    gone: tuple[tuple[str, Key], ...] = ()
    orphans: tuple[Orphan, ...] = ()
    not_before: datetime | None = None
    called_off: bool = False


@dataclass(frozen=True, slots=True)
class LearnAge:
    """Find out how long ago we last wrote to a child, which this process does not remember. Writes nothing."""

    member: str
    key: Key
    uid: str
    action: str


ChildWrite = CreateChild | PatchChild | PatchSeeds | DeleteChild
Write = ChildWrite | AddFinalizer | RemoveFinalizer | LearnAge


def create(
    desired: Desired, mark: Mark, seeds: Seeds, step: TraceContext | None = None, *, joins: bool = False
) -> CreateChild:
    """The write that makes a child, with its mark, its seeds and the span that its CassKop goes on with."""
    annotations = {
        **desired.annotations,
        **_marks(mark, seeds),
        FIELDS: print_paths(fields_of(desired)),
        **_restarted(desired),
        **_trace(step),
    }
    body: Json = {
        "apiVersion": api_version(),
        "kind": CASSANDRACLUSTER_KIND,
        "metadata": {
            "name": desired.key.name,
            "namespace": desired.key.namespace,
            "labels": dict(desired.labels),
            "annotations": annotations,
        },
        "spec": desired.spec,
    }
    return CreateChild(desired.member, desired.key, body, seeds, desired.hash, mark.uid, step, joins)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be written to a living child in one step."""

    patch: Json | None = None
    paths: tuple[str, ...] = ()
    cause: Cause = Cause.NEWS
    origin: Origin | None = None
    seeds: Seeds | None = None
    correction: bool = False
    restart: bool = False
    """Whether all racks are told to restart."""

    @property
    def restarts(self) -> bool:
        """Whether CassKop has something to do about it."""
        return self.restart or self.seeds is not None or "spec" in (self.patch or {})


def change(
    desired: Desired, child: Child, mark: Mark, due: Due, step: TraceContext | None = None
) -> tuple[PatchChild | PatchSeeds, ...]:
    """The writes of one step: first the object with its annotations, then the seeds."""
    step = step if due.restarts else None
    annotations = _changed_annotations(desired, child, mark, due, step)
    seeds = due.seeds if due.seeds is not None and set(due.seeds) != set(child.seeds) else None
    follows = seeds is not None and SEEDLIST in annotations and child.reports_generation and child.running
    first = _patch_of_child(desired, child, due, annotations, step)
    writes: list[PatchChild | PatchSeeds] = [] if first is None else [replace(first, seeds=follows)]
    if seeds is not None:
        about = (seeds, desired.hash, child.action, due.correction, step, follows)
        writes.append(PatchSeeds(desired.member, child.key, child.meta.uid, *about))
    return tuple(writes)


def _patch_of_child(
    desired: Desired, child: Child, due: Due, annotations: Mapping[str, str], step: TraceContext | None
) -> PatchChild | None:
    if not (due.patch or due.restart or annotations):
        return None
    patch = _annotated(due.patch or {}, annotations)
    patch = with_triggers(patch, child.spec) if due.restart else patch
    unknown = document(desired) if FIELDS not in child.meta.annotations and "spec" in patch else None
    about = (due.paths, desired.hash, child.action, due.cause, due.origin, unknown, due.restart, step)
    return PatchChild(desired.member, child.key, child.meta.uid, child.meta.version, patch, *about)


def seeds_body(seeds: Seeds, uid: str = "") -> Json:
    """What is merged into a child's status, or created with it; with a `uid`, any other child refuses it."""
    return {"status": {"seedlist": list(seeds)}} | ({"metadata": {"uid": uid}} if uid else {})


def first_seeds(write: CreateChild) -> list[Json]:
    """The operations that give a child its first status, if it is the one of this create and has none yet.

    Nobody knows its UID before the create is answered; its mark says as well whose it is, and a child of somebody else
    that was made under the same name in between carries another one.
    """
    mark = write.body["metadata"]["annotations"][OWNER]
    return [
        {"op": "test", "path": f"/metadata/annotations/{OWNER.replace('/', '~1')}", "value": mark},
        {"op": "test", "path": "/status", "value": None},
        {"op": "add", "path": "/status", "value": seeds_body(write.seeds)["status"]},
    ]


def whole_body(write: CreateChild) -> Json:
    """The body of a create through a version of the kind that takes the status along."""
    return {**write.body, **seeds_body(write.seeds)}


def completed(write: PatchChild, live: Json) -> PatchChild:
    """The same write with what the Go operator has set and nobody wants any more taken out.

    `live` is the child as it was just read, with its record of managers. Nothing changes for a child that tells itself
    which fields were set.
    """
    if write.wanted is None:
        return write
    patch = merge_patch(write.wanted, live, paths_of_go(live)) or {}
    patch = with_triggers(patch, live.get("spec") or {}) if write.restart else patch
    metadata = {**patch.get("metadata", {}), **write.patch.get("metadata", {})}
    return replace(write, patch={**patch, "metadata": metadata} if metadata else patch)


def as_migrated(write: PatchChild) -> PatchChild:
    """The same write with a mark that says that the child comes from the Go operator."""
    annotations = write.patch["metadata"]["annotations"]
    mark = read_mark(annotations[OWNER])
    if mark is None:
        return write
    moved = {**annotations, OWNER: replace(mark, origin=Origin.MIGRATED.value).text()}
    patch = {**write.patch, "metadata": {**write.patch["metadata"], "annotations": moved}}
    return replace(write, patch=patch, origin=Origin.MIGRATED)


def patch_body(write: PatchChild) -> Json:
    """What is sent: refused by the server unless the child is still the one, in the version, that was compared."""
    return with_preconditions(write.patch, write.uid, write.version)


def _changed_annotations(
    desired: Desired, child: Child, mark: Mark, due: Due, step: TraceContext | None
) -> Mapping[str, str]:
    """Marks go along with something else, or with the taking over, and never alone."""
    changed: dict[str, str] = {}
    if due.origin is not None:
        changed[OWNER] = mark.text()
    if due.patch or due.restart:
        changed |= _home_told(child, mark)
        changed[FIELDS] = print_paths(fields_of(desired))
    if due.patch is not None or due.restart or due.origin is not None:
        # a child that is taken over is not restarted for a value that was there before it
        changed |= _restarted(desired)
    if due.seeds is not None and due.seeds != delivered(child):
        changed[SEEDLIST] = write_list(due.seeds)
    if due.patch or due.restart or SEEDLIST in changed:
        changed |= _trace(step)
    known = child.meta.annotations
    return {name: value for name, value in changed.items() if known.get(name) != value}


def _home_told(child: Child, mark: Mark) -> Mapping[str, str]:
    """The child's own mark with the id of home, if it was made before that was known: by it a new parent finds it."""
    known = read_mark(child.meta.annotations.get(OWNER))
    if known is None or known.home or not mark.home:
        return {}
    return {OWNER: replace(known, home=mark.home).text()}


def _annotated(patch: Json, annotations: Mapping[str, str]) -> Json:
    if not annotations:
        return patch
    metadata = patch.get("metadata", {})
    both = {**metadata.get("annotations", {}), **annotations}
    return {**patch, "metadata": {**metadata, "annotations": both}}


def _trace(step: TraceContext | None) -> Mapping[str, str]:
    return {TRACEPARENT: str(step)} if step is not None else {}


def _restarted(desired: Desired) -> Mapping[str, str]:
    return {RESTART: desired.restart} if desired.restart else {}


def _marks(mark: Mark, seeds: Seeds) -> Mapping[str, str]:
    return {OWNER: mark.text()} | ({SEEDLIST: write_list(seeds)} if seeds else {})
