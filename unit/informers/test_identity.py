"""Which cluster a member is, and when that is in doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.errors import IDENTITY_CHANGED, MemberUnreachable, UnexpectedAnswer
from multicasskop.informers.identity import Identity, uid_of


def known(uid: str = "one") -> Identity:
    """A member that is known by this UID."""
    found = Identity("m")
    assert found.answered(uid, found.epoch)
    return found


def test_first_answer_is_believed() -> None:
    """A member that nothing is known of is used, and known by what it says first."""
    it = Identity("m")
    assert (it.sure, it.uid, it.doubt()) == (True, "", False)
    it.answered("one", it.epoch)
    assert (it.sure, it.uid) == (True, "one")


def test_member_that_never_shows_it() -> None:
    """Where it may not be read there is nothing to compare, and nothing is in doubt."""
    it = Identity("m")
    it.answered("", it.epoch)
    assert (it.sure, it.doubt(), it.uid) == (True, False, "")


@pytest.mark.parametrize(
    ("lenient", "answer", "sure", "words"),
    [
        pytest.param(False, "one", True, "", id="the same elsewhere"),
        pytest.param(False, "two", False, "(id one > two)", id="another elsewhere"),
        pytest.param(False, "", False, "kube-system (id one) may not be read there", id="hidden elsewhere"),
        pytest.param(True, "one", True, "", id="the same again"),
        pytest.param(True, "two", False, "(id one > two)", id="another at the same place"),
        pytest.param(True, "", True, "", id="hidden at the same place"),
    ],
)
def test_doubt_and_answer(lenient: bool, answer: str, sure: bool, words: str) -> None:
    """While in doubt no call goes out; afterwards they do unless it is, or elsewhere may be, another cluster."""
    it = known()
    assert it.doubt(lenient=lenient)
    with pytest.raises(MemberUnreachable, match="not yet known to be the same") as caught:
        it.check()
    assert caught.value.reason == IDENTITY_CHANGED
    it.answered(answer, it.epoch)
    assert (it.sure, words in it.another, bool(it.another)) == (sure, True, not sure)
    if sure:
        it.check()
    else:
        with pytest.raises(MemberUnreachable, match="somebody accepts it"):
            it.check()


def test_expectation_that_nobody_may_check() -> None:
    """A member that never shows what it is can be used: it may be that the right was never given."""
    it = Identity("m", "one")
    it.answered("", it.epoch)
    assert (it.sure, it.uid) == (True, "one")
    it.doubt()
    it.answered("", it.epoch)
    assert it.sure
    it.answered("one", it.epoch)
    it.doubt()
    it.answered("", it.epoch)
    assert not it.sure, "it was shown before"


def test_answer_to_an_earlier_doubt_does_not_count() -> None:
    """What was asked before the credentials changed says nothing of where they lead now."""
    it = known()
    it.doubt()
    asked = it.epoch
    it.doubt()
    assert not it.answered("one", asked)
    assert not it.sure


@pytest.mark.parametrize("found", [True, False], ids=["found to be another", "moved"])
def test_going_dark_makes_no_doubt_smaller(found: bool) -> None:
    """What was in doubt for its address, or was another one, stays so when it answers again and shows nothing."""
    it = known()
    it.doubt()
    if found:
        it.answered("two", it.epoch)
    it.doubt(lenient=True)
    it.answered("", it.epoch)
    assert not it.sure


def test_person_decides() -> None:
    """Whoever names the identity that is there lets it be used; the same name again asks only of another cluster."""
    it = known()
    assert not it.expect("one")
    it.doubt()
    assert not it.expect("one")
    it.answered("two", it.epoch)
    assert it.expect("one")
    assert "(id one > two)" in it.another
    assert it.expect("two")
    assert not it.sure
    it.answered("two", it.epoch)
    assert (it.sure, it.uid) == (True, "two")


def test_expectation_holds_from_the_start() -> None:
    """A member that is registered with its identity is not called before it has shown that."""
    it = Identity("m", "one")
    assert (it.sure, it.uid) == (False, "one")
    it.answered("one", it.epoch)
    assert it.sure


@pytest.mark.parametrize(
    ("answers", "asks"),
    [
        pytest.param([], True, id="nothing yet"),
        pytest.param([""], True, id="hidden"),
        pytest.param(["one"], False, id="known"),
        pytest.param(["one", "two"], True, id="another"),
        pytest.param(["one", ""], True, id="hidden by now"),
    ],
)
def test_asking_again(answers: list[str], asks: bool) -> None:
    """What is in doubt, or was not shown, is asked for again: what was asked before does not count, and all stands."""
    it = Identity("m")
    for answer in answers:
        it.answered(answer, it.epoch)
    before, another, asked = it.sure, it.another, it.epoch
    assert it.ask_again() is asks
    assert (it.sure, it.another) == (before, another)
    assert it.answered("one", asked) is not asks


ANSWERS = st.one_of(
    st.tuples(st.just("doubt"), st.booleans()),
    st.tuples(st.just("again"), st.just(True)),
    st.tuples(st.just("insist"), st.just(True)),
    st.tuples(st.just("answer"), st.sampled_from(["", "one", "two"])),
)


@given(st.lists(ANSWERS))
def test_another_cluster_is_never_called(steps: list[tuple[str, bool | str]]) -> None:
    """Whatever comes in whatever order: after another cluster answered, no call goes out before the right one did."""
    it, last = known(), "one"
    for kind, value in steps:
        if kind == "doubt":
            it.doubt(lenient=bool(value))
        elif kind == "again":
            it.ask_again()
        elif kind == "insist":
            it.expect("one")
        else:
            it.answered(str(value), it.epoch)
            last = str(value) or last
        assert not (it.sure and last == "two")


@pytest.mark.parametrize("body", [b"", b"{", b'{"kind": "Secret", "metadata": {}}', b"[" * 3000])
def test_answer_that_is_no_namespace(body: bytes) -> None:
    """Anything but a namespace is no answer."""
    with pytest.raises(UnexpectedAnswer):
        uid_of(body, "m")
