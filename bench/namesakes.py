"""Members that share an API server, each with an address, a connection, a token and a namespace of its own.

The operator knows one namespace in all members. A proxy before each member puts the member's own in its place, both
ways, so the operator sees as many clusters as there are proxies, and each of its caches holds one cluster's objects.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from multicasskop.world.accounts import ACCOUNT
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.operators import CHILD_RULES
from multicasskop.world.proxy.actions import Action
from multicasskop.world.proxy.faults import Faults, target
from multicasskop.world.proxy.rules import Match, Rule
from multicasskop.world.proxy.trips import Lines, Trip
from multicasskop.world.proxy.values import Fault
from multicasskop.world.world import World

from bench.stage import make_namespace


class Relocate(Fault, frozen=True):
    """Let the caller see one namespace under the name of another one."""

    seen: str
    real: str

    def exchange(self, trip: Trip) -> None:
        """Put the real name into path and body, and the other one into the answer."""
        request = trip.request
        path = request.target.replace(f"/namespaces/{self.seen}/", f"/namespaces/{self.real}/", 1)
        content = request.content.replace(field(self.seen), field(self.real))
        answer = trip.forward(replace(request, target=path, content=content))
        trip.deliver(replace(answer, body=self.back(answer.body)))

    def lines(self, lines: Lines, trip: Trip) -> Iterator[bytes]:
        """The same for each line of a watch."""
        yield from map(self.back, lines)

    def back(self, data: bytes) -> bytes:
        """What the caller is shown."""
        return data.replace(field(self.real), field(self.seen))


@dataclass(frozen=True, slots=True)
class Namesakes:
    """`members` stand in `place` (a member of the world), each in a namespace of its own name; callers see `seen`."""

    world: World
    place: str
    members: Sequence[str]
    seen: str

    def proxies(self) -> Faults:
        """The proxies before them, not started yet."""
        faults = Faults(dict.fromkeys(self.members, target(self.world, self.place)))
        faults.arm(*map(self._rule, self.members))
        return faults

    def accounts(self, faults: Faults) -> list[Entry]:
        """Make the namespaces and the accounts, and return a context for each member that leads through its proxy."""
        return [faults.through(self._account(name)) for name in self.members]

    def _rule(self, name: str) -> Rule:
        # plan files know the rig's own actions only, which is what the type is for
        return Rule(Match(member=name), cast(Action, Relocate(self.seen, name)), name=name)

    def _account(self, name: str) -> Entry:
        make_namespace(self.world, self.place, name)
        entry = self.world.service_account(self.place, name, ACCOUNT, CHILD_RULES, relayed=False)
        return replace(entry, context=name, namespace=self.seen)


def field(namespace: str) -> bytes:
    """How JSON has a namespace; in the owner mark, which is text within JSON, it is escaped and so left alone."""
    return f'"namespace":"{namespace}"'.encode()
