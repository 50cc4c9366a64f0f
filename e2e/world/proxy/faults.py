"""The fault rig of one operator: a proxy per member, one list of rules over all of them, one trace.

    with Faults(world) as faults:
        operator = start_operator(through=faults)
        (lost,) = faults.arm(Rule(Match(member="k8s-cluster2", verb="create", nth=1), LoseAnswer()))
        …
        faults.clear(lost)

Rules may be armed and cleared at any time; they also act on watches that are open. What the operator sent and was
given stands in `faults.trace`.
"""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Self

from multicasskop.informers.clock import Clock
from multicasskop.world import kubeconfig
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.proxy.actions import Crash, Terminate
from multicasskop.world.proxy.certificates import new_identity, server_context
from multicasskop.world.proxy.control import Control
from multicasskop.world.proxy.listener import Proxy
from multicasskop.world.proxy.rules import Rule, Rules
from multicasskop.world.proxy.trace import Trace
from multicasskop.world.proxy.upstream import Target
from multicasskop.world.world import World


class Faults:
    """See above. `targets` are the API servers by member; `of` takes them from a world."""

    def __init__(self, targets: dict[str, Target], *, seed: int = 0, clock: Clock | None = None) -> None:
        self.trace = Trace(clock)
        self.rules = Rules(seed)
        self._identity = new_identity()
        self._control = Control(self.rules, self.trace, self._refuse, self.cut)
        context = server_context(self._identity)
        self._proxies = {member: Proxy(member, target, context, self._control) for member, target in targets.items()}

    @classmethod
    def of(cls, world: World, members: Sequence[str] = (), *, seed: int = 0) -> Self:
        """Proxies before the members of a world, or before some of them."""
        return cls({member: target(world, member) for member in members or world.members}, seed=seed)

    def through(self, entry: Entry) -> Entry:
        """A context that leads through the member's proxy; as it was for a member without one."""
        if entry.context not in self._proxies:
            return entry
        return replace(entry, server=self.proxy(entry.context).url, authority=self._identity.authority)

    def proxy(self, member: str) -> Proxy:
        """The proxy of a member."""
        return self._proxies[member]

    def arm(self, *rules: Rule) -> tuple[str, ...]:
        """Add rules behind those that are armed; the first that fits wins. Returns their names.

        ValueError for a rule that ends the operator while none was started through the proxies.
        """
        if self._control.kills is None and any(isinstance(rule.action, Crash | Terminate) for rule in rules):
            raise ValueError("a rule shall end the operator, and none was started through these proxies")
        return self.rules.arm(*rules)

    def clear(self, *names: str) -> None:
        """Take rules away, all when none is named: what they hold goes on, who refused accepts."""
        self.rules.clear(names)
        for proxy in self._proxies.values():
            proxy.settle()

    def on_crash(self, kill: Callable[[], None], ask: Callable[[], object] = lambda: None) -> None:
        """How to kill the operator, which must return when the process is dead; and how to ask it to stop."""
        self._control.kills, self._control.asks = kill, ask

    def cut(self) -> None:
        """End all connections that stand."""
        for proxy in self._proxies.values():
            proxy.cut()

    def start(self) -> None:
        """Accept connections."""
        for proxy in self._proxies.values():
            proxy.accept()

    def stop(self) -> None:
        """End all of it."""
        self.rules.clear()
        for proxy in self._proxies.values():
            proxy.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _refuse(self, member: str, rule: str) -> None:
        self.proxy(member).refuse(rule)


def target(world: World, member: str) -> Target:
    """A member's API server itself: no fault of the world's relay is in between."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=kubeconfig.read(world.kubeconfig, member).authority)
    return Target(world.admin(member).server, context)
