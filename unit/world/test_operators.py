"""The operator as a process: its command line, its page of health, its ends. What runs here is a stand-in."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from multicasskop.world.errors import ProcessError, WorldError
from multicasskop.world.operators import CHILD_RULES, HOME_RULES, Launch, Operator

STAND_IN = """\
#!{python}
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())

print("ready", *sys.argv[1:], os.environ["WATCH_NAMESPACE"], os.environ["COLOUR"], flush=True)
address = next(flag for flag in sys.argv if flag.startswith("--health-addr=")).rpartition(":")[2]
HTTPServer(("127.0.0.1", int(address)), Pages).serve_forever()
"""


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    """An operator whose program is a stand-in that says what it was told."""
    python = tmp_path / "python"
    python.write_text(STAND_IN.format(python=sys.executable))
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    found = Operator(tmp_path, Launch("ns", "home", ["eu", "us"], ["--workers=2"], {"COLOUR": "blue"}))
    yield found
    found.kill()


def test_command_line_names_home_and_remotes(operator: Operator) -> None:
    """The real flags are used: home, each remote, addresses on loopback, and what was added."""
    operator.start()
    told = operator.lines()[0]
    assert "-m multicasskop.operator run -l home -r eu -r us" in told
    assert "--metrics-addr=127.0.0.1:" in told
    assert told.endswith("--seed-probe=off --workers=2 ns blue")


def test_ready_means_that_it_says_so(operator: Operator) -> None:
    """The start ends when /readyz answers."""
    operator.start()
    assert operator.is_ready()
    assert operator.get(f"{operator.health_url}/livez") == (200, "/livez")


def test_killed_operator_is_gone_and_may_come_back(operator: Operator) -> None:
    """After a crash the same operator starts again, on the same ports, with one log."""
    operator.start()
    url, pid = operator.health_url, operator.pid
    operator.kill()
    assert not operator.is_alive()
    assert operator.get(f"{url}/readyz") == (0, "")
    operator.restart()
    assert operator.health_url == url
    assert operator.pid != pid
    assert len([line for line in operator.lines() if line.startswith("ready")]) == 2


def test_operator_that_leaves_is_reported_with_its_log(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that fails shows the log."""
    python = tmp_path / "broken"
    python.write_text("#!/bin/sh\necho no such context; exit 3\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(ProcessError, match="no such context"):
        operator.start()


def test_one_that_never_ran_can_be_ended(tmp_path: Path) -> None:
    """Ending is all right, asking for its process is not."""
    found = Operator(tmp_path, Launch("ns", "home", []))
    found.kill()
    found.stop()
    assert not found.is_alive()
    assert found.lines() == ()
    with pytest.raises(WorldError):
        _ = found.pid


@pytest.mark.parametrize("rules", [HOME_RULES, CHILD_RULES])
def test_rights_name_what_they_are_for(rules: list[dict[str, list[str]]]) -> None:
    """No right is given by a star, and none to Secrets."""
    words = {word for rule in rules for part in rule.values() for word in part}
    assert "*" not in words
    assert "secrets" not in words
