"""The docker command: the engine is the one of DOCKER_HOST, and what failed is told with its end."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from multicasskop.world.errors import ProgramsError, tail

PULL_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a Dockerfile's steps are given, and the network that they see: `none` or `default`."""

    arguments: Mapping[str, str] = field(default_factory=dict)
    network: str = "none"


def is_there(image: str) -> bool:
    """Whether the engine has the image. Raises ProgramsError where there is no docker command, or no engine answers."""
    done = _docker(["image", "inspect", "--format", "{{.Id}}", image])
    if done.returncode == 0:
        return True
    said = done.stderr.strip()
    if "o such image" in said:
        return False
    raise ProgramsError(f"docker image inspect {image}: {said}; start a container engine, or set DOCKER_HOST to one")


def pull(image: str) -> str:
    """Fetch the image; return nothing when it is there, else why it is not."""
    try:
        done = _docker(["pull", "--quiet", image], seconds=PULL_SECONDS)
    except subprocess.TimeoutExpired:
        return f"no answer within {PULL_SECONDS:g}s"
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1:][0]


def build(image: str, dockerfile: Path, context: Path, log: Path, options: BuildOptions) -> None:
    """Build an image. Raises ProgramsError with the log's end."""
    given = [part for name, value in options.arguments.items() for part in ("--build-arg", f"{name}={value}")]
    command = ["build", "--file", str(dockerfile), "--tag", image, "--network", options.network, *given, str(context)]
    run(command, log, f"{dockerfile} was not built")


def run(command: Sequence[str], log: Path, failure: str, feed: IO[bytes] | None = None) -> None:
    """Run a command of docker; what it says is in the log. Raises ProgramsError with the log's end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            ["docker", *command], stdin=feed, stdout=output, stderr=output, env=environment(), check=False
        )
    if done.returncode:
        raise ProgramsError(
            f"{failure} (docker {command[0]}: code {done.returncode}); the end of {log}:\n{tail(log, 20)}"
        )


def environment() -> dict[str, str]:
    """Our own variables; where docker has no buildx it would complain or refuse unless the old builder is asked for."""
    old = {} if _has_buildx() else {"DOCKER_BUILDKIT": "0"}
    return {**old, **os.environ}


def _has_buildx() -> bool:
    return _docker(["buildx", "version"]).returncode == 0


def _docker(arguments: Sequence[str], seconds: float = 60.0) -> "subprocess.CompletedProcess[str]":
    if shutil.which("docker") is None:
        raise ProgramsError("there is no docker command on this machine; install Docker, or leave tier kind out")
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=seconds, check=False)
