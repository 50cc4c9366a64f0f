"""Finding out which cluster a member is, in a thread of its own, whenever that is in doubt."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import structlog
from multicasskop.informers.backoff import Backoff
from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import ApiError, InformerError, Stopped
from multicasskop.informers.identity import Identity, uid_of
from multicasskop.informers.resource import Resource
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.transport import Transport

NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
IDENTITY_NAMESPACE = "kube-system"
# what a server says that knows us and does not let us see; all other failures say nothing of who it is
_NOES = frozenset({403, 404})

_log = structlog.get_logger("multicasskop.informers")


@dataclass(frozen=True, slots=True)
class Change:
    """What an answer has changed, or a failure to get one: that is news, if it is another than the one before."""

    found_another: bool
    sure_again: bool
    news: bool


class Recognition:
    """Asks one member for its identity until it answers; whether it may be asked is the member's to say.

    Credentials that are not accepted get no answer: that says of us that we are nobody, and nothing of the member.

    `settled` is told what an answer has changed, in the thread that asked. `problem` is why there is none yet.
    """

    def __init__(
        self,
        transport: Transport,
        identity: Identity,
        settled: Callable[[Change], None],
        *,
        clock: Clock,
        random: Random,
        supervisor: Supervisor,
    ) -> None:
        self._transport, self._identity, self._settled = transport, identity, settled
        self._clock, self._random, self._supervisor = clock, random, supervisor
        self._lock = threading.Lock()
        self._answered, self._ended, self._wake = threading.Event(), threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._asking = False
        self.problem: InformerError | None = None

    def begin(self) -> None:
        """Ask now; whoever does so already sees that there is a new doubt, and does not wait any longer."""
        with self._lock:
            if self._asking:
                self._wake.set()
            elif not self._ended.is_set():
                self._asking = True
                self._thread = self._supervisor.spawn(f"identity/{self._transport.member}", self._run)

    def wait(self, timeout: float) -> bool:
        """Wait until it has been answered once, at most `timeout` seconds; return whether it was."""
        return self._clock.sleep(self._answered, timeout)

    def ask_stop(self) -> None:
        """Ask no more, without waiting."""
        self._ended.set()
        self._wake.set()

    def stop(self) -> None:
        """Ask no more, and wait for the thread; its transport has been stopped."""
        self.ask_stop()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        backoff = Backoff(self._random, self._clock)
        while not self._ended.is_set():
            epoch = self._identity.epoch
            try:
                answer = self._ask()
            except Stopped:
                return
            except InformerError as error:
                self._failed(error)
                self._pause(backoff)
            else:
                if self._take(answer, epoch):
                    return

    def _failed(self, error: InformerError) -> None:
        _log.debug("identity not known yet", member=self._transport.member, error=str(error))
        before, self.problem = self.problem, error
        if str(before) != str(error):
            self._settled(Change(found_another=False, sure_again=False, news=True))

    def _pause(self, backoff: Backoff) -> None:
        if self._clock.sleep(self._wake, backoff.next()):
            # something has changed; a failure after that is the first one
            backoff.reset()
        self._wake.clear()

    def _take(self, answer: str, epoch: int) -> bool:
        """Take the answer for what it is worth; return whether the question is settled."""
        before, sure = self._identity.another, self._identity.sure
        with self._lock:
            if not self._identity.answered(answer, epoch):
                return False
            self._asking, self.problem = False, None
        self._answered.set()
        another, sure_again = self._identity.another, self._identity.sure and not sure
        changed = another != before
        self._settled(Change(bool(another) and changed, sure_again, changed or sure_again))
        return True

    def _ask(self) -> str:
        """Return what the member says; nothing when it does not let us see."""
        member = self._transport.member
        try:
            response = self._transport.request("GET", NAMESPACES.path(name=IDENTITY_NAMESPACE), anyhow=True)
        except ApiError as error:
            if error.status not in _NOES:
                raise
            _log.info("identity unknown", member=member, error=str(error))
            return ""
        return uid_of(response.body, member)
