"""What nodes answered: decisions ask it as if all were known, and stop where something is not.

A decision is a pure function that may be begun as often as it takes: where it needs an answer that nobody has yet it
raises Unanswered, the question is put to the node beside the run, and the answer wakes the object again. So no worker
ever waits for a node, and a decision is only ever made on answers of one short moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias, TypeVar

from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.operations import Inquiry
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Question
from multicasskop.reconcilers.cassandracluster.pods import Pod

AnswerT = TypeVar("AnswerT")
Asked: TypeAlias = Question[AnswerT] | Inquiry[AnswerT]
_UNKNOWN: Final = object()


class Ask(NamedTuple):
    """A question to the node in one pod: the pod of this UID, wherever it has got to."""

    uid: str
    question: Asked[object]


class Unanswered(Exception):  # noqa: N818 - no error: the way in which a decision asks
    """An answer is needed that is not there yet."""

    def __init__(self, pod: Pod, question: Asked[object]) -> None:
        super().__init__(f"{pod.name}: {question}")
        self.pod, self.question = pod, question


class Outcome(NamedTuple):
    """What came of the last command that this process gave to a node."""

    work: object
    failed: Failed | None


@dataclass(frozen=True, slots=True)
class Ring:
    """The answers of one moment, by question; `busy` names the pods whose nodes are at a command of ours."""

    answers: Mapping[Ask, object]
    busy: frozenset[str] = frozenset()
    failed: Mapping[str, str] = field(default_factory=dict)
    """Nodes that were to leave the ring and lately could not, by the UID of the pod: what was said."""
    running: Mapping[str, object] = field(default_factory=dict)
    """What the nodes are at that this process has told them, by the UID of the pod."""
    ended: Mapping[str, Outcome] = field(default_factory=dict)
    """What came of commands of this process, by the UID of the pod; of those of an earlier one nothing is known."""

    def ask(self, pod: Pod, question: Asked[AnswerT]) -> AnswerT | Failed:
        """What the node in a pod answered; raises Unanswered when it has not been asked."""
        try:
            answer: AnswerT | Failed = self.answers[Ask(pod.uid, question)]  # type: ignore[assignment]
        except KeyError:
            raise Unanswered(pod, question) from None
        return answer

    def ask_any(self, pods: Sequence[Pod], question: Asked[AnswerT]) -> AnswerT | Failed:
        """What one of these nodes answered, or the failure of the last: one that hangs does not hide the others (D11).

        They are asked one after the other. Assumes that there is one at least.
        """
        known = [self.answers.get(Ask(pod.uid, question), _UNKNOWN) for pod in pods]
        good = next((pod for pod, answer in zip(pods, known, strict=True) if _is_good(answer)), None)
        if good is not None:
            return self.ask(good, question)
        # failures of the first may be forgotten by the time that the last has hung: go on from the last one known
        failed = max((number for number, answer in enumerate(known) if answer is not _UNKNOWN), default=-1)
        return self.ask(pods[min(failed + 1, len(pods) - 1)], question)


def _is_good(answer: object) -> bool:
    return answer is not _UNKNOWN and not isinstance(answer, Failed)
