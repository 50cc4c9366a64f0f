"""One run of `move-home`: what is in this home, what is in the members, what speaks against it, and the writes."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from multicasskop.crds.codes import Code
from multicasskop.informers.clock import Clock, SystemClock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import InformerError, is_forbidden
from multicasskop.operator.access import Contexts, Json
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.logs import configure_logs
from multicasskop.operator.members.static import USERS_KUBECONFIG
from multicasskop.operator.moving.flags import MoveFlags
from multicasskop.operator.moving.judge import Homes
from multicasskop.operator.moving.lost import Evidence, evidence
from multicasskop.operator.moving.reach import Reach
from multicasskop.operator.moving.survey import Case, owners, survey, to_take
from multicasskop.operator.moving.take import Taken, take
from multicasskop.operator.moving.wanted import Ring, ring_of
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.registering.operators import installed
from multicasskop.operator.registering.registered import Registered, registered

NOTHING = "Nothing was changed"


@dataclass(frozen=True, slots=True)
class Found:
    """All that is known before anything is written."""

    homes: Homes
    rings: tuple[Ring, ...]
    cases: tuple[Case, ...]
    evidence: Evidence
    missing: tuple[Json, ...]
    """The MultiCasskops of the files that are not in this home yet; they are judged as if they were."""


class Move:
    """The new home and the members. Close it after use."""

    def __init__(
        self,
        flags: MoveFlags,
        ways: Mapping[str, str],
        files: Sequence[Json],
        timeout: float,
        *,
        clock: Clock | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Find home's context; raises CommandError."""
        self._flags, self._files, self._timeout, self._clock = flags, files, timeout, clock or SystemClock()
        configure_logs("error", "text", self._clock)
        contexts = Contexts(flags.kubeconfig, self._clock, Deadline(self._clock, timeout), environment)
        self.home = contexts.open("home", flags.context, "home")
        self.namespace = flags.namespace or self.home.credentials.namespace or "default"
        path = flags.kubeconfig or environment.get("KUBECONFIG") or os.path.expanduser(USERS_KUBECONFIG)
        try:
            secrets = self._secrets()
            local = flags.local or self._local_of_deployment()
        except InformerError as error:
            raise self.home.explain(error, NOTHING) from error
        self._old = contexts.open("the lost home", flags.old_context, "member") if flags.old_context else None
        named = {each.name: each for each in secrets}
        self.reach = Reach(self.home, local, contexts, ways, named, path)

    def apply_missing(self, found: Found) -> Iterator[str]:
        """Make the MultiCasskops of the files that are not there, and give each one's name; raises CommandError."""
        for body in found.missing:
            try:
                self.home.create(MULTICASSKOPS, body["metadata"]["namespace"], body)
            except InformerError as error:
                raise self.home.explain(error, "No mark was rewritten") from error
            yield "/".join(place(body))

    def restart(self) -> None:
        """Begin the time limit anew: whoever was asked had time to think."""
        self.reach.renew(Deadline(self._clock, self._timeout))

    def look(self) -> Found:
        """Find out what there is; raises CommandError when home does not tell, or is called lost itself."""
        try:
            here = self.home.identity()
            everywhere = self.home.list(MULTICASSKOPS)
            objects, missing = self._chosen(everywhere)
        except InformerError as error:
            raise self.home.explain(error, NOTHING) from error
        self._check_word(here)
        homes = Homes(here, frozenset(each["metadata"]["uid"] for each in everywhere), self._flags.lost)
        rings = tuple(map(ring_of, objects))
        cases = survey(rings, homes, self.reach)
        return Found(homes, rings, cases, self._evidence(cases), missing)

    def take(self, found: Found) -> Iterator[tuple[Case, Taken | InformerError]]:
        """Rewrite the marks, one after the other, and tell of each; a member that fails keeps no other waiting."""
        for case in to_take(found.cases):
            access = self.reach.of(case.member)
            if access is None:
                continue
            try:
                outcome: Taken | InformerError = take(case, access, found.homes)
            except InformerError as error:
                outcome = error
            yield case, outcome

    def close(self) -> None:
        """Let go of all clusters."""
        self.reach.close()
        for access in filter(None, (self.home, self._old)):
            access.close()

    @property
    def _operator_namespace(self) -> str:
        return self._flags.home_namespace or self.namespace

    def _secrets(self) -> tuple[Registered, ...]:
        """The members that are registered here; none where Secrets may not be read, since there are other ways."""
        try:
            return registered(self.home, self._operator_namespace)
        except InformerError as error:
            if is_forbidden(error):
                return ()
            raise

    def _local_of_deployment(self) -> str:
        names = {each.local for each in installed(self.home, self._operator_namespace) if each.local}
        return names.pop() if len(names) == 1 else ""

    def _chosen(self, everywhere: Sequence[Json]) -> tuple[list[Json], tuple[Json, ...]]:
        """The MultiCasskops that are meant, and those of the files among them that are not there yet."""
        there = {place(each): each for each in everywhere}
        if self._files:
            wanted = [self._placed(body) for body in self._files]
            missing = tuple(body for body in wanted if place(body) not in there)
            return [there.get(place(body), body) for body in wanted], missing
        flags = self._flags
        found = [each for key, each in there.items() if flags.all_namespaces or key[0] == self.namespace]
        named = [each for each in found if flags.name in ("", each["metadata"]["name"])]
        if flags.name and not named:
            what = f"no MultiCasskop {flags.name} in namespace {self.namespace}. {NOTHING}"
            hint = "apply it to this home first, or name its file with -f"
            raise CommandError(ExitCode.NOT_FOUND, what, hint=hint)
        return named, ()

    def _placed(self, body: Json) -> Json:
        """An object of a file in the namespace where it is to be."""
        metadata = body["metadata"]
        return {**body, "metadata": {**metadata, "namespace": metadata.get("namespace") or self.namespace}}

    def _check_word(self, here: str) -> None:
        if here and self._flags.lost == here:
            what = f"--lost: {here} is the id of this very home. {NOTHING}"
            raise CommandError(ExitCode.REFUSED, what, hint="name the home that is gone", code=Code.HOME_MAY_LIVE)

    def _evidence(self, cases: Sequence[Case]) -> Evidence:
        if not self._flags.lost:
            return Evidence((), ())
        members = dict.fromkeys(case.member for case in cases)
        return evidence(self._flags.lost, frozenset(owners(cases)), members, self.reach, self._old)


def place(obj: Json) -> tuple[str, str]:
    """Namespace and name of an object."""
    return str(obj["metadata"]["namespace"]), str(obj["metadata"]["name"])
