"""`pause`, `resume`, `approve`, `restart`, `adopt`, `release`: what is sent, asked, said and refused."""

import json
from typing import Any

import pytest
import yaml
from fakes.exchange import answer, failure
from fakes.home import HomeCluster, mck, path
from multicasskop.operator import main
from multicasskop.operator.output.exit_codes import ExitCode

Capture = pytest.CaptureFixture[str]
PREFIX = "multicasskop.db.orange.com/"


def run(home: HomeCluster, *words: str) -> int:
    """Run a verb with the flags for the home cluster."""
    return main.run([*words, *home.flags])


def takes(home: HomeCluster) -> None:
    """Let home hold the object, and take patches."""
    obj = mck(generation=7)
    home.holds(obj)
    home.server.on("PATCH", path(name="demo"), answer(obj))


VERBS = [
    pytest.param(["pause", "demo"], {"spec": {"paused": True}}, "spec.paused: true", id="pause"),
    pytest.param(["resume", "demo", "--generation", "7"], {PREFIX + "resume": "7"}, "resume", id="resume"),
    pytest.param(["approve", "demo", "c1"], {PREFIX + "approve": "c1@7"}, "approve", id="approve"),
    pytest.param(["restart", "demo", "--value", "x"], {"spec": {"restart": "x"}}, 'spec.restart: "x"', id="restart"),
    pytest.param(["adopt", "demo", "c1"], {PREFIX + "adopt": "c1"}, "adopt", id="adopt"),
    pytest.param(["release", "demo", "c1"], {PREFIX + "release": "c1"}, "release", id="release"),
]


@pytest.mark.parametrize(("words", "wanted", "said"), VERBS)
def test_verb(home: HomeCluster, capsys: Capture, words: list[str], wanted: dict[str, Any], said: str) -> None:
    """One patch for the version that was read, under a manager of its own; and it says what it set."""
    takes(home)
    assert run(home, *words, "--yes") == ExitCode.OK
    (sent,) = home.server.received("PATCH")
    assert sent.query["fieldManager"] == "multicasskop-cli"
    head = {"uid": "uid-demo", "resourceVersion": "5"}
    if "spec" in wanted:
        assert sent.json == {**wanted, "metadata": head}
    else:
        assert sent.json == {"metadata": {"annotations": wanted, **head}}
    written = capsys.readouterr().out
    assert written.startswith("cassandra/demo  set ")
    assert said in written


@pytest.mark.parametrize(("words", "wanted", "said"), VERBS)
def test_dry_run(home: HomeCluster, capsys: Capture, words: list[str], wanted: dict[str, Any], said: str) -> None:
    """A dry run says the same and sends nothing."""
    takes(home)
    assert run(home, *words, "--dry-run") == ExitCode.OK
    assert home.server.received("PATCH") == []
    assert said in capsys.readouterr().out


def test_it_asks(home: HomeCluster, capsys: Capture) -> None:
    """Where nobody can be asked and no flag answers, nothing is sent."""
    takes(home)
    assert run(home, "pause", "demo") == ExitCode.USAGE
    assert home.server.received("PATCH") == []
    assert "Next: --yes" in capsys.readouterr().err


def test_unchanged(home: HomeCluster, capsys: Capture) -> None:
    """What is so already is not sent again."""
    obj = mck()
    obj["spec"]["paused"] = True
    home.holds(obj)
    assert run(home, "pause", "demo") == ExitCode.OK
    assert "unchanged: spec.paused is true already" in capsys.readouterr().out


def test_unknown_member(home: HomeCluster, capsys: Capture) -> None:
    """A member that the object does not name is refused with a proposal."""
    obj = mck()
    obj["spec"]["override"] = {"eu-north": {}}
    obj["status"] = {}
    home.holds(obj)
    assert run(home, "approve", "demo", "eu-nort", "--yes") == ExitCode.NOT_FOUND
    assert "Did you mean eu-north?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("refusal", "code", "text"),
    [
        pytest.param(failure(409, "Conflict"), 6, "run the command again", id="changed meanwhile"),
        pytest.param(failure(422, "Invalid", "spec.paused: no"), 6, "spec.paused: no", id="not taken"),
        pytest.param(failure(403, "Forbidden"), 3, "MCK311", id="not allowed"),
    ],
)
def test_refused(home: HomeCluster, capsys: Capture, refusal: Any, code: int, text: str) -> None:  # noqa: ANN401
    """What home refuses is told, and nothing is tried again unseen."""
    home.holds(mck())
    home.server.on("PATCH", path(name="demo"), refusal)
    assert run(home, "pause", "demo", "--yes") == code
    assert text in capsys.readouterr().err
    assert len(home.server.received("PATCH")) == 1


def test_no_such_object(home: HomeCluster) -> None:
    """A name that is not there has its own exit code."""
    home.lacks("nope")
    assert run(home, "pause", "nope", "--yes") == ExitCode.NOT_FOUND


DOCUMENTS = [
    pytest.param(["pause", "demo"], "", "spec.paused", None, True, "multicasskop resume demo", id="pause"),
    pytest.param(
        ["resume", "demo", "--generation", "7"],
        "",
        f"metadata.annotations.{PREFIX}resume",
        None,
        "7",
        "multicasskop wait demo",
        id="resume",
    ),
    pytest.param(
        ["approve", "demo", "c1"],
        "c1",
        f"metadata.annotations.{PREFIX}approve",
        "c0@7",
        "c0@7,c1@7",
        "c1 gets generation 7 when its turn comes",
        id="approve",
    ),
    pytest.param(
        ["restart", "demo", "--value", "x"], "", "spec.restart", None, "x", "one member after the other", id="restart"
    ),
    pytest.param(
        ["adopt", "demo", "c1"], "c1", f"metadata.annotations.{PREFIX}adopt", None, "c1", "takes c1's", id="adopt"
    ),
    pytest.param(
        ["release", "demo", "c1"],
        "c1",
        f"metadata.annotations.{PREFIX}release",
        None,
        "c1",
        "goes on record",
        id="release",
    ),
]


@pytest.mark.parametrize(("words", "member", "field", "old", "new", "then"), DOCUMENTS)
@pytest.mark.parametrize(
    ("flag", "outcome"), [pytest.param("--yes", "changed", id="done"), pytest.param("--dry-run", "planned", id="dry")]
)
def test_document(
    home: HomeCluster,
    capsys: Capture,
    words: list[str],
    member: str,
    field: str,
    old: str | None,
    new: str | bool,
    then: str,
    flag: str,
    outcome: str,
) -> None:
    """As a document an edit tells object, context, member, each field with old and new value, and what comes next."""
    obj = mck(generation=7)
    obj["metadata"]["annotations"] = {PREFIX + "approve": "c0@7"}
    home.holds(obj)
    home.server.on("PATCH", path(name="demo"), answer(obj))
    assert run(home, *words, flag, "-o", "json") == ExitCode.OK
    report = json.loads(capsys.readouterr().out)
    assert (report["apiVersion"], report["kind"], report["verb"]) == ("cli.multicasskop/v1", "EditReport", words[0])
    assert (report["namespace"], report["name"], report["uid"]) == ("cassandra", "demo", "uid-demo")
    assert (report["generation"], report["context"], report["member"]) == (7, "c1", member)
    assert (report["outcome"], report["dryRun"]) == (outcome, flag == "--dry-run")
    assert report["changes"] == [{"path": field, "old": old, "new": new}]
    assert (then in report["next"]) == (flag == "--yes")


def test_document_of_what_is_so_already(home: HomeCluster, capsys: Capture) -> None:
    """What is so already has no changes, and what comes next all the same."""
    obj = mck()
    obj["spec"]["paused"] = True
    home.holds(obj)
    assert run(home, "pause", "demo", "-o", "yaml") == ExitCode.OK
    report = yaml.safe_load(capsys.readouterr().out)
    assert (report["outcome"], report["changes"]) == ("unchanged", [])
    assert report["says"] == "spec.paused is true already"


def test_document_of_a_no(home: HomeCluster, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is asked and says no gets a document, too, and nothing is sent."""
    takes(home)
    monkeypatch.setattr("multicasskop.operator.editing.confirmed", lambda question, yes: False)
    assert run(home, "pause", "demo", "-o", "json") == ExitCode.NO
    report = json.loads(capsys.readouterr().out)
    assert (report["outcome"], report["next"]) == ("declined", "say it again, with --yes")
    assert home.server.received("PATCH") == []


def test_failure_is_a_document(home: HomeCluster, capsys: Capture) -> None:
    """With `-o json` a refusal is one document on stderr, and none is on stdout."""
    home.holds(mck())
    home.server.on("PATCH", path(name="demo"), failure(409, "Conflict"))
    assert run(home, "pause", "demo", "--yes", "-o", "json") == ExitCode.REFUSED
    written = capsys.readouterr()
    assert written.out == ""
    failed = json.loads(written.err)
    assert (failed["kind"], failed["hint"], failed["exitCode"]) == ("Error", "run the command again", 6)
