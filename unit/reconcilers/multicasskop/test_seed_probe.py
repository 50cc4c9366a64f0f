"""Whether a seed answers before another member is made: asked beside the work, warned about or waited for."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from fakes.clock import FakeClock
from fakes.stage import HOME, OTHER, THIRD, Stage, ring
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.seed_answers import SeedProbe
from multicasskop.reconcilers.multicasskop.seed_look import SeedLook, connect

SEED = "demo-dc1-rack1-0.ring.example"
KEY = Key("ns", "demo")
UNRESOLVED = f"MCK341 {SEED} does not resolve as seen from the operator"


def first_is_running(probe: SeedProbe, *answering: str) -> Stage:
    """A stage on which the first of three members has just become Running."""
    stage = Stage(HOME, OTHER, THIRD, seed_probe=probe)
    stage.seeds_that_answer = set(answering)
    stage.apply(ring(HOME, OTHER, THIRD))
    assert stage.looked_at == []
    stage.own_casskop(HOME)
    return stage


def test_seed_that_answers_is_enough() -> None:
    """The second member is made when a seed of the first answers on Jolokia's port, and nothing is said."""
    stage = first_is_running(SeedProbe.REQUIRE, SEED)
    assert stage.looked_at == [(SEED, 8778)]
    assert stage.child(OTHER) is not None
    assert "SeedsSilent" not in stage.tape.reasons
    assert "MCK34" not in str(stage.status())


def test_warning_makes_nobody_wait() -> None:
    """By default the member is made all the same; condition and event name the seed, and the event comes once."""
    stage = first_is_running(SeedProbe.WARN)
    assert stage.child(OTHER) is not None
    stage.casskop_says(OTHER, "Initializing", "Initializing", "Ongoing")
    stage.wait(60, steps=5)
    assert stage.condition("SeedsResolved")["status"] == "True"
    assert UNRESOLVED in stage.condition("SeedsResolved")["message"]
    assert [told.note for told in stage.tape.events if told.reason == "SeedsSilent"] == [
        f"{UNRESOLVED}; a node that finds no seed may found a ring of its own"
    ]


def test_required_seed_is_waited_for() -> None:
    """With require no other member is made until a seed answers; it is asked again, and the status says so."""
    stage = first_is_running(SeedProbe.REQUIRE)
    assert stage.child(OTHER) is None
    assert stage.status()["waitingFor"] == f"{OTHER}: a seed that answers on port 8778"
    assert stage.condition("Ready")["reason"] == "SeedsPending"
    assert stage.condition("SeedsResolved")["reason"] == "SeedsSilent"
    assert UNRESOLVED in stage.condition("SeedsResolved")["message"]
    stage.wait(4)
    assert len(stage.looked_at) == 1
    stage.seeds_that_answer.add(SEED)
    stage.wait(2)
    assert stage.child(OTHER) is not None


def test_required_seed_is_asked_for_again_after_a_restart() -> None:
    """A new process looks for itself before it makes a member."""
    stage = first_is_running(SeedProbe.REQUIRE)
    stage.restart()
    stage.run()
    assert (stage.child(OTHER), len(stage.looked_at)) == (None, 2)


def test_switched_off_looks_at_nothing() -> None:
    """Without a probe the members are made as if all was well."""
    stage = first_is_running(SeedProbe.OFF)
    assert stage.looked_at == []
    assert stage.child(OTHER) is not None


def test_nothing_is_looked_at_when_all_members_are_there() -> None:
    """A change of members that run needs no seed."""
    stage = first_is_running(SeedProbe.WARN, SEED)
    for member in (OTHER, THIRD):
        stage.own_casskop(member)
    stage.looked_at.clear()
    stage.wait(1000)
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    stage.wait(1000)
    assert stage.looked_at == []


def test_given_seeds_are_looked_at_too() -> None:
    """Of a given list that names none of our pods any seed will do."""
    stage = Stage(seed_probe=SeedProbe.REQUIRE)
    stage.seeds_that_answer = {"10.0.0.2"}
    body = ring()
    body["spec"]["base"]["status"] = {"seedlist": ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]}
    stage.apply(body)
    stage.own_casskop(HOME)
    assert {name for name, _ in stage.looked_at} == {"10.0.0.1", "10.0.0.2", "10.0.0.3"}
    assert stage.child(OTHER) is not None


# the looking itself


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody who takes connections on this machine."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        yield found


def test_connection_that_is_taken(listener: socket.socket) -> None:
    """Who listens answers, and sees that we hang up at once."""
    connect("localhost", listener.getsockname()[1])
    taken, _ = listener.accept()
    with closing(taken):
        assert taken.recv(1) == b""


def test_connection_that_is_not_taken(listener: socket.socket) -> None:
    """Where nobody listens any more the connection is refused."""
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(OSError, match="refused"):
        connect("127.0.0.1", port)


@pytest.mark.parametrize("name", ["a..b", "x" * 300, "nowhere.invalid"], ids=["empty label", "long", "unknown"])
def test_name_that_is_none(name: str) -> None:
    """What is no name, or has no address, does not resolve, and breaks nothing."""
    with pytest.raises(socket.gaierror):
        connect(name, 8778)


def answers_of(raised: dict[str, Exception]) -> Callable[[str, int], None]:
    """Seeds that answer, but for some that fail like this."""

    def call(name: str, port: int) -> None:
        if name in raised:
            raise raised[name]

    return call


def test_each_failure_has_its_words() -> None:
    """A name without an address is told from one that takes no connection, and why it does not."""
    raised: dict[str, Exception] = {
        "a": socket.gaierror(socket.EAI_NONAME, "x"),
        "b": ConnectionRefusedError(111, "Connection refused"),
        "c": TimeoutError("timed out"),
    }
    look = SeedLook(SeedProbe.WARN, FakeClock(), connect=answers_of(raised), start=lambda _, run: run())
    look.ask(["a", "b", "c", "d"], KEY)
    found = look.looked.answers
    assert [(found[name].ok, found[name].resolved, found[name].why) for name in "abcd"] == [
        (False, False, ""),
        (False, True, "Connection refused"),
        (False, True, "timed out"),
        (True, True, ""),
    ]


def test_name_is_looked_at_once_for_all_who_ask() -> None:
    """Whoever asks for a name that is being looked at is woken by the same answer."""
    asked, woken, gate = list[str](), list[Key](), threading.Event()
    done = threading.Event()

    def slow(name: str, port: int) -> None:
        asked.append(name)
        gate.wait(10)

    def wake(key: Key) -> None:
        woken.append(key)
        if len(woken) == 2:
            done.set()

    look = SeedLook(SeedProbe.WARN, FakeClock(), connect=slow)
    look.on_answer(wake)
    look.ask(["a"], KEY)
    look.ask(["a"], Key("ns", "other"))
    gate.set()
    assert done.wait(10)
    assert asked == ["a"]
    assert set(woken) == {KEY, Key("ns", "other")}


def test_only_a_few_are_looked_at_at_a_time() -> None:
    """A crowd of names waits its turn, and all of them get theirs."""
    waiting: list[Callable[[], None]] = []
    look = SeedLook(SeedProbe.WARN, FakeClock(), connect=answers_of({}), start=lambda _, run: waiting.append(run))
    names = [f"n{number}" for number in range(20)]
    look.ask(names, KEY)
    assert len(waiting) == 4
    for run in waiting:
        run()
    assert set(look.looked.answers) == set(names)
