"""`lint`: places in files, forms of output, silencing, exit codes, and that no cluster is needed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from fakes.golden import agrees
from fakes.stage import ring
from multicasskop.operator import main
from multicasskop.operator.output.exit_codes import ExitCode

Capture = pytest.CaptureFixture[str]
BAD = """\
apiVersion: db.orange.com/v2
kind: MultiCasskop
metadata:
  name: demo
spec:
  overide: {}
  rollout:
    order: [eu-west, eu-nort]
    progressDeadline: soon
  base:
    spec:
      cassandraImag: cassandra:4.1.4
      envVars:
      - name: DB_PASSWORD
        value: hunter2
    status:
      seedlist: [nobody.example]
  override:
    eu-west:
      spec:
        topology:
          dc:
          - name: dc1
    eu-nort:
      spec:
        topology:
          dc:
          - name: dc-2
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with manifests, in which we are."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text(BAD)
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(ring()))
    (tmp_path / "other.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: x}\n")
    (tmp_path / "broken.yaml").write_text("a:\n  b: [\n")
    return tmp_path


def run(*words: str) -> int:
    """Run the verb."""
    return main.run(["lint", *words])


MEMBERS = ("--members", "eu-west,eu-north,us-east")


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        pytest.param("several.txt", ["bad.yaml", "good.yaml", "other.yaml", *MEMBERS], 1, id="text"),
        pytest.param("malformed.txt", ["broken.yaml", "good.yaml"], 2, id="no YAML"),
        pytest.param("report.json", ["bad.yaml", "-o", "json"], 1, id="JSON"),
        pytest.param("github.txt", ["bad.yaml", "-o", "github"], 1, id="GitHub"),
        pytest.param("report.sarif", ["bad.yaml", "-o", "sarif"], 1, id="SARIF"),
    ],
)
def test_output(capsys: Capture, name: str, words: list[str], code: int) -> None:
    """What lint writes, in each form, and its exit code."""
    assert run(*words) == code
    written = capsys.readouterr().out
    assert "hunter2" not in written
    agrees(f"lint/{name}", written)


def test_warnings_are_no_errors(folder: Path) -> None:
    """Advice alone is exit code 0, unless it is to be strict."""
    obj = ring()
    obj["spec"]["base"]["spec"]["typo"] = 1
    (folder / "typo.yaml").write_text(yaml.safe_dump(obj))
    assert run("typo.yaml") == ExitCode.OK
    assert run("typo.yaml", "--strict") == ExitCode.NO
    assert run("typo.yaml", "--strict", "--ignore", "MCK101") == ExitCode.OK


def test_an_object_silences_its_own_advice(folder: Path, capsys: Capture) -> None:
    """The annotation leaves warnings of its object out, and no errors."""
    obj = yaml.safe_load(BAD)
    obj["metadata"]["annotations"] = {"multicasskop.db.orange.com/lint-ignore": "MCK231, MCK216,MCK102"}
    (folder / "silent.yaml").write_text(yaml.safe_dump(obj))
    run("silent.yaml", "-o", "json")
    codes = {item["code"] for item in json.loads(capsys.readouterr().out)["findings"]}
    assert codes.isdisjoint({"MCK231", "MCK216"})
    assert "MCK102" in codes


def test_lists_and_documents(folder: Path, capsys: Capture) -> None:
    """Each object of several documents and lists is looked at, at its own place."""
    one = yaml.safe_dump({"kind": "List", "apiVersion": "v1", "items": [ring(), {"kind": "x"}]})
    (folder / "many.yaml").write_text(f"{yaml.safe_dump(ring())}---\n{one}---\n---\n{BAD}")
    run("many.yaml", "-o", "json")
    first = json.loads(capsys.readouterr().out)["findings"][0]
    lines = (folder / "many.yaml").read_text().splitlines()
    assert (lines[first["line"] - 1], first["code"]) == ("  overide: {}", "MCK101")


def test_standard_input(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash reads the standard input."""
    monkeypatch.setattr("multicasskop.operator.manifests.sys.stdin", open("good.yaml"))  # noqa: SIM115
    assert run("-") == ExitCode.OK
    assert capsys.readouterr().out.startswith("-  ok")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        pytest.param(["nowhere.yaml"], "MCK103 nowhere.yaml: No such file", id="no file"),
        pytest.param(["good.yaml", "--members", "A B"], "--members:", id="no name"),
        pytest.param([], "missing argument", id="no files"),
    ],
)
def test_wrong_use(capsys: Capture, words: list[str], text: str) -> None:
    """What cannot be meant is wrong use, said in one line."""
    assert run(*words) == ExitCode.USAGE
    assert text in capsys.readouterr().err


def test_nothing_of_kubernetes_is_loaded() -> None:
    """Lint works without a cluster: it loads neither the Kubernetes package nor anything that can call out."""
    code = (
        "import sys; from multicasskop.operator import main; main.run(['lint', 'bad.yaml']);"
        "print([name for name in ('kubernetes', 'urllib3', 'opentelemetry', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
