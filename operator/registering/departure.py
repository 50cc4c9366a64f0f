"""How far the taking out of a member came, object by object, for programs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.registering.leaving import Leave
from multicasskop.operator.registering.withdraw import Place, Removal


class End(StrEnum):
    """How it ended."""

    DONE = "done"
    PLANNED = "planned"
    DECLINED = "declined"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Departure:
    """What was to be done, what is gone of it, and why it stopped if it did."""

    member: str
    leave: Leave
    end: End = End.DONE
    gone: tuple[Removal, ...] = ()
    failure: CommandError | None = None

    def with_gone(self, removal: Removal) -> Self:
        """One object further."""
        return replace(self, gone=(*self.gone, removal))

    def stopped(self, failure: CommandError) -> Self:
        """Ended by a failure."""
        return replace(self, end=End.STOPPED, failure=failure)

    @property
    def exit_code(self) -> int:
        """What it comes to, as a number."""
        return ExitCode.NO if self.end is End.DECLINED else ExitCode.OK

    def body(self) -> dict[str, Any]:
        """The report for programs; fields are only ever added."""
        leave = self.leave
        return {
            "member": self.member,
            "outcome": self.end.value,
            "dryRun": self.end is End.PLANNED,
            "uses": [
                {"multicasskop": use.parent, "datacenters": use.datacenters, "nodes": use.nodes} for use in leave.uses
            ],
            "steps": [*self._steps(), *self._left()],
            "next": self._next(),
        }

    def _steps(self) -> Iterator[dict[str, Any]]:
        """The objects that were found, in the order in which they go."""
        failed = False
        for each in self.leave.found:
            cluster = each.access.name
            if not each.ours:
                yield _step(cluster, each.place, "leave", "left", "`register` did not make it")
            elif each in self.gone:
                yield _step(cluster, each.place, "delete", "done")
            elif self.failure is not None and not failed:
                failed = True
                yield _step(cluster, each.place, "delete", "failed", self.failure.message)
            else:
                yield _step(cluster, each.place, "delete", "planned" if self.end is End.PLANNED else "undone")

    def _left(self) -> Iterator[dict[str, Any]]:
        """What is, or may be, in the member, and was not looked at."""
        leave = self.leave
        if leave.stays:
            yield _step(self.member, leave.account_place, "leave", "left", "no --context says how to get there")
        for place in leave.hidden:
            yield _step(self.member, place, "leave", "left", "if it is there: you may not look")

    def _next(self) -> str:
        match self.end:
            case End.PLANNED:
                return "say it again without --dry-run"
            case End.DECLINED:
                return "say it again, with --yes"
            case End.STOPPED:
                return self.failure.hint if self.failure else ""
            case _:
                again = f"multicasskop unregister {self.member} {self.leave.again}"
                return f"to take its account back, too: {again}" if self.leave.stays else ""


def _step(cluster: str, place: Place, action: str, state: str, why: str = "") -> dict[str, Any]:
    return {
        "cluster": cluster,
        "kind": place.resource.kind,
        "namespace": place.namespace,
        "name": place.name,
        "action": action,
        "state": state,
        "why": why,
    }
