"""From the flags of `plan` and `diff` to the report that they show."""

from dataclasses import dataclass, replace

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.operator import manifests
from multicasskop.operator.home import Home, Where
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.planning.members import Asked
from multicasskop.operator.planning.planner import planned
from multicasskop.operator.planning.rehearsal import rehearse
from multicasskop.operator.planning.report import PlanReport, report_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be planned, as the flags say it."""

    name: str | None
    filename: str
    namespace: str
    members: str
    live: bool
    mapped: tuple[str, ...]
    cross_namespace: bool
    rehearsed: bool = False
    """Whether the servers are to be asked what they would say; then all members are."""


def report_for(wanted: Wanted, kubeconfig: str, context: str, timeout: float) -> PlanReport:
    """Read, plan and report; raises CommandError."""
    if bool(wanted.name) == bool(wanted.filename):
        raise CommandError(ExitCode.USAGE, "either NAME or -f FILE is needed", code=Code.BAD_FLAG)
    asked = Asked.of(wanted.members, wanted.live or wanted.rehearsed, wanted.mapped)
    given = of_file(wanted.filename) if wanted.filename else None
    home = Home(Where(kubeconfig, context, wanted.namespace), timeout)
    try:
        obj, stored = _objects(home, wanted, given)
        made = planned(home, asked, obj, stored, cross_namespace=wanted.cross_namespace)
        report = report_of(made)
        return replace(report, answers=rehearse(home, made)) if wanted.rehearsed else report
    finally:
        home.close()


def of_file(filename: str) -> Json:
    """The one MultiCasskop of a file; raises CommandError."""
    found = [document for document in manifests.load(filename) if document.is_ours]
    if len(found) != 1:
        what = f"{filename}: {len(found) or 'no'} MultiCasskop{'s' if len(found) > 1 else ''} in it, one is needed"
        raise CommandError(ExitCode.USAGE, what, code=Code.MALFORMED)
    (document,) = found
    if not document.key[1] or not isinstance(document.obj.get("spec", {}), dict | None):
        place = document.place_of("metadata.name")
        what = f"{filename}:{place.line}:{place.column}: metadata.name and an object as spec are needed"
        raise CommandError(ExitCode.USAGE, what, code=Code.MALFORMED)
    return document.obj


def _objects(home: Home, wanted: Wanted, given: Json | None) -> tuple[Json, Json | None]:
    """The object as it is to be, with its namespace, and as home has it."""
    if given is None:
        stored = home.get(str(wanted.name))
        return stored, stored
    metadata = given["metadata"]
    namespace = metadata.get("namespace") or home.namespace
    if wanted.namespace and namespace != wanted.namespace:
        what = f"the file says namespace {namespace}, the flag says {wanted.namespace}"
        raise CommandError(ExitCode.USAGE, what, code=Code.BAD_FLAG)
    spec = given.get("spec") or {}
    return {**given, "metadata": {**metadata, "namespace": namespace}, "spec": spec}, home.find(
        metadata["name"], namespace
    )
