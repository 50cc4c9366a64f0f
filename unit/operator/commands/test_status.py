"""`status`: forms of output, exit codes, and that it never writes."""

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml
from fakes.exchange import Answer, answer, failure
from fakes.home import HomeCluster, mck, path
from multicasskop.operator import main
from multicasskop.operator.output.exit_codes import ExitCode

Capture = pytest.CaptureFixture[str]


def run(home: HomeCluster, *words: str) -> int:
    """Run the verb with the flags for the home cluster."""
    return main.run(["status", *words, *home.flags])


def test_list(home: HomeCluster, capsys: Capture) -> None:
    """Without a name all MultiCasskops of the namespace are listed, sorted by name."""
    home.holds(mck("b", phase="Halted"), mck("a"))
    assert run(home) == ExitCode.OK
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split()[:4] == ["NAMESPACE", "NAME", "PHASE", "READY"]
    assert [row.split()[:4] for row in rows] == [["cassandra", "a", "✔", "Ready"], ["cassandra", "b", "✖", "Halted"]]


def test_all_namespaces(home: HomeCluster, capsys: Capture) -> None:
    """With -A all namespaces are asked, in one request."""
    home.holds(mck("a", "one"), mck("b", "two"))
    assert run(home, "-A") == ExitCode.OK
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["NAMESPACE", "one", "two"]
    assert [request.path for request in home.server.received("GET")] == [path("")]


def test_tree(home: HomeCluster, capsys: Capture) -> None:
    """With a name its tree is drawn, from one read of one object."""
    home.holds(mck())
    assert run(home, "demo") == ExitCode.OK
    assert "└─ 1 ✔ c1" in capsys.readouterr().out
    assert [request.path for request in home.server.received("GET")] == [path(name="demo")]


def test_nothing_there(home: HomeCluster, capsys: Capture) -> None:
    """An empty namespace is said to be so, and is no failure."""
    home.holds()
    assert run(home) == ExitCode.OK
    assert capsys.readouterr().out == "no MultiCasskops in namespace cassandra\n"


def test_json(home: HomeCluster, capsys: Capture) -> None:
    """JSON is one versioned document."""
    home.holds(mck())
    assert run(home, "demo", "-o", "json") == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert (found["apiVersion"], found["kind"], found["phase"]) == ("cli.multicasskop/v1", "StatusReport", "Ready")
    assert found["members"][0]["name"] == "c1"


def test_yaml_list(home: HomeCluster, capsys: Capture) -> None:
    """YAML of several is one document with items."""
    home.holds(mck("a"), mck("b"))
    assert run(home, "-o", "yaml") == ExitCode.OK
    found = yaml.safe_load(capsys.readouterr().out)
    assert (found["kind"], [item["name"] for item in found["items"]]) == ("StatusList", ["a", "b"])


def test_names(home: HomeCluster, capsys: Capture) -> None:
    """Names alone are for pipes."""
    home.holds(mck("a"), mck("b"))
    assert run(home, "-o", "name") == ExitCode.OK
    assert capsys.readouterr().out == "multicasskop/a\nmulticasskop/b\n"


def test_wide(home: HomeCluster, capsys: Capture) -> None:
    """Wide has the generation and the message besides."""
    home.holds(mck())
    run(home, "-o", "wide")
    assert "GENERATION  MESSAGE" in capsys.readouterr().out


def test_ascii(home: HomeCluster, capsys: Capture) -> None:
    """Without Unicode nothing but ASCII is written."""
    home.holds(mck())
    run(home, "demo", "--no-unicode")
    assert capsys.readouterr().out.isascii()


def test_colour(home: HomeCluster, capsys: Capture) -> None:
    """Colour comes when it is asked for, and not by itself off a terminal."""
    home.holds(mck())
    run(home, "demo", "--color", "always")
    assert "\x1b[32m✔" in capsys.readouterr().out
    run(home, "demo")
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("objects", "code"),
    [
        pytest.param([mck()], 0, id="ready"),
        pytest.param([mck(phase="Progressing")], 1, id="not-ready"),
        pytest.param([mck("a"), mck("b", phase="Degraded")], 1, id="one-is-not"),
        pytest.param([mck(generation=2)], 1, id="ready-for-an-older-generation"),
        pytest.param([], 0, id="none"),
    ],
)
def test_check(home: HomeCluster, capsys: Capture, objects: list[dict[str, Any]], code: int) -> None:
    """With --check the exit code says whether all of it is Ready in its present generation."""
    home.holds(*objects)
    assert run(home, "--check") == code


def test_no_such_object(home: HomeCluster, capsys: Capture) -> None:
    """An object that is not there has its own exit code, and a hint where to look."""
    home.lacks("nope")
    assert run(home, "nope") == ExitCode.NOT_FOUND
    assert "no MultiCasskop nope in namespace cassandra" in capsys.readouterr().err


REFUSALS = [
    pytest.param(failure(401, "Unauthorized"), 3, "MCK303", id="unauthorized"),
    pytest.param(failure(403, "Forbidden"), 3, "MCK311", id="forbidden"),
    pytest.param(failure(500, "InternalError"), 3, "MCK301", id="server-error"),
    pytest.param(answer("404 page not found", 404), 4, "MCK114", id="no-definition"),
]


@pytest.mark.parametrize(("refusal", "code", "number"), REFUSALS)
def test_home_that_refuses(home: HomeCluster, capsys: Capture, refusal: Answer, code: int, number: str) -> None:
    """Each way in which home may refuse has its exit code and its number, in one line."""
    home.server.on("GET", path(), refusal)
    assert run(home) == code
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith(number)
    assert written.err.count("\n") == 1


def test_home_that_does_not_answer(home: HomeCluster, capsys: Capture) -> None:
    """An address where nobody listens is named."""
    url = home.server.url
    home.server.stop()
    assert run(home) == ExitCode.HOME
    assert url in capsys.readouterr().err


def test_context_that_is_not_there(home: HomeCluster, capsys: Capture) -> None:
    """A context that is not in the kubeconfig is named with those that are."""
    assert main.run(["status", home.flags[0], "--context=nowhere"]) == ExitCode.HOME
    assert "nowhere" in capsys.readouterr().err


def test_bad_timeout(home: HomeCluster, capsys: Capture) -> None:
    """A time limit that is none is wrong use."""
    assert run(home, "--timeout", "soon") == ExitCode.USAGE
    assert '--timeout: "soon"' in capsys.readouterr().err


def test_it_never_writes(home: HomeCluster, capsys: Capture) -> None:
    """Whatever is asked for, only GET is sent."""
    home.holds(mck())
    for words in ([], ["demo"], ["-o", "json"], ["--check"]):
        run(home, *words)
    assert {request.method for request in home.server.requests} == {"GET"}


def test_watch_writes_a_line_per_change(home: HomeCluster) -> None:
    """Off a terminal a watch writes one line per change, from one list and one watch, until it is interrupted."""
    watch = home.holds(mck(phase="Progressing"))
    command = [sys.executable, "-m", "multicasskop.operator", "status", "-w", *home.flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        changed = mck()
        changed["metadata"]["resourceVersion"] = "6"
        watch.send({"type": "MODIFIED", "object": changed})
        second = process.stdout.readline()
        watch.send(
            {"type": "DELETED", "object": {**changed, "metadata": {**changed["metadata"], "resourceVersion": "7"}}}
        )
        third = process.stdout.readline()
        process.send_signal(2)
        code = process.wait(10)
    assert first == "cassandra/demo  ◐ Progressing  0/1\n"
    assert second == "cassandra/demo  ✔ Ready  1/1\n"
    assert third.startswith("cassandra/demo  gone")
    assert code == ExitCode.INTERRUPTED
