"""All that may be written, as values: made by the decisions, carried out by `act` and by nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass

from multicasskop.crds.base import Json
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, FIELDS, OWNER, RESTART, SEEDLIST, TRACEPARENT, api_version
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.desire import Desired
from multicasskop.reconcilers.multicasskop.drift import Cause, document, fields_of
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.ownership import Mark, Origin
from multicasskop.reconcilers.multicasskop.restart import with_triggers
from multicasskop.reconcilers.multicasskop.seeds import Seeds, delivered, write_list
from multicasskop.reconcilers.patch import print_paths
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


@dataclass(frozen=True, slots=True)
class DeleteChild:
    """Delete a child, if a live read finds it to be the one that was meant."""

    member: str
    key: Key
    uid: str
    step: TraceContext | None = None


@dataclass(frozen=True, slots=True)
class AddFinalizer:
    """Make sure that the parent stays until its children are gone."""


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Let the parent go; `gone` are the children that a last live read must not find."""

    gone: tuple[tuple[str, Key], ...] = ()


@dataclass(frozen=True, slots=True)
class LearnAge:
    """Find out how long ago we last wrote to a child, which this process does not remember. Writes nothing."""

    member: str
    key: Key
    uid: str
    action: str


ChildWrite = CreateChild | PatchChild | PatchSeeds | DeleteChild
Write = ChildWrite | AddFinalizer | RemoveFinalizer | LearnAge


def create(desired: Desired, mark: Mark, seeds: Seeds, step: TraceContext | None = None) -> CreateChild:
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
    return CreateChild(desired.member, desired.key, body, seeds, desired.hash, mark.uid, step)


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
    writes: list[PatchChild | PatchSeeds] = []
    meta, before = child.meta, child.action
    annotations = _changed_annotations(desired, child, mark, due, step)
    if due.patch or due.restart or annotations:
        patch = _annotated(due.patch or {}, annotations)
        patch = with_triggers(patch, child.spec) if due.restart else patch
        unknown = document(desired) if FIELDS not in meta.annotations and "spec" in patch else None
        about = (due.paths, desired.hash, before, due.cause, due.origin, unknown, due.restart, step)
        writes.append(PatchChild(desired.member, child.key, meta.uid, meta.version, patch, *about))
    if due.seeds is not None and set(due.seeds) != set(child.seeds):
        about_seeds = (due.seeds, desired.hash, before, due.correction, step)
        writes.append(PatchSeeds(desired.member, child.key, meta.uid, *about_seeds))
    return tuple(writes)


def _changed_annotations(
    desired: Desired, child: Child, mark: Mark, due: Due, step: TraceContext | None
) -> Mapping[str, str]:
    """Marks go along with something else, or with the taking over, and never alone."""
    changed: dict[str, str] = {}
    if due.origin is not None:
        changed[OWNER] = mark.text()
    if due.patch or due.restart:
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
