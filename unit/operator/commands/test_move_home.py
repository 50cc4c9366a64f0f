"""`move-home`: what is said on the command line, and what stops it before a write."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from fakes import cases
from fakes.api_server import FakeApiServer
from fakes.exchange import answer, failure
from fakes.home import HomeCluster, listed, mck, path
from multicasskop.operator import main
from multicasskop.operator.commands.move_home import check, documents, ways
from multicasskop.operator.moving.judge import Leave, Refuse, Take
from multicasskop.operator.moving.lost import Evidence
from multicasskop.operator.moving.show import lines
from multicasskop.operator.moving.survey import Case, Dark
from multicasskop.operator.moving.wanted import Ring, ring_of
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.reconcilers.multicasskop.ownership import Mark

PARENT = cases.parent()
RING = ring_of({"metadata": {"name": "demo", "namespace": "cassandra", "uid": "new"}, "spec": PARENT.spec})
HEAD = "apiVersion: db.orange.com/v2\nkind: MultiCasskop\n"
MEMBER, DESIRED = next(iter(RING.children.items()))
MARK = Mark("here", "cassandra", "demo", "new", "created")


def case(verdict: Any, *paths: str) -> Case:  # noqa: ANN401 - any verdict
    """One child with a verdict."""
    return Case(RING, MEMBER, DESIRED, verdict, None, paths)


def found(*several: Case, alive: tuple[str, ...] = (), rings: tuple[Ring, ...] = (RING,)) -> Any:  # noqa: ANN401
    """What was found."""
    return SimpleNamespace(cases=several, evidence=Evidence(alive, ()), rings=rings)


@pytest.mark.parametrize(
    ("what", "lost", "words"),
    [
        pytest.param(found(case(Take(MARK)), alive=("c9 answers",)), "x", "home x lives: c9 answers", id="alive"),
        pytest.param(found(case(Refuse("no", "h"))), "x", "1 of the children may have an owner that lives", id="other"),
        pytest.param(found(case(Take(MARK), "spec.image")), "x", "differ from what is wanted here", id="changes"),
        pytest.param(found(rings=(Ring(PARENT.meta, problem="bad"),)), "x", "cannot be told", id="invalid"),
    ],
)
def test_what_stops_it(what: Any, lost: str, words: str) -> None:  # noqa: ANN401
    """Each doubt is a refusal, and nothing was changed."""
    with pytest.raises(CommandError, match=words) as caught:
        check(what, lost, accept_changes=False)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert "Nothing was changed" in caught.value.message


def test_the_word_to_say_is_told() -> None:
    """Who only looks is told which homes could be called lost."""
    with pytest.raises(CommandError) as caught:
        check(found(case(Refuse("no", "h"))), "", accept_changes=False)
    assert caught.value.hint == "--lost h, if that home is gone for good"


def test_what_does_not_stop_it() -> None:
    """Changes that are accepted, members that are dark, children that are absent are no reason to refuse the rest."""
    check(found(case(Take(MARK), "spec.image"), case(Dark("x")), case(Leave("x"))), "x", accept_changes=True)


def test_lines() -> None:
    """Each child is told with its mark, its words and what will become of it."""
    shown = list(lines([case(Take(MARK)), case(Take(MARK), "a", "b"), case(Refuse("belongs to x")), case(Dark("no"))]))
    child = str(DESIRED.key)
    assert shown == [
        "cassandra/demo",
        f"  ✔ {MEMBER}  take over {child}, created; it is what is wanted, and nothing is written to it",
        f"  ! {MEMBER}  take over {child}, created; the operator will change a, b",
        f"  ✖ {MEMBER}  {child} belongs to x; it may live   MCK331",
        f"  ? {MEMBER}  not asked: no",
    ]


def test_ways() -> None:
    """A way to a member is its name and a context."""
    assert ways(["a=b", "c=d=e"]) == {"a": "b", "c": "d=e"}
    for wrong in ("a", "a=", "=b"):
        with pytest.raises(CommandError) as caught:
            ways([wrong])
        assert caught.value.exit_code is ExitCode.USAGE


def test_files(tmp_path: Path) -> None:
    """Of a file the MultiCasskops count; one without is wrong use."""
    file = tmp_path / "f.yaml"
    file.write_text(f"kind: Secret\n---\n{HEAD}metadata: {{name: demo}}\n")
    assert [each["metadata"]["name"] for each in documents(str(file))] == ["demo"]
    for text in ("kind: Secret", HEAD, "a: [", ""):
        file.write_text(text)
        with pytest.raises(CommandError) as caught:
            documents(str(file))
        assert (caught.value.exit_code, caught.value.code) == (ExitCode.USAGE, "MCK103")
    with pytest.raises(CommandError) as caught:
        documents(str(tmp_path / "none"))
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.fixture
def fresh(home: HomeCluster) -> FakeApiServer:
    """A new home, in which there is nothing yet."""
    server = home.server
    kube_system = {"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "here"}}
    server.on("GET", "/api/v1/namespaces/kube-system", answer(kube_system))
    server.on("GET", "/api/v1/namespaces/cassandra/secrets", failure(403, "Forbidden"))
    server.on("GET", "/apis/apps/v1/namespaces/cassandra/deployments", failure(403, "Forbidden"))
    child = f"{path().removesuffix('/multicasskops')}/cassandraclusters/demo"
    server.on("GET", child, failure(404, "NotFound", details={"name": "demo", "kind": "cassandraclusters"}))
    return server


def test_file_is_applied_where_it_is_missing(
    fresh: FakeApiServer, home: HomeCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A MultiCasskop of a file that this home lacks is made once, after a yes, in the namespace that was said."""
    file = tmp_path / "demo.yaml"
    file.write_text(f"{HEAD}metadata: {{name: demo}}\nspec: {{base: {{}}, override: {{c1: {{}}}}}}\n")
    fresh.on("GET", path(""), listed(), listed(), listed(), listed(mck()))
    fresh.on("POST", path(), answer(mck(), 201))
    words = ["move-home", "-f", str(file), "--lost=gone", *home.flags]
    assert main.run(words) == ExitCode.USAGE
    assert main.run([*words, "--yes", "--lost="]) == ExitCode.OK
    assert fresh.received("POST") == []
    assert main.run([*words, "--yes"]) == ExitCode.OK
    (made,) = fresh.received("POST")
    assert made.json["metadata"] == {"name": "demo", "namespace": "cassandra"}
    assert "c1  cassandra/demo is not there; the operator makes it" in capsys.readouterr().out
    assert main.run([*words, "--yes"]) == ExitCode.OK
    assert len(fresh.received("POST")) == 1


def test_this_home_is_not_lost(fresh: FakeApiServer, home: HomeCluster, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever says that the very home is lost which is asked is refused."""
    fresh.on("GET", path(""), listed(mck()))
    assert main.run(["move-home", "--lost=here", "--yes", *home.flags]) == ExitCode.REFUSED
    assert capsys.readouterr().err.startswith("MCK331 --lost: here is the id of this very home")


def test_no_such_object(fresh: FakeApiServer, home: HomeCluster, capsys: pytest.CaptureFixture[str]) -> None:
    """An object that this home lacks is to be applied first."""
    fresh.on("GET", path(""), listed(mck("other")))
    assert main.run(["move-home", "demo", "--lost=gone", *home.flags]) == ExitCode.NOT_FOUND
    assert "no MultiCasskop demo in namespace cassandra" in capsys.readouterr().err


def test_document(fresh: FakeApiServer, home: HomeCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a document a move tells what was applied and what became of each child; all talk is on stderr."""
    file = tmp_path / "demo.yaml"
    file.write_text(f"{HEAD}metadata: {{name: demo}}\nspec: {{base: {{}}, override: {{c1: {{}}}}}}\n")
    fresh.on("GET", path(""), listed(), listed(mck()))
    fresh.on("POST", path(), answer(mck(), 201))
    words = ["move-home", "-f", str(file), "--lost=gone", *home.flags, "--yes"]
    assert main.run([*words, "-o", "json"]) == ExitCode.OK
    written = capsys.readouterr()
    report = json.loads(written.out)
    assert (report["kind"], report["lost"], report["outcome"]) == ("HomeMove", "gone", "done")
    assert (report["applied"], report["complete"]) == (["cassandra/demo"], True)
    (child,) = report["children"]
    assert (child["member"], child["verdict"], child["state"]) == ("c1", "leave", "left")
    assert "applied MultiCasskop cassandra/demo" in written.err


def test_document_of_a_refusal(fresh: FakeApiServer, home: HomeCluster, capsys: pytest.CaptureFixture[str]) -> None:
    """What was found before a refusal is on stdout, and the refusal on stderr."""
    broken = mck()
    broken["spec"]["override"] = {}
    fresh.on("GET", path(""), listed(broken))
    assert main.run(["move-home", "--lost=gone", "--yes", "-o", "yaml", "-q", *home.flags]) == ExitCode.REFUSED
    written = capsys.readouterr()
    report = yaml.safe_load(written.out)
    assert (report["outcome"], report["complete"]) == ("stopped", False)
    assert [(each["namespace"], each["name"]) for each in report["problems"]] == [("cassandra", "demo")]
    assert "what they want cannot be told" in written.err
