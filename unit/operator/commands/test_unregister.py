"""`unregister` as a document: what is gone, what is not, and how to go on."""

import json

import pytest
import yaml
from fakes.exchange import failure
from fakes.home import HomeCluster, mck
from fakes.registration import request, there
from multicasskop.operator import main
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.operator.registering.manifests import home_objects

Capture = pytest.CaptureFixture[str]
Steps = dict[str, list[str]]
ASKED = request(home_id="id-home", home_namespace="ops", operator_account="multicasskop")
FORBIDDEN = failure(403, "Forbidden", "no")
HOME_STEPS = ["RoleBinding", "Role", "Secret"]
UNREGISTERED = [
    pytest.param(["--yes"], "", ExitCode.OK, "done", {"done": HOME_STEPS, "left": ["ServiceAccount"]}, id="done"),
    pytest.param(
        ["--dry-run"], "", ExitCode.OK, "planned", {"planned": HOME_STEPS, "left": ["ServiceAccount"]}, id="dry run"
    ),
    pytest.param(
        ["--yes"],
        "Role",
        ExitCode.HOME,
        "stopped",
        {"done": ["RoleBinding"], "failed": ["Role"], "undone": ["Secret"], "left": ["ServiceAccount"]},
        id="stopped on the way",
    ),
]


@pytest.fixture
def registered(home: HomeCluster) -> HomeCluster:
    """A home whose MultiCasskops do not name us-east."""
    home.holds(mck())
    return home


def unregister(home: HomeCluster, *words: str, kept: str = "") -> int:
    """Take us-east out of a home that does not let objects of one kind go."""
    for wanted in home_objects(ASKED, b"t"):
        if wanted.resource.kind == kept:
            home.server.on("DELETE", wanted.resource.path(wanted.namespace, wanted.name), FORBIDDEN)
        there(home.server, wanted)
    return main.run(["unregister", "us-east", home.flags[0], "--home-context=c1", "--home-namespace=ops", *words])


@pytest.mark.parametrize(("words", "kept", "code", "outcome", "steps"), UNREGISTERED)
def test_document(
    registered: HomeCluster, capsys: Capture, words: list[str], kept: str, code: int, outcome: str, steps: Steps
) -> None:
    """As a document an unregistration tells of each object whether it is gone, is to go, was left, or failed."""
    assert unregister(registered, *words, "-o", "json", "-q", kept=kept) == code
    written = capsys.readouterr()
    report = json.loads(written.out)
    assert (report["kind"], report["member"], report["outcome"]) == ("Unregistration", "us-east", outcome)
    found: Steps = {}
    for step in report["steps"]:
        found.setdefault(step["state"], []).append(step["kind"])
    assert found == steps
    assert not kept or report["next"] == json.loads(written.err)["hint"]
    assert kept or written.err == ""


def test_document_of_a_no(registered: HomeCluster, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says no is told that nothing was done, and that is exit code 1."""
    monkeypatch.setattr("multicasskop.operator.confirm.confirmed", lambda question, yes: False)
    assert unregister(registered, "-o", "yaml") == ExitCode.NO
    report = yaml.safe_load(capsys.readouterr().out)
    assert (report["outcome"], report["next"]) == ("declined", "say it again, with --yes")
    assert {step["state"] for step in report["steps"]} == {"undone", "left"}


def test_how_to_go_on(registered: HomeCluster, capsys: Capture) -> None:
    """Without a context the account in the member stays, and the document has the command that takes it back."""
    assert unregister(registered, "--yes", "-o", "json") == ExitCode.OK
    written = capsys.readouterr()
    assert json.loads(written.out)["next"] == (
        "to take its account back, too: multicasskop unregister us-east --context CONTEXT --account multicasskop"
        " -n cassandra"
    )
    assert "Secret ops/us-east deleted" in written.err
