"""What nodes are asked beside the work, and how long an answer counts."""

from collections.abc import Callable

import pytest
from fakes.clock import FakeClock
from fakes.nodes import SlowNode
from multicasskop.informers.key import Key
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.cassandracluster.answer_book import FRESH_SECONDS, MOMENT_SECONDS, AnswerBook
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.operations import ReplicatedIn
from multicasskop.reconcilers.cassandracluster.jolokia.questions import JoiningNodes, Keyspaces, OperationMode, Question
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.ring import Ask

ONE, OTHER = Key("ns", "one"), Key("ns", "other")
POD = Pod("one-dc1-rack1-0", "uid-0", 0, ip="127.0.0.9")
MODE = Ask(POD.uid, OperationMode())


class Line:
    """Answers every question by its text, or as told."""

    def __init__(self, asked: list[object], answer: object) -> None:
        self._asked, self._answer = asked, answer

    def ask(self, question: Question[object]) -> object:
        """Answer."""
        self._asked.append(question)
        return self._answer

    def close(self) -> None:
        """Answer that it was closed."""
        self._answer = Failed("timeout", "closed")


class Rig:
    """A book whose threads run when the test says so."""

    def __init__(self, at_once: int = 2) -> None:
        self.clock, self.asked, self.woken = FakeClock(), list[object](), list[Key]()
        self.answer: object = "NORMAL"
        self.begun: list[Callable[[], None]] = []
        self.book = AnswerBook(
            self.clock,
            connect=lambda cluster, pod: Line(self.asked, self.answer),  # type: ignore[arg-type,return-value]
            start=lambda name, target: self.begun.append(target),
            at_once=at_once,
        )
        self.book.on_answer(self.woken.append)

    def run(self) -> None:
        """Let all threads run to their end."""
        while self.begun:
            self.begun.pop(0)()


@pytest.fixture
def rig() -> Rig:
    """A book that knows nothing."""
    return Rig()


def test_answer_wakes_whoever_asked(rig: Rig) -> None:
    """A question is answered in another thread, and its cluster is looked at again."""
    rig.book.ask(ONE, POD, OperationMode())
    assert rig.book.answers(ONE) == {}
    rig.run()
    assert rig.book.answers(ONE) == {MODE: "NORMAL"}
    assert rig.woken == [ONE]


def test_failure_is_an_answer(rig: Rig) -> None:
    """A node that does not answer is known not to, and that wakes the cluster as well."""
    rig.answer = Failed("timeout", "no answer in 5 s")
    rig.book.ask(ONE, POD, OperationMode())
    rig.run()
    assert rig.book.answers(ONE) == {MODE: rig.answer}
    assert rig.woken == [ONE]


def test_answers_are_those_of_one_cluster(rig: Rig) -> None:
    """What was asked for one cluster is not known for another."""
    rig.book.ask(ONE, POD, OperationMode())
    rig.run()
    assert rig.book.answers(OTHER) == {}


def test_node_is_asked_once_at_a_time(rig: Rig) -> None:
    """A question that is under way is not put again; once it is answered it can be."""
    rig.book.ask(ONE, POD, OperationMode())
    rig.book.ask(ONE, POD, OperationMode())
    rig.run()
    assert len(rig.asked) == 1
    rig.book.ask(ONE, POD, OperationMode())
    rig.run()
    assert len(rig.asked) == 2


def test_old_answer_is_none(rig: Rig) -> None:
    """What a node said five seconds ago does not count any more."""
    rig.book.ask(ONE, POD, OperationMode())
    rig.run()
    rig.clock.advance(FRESH_SECONDS)
    assert rig.book.answers(ONE) == {MODE: "NORMAL"}
    rig.clock.advance(0.1)
    assert rig.book.answers(ONE) == {}


def test_answers_of_slow_nodes_count_together(rig: Rig) -> None:
    """As long as one follows another they are of one moment, which lasts a minute at most."""
    joining = Ask(POD.uid, JoiningNodes())
    rig.book.ask(ONE, POD, OperationMode())
    rig.run()
    rig.clock.advance(MOMENT_SECONDS - 1)
    rig.book.ask(ONE, POD, JoiningNodes())
    rig.run()
    assert rig.book.answers(ONE).keys() == {MODE, joining}
    rig.clock.advance(1.1)
    assert rig.book.answers(ONE).keys() == {joining}
    rig.clock.advance(FRESH_SECONDS)
    assert rig.book.answers(ONE) == {}


def test_answer_counts_for_one_decision(rig: Rig) -> None:
    """After a decision all is asked anew, and what others decide on stays."""
    rig.book.ask(ONE, POD, OperationMode())
    rig.book.ask(OTHER, POD, OperationMode())
    rig.run()
    rig.book.used(ONE)
    assert rig.book.answers(ONE) == {}
    assert rig.book.answers(OTHER) == {MODE: "NORMAL"}


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "being asked"])
def test_outdated_answer_is_none(rig: Rig, answered: bool) -> None:
    """What a node said, or is about to say, is forgotten when it has changed, and can be asked again."""
    rig.book.ask(ONE, POD, OperationMode())
    if answered:
        rig.run()
    rig.book.outdate(ONE, POD.uid)
    rig.run()
    assert (rig.book.answers(ONE), rig.woken) == ({}, [ONE])
    rig.book.ask(ONE, POD, OperationMode())
    rig.run()
    assert rig.book.answers(ONE) == {MODE: "NORMAL"}


@pytest.mark.parametrize(("cluster", "uid"), [(OTHER, POD.uid), (ONE, "uid-9")], ids=["other cluster", "other pod"])
def test_answers_of_others_are_not_outdated(rig: Rig, cluster: Key, uid: str) -> None:
    """Only the one pod's answers are forgotten."""
    rig.book.ask(ONE, POD, OperationMode())
    rig.book.outdate(cluster, uid)
    rig.run()
    rig.book.outdate(cluster, uid)
    assert rig.book.answers(ONE) == {MODE: "NORMAL"}


def test_view_does_not_change(rig: Rig) -> None:
    """A decision is made on one moment: later answers are not in its view."""
    before = rig.book.answers(ONE)
    rig.book.ask(ONE, POD, OperationMode())
    rig.run()
    assert before == {}


def test_d11_few_threads_for_many_questions(rig: Rig) -> None:
    """However many nodes are asked, only so many threads wait for them, and none is left over (D11)."""
    for number in range(10):
        rig.book.ask(ONE, Pod(f"one-dc1-rack1-{number}", f"uid-{number}", number), JoiningNodes())
    assert len(rig.begun) == 2
    rig.run()
    assert len(rig.book.answers(ONE)) == 10
    rig.book.ask(ONE, POD, OperationMode())
    assert len(rig.begun) == 1


def test_what_takes_several_questions_is_one_answer(rig: Rig) -> None:
    """An inquiry puts its own questions to the node, and its result is kept as one answer."""
    rig.answer = Failed("timeout", "silent")
    rig.book.ask(ONE, POD, ReplicatedIn("dc1"))
    rig.run()
    assert rig.asked == [Keyspaces()]
    assert rig.book.answers(ONE) == {Ask(POD.uid, ReplicatedIn("dc1")): rig.answer}
    assert rig.woken == [ONE]


def test_stop_leaves_nodes_that_hang() -> None:
    """Whoever waits for a node when the book is stopped waits no more; nothing else is asked, and nobody is woken."""
    threads, node, woken = Supervisor(), SlowNode(), list[Key]()
    book = AnswerBook(FakeClock(), connect=lambda cluster, pod: node, start=threads.spawn, at_once=1)
    book.on_answer(woken.append)
    book.ask(ONE, POD, OperationMode())
    book.ask(ONE, POD, JoiningNodes())
    assert node.reached.wait(10)
    book.stop()
    book.ask(OTHER, POD, OperationMode())
    assert threads.join_all(10) == ()
    assert threads.failure is None
    assert (node.asked, woken, dict(book.answers(ONE))) == ([], [], {})


def test_line_that_is_made_after_the_stop_is_cut(rig: Rig) -> None:
    """Who is about to ask when the book is stopped gets no answer to wait for."""
    lines = list[SlowNode]()

    def connect(cluster: Key, pod: Pod) -> SlowNode:
        book.stop()
        lines.append(SlowNode())
        return lines[0]

    book = AnswerBook(rig.clock, connect=connect, start=lambda name, target: rig.begun.append(target))
    book.ask(ONE, POD, OperationMode())
    rig.run()
    assert lines[0].closed
