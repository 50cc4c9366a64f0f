"""Which cluster a member is: known by the UID of its namespace kube-system, and in doubt when it may be another one.

Credentials may come to lead elsewhere, by mistake or on purpose, and an address may come to be somebody else's. Until
it is known again that it is the same cluster, nothing is read or written there: what is found in another cluster would
be taken for what has become of the children, and what is written there would be done to strangers.
"""

import threading
from dataclasses import dataclass
from typing import Final

import msgspec
from multicasskop.informers.errors import IDENTITY_CHANGED, MemberUnreachable, UnexpectedAnswer

ACCEPT: Final = "nothing is done there until somebody accepts it (docs/how-to/register-a-member.md)"


@dataclass(frozen=True, slots=True)
class Sure:
    """It is the cluster that it was, or nobody knows of another one."""


@dataclass(frozen=True, slots=True)
class Asking:
    """It may be another one, which is being found out. `lenient`: it still stands where it stood."""

    lenient: bool


@dataclass(frozen=True, slots=True)
class Another:
    """It is another one; or, without a UID, nobody lets us see that it is not."""

    uid: str


class _Metadata(msgspec.Struct):
    uid: str = ""


class _Namespace(msgspec.Struct):
    kind: str
    metadata: _Metadata


def uid_of(body: bytes, member: str) -> str:
    """Return the UID in a namespace's JSON; UnexpectedAnswer when it is none."""
    try:
        found = msgspec.json.decode(body, type=_Namespace)
    except (msgspec.DecodeError, RecursionError):
        raise UnexpectedAnswer(member, "no namespace was answered where one was asked for") from None
    if found.kind != "Namespace":
        raise UnexpectedAnswer(member, "another object than the namespace was answered")
    return found.metadata.uid


class Identity:
    """What is known of one member's identity. Thread-safe.

    It begins with what is expected, if anything is, and else with whatever is found first. Where it may never be read
    there is nothing to compare, and all is as if nobody knew of it. `epoch` counts the doubts: an answer to an earlier
    one says nothing.
    """

    def __init__(self, member: str, expected: str = "") -> None:
        self._member, self._known, self._seen, self._hidden = member, expected, False, True
        # `_seen`: it was shown once; `_hidden`: not by the last answer, or there was none
        self._lock = threading.Lock()
        self._state: Sure | Asking | Another = Asking(lenient=False) if expected else Sure()
        self.epoch = 0

    @property
    def uid(self) -> str:
        """The UID by which the member is known; empty while there is none."""
        return self._known

    @property
    def sure(self) -> bool:
        """Whether calls may go out."""
        return isinstance(self._state, Sure)

    @property
    def another(self) -> str:
        """What is wrong, for people; empty unless it is found to be another cluster."""
        match self._state:
            case Another(uid=""):
                return f"may be another cluster: kube-system (id {self._known}) may not be read there; {ACCEPT}"
            case Another(uid=uid):
                return f"is another cluster now (id {self._known} > {uid}); {ACCEPT}"
            case _:
                return ""

    def doubt(self, *, lenient: bool = False) -> bool:
        """Be in doubt from now on, and return whether there is: where nothing was known nothing can be compared."""
        with self._lock:
            if not self._known:
                return False
            # what was moved stays so, also when it goes dark meanwhile
            strict = self._is_strict_locked() or isinstance(self._state, Another)
            self._state = Asking(lenient and not strict)
            self.epoch += 1
            return True

    def ask_again(self) -> bool:
        """Let what was asked so far not count, and return whether there is a question: not of what is known and sure.

        All stands as it stood until there is an answer: another cluster stays one.
        """
        with self._lock:
            if self.sure and not self._hidden:
                return False
            self.epoch += 1
            return True

    def expect(self, uid: str) -> bool:
        """Take a person's word for which cluster it is to be; return whether that is to be found out now."""
        with self._lock:
            insists = uid == self._known
            if insists and not isinstance(self._state, Another):
                return False
            self._known, self._state = uid, self._state if insists else Asking(lenient=False)
            self.epoch += 1
            return True

    def answered(self, uid: str, epoch: int) -> bool:
        """Take the answer to a question of that epoch, empty when we may not see it; return whether it counts."""
        with self._lock:
            if epoch != self.epoch:
                return False
            self._state = self._judged_locked(uid)
            self._seen, self._hidden = self._seen or bool(uid), not uid
            if self.sure:
                self._known = self._known or uid
            return True

    def check(self) -> None:
        """Return when calls may go out; raise MemberUnreachable when it is, or may be, another cluster."""
        if not self.sure:
            why = self.another or "is not yet known to be the same cluster"
            raise MemberUnreachable(self._member, f"not called, it {why}", IDENTITY_CHANGED)

    def _judged_locked(self, uid: str) -> Sure | Another:
        if not self._known or uid == self._known:
            return Sure()
        match self._state:
            # what it never showed is no sign of another cluster, nor is a right taken away where it always stood
            case Sure() | Asking() if not uid and not (self._seen and self._is_strict_locked()):
                return Sure()
            case _:
                return Another(uid)

    def _is_strict_locked(self) -> bool:
        return isinstance(self._state, Asking) and not self._state.lenient
