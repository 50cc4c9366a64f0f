"""Tokens that change."""

import queue
import threading
from datetime import datetime
from pathlib import Path

import pytest
from fakes.clock import EPOCH, FakeClock
from fakes.rig import until
from fakes.wire import Background
from multicasskop.informers import tokens
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import CredentialsError, Stopped
from multicasskop.informers.tokens import Token, TokenCache

CANARY = "canary-token"


class Source:
    """Gives the tokens it was told to give, one after the other, and counts how often it is asked."""

    def __init__(self, *answers: Token | CredentialsError) -> None:
        """Give these; the last one again and again."""
        self.answers = list(answers)
        self.asked: list[datetime] = []

    def __call__(self, now: datetime) -> Token:
        """Give the next one."""
        self.asked.append(now)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, CredentialsError):
            raise answer
        return answer


BROKEN = CredentialsError("somewhere", "half written")


def test_one_look_a_minute() -> None:
    """A token is looked up once, and again when its life is over."""
    clock, source = FakeClock(), Source(Token("a"), Token("b"))
    cache = TokenCache(source, "x")
    assert [cache.get(clock), cache.get(clock)] == ["a", "a"]
    clock.advance(59.9)
    assert cache.get(clock) == "a"
    clock.advance(0.1)
    assert cache.get(clock) == "b"
    assert len(source.asked) == 2
    assert source.asked[0] == EPOCH


def test_a_refused_token_is_looked_up_again() -> None:
    """A token that was obtained before a refused request began is looked up before the next use."""
    clock, source = FakeClock(), Source(Token("a"), Token("b"))
    cache = TokenCache(source, "x")
    cache.get(clock)
    clock.advance(1)
    cache.drop(clock.monotonic())
    assert cache.get(clock) == "b"


def test_a_newer_token_is_not_dropped() -> None:
    """A refusal of a request that began before the last look-up says nothing about the token found then."""
    clock, source = FakeClock(), Source(Token("a"), Token("b"), Token("c"))
    cache = TokenCache(source, "x")
    cache.get(clock)
    began = clock.monotonic() + 1
    clock.advance(2)
    cache.drop(clock.monotonic())
    assert cache.get(clock) == "b"
    cache.drop(began)
    assert cache.get(clock) == "b"


def test_the_old_token_outlives_a_failed_look() -> None:
    """When looking up fails the old token stays in use, and the next look comes soon, but not at once."""
    clock, source = FakeClock(), Source(Token("a"), BROKEN, Token("b"))
    cache = TokenCache(source, "x")
    cache.get(clock)
    clock.advance(60)
    assert [cache.get(clock), cache.get(clock)] == ["a", "a"]
    assert len(source.asked) == 2
    clock.advance(10)
    assert cache.get(clock) == "b"


def test_no_token_ever() -> None:
    """Without any token the failure is the caller's to see, and the next use looks again."""
    clock, source = FakeClock(), Source(BROKEN, Token("a"))
    cache = TokenCache(source, "x")
    with pytest.raises(CredentialsError, match="half written"):
        cache.get(clock)
    assert cache.get(clock) == "a"


def test_one_look_at_a_time() -> None:
    """Threads that need a token at the same time wait for one look-up and share its result."""
    clock, entered, release, looks = FakeClock(), threading.Event(), threading.Event(), list[int]()

    def slow(_: datetime) -> Token:
        looks.append(1)
        entered.set()
        release.wait(10)
        return Token("a")

    cache = TokenCache(slow, "x")
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(cache.get(clock))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert entered.wait(10)
    release.set()
    for thread in threads:
        thread.join()
    assert (results, len(looks)) == (["a"] * 4, 1)


class Slow:
    """A look-up that ends when the test says so, with what the test says."""

    def __init__(self) -> None:
        """Wait."""
        self.looks = 0
        self.answers: queue.Queue[Token | CredentialsError] = queue.Queue()

    def __call__(self, now: datetime) -> Token:
        """Wait for the answer."""
        self.looks += 1
        answer = self.answers.get(timeout=10)
        if isinstance(answer, CredentialsError):
            raise answer
        return answer


def looking(*, life: float = 60.0, good: float = 90.0) -> tuple[FakeClock, Slow, TokenCache]:
    """Return a cache with the token `a`, with its life over."""
    clock, slow = FakeClock(), Slow()
    cache = TokenCache(slow, "x", slow=True)
    slow.answers.put(Token("a", life, good))
    assert cache.get(clock) == "a"
    clock.advance(life)
    return clock, slow, cache


def test_the_old_token_serves_while_the_new_one_is_looked_up() -> None:
    """While a look-up goes on everybody gets the old token; when it has ended, the new one."""
    clock, slow, cache = looking()
    assert [cache.get(clock) for _ in range(3)] == ["a"] * 3
    slow.answers.put(Token("b"))
    until(lambda: cache.get(clock) == "b")
    assert slow.looks == 2


@pytest.mark.parametrize("why", ["ended", "refused"])
def test_a_token_that_is_no_good_does_not_serve(why: str) -> None:
    """Of a token that has ended, or was refused, nothing is to be had while the new one is looked up."""
    clock, slow, cache = looking()
    if why == "ended":
        clock.advance(30)
    else:
        cache.drop(clock.monotonic())
    call = Background(lambda: cache.get(clock))
    clock.wait_for_waiters()
    slow.answers.put(Token("b"))
    assert call.outcome() == "b"


def test_nobody_waits_longer_than_there_is_time() -> None:
    """Whoever has no time left goes without a token, whoever has gets it, and the next one needs no other look-up."""
    clock, slow = FakeClock(), Slow()
    cache = TokenCache(slow, "kubeconfig x exec y", slow=True)
    hurried = Background(lambda: cache.get(clock, Deadline(clock, 2)))
    patient = Background(lambda: cache.get(clock, Deadline(clock, 5)))
    clock.wait_for_waiters(2)
    clock.advance(2)
    assert str(hurried.outcome()) == f"kubeconfig x exec y: {tokens.NOT_YET}. {tokens.LOOK_WHY}"
    slow.answers.put(Token("a"))
    assert patient.outcome() == "a"
    assert cache.get(clock, Deadline(clock, 0)) == "a"
    assert slow.looks == 1


def test_what_failed_last_is_told() -> None:
    """Whoever runs out of time while it is tried again is told what the last try failed of."""
    clock, slow = FakeClock(), Slow()
    cache = TokenCache(slow, "x", slow=True)
    slow.answers.put(BROKEN)
    with pytest.raises(CredentialsError, match="half written"):
        cache.get(clock)
    with pytest.raises(CredentialsError, match="half written"):
        cache.get(clock, Deadline(clock, 0))
    slow.answers.put(Token("a"))
    assert cache.get(clock) == "a"


def test_who_is_woken_looks_whether_to_go_on() -> None:
    """A waiting caller asks its own question before it waits, and again when it is woken."""
    clock, slow, asked = FakeClock(), Slow(), list[int]()
    cache = TokenCache(slow, "x", slow=True)

    def check() -> None:
        asked.append(1)
        if len(asked) > 1:
            raise Stopped("over")

    call = Background(lambda: cache.get(clock, None, check))
    clock.wait_for_waiters()
    cache.wake()
    assert isinstance(call.outcome(), Stopped)
    slow.answers.put(Token("a"))


def test_a_token_that_has_ended_is_not_kept() -> None:
    """When looking up fails and the old token has ended, that is told: the server would not accept it."""
    clock, slow, cache = looking()
    clock.advance(30)
    slow.answers.put(BROKEN)
    with pytest.raises(CredentialsError, match="half written"):
        cache.get(clock)


def test_a_look_up_that_breaks_leaves_nobody_waiting() -> None:
    """A look-up that ends in an exception of any kind is over, and the next use looks again."""
    answers: list[Token] = []
    clock, cache = FakeClock(), TokenCache(lambda _: answers.pop(), "x")
    with pytest.raises(IndexError):
        cache.get(clock)
    answers.append(Token("a"))
    assert cache.get(clock) == "a"


def test_no_thread_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """When no thread can be started that is told, and the next use tries again."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError

    clock, slow = FakeClock(), Slow()
    cache = TokenCache(slow, "x", slow=True)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(CredentialsError, match="no thread"):
            cache.get(clock)
    slow.answers.put(Token("a"))
    assert cache.get(clock) == "a"


def test_file(tmp_path: Path) -> None:
    """A token file is read without the newline at its end."""
    path = tmp_path / "token"
    path.write_text(f"{CANARY}\n")
    assert tokens.from_file(path).value == CANARY


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"one\ntwo", "characters that no token has"),
        (b"one two", "characters that no token has"),
        (b"\xff\xfe", "characters that no token has"),
        (b"x\r\nInjected: header", "characters that no token has"),
    ],
    ids=["empty", "blank", "two lines", "two words", "binary", "header injection"],
)
def test_file_without_a_token(tmp_path: Path, content: bytes, problem: str) -> None:
    """A file that holds no token is refused by its path, and its content is not repeated."""
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(CredentialsError, match=problem) as caught:
        tokens.from_file(path)
    assert str(path) in str(caught.value)
    assert "one" not in caught.value.problem


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(CredentialsError, match="cannot be read: No such file"):
        tokens.from_file(tmp_path / "token")


def test_a_token_does_not_print() -> None:
    """A token does not show itself."""
    assert CANARY not in repr(Token(CANARY))
