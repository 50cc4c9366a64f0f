"""`plan` and `diff`: forms of output, sources of what is compared, exit codes, and that they never write."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes.exchange import answer, failure
from fakes.golden import agrees
from fakes.home import HomeCluster, path
from fakes.planning import Readable, lacks, readable
from fakes.rings import NAMES, changed, rest
from fakes.stage import CHILDREN, NAMESPACE, PARENTS, Stage, datacenter, ring
from multicasskop.operator import main
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("quiet_logs")


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Readable]:
    """Three members at rest."""
    with readable(rest(*NAMES), tmp_path) as found:
        yield found


BIG = merged(
    changed(cassandraImage="cassandra:4.1.5"),
    {
        "spec": {
            "rollout": {"soak": "60s"},
            "override": {
                "eu-north": {
                    "spec": {
                        "resources": {"limits": {"memory": "6Gi"}},
                        "envVars": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "ZONE", "value": "north"}],
                    }
                },
                "us-east": {"spec": {"cassandraImage": "cassandra:4.1.4"}},
            },
        }
    },
)
SHRUNK = merged(changed(dataStorageClass="fast"), {"spec": {"override": {"eu-north": {"spec": {"topology": {
    "dc": [{"name": "dc2", "rack": [{"name": "rack1"}, {"name": "rack2"}]}]}}},
    "us-east": {"spec": {"dataCapacity": "5Gi", "cassandraImage": "cassandra:5"}}}}})  # fmt: skip
INVALID = merged(ring(*NAMES), {"spec": {"override": {"us-east": {"spec": {"topology": datacenter(1)}}}}})
SMALLER = merged(ring(*NAMES), {"spec": {"override": {"us-east": None}}})
GOLDEN = [
    pytest.param("image", BIG, ["--live"], 1, id="a change of two members"),
    pytest.param("refused-by-casskop", SHRUNK, ["--live"], 1, id="changes that CassKop puts back"),
    pytest.param("invalid", INVALID, ["--live"], 6, id="an object that is refused"),
    pytest.param("override-gone", SMALLER, ["--live"], 1, id="a member that leaves"),
    pytest.param("home-only", BIG, [], 1, id="by what home knows"),
    pytest.param("no-change", ring(*NAMES), ["--live"], 0, id="nothing"),
    pytest.param("ascii", BIG, ["--live", "--no-unicode"], 1, id="in ASCII"),
]


@pytest.mark.parametrize(("name", "obj", "flags", "code"), GOLDEN)
def test_text(three: Readable, capsys: Capture, name: str, obj: Json, flags: list[str], code: int) -> None:
    """What a plan looks like, and its exit code."""
    assert three.run("plan", "-f", three.file(obj), *flags) == code
    agrees(f"plan/{name}.txt", capsys.readouterr().out)


def test_creation(tmp_path: Path, capsys: Capture) -> None:
    """A MultiCasskop that is not there yet is planned as it will be made."""
    with readable(Stage(*NAMES), tmp_path) as found:
        lacks(found, "demo")
        assert found.run("plan", "-f", found.file(ring(*NAMES)), "--members", ",".join(NAMES)) == ExitCode.NO
    agrees("plan/creation.txt", capsys.readouterr().out)


def test_pause_and_approval_are_told(tmp_path: Path, capsys: Capture) -> None:
    """What the operator waits for stands in the plan of an object as it is stored."""
    stage = rest(*NAMES)
    stage.change({"spec": {"paused": True, "base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    with readable(stage, tmp_path) as found:
        assert found.run("plan", "demo", "--live") == ExitCode.NO
    agrees("plan/paused.txt", capsys.readouterr().out)


def test_a_member_at_work_is_told(tmp_path: Path, capsys: Capture) -> None:
    """In the middle of a rollout, the plan has what is left, and what is waited for."""
    stage = rest(*NAMES)
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    stage.casskop_says("eu-west", "Pending", "UpdateDockerImage", "Ongoing")
    with readable(stage, tmp_path) as found:
        assert found.run("plan", "demo", "--live") == ExitCode.NO
    agrees("plan/in-the-middle.txt", capsys.readouterr().out)


def test_several_at_a_time(three: Readable, capsys: Capture) -> None:
    """Where several members may be in change at once, the plan says how many."""
    obj = merged(changed(cassandraImage="x:5"), {"spec": {"rollout": {"maxConcurrent": 2}}})
    three.run("plan", "-f", three.file(obj), "--live")
    assert "for what was written; up to 2 members at a time\n" in capsys.readouterr().out


def test_gate_of_a_casskop_that_tells_no_generation(tmp_path: Path, capsys: Capture) -> None:
    """Beside the Go CassKop, a plan says what the gate goes by instead of a generation."""
    stage = Stage(*NAMES[:2])
    stage.apply(ring(*NAMES[:2]))
    for name in NAMES[:2]:
        stage.casskop(name)
        stage.wait(31)
    assert stage.status()["phase"] == "Ready"
    obj = merged(ring(*NAMES[:2]), {"spec": {"base": {"spec": {"cassandraImage": "cassandra:5"}}}})
    with readable(stage, tmp_path) as found:
        assert found.run("plan", "-f", found.file(obj), "--live") == ExitCode.NO
    (gate,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("Gate"))
    told = "no generation is told there: an action must be seen, or none for 30s (rollout.settle)"
    assert gate == f"Gate      eu-west, eu-north: {told}"


def test_drain(tmp_path: Path, capsys: Capture) -> None:
    """A member that leaves with Drain is planned to its end, with what CassKop asks before."""
    stage = rest(*NAMES, deletion={"onOverrideRemoved": "Drain"})
    obj = merged(ring(*NAMES), {"spec": {"deletion": {"onOverrideRemoved": "Drain"}, "override": {"us-east": None}}})
    with readable(stage, tmp_path) as found:
        assert found.run("plan", "-f", found.file(obj), "--live") == ExitCode.NO
        agrees("plan/drain.txt", capsys.readouterr().out)
        found.run("plan", "-f", found.file(obj), "--live", "-o", "json")
        *_, last = json.loads(capsys.readouterr().out)["steps"]
    assert last["requests"][0]["verb"] == "delete"
    assert last["requests"][0]["body"]["preconditions"]["uid"].startswith("us-east-")


def test_deletion(tmp_path: Path, capsys: Capture) -> None:
    """Of an object that is being deleted the plan has what becomes of each child, in the order of the deletion."""
    stage = rest(*NAMES)
    (stored,) = (obj for (plural, _), obj in stage.home.server.objects.items() if plural == PARENTS)
    stored["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    (child,) = stage.members["us-east"].server.objects.values()
    child["metadata"]["annotations"].pop("multicasskop.db.orange.com/owner")
    with readable(stage, tmp_path) as found:
        assert found.run("plan", "demo", "--live") == ExitCode.NO
    agrees("plan/deletion.txt", capsys.readouterr().out)


def test_conflict(tmp_path: Path, capsys: Capture) -> None:
    """A child that is not ours ends the plan, with what to look at."""
    stage = Stage(*NAMES)
    stage.members["eu-west"].server.put(CHILDREN, {"metadata": {"name": "demo", "namespace": NAMESPACE}, "spec": {}})
    with readable(stage, tmp_path) as found:
        lacks(found, "demo")
        assert found.run("plan", "-f", found.file(ring(*NAMES)), "--live") == ExitCode.NO
    agrees("plan/conflict.txt", capsys.readouterr().out)


def test_diff(three: Readable, capsys: Capture) -> None:
    """The same as unified YAML, without what looks secret."""
    assert three.run("diff", "-f", three.file(BIG), "--live") == ExitCode.NO
    written = capsys.readouterr().out
    assert "hunter2" not in written
    agrees("plan/diff.txt", written)


def test_diff_of_nothing(three: Readable, capsys: Capture) -> None:
    """Where nothing differs, nothing is written, as with kubectl diff."""
    assert three.run("diff", "demo", "--live") == ExitCode.OK
    assert capsys.readouterr().out == ""


def test_json(three: Readable, capsys: Capture) -> None:
    """JSON is versioned, and has each change with its origin and the requests to the letter."""
    assert three.run("plan", "-f", three.file(changed(cassandraImage="cassandra:5")), "--live", "-o", "json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["apiVersion"], found["kind"], found["newGeneration"]) == ("cli.multicasskop/v1", "Plan", True)
    step = found["steps"][0]
    assert step["changes"] == [
        {
            "op": "replace",
            "path": "spec.cassandraImage",
            "old": "cassandra:4.1.4",
            "new": "cassandra:5",
            "origin": "base",
            "restart": True,
            "action": "UpdateDockerImage",
            "refused": "",
        }
    ]
    child = three.stage.child("eu-west")
    assert child is not None
    head = {name: child["metadata"][name] for name in ("uid", "resourceVersion")}
    assert step["requests"][0]["body"] == {"spec": {"cassandraImage": "cassandra:5"}, "metadata": head}


def test_secrets_are_hidden_unless_asked_for(three: Readable, capsys: Capture) -> None:
    """No form of a plan shows a password; a body that is not complete says so, and a flag shows all."""
    file = three.file(BIG)
    for output in ("text", "json", "yaml"):
        three.run("plan", "-f", file, "--live", "-o", output)
        written = capsys.readouterr().out
        assert "hunter2" not in written
        assert "north" in written
    assert yaml.safe_load(written)["steps"][1]["requests"][0]["hidden"] is True
    three.run("plan", "-f", file, "--live", "-o", "json", "--show-secrets")
    assert "hunter2" in capsys.readouterr().out


def test_member_that_does_not_answer(three: Readable, capsys: Capture) -> None:
    """A member that could not be asked is named with the reason, home's knowledge serves, and the exit code says so."""
    three.servers["us-east"].stop()
    file = three.file(changed(cassandraImage="cassandra:5"))
    assert three.run("plan", "-f", file, "--live") == ExitCode.PARTLY
    second = capsys.readouterr().out.splitlines()[1]
    assert second.startswith("Compared with   live: eu-west, eu-north   last written: us-east (us-east: ")
    assert three.run("plan", "-f", file, "--live", "--allow-partial") == ExitCode.NO


def test_member_of_which_nothing_is_known(tmp_path: Path, capsys: Capture) -> None:
    """A member that home cannot vouch for is not guessed at."""
    stage = rest(*NAMES)
    stage.change({"spec": {"base": {"spec": {"cassandraImage": "cassandra:4.1.5"}}}})
    with readable(stage, tmp_path) as found:
        assert found.run("plan", "demo") == ExitCode.PARTLY
    written = capsys.readouterr().out
    assert "not known: eu-north, us-east" in written
    assert "its child could not be read, and home does not know it" in written


def test_map_names_the_context(three: Readable, capsys: Capture) -> None:
    """--map asks one member by a context of another name, and the others are left to home."""
    three.run("plan", "-f", three.file(ring(*NAMES)), "--map", "us-east=us-east")
    assert "live: eu-west, us-east   last written: eu-north" in capsys.readouterr().out


def test_exit_zero(three: Readable) -> None:
    """For pipelines that only want the text, changes are no failure; a refusal still is one."""
    assert three.run("plan", "-f", three.file(changed(cassandraImage="x:5")), "--live", "--exit-zero") == ExitCode.OK
    assert three.run("plan", "-f", three.file(INVALID), "--live", "--exit-zero") == ExitCode.REFUSED


@pytest.mark.parametrize(
    ("words", "text"),
    [
        pytest.param([], "either NAME or -f FILE", id="neither"),
        pytest.param(["demo", "-f", "x.yaml"], "either NAME or -f FILE", id="both"),
        pytest.param(["-f", "/nowhere.yaml"], "No such file", id="no file"),
        pytest.param(["demo", "--map", "x"], "MEMBER=CONTEXT", id="no pair"),
        pytest.param(["demo", "--members", "A B"], '"A B" is not a name', id="no name"),
    ],
)
def test_wrong_use(three: Readable, capsys: Capture, words: list[str], text: str) -> None:
    """What cannot be meant is wrong use, said in one line, and nobody is asked."""
    assert three.run("plan", *words) == ExitCode.USAGE
    assert text in capsys.readouterr().err
    assert three.methods == set()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param("a: [", "demo.yaml:1:5: ", id="no YAML"),
        pytest.param("kind: Pod\napiVersion: v1", "demo.yaml: no MultiCasskop", id="another kind"),
        pytest.param(
            "apiVersion: db.orange.com/v2\nkind: MultiCasskop\nmetadata: {}",
            "demo.yaml:3:1: metadata.name",
            id="no name",
        ),
    ],
)
def test_bad_file(three: Readable, capsys: Capture, text: str, where: str) -> None:
    """A file that cannot be used is named with line and column."""
    file = three.folder / "demo.yaml"
    file.write_text(text)
    assert three.run("plan", "-f", str(file)) == ExitCode.USAGE
    assert where in capsys.readouterr().err


def test_no_such_object(three: Readable, capsys: Capture) -> None:
    """A name that is not there has its own exit code."""
    lacks(three, "nope")
    assert three.run("plan", "nope") == ExitCode.NOT_FOUND


def test_home_that_refuses(home: HomeCluster, capsys: Capture) -> None:
    """A home that does not let us read is named, with the right that lacks."""
    home.server.on("GET", path(name="demo"), failure(403, "Forbidden"))
    assert main.run(["plan", "demo", *home.flags]) == ExitCode.HOME
    assert capsys.readouterr().err.startswith("MCK311")


def test_time_limit(three: Readable, capsys: Capture) -> None:
    """A home that never answers ends with the time limit, and the exit code for that."""
    home = three.servers["eu-west"]
    home.on("GET", f"/apis/db.orange.com/v2/namespaces/{NAMESPACE}/{PARENTS}/demo", answer({}, 200))
    assert three.run("plan", "demo", "--timeout", "0.000001s") == ExitCode.TIMEOUT


def test_it_never_writes(three: Readable) -> None:
    """Whatever is asked for, nothing but GET is sent to anybody."""
    file = three.file(BIG)
    for words in (["plan", "-f", file, "--live"], ["plan", "demo"], ["diff", "-f", file, "--live", "-o", "yaml"]):
        three.run(*words)
    assert three.methods == {"GET"}
