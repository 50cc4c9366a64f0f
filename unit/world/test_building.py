"""Building the programs: once, whole or not at all, with news on the way. The Go here is a script."""

import stat
import threading
from pathlib import Path

import pytest
from multicasskop.world import building
from multicasskop.world.building import Build
from multicasskop.world.errors import ProgramsError
from multicasskop.world.programs import NAMES, PLANES
from multicasskop.world.progress import Progress, ProgressSink, silent
from multicasskop.world.recipes import Order, etcd

GO = """\
#!/bin/sh
echo "$@" >> "{calls}"
case "$1 $2" in
  "version ") echo "go version go1.26.8 linux/amd64" ;;
  "mod download") echo '{{"GoMod": "{mod}"}}' ;;
  "list -deps") printf 'a\\nb\\nc\\n' ;;
  "build -v")
    {failure}
    echo a; echo b
    while [ "$1" != -o ]; do shift; done
    case "$2" in
      */) for name in kube-apiserver kube-controller-manager; do printf x > "$2$name"; chmod +x "$2$name"; done ;;
      *) printf x > "$2"; chmod +x "$2" ;;
    esac ;;
esac
"""


def build(folder: Path, progress: ProgressSink) -> None:
    """Build the planes' programs."""
    building.build(folder, PLANES, progress)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Go that does what it is asked at once; the file in which it notes what that was."""
    return install(tmp_path, monkeypatch, failure=":")


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, *, failure: str) -> Path:
    """Put the script where `go` is looked for."""
    calls, mod, script = folder / "calls", folder / "kubernetes.mod", folder / "bin" / "go"
    mod.write_text("module k8s.io/kubernetes\n")
    script.parent.mkdir()
    script.write_text(GO.format(calls=calls, mod=mod, failure=failure))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    calls.touch()
    return calls


def test_folder_appears_with_all_programs_and_nothing_else(calls: Path, tmp_path: Path) -> None:
    """The cache folder holds the programs, and no sources or half-done work beside them."""
    folder = tmp_path / "cache" / "v1"
    build(folder, silent)
    assert PLANES.is_complete(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)


def test_news_come_at_both_ends_with_an_estimate(calls: Path, tmp_path: Path) -> None:
    """The first piece of news says how long it usually takes, the last one that it is done."""
    news: list[Progress] = []
    build(tmp_path / "cache" / "v1", news.append)
    assert news[0].left == pytest.approx(PLANES.cold_seconds, abs=5)
    assert not news[0].done
    assert news[-1].done


def test_estimate_follows_the_pace_of_the_packages(calls: Path, tmp_path: Path) -> None:
    """Time left is the time per package so far, for the packages that are left."""
    now = [100.0]
    found = Build(tmp_path, PLANES, "go", silent, clock=lambda: now[0])
    now[0] += 50.0
    assert found.left() == PLANES.cold_seconds - 50.0
    found._compiling, found._done, found._total = 110.0, 40, 100
    assert found.left() == pytest.approx(60.0)


def test_failure_says_what_go_said_and_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that fails raises with the end of its log, and the cache stays empty."""
    install(tmp_path, monkeypatch, failure="echo 'no space left on device'; exit 1")
    folder = tmp_path / "cache" / "v1"
    with pytest.raises(ProgramsError, match=r"(?s)build -v failed with code 1.*KUBEBUILDER_ASSETS.*no space left"):
        build(folder, silent)
    assert not folder.exists()


def test_leftovers_of_a_killed_build_are_replaced(calls: Path, tmp_path: Path) -> None:
    """What a killed build left is no obstacle and gets nowhere."""
    folder = tmp_path / "cache" / "v1"
    leftover = folder.with_name("v1.unfinished") / "modules" / "kubernetes"
    leftover.mkdir(parents=True)
    (folder.with_name("v1.unfinished") / "junk").touch()
    build(folder, silent)
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)


def test_two_processes_build_once(calls: Path, tmp_path: Path) -> None:
    """Whoever comes second waits for the first and takes what it built."""
    folder = tmp_path / "cache" / "v1"
    threads = [threading.Thread(target=build, args=(folder, silent)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert PLANES.is_complete(folder)
    assert sum(line.startswith("build") for line in calls.read_text().splitlines()) == 2  # one per module


def test_the_modules_flags_are_the_same_for_counting_and_building(calls: Path, tmp_path: Path) -> None:
    """Packages are counted with the flags with which they are built, or the count would be of something else."""
    build(tmp_path / "cache" / "v1", silent)
    lines = calls.read_text().splitlines()
    counted = next(line for line in lines if line.startswith("list"))
    built = next(line for line in lines if line.startswith("build"))
    for flag in ("-mod=mod", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -X"):
        assert flag in counted
        assert flag in built


@pytest.mark.parametrize(
    ("inherited", "unsummed", "told"),
    [("", "", None), ("", "a.org/*", "a.org/*"), ("own.org", "", "own.org"), ("own.org", "a.org/*", "own.org,a.org/*")],
    ids=["neither", "the recipe's", "the user's", "both"],
)
def test_go_is_kept_from_fetching_another_toolchain(inherited: str, unsummed: str, told: str | None) -> None:
    """The toolchain that was found is the one that is used; modules without a checksum are named beside the user's."""
    given = {"GOFLAGS": "-v", "HOME": "/home"} | ({"GONOSUMDB": inherited} if inherited else {})
    environment = building.environment(given, unsummed)
    assert environment.pop("GONOSUMDB", None) == told
    assert environment == {"GOFLAGS": "", "HOME": "/home", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}


def test_programs_may_be_of_one_recipe(calls: Path, tmp_path: Path) -> None:
    """An order of one program builds that one alone, under its recipe's name."""
    order = Order(("etcd",), (etcd("3.6.8"),), 30.0, "do without")
    building.build(tmp_path / "cache" / "v1", order, silent)
    assert [path.name for path in (tmp_path / "cache" / "v1").iterdir()] == ["etcd"]


def test_build_without_what_was_ordered_is_an_error(calls: Path, tmp_path: Path) -> None:
    """A build that goes well and yields another program than the ordered one raises with both names."""
    order = Order(("helm",), (etcd("3.6.8"),), 30.0, "do without")
    with pytest.raises(ProgramsError, match="without one of helm"):
        building.build(tmp_path / "cache" / "v1", order, silent)
