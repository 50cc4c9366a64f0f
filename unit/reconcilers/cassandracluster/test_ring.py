"""What nodes answered, asked by decisions."""

import pytest
from fakes.rack_scene import node
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.questions import JoiningNodes, LeavingNodes, OperationMode
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.ring import Ask, Ring, Unanswered

PODS = tuple(node("dc1-rack1", ordinal) for ordinal in range(3))
FIRST, SECOND, THIRD = PODS
SILENT = Failed("timeout", "no answer")
UNKNOWN = object()
QUESTION = JoiningNodes()


def ring(*answers: object) -> Ring:
    """What the pods answered, in their order."""
    return Ring({Ask(pod.uid, QUESTION): said for pod, said in zip(PODS, answers, strict=False) if said is not UNKNOWN})


@pytest.mark.parametrize("answer", [("10.0.0.1",), (), SILENT])
def test_a_known_answer(answer: object) -> None:
    """An answer is given as it was got, nothing and failures too."""
    assert ring(answer).ask(FIRST, QUESTION) == answer


@pytest.mark.parametrize(
    ("pod", "question"),
    [
        pytest.param(SECOND, QUESTION, id="another node"),
        pytest.param(FIRST, LeavingNodes(), id="another question"),
        pytest.param(FIRST, OperationMode(), id="a third one"),
        pytest.param(node("dc1-rack1", 0, uid="other"), QUESTION, id="another pod of the same name"),
    ],
)
def test_an_unknown_answer(pod: Pod, question: JoiningNodes) -> None:
    """What nobody has asked yet is said by an exception that says whom to ask what."""
    with pytest.raises(Unanswered) as caught:
        ring(()).ask(pod, question)
    assert (caught.value.pod, caught.value.question) == (pod, question)
    assert str(caught.value).startswith(pod.name)


def test_an_answer_stays_with_the_pod() -> None:
    """A pod that was given another address since is the same node."""
    assert ring(("x",)).ask(node("dc1-rack1", 0, ip="10.9.9.9"), QUESTION) == ("x",)


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        pytest.param((), FIRST, id="the first before others"),
        pytest.param((SILENT,), SECOND, id="D11: the next when one fails"),
        pytest.param((UNKNOWN, SILENT), THIRD, id="the first one's failure may be forgotten meanwhile"),
    ],
)
def test_who_is_asked_next(answers: tuple[object, ...], asked: Pod) -> None:
    """One after the other is asked, each when the one before has failed."""
    with pytest.raises(Unanswered) as caught:
        ring(*answers).ask_any(PODS, QUESTION)
    assert caught.value.pod == asked


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param(((),), (), id="the first"),
        pytest.param((SILENT, ("x",)), ("x",), id="D11: the second, where the first hangs"),
        pytest.param((UNKNOWN, ("x",)), ("x",), id="the first one's failure is forgotten"),
        pytest.param((SILENT, SILENT, SILENT), SILENT, id="all fail"),
        pytest.param((UNKNOWN, UNKNOWN, SILENT), SILENT, id="all have failed, the first ones are forgotten"),
    ],
)
def test_any_of_them(answers: tuple[object, ...], expected: object) -> None:
    """One node that answers is enough; none has answered only when all were asked."""
    assert ring(*answers).ask_any(PODS, QUESTION) == expected


@given(st.tuples(*[st.sampled_from([UNKNOWN, SILENT, ("x",)])] * 3))
def test_an_answer_wins_law(answers: tuple[object, ...]) -> None:
    """Whatever failed beside it, an answer that is there is given, and only the last node's failure ends the asking."""
    found: object
    try:
        found = ring(*answers).ask_any(PODS, QUESTION)
    except Unanswered as asked:
        found = answers[PODS.index(asked.pod)]
    assert (found == ("x",)) == (("x",) in answers)
    assert found is not SILENT or answers[-1] is SILENT
