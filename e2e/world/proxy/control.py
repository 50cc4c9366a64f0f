"""What all proxies of one operator share: the rules, the trace, and the operator's death."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from multicasskop.world.proxy.requests import Request
from multicasskop.world.proxy.rules import Rule, Rules
from multicasskop.world.proxy.trace import Trace
from multicasskop.world.proxy.trips import CutError

Refuse = Callable[[str, str], None]


class Control:
    """Implements what faults may do. `kills` ends the operator and returns when it is dead, `asks` asks it to stop."""

    def __init__(self, rules: Rules, trace: Trace, refuse: Refuse, cut: Callable[[], None]) -> None:
        self.rules, self.trace = rules, trace
        self.kills: Callable[[], None] | None = None
        self.asks: Callable[[], object] | None = None
        self._refuse, self._cut = refuse, cut
        self._thawed = threading.Condition()
        self._frozen = 0

    def admit(self, request: Request) -> Rule | None:
        """The rule for a request that has just come. While the operator is being killed nothing more is let through."""
        with self._thawed:
            if self._frozen:
                self._thawed.wait_for(lambda: not self._frozen)
                raise CutError(reset=True)
        return self.rules.take(request)

    def now(self) -> datetime:
        """The wall clock."""
        return self.trace.clock.now()

    def wait(self, rule: str, seconds: float | None) -> bool:
        """Wait until the rule is cleared."""
        return self.rules.wait_cleared(rule, seconds)

    def refuse(self, member: str, rule: str) -> None:
        """Refuse all connections to a member."""
        self._refuse(member, rule)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Hold all requests that come meanwhile."""
        self._freeze(1)
        try:
            yield
        finally:
            self._freeze(-1)

    def kill(self) -> None:
        """Kill the operator, and cut what it left."""
        if self.kills is not None:  # else no such rule was armed
            self.kills()
        self._cut()

    def terminate(self) -> None:
        """Ask the operator to stop."""
        if self.asks is not None:  # else no such rule was armed
            self.asks()

    def _freeze(self, change: int) -> None:
        with self._thawed:
            self._frozen += change
            self._thawed.notify_all()
