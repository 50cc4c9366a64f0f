"""The program `run` as a process of its own: signals, exit codes, and what stands in its log."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.exchange import hold
from fakes.members import LEASES, Members, members, script
from multicasskop.operator.launch import last_word
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.process import End
from structlog.testing import capture_logs


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Members]:
    """Two members that answer."""
    with members(tmp_path) as found:
        script(found.home)
        script(found.other)
        yield found


@contextmanager
def program(both: Members, *words: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Lend the program, started over both members; its log is its stderr."""
    ports = ["--metrics-addr=127.0.0.1:0", "--health-addr=127.0.0.1:0"]
    command = [sys.executable, "-m", "multicasskop.operator", "run", "-lc1", "-rc2", *ports, *words]
    variables = {**os.environ, "KUBECONFIG": both.settings.kubeconfig, **environment}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables) as process:
        try:
            yield process
        finally:
            process.kill()


def until(process: subprocess.Popen[str], message: str) -> list[dict[str, Any]]:
    """The log until a message came."""
    assert process.stderr is not None
    seen: list[dict[str, Any]] = []
    for line in process.stderr:
        seen.append(json.loads(line))
        if seen[-1]["msg"] == message:
            return seen
    raise AssertionError(f"never told: {message}; but {[entry['msg'] for entry in seen]}")


@pytest.mark.parametrize(
    ("number", "code"),
    [pytest.param(signal.SIGTERM, 0, id="term"), pytest.param(signal.SIGINT, 130, id="ctrl-c")],
)
def test_a_signal_stops_it_in_order(both: Members, number: signal.Signals, code: int) -> None:
    """SIGTERM is a planned end, Ctrl-C an interruption; both stop everything and say so in the last line."""
    with program(both) as process:
        until(process, "ready")
        process.send_signal(number)
        last = until(process, "stopped")[-1]
        assert process.wait(10) == code
    assert last["reason"] == f"signal {number.name}"


def test_a_second_signal_ends_it_at_once(both: Members) -> None:
    """When the first signal's order takes too long, the second one ends the process at once."""
    with program(both) as process:
        until(process, "ready")
        both.home.on("PATCH", f"{LEASES}/multicasskop", hold(both.home._ended))
        process.send_signal(signal.SIGTERM)
        until(process, "stopping")
        process.send_signal(signal.SIGTERM)
        assert process.wait(2) in {0, 128 + signal.SIGTERM}


def test_a_signal_during_the_start_stops_it(both: Members) -> None:
    """A signal that comes while home's stores are waited for ends the start."""
    slow = "/apis/db.orange.com/v2/namespaces/ns/multicasskops"
    both.home.on("GET", slow, hold(both.home._ended))
    with program(both, "--watch-namespace=ns") as process:
        until(process, "member registered")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_log_is_json_off_a_terminal_and_each_line_is_one_document(both: Members) -> None:
    """Every line of the log is a document with the four fixed fields first."""
    with program(both, "-v") as process:
        for entry in until(process, "ready"):
            assert list(entry)[:4] == ["ts", "level", "msg", "logger"]
            assert entry["msg"] == entry["msg"].lower() or entry["logger"] == "py.warnings"


def test_settings_that_mean_nothing_are_told(both: Members) -> None:
    """Variables that are passed over are warnings at the start."""
    with program(both, MCK_WROKERS="3", LOG_LEVEL="loud") as process:
        warnings = [entry["error"] for entry in until(process, "ready") if entry["msg"] == "setting passed over"]
    assert len(warnings) == 2
    assert "MCK_WROKERS" in warnings[0]


def test_sigusr1_switches_debug_on(both: Members) -> None:
    """SIGUSR1 lets debug messages through without a restart."""
    with program(both) as process:
        assert "started" not in [entry["msg"] for entry in until(process, "ready")]
        process.send_signal(signal.SIGUSR1)
        process.send_signal(signal.SIGTERM)
        assert [entry["level"] for entry in until(process, "stopped") if entry["level"] == "debug"]


def test_a_start_that_fails_is_one_line_at_the_end(both: Members) -> None:
    """What ends the start stands in the last line, with code and next step; no stack, and the code that means it."""
    with program(both, "--context=nowhere") as process:
        assert process.stderr is not None
        lines = process.stderr.read().splitlines()
        assert process.wait(10) == ExitCode.HOME
    last = json.loads(lines[-1])
    assert (last["level"], last["msg"], last["code"]) == ("error", "stopped", "MCK112")
    assert "nowhere" in last["error"]
    assert not [line for line in lines if "Traceback" in line]


def test_no_secret_is_logged_at_debug(both: Members, tmp_path: Path) -> None:
    """With a token in the kubeconfig, a whole run at level debug writes it nowhere."""
    canary = "c4n4ry-0b7d"
    text = Path(both.settings.kubeconfig).read_text()
    users = "".join(f"- name: {name}\n  user: {{token: {canary}}}\n" for name in ("c1", "c2"))
    with_users = text.replace("cluster: c1\n", "cluster: c1\n    user: c1\n").replace(
        "cluster: c2\n", "cluster: c2\n    user: c2\n"
    )
    Path(both.settings.kubeconfig).write_text(f"{with_users}users:\n{users}")
    with program(both, "-v") as process:
        until(process, "ready")
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        rest = process.stderr.read()
    assert canary in (
        both.home.requests[0].headers.get("Authorization") or both.home.requests[0].headers.get("authorization", "")
    )
    assert canary not in rest


@pytest.mark.parametrize(
    ("end", "code", "event", "level"),
    [
        pytest.param(End("signal SIGTERM", ExitCode.OK), 0, "stopped", "info", id="planned"),
        pytest.param(End("lease lost: x", ExitCode.HOME), 3, "stopped", "error", id="lease-lost"),
        pytest.param(
            End("start failed", ExitCode.HOME, CommandError(ExitCode.HOME, "no", hint="look")),
            3,
            "stopped",
            "error",
            id="refused",
        ),
        pytest.param(End("thread x died", ExitCode.BUG, ValueError("x")), 70, "stopped", "error", id="defect"),
    ],
)
def test_last_word(end: End, code: int, event: str, level: str) -> None:
    """The last line says why, as loudly as it matters, and the code is that of the end."""
    with capture_logs() as entries:
        assert last_word(end) == code
    [entry] = entries
    assert (entry["event"], entry["log_level"]) == (event, level)
    assert ("exc_info" in entry and entry["exc_info"] is not None) is isinstance(end.error, ValueError)
