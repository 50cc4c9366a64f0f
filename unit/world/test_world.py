"""A world as far as it needs no control planes: names, folders, given clusters."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.exchange import answer
from multicasskop.world import kubeconfig
from multicasskop.world.errors import NotRunningError, NotSupportedError, ProgramsError, WorldError
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.processes import Process, is_alive, recorded, start, stop, this_process, wait_until
from multicasskop.world.state import Ledger, State
from multicasskop.world.world import World, check_names, sweep

AUTHORITY = Authority()


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """Somebody's cluster."""
    with FakeApiServer(AUTHORITY) as found:
        found.on("GET", "/livez", answer("ok"))
        yield found


@pytest.fixture
def given(server: FakeApiServer, tmp_path: Path) -> Path:
    """Somebody's kubeconfig with two contexts."""
    entries = [Entry(name, server.url, AUTHORITY.pem.decode(), f"token-{name}") for name in ("eu", "us")]
    return kubeconfig.write(tmp_path / "given", entries)


@pytest.mark.parametrize("names", [[], ["A"], ["a", "a"], ["a/b"], [""], [".."]])
def test_names_that_are_none_are_refused(names: list[str]) -> None:
    """A member's name is that of a context, a folder and a host: lower case, each once."""
    with pytest.raises(WorldError):
        check_names(names)


def test_tier_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """A tier that is none is refused with those that there are."""
    with pytest.raises(NotSupportedError, match="there is no tier cloud; there are: planes, kind"):
        World.up(tmp_path / "w", ["a"], tier="cloud")


def test_missing_programs_leave_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be started is not begun."""
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with pytest.raises(ProgramsError):
        World.up(tmp_path / "w", ["a"])
    assert not (tmp_path / "w").exists()


def test_folder_without_world_is_told(tmp_path: Path) -> None:
    """Attaching needs a world, taking down does not."""
    with pytest.raises(NotRunningError):
        World.attach(tmp_path)
    World(tmp_path / "nothing").down()
    assert World(tmp_path).owner() is None


def test_given_clusters_are_members(given: Path, tmp_path: Path, server: FakeApiServer) -> None:
    """All contexts of a kubeconfig, or those that are named, in that order."""
    found = World.around(tmp_path / "w", given)
    assert found.members == ("eu", "us")
    assert found.admin("us").request("GET", "/livez").body == b"ok"
    assert server.requests[-1].headers["authorization"] == "Bearer token-us"
    assert World.around(tmp_path / "v", given, ["us"]).members == ("us",)
    assert kubeconfig.contexts(World.attach(tmp_path / "v").kubeconfig) == ["us"]


@pytest.mark.parametrize("verb", ["stop", "pause", "black_hole", "restore", "restart_controllers", "audit_log"])
def test_given_clusters_are_not_touched(given: Path, tmp_path: Path, verb: str) -> None:
    """What was not started here is neither stopped nor changed, and the error says why."""
    found = World.around(tmp_path / "w", given)
    with pytest.raises(NotSupportedError, match=r"eu is a cluster of .*given: this world did not start it"):
        getattr(found, verb)("eu")


def test_taking_given_clusters_down_removes_our_files_only(given: Path, tmp_path: Path) -> None:
    """The folder goes, somebody's kubeconfig stays, and what a user put into the folder stays with it."""
    found = World.around(tmp_path / "w", given)
    (tmp_path / "w" / "notes").touch()
    found.down()
    found.down()
    assert given.exists()
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["notes"]


def test_context_that_is_not_there_leaves_nothing(given: Path, tmp_path: Path) -> None:
    """A wrong name is told with those that are there."""
    with pytest.raises(WorldError, match="no context asia; there are: eu, us"):
        World.around(tmp_path / "w", given, ["asia"])
    assert not (tmp_path / "w").exists()


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    """A process of a world."""
    process = start("a/etcd", ["sleep", "600"], tmp_path / "log")
    yield process
    stop(process)


def begun(folder: Path, process: Process, owner: Process | None) -> World:
    """A world whose start was cut off after its first process."""
    ledger = Ledger(folder)
    with ledger.exclusive():
        ledger.create(State(("a",), processes={process.name: process}, owner=owner))
    (folder / "a").mkdir()
    return World(folder)


def test_down_cleans_a_start_that_was_cut_off(tmp_path: Path, sleeper: Process) -> None:
    """Processes that were tracked before the crash are ended, their files go."""
    begun(tmp_path / "w", sleeper, None).down()
    assert not is_alive(sleeper)
    assert not (tmp_path / "w").exists()


def test_down_finds_what_was_never_tracked(tmp_path: Path) -> None:
    """A process that was started in the moment of the crash has written itself down, and is ended like the others."""
    found = begun(tmp_path / "w", this_process(), None)
    Ledger(tmp_path / "w").create(State(("a",)))
    untracked = start("a/etcd", ["sleep", "600"], tmp_path / "w" / "a" / "logs" / "etcd.log")
    assert wait_until(lambda: bool(recorded(tmp_path / "w" / "a" / "logs")), 10)
    found.down()
    assert not is_alive(untracked)
    assert not (tmp_path / "w").exists()


def test_down_that_was_cut_off_is_finished_by_the_next(tmp_path: Path) -> None:
    """What a killed `down` had only begun to take away is found and ended."""
    found = begun(tmp_path / "w", this_process(), None)
    Ledger(tmp_path / "w").create(State(("a",)))
    half = start("a/etcd", ["sleep", "600"], tmp_path / "w" / "a" / "logs" / "etcd.log")
    assert wait_until(lambda: bool(recorded(tmp_path / "w" / "a" / "logs")), 10)
    (tmp_path / "w" / "a").rename(tmp_path / "w" / ".a")
    (tmp_path / "w" / "a").mkdir()
    found.down()
    assert not is_alive(half)
    assert not (tmp_path / "w").exists()


def test_sweep_takes_only_worlds_whose_owner_is_gone(tmp_path: Path, sleeper: Process) -> None:
    """A world that nobody owns, or whose owner lives, is left alone; one of a dead owner goes."""
    dead = Process("owner", 1, "long ago", (), "")
    begun(tmp_path / "kept", sleeper, None)
    begun(tmp_path / "ours", sleeper, this_process())
    sweep(tmp_path)
    assert is_alive(sleeper)
    begun(tmp_path / "orphan", sleeper, dead)
    sweep(tmp_path)
    assert not is_alive(sleeper)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["kept", "ours"]


def test_world_that_is_kept_has_no_owner(tmp_path: Path, sleeper: Process) -> None:
    """A world that outlives its program is not swept, and ends processes that it was given too."""
    found = begun(tmp_path / "w", sleeper, this_process())
    other = start("operator", ["sleep", "600"], tmp_path / "log")
    found.keep(other)
    assert found.owner() is None
    found.down()
    assert not is_alive(other)
