"""How a plane's processes are started, and what becomes of a start that fails. The programs here are scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from multicasskop.world import processes
from multicasskop.world.errors import ProcessError
from multicasskop.world.planes import apiserver, controllers, etcd
from multicasskop.world.planes.plane import Plane
from multicasskop.world.processes import Process
from multicasskop.world.programs import Programs
from multicasskop.world.starting import ATTEMPTS, start_plane


@pytest.fixture
def tracked() -> Iterator[list[Process]]:
    """The processes that were started."""
    found: list[Process] = []
    yield found
    processes.end(found)


def scripts(folder: Path, etcd_does: str) -> Programs:
    """Programs of which only etcd matters: the others sleep."""
    paths = []
    for name, text in (("etcd", etcd_does), ("apiserver", "sleep 600"), ("controllers", "sleep 600")):
        path = folder / f"{name}.sh"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        paths.append(str(path))
    return Programs(*paths)


def test_taken_port_is_tried_again_on_others(tmp_path: Path, tracked: list[Process]) -> None:
    """A port that was taken in between costs another attempt with other ports, a few times."""
    programs = scripts(tmp_path, "echo 'bind: address already in use'; exit 1")
    with pytest.raises(ProcessError, match="m/etcd left at once"):
        start_plane("m", tmp_path / "m", programs, tracked.append)
    tried = [process.command[2] for process in tracked if process.name == "m/etcd"]
    assert len(set(tried)) == ATTEMPTS


def test_other_failures_are_not_tried_again(tmp_path: Path, tracked: list[Process]) -> None:
    """A program that cannot run at all is reported at once with its log."""
    programs = scripts(tmp_path, "echo 'unknown flag'; exit 2")
    with pytest.raises(ProcessError, match="unknown flag"):
        start_plane("m", tmp_path / "m", programs, tracked.append)
    assert sum(process.name == "m/etcd" for process in tracked) == 1


def test_failed_start_leaves_no_process(tmp_path: Path, tracked: list[Process]) -> None:
    """What was started beside the failing one is ended, and all of it had been tracked."""
    programs = scripts(tmp_path, "exit 1")
    with pytest.raises(ProcessError):
        start_plane("m", tmp_path / "m", programs, tracked.append)
    assert [process.name for process in tracked] == ["m/etcd", "m/apiserver", "m/relay"]
    assert not any(processes.is_alive(process) for process in tracked)


PLANE = Plane("m", "/world/m", 21001, 21002, 21003)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(etcd.command("etcd", PLANE), id="etcd"),
        pytest.param(apiserver.command("kube-apiserver", PLANE), id="apiserver"),
    ],
)
def test_servers_listen_on_loopback_only(command: list[str]) -> None:
    """No address of the machine is ever listened on, and all files are in the plane's folder."""
    addresses = [flag for flag in command if "http" in flag or "address" in flag]
    assert all("127.0.0.1" in flag or "https://kubernetes.default.svc" in flag for flag in addresses)
    files = [flag.partition("=")[2] for flag in command if "=/" in flag]
    assert files
    assert all(file.startswith("/world/m/") for file in files)


def test_api_server_checks_rights_and_keeps_a_log_of_requests() -> None:
    """RBAC is on, and what was asked can be counted afterwards."""
    command = apiserver.command("kube-apiserver", PLANE)
    assert "--authorization-mode=RBAC" in command
    assert "--audit-log-path=/world/m/audit.log" in command
    assert not any("insecure" in flag or "anonymous" in flag for flag in command)


def test_controller_manager_serves_nothing(tmp_path: Path) -> None:
    """It needs no port, and runs the controllers on which children depend."""
    command = controllers.command("kube-controller-manager", PLANE)
    assert "--secure-port=0" in command
    enabled = next(flag for flag in command if flag.startswith("--controllers=")).partition("=")[2].split(",")
    assert {"statefulset-controller", "garbage-collector-controller", "namespace-controller"} <= set(enabled)


def test_token_secrets_are_filled_with_tokens_of_the_same_issuer() -> None:
    """The controller manager signs with the key that the API server verifies with, and names the API server's CA."""
    command = controllers.command("kube-controller-manager", PLANE)
    [key] = [flag for flag in command if flag.startswith("--service-account-private-key-file=")]
    assert key.partition("=")[2] == str(apiserver.signing_key(PLANE))
    assert f"--root-ca-file={PLANE.authority}" in command
    assert "serviceaccount-token-controller" in controllers.CONTROLLERS


@pytest.mark.parametrize("written", [None, "", "-----BEGIN CERTIFICATE-----\nMIIB"], ids=["no file", "empty", "half"])
def test_server_that_still_writes_its_certificate_is_not_ready(tmp_path: Path, written: str | None) -> None:
    """Until the API server's certificate file is complete, the server is not ready, and that is no failure."""
    plane = Plane("m", str(tmp_path), 1, 2, 3)
    plane.certificates.mkdir()
    if written is not None:
        plane.authority.write_text(written)
    assert not apiserver.is_ready(plane)
