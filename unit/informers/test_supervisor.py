"""The owner of all threads."""

import threading

import pytest
from multicasskop.informers.supervisor import Supervisor


def boom() -> None:
    """Fail as a bug does."""
    raise ZeroDivisionError("boom")


def test_threads_are_named_and_keep_the_process_alive() -> None:
    """A thread bears the name it was given and is no daemon."""
    seen: list[tuple[str, bool]] = []
    supervisor = Supervisor()
    thread = supervisor.spawn(
        "reflector/eu/pods", lambda: seen.append((threading.current_thread().name, thread_is_daemon()))
    )
    thread.join()
    assert seen == [("reflector/eu/pods", False)]


def thread_is_daemon() -> bool:
    """Return whether the current thread is a daemon."""
    return threading.current_thread().daemon


def test_arguments_are_handed_on() -> None:
    """The target is called with the arguments of spawn."""
    seen: list[object] = []
    Supervisor().spawn("t", seen.append, "x").join()
    assert seen == ["x"]


def test_join_names_who_still_runs() -> None:
    """Joining waits no longer than it may, and names the threads that have not ended."""
    supervisor, release = Supervisor(), threading.Event()
    supervisor.spawn("quick", lambda: None)
    supervisor.spawn("slow", release.wait)
    assert supervisor.join_all(0.05) == ("slow",)
    release.set()
    assert supervisor.join_all(10) == ()
    assert supervisor.running() == ()


def test_a_good_end_is_no_failure() -> None:
    """A thread that returns leaves the supervisor content."""
    supervisor = Supervisor()
    supervisor.spawn("t", lambda: None).join()
    assert (supervisor.failed.is_set(), supervisor.failure) == (False, None)


@pytest.mark.parametrize("error", [ZeroDivisionError("boom"), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_an_unexpected_death_is_noticed(error: BaseException) -> None:
    """Whatever ends a thread is kept, sets the event and is told with the thread's name."""

    def die() -> None:
        raise error

    told: list[tuple[str, BaseException]] = []
    supervisor = Supervisor()
    supervisor.on_failure(lambda name, failure: told.append((name, failure)))
    supervisor.spawn("t", die).join()
    assert supervisor.failed.is_set()
    assert supervisor.failure == ("t", error)
    assert told == [("t", error)]


def test_only_the_first_death_counts() -> None:
    """Later deaths, which mostly follow from the first, are not told."""
    told: list[str] = []
    supervisor = Supervisor()
    supervisor.on_failure(lambda name, _: told.append(name))
    for name in ("first", "second"):
        supervisor.spawn(name, boom).join()
    assert told == ["first"]


def test_late_callback() -> None:
    """Who asks after the failure is told at once."""
    told: list[str] = []
    supervisor = Supervisor()
    supervisor.spawn("t", boom).join()
    supervisor.on_failure(lambda name, _: told.append(name))
    assert told == ["t"]


def test_a_thread_may_join_the_others() -> None:
    """A thread of the supervisor's that joins all does not wait for itself."""
    outcome: list[tuple[str, ...]] = []
    supervisor = Supervisor()
    supervisor.spawn("t", lambda: outcome.append(supervisor.join_all(10))).join()
    assert outcome == [("t",)]
