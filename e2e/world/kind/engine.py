"""The container engine and kind's programs on this machine, by their ordinary command lines."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from multicasskop.world.errors import ProgramsError, WorldError

# what pytest-kind would fetch by itself is years old
KIND_VERSION = "v0.33.0"
KUBECTL_VERSION = "v1.36.3"
CALL_SECONDS = 300.0


def missing() -> str:
    """Say why there can be no kind clusters here; empty when there can."""
    if shutil.which("docker") is None:
        return "there is no docker in PATH"
    asked = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    if asked.returncode:
        return f"no container engine answers: {last_line(asked.stderr)}"
    found = {"KIND_PATH": kind_path(), "KUBECTL_PATH": kubectl_path()}
    return next((f"no kind or kubectl in PATH; set {name}" for name, path in found.items() if path is None), "")


def docker(*arguments: str, seconds: float = CALL_SECONDS) -> str:
    """Run docker and return what it printed; WorldError with the end of what it complained about."""
    return run("docker", *arguments, seconds=seconds)


def run(*command: str, seconds: float = CALL_SECONDS, environment: Mapping[str, str] | None = None) -> str:
    """Run a program and return what it printed; WorldError names it, its exit code and its last words."""
    given = {**os.environ, **environment} if environment else None
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds, env=given)
    except subprocess.TimeoutExpired as error:
        raise WorldError(f"{' '.join(command[:4])} did not end within {seconds:g}s") from error
    if done.returncode:
        raise WorldError(f"{' '.join(command[:4])} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return done.stdout


def kind_path(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The program kind: KIND_PATH, else from PATH; None leaves it to pytest-kind, which fetches it."""
    return given_program("KIND_PATH", "kind", environment)


def kubectl_path(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The program kubectl: KUBECTL_PATH, else from PATH; None leaves it to pytest-kind, which fetches it."""
    return given_program("KUBECTL_PATH", "kubectl", environment)


def given_program(variable: str, name: str, environment: Mapping[str, str]) -> Path | None:
    """A program that a variable names or that stands in PATH; a variable that leads nowhere is an error."""
    if (named := environment.get(variable)) and not os.access(named, os.X_OK):
        raise ProgramsError(f"{variable}={named} is no program; unset it to take {name} from PATH")
    found = named or shutil.which(name, path=environment.get("PATH"))
    return Path(found) if found else None


def last_line(text: str) -> str:
    """The last line of what a program said."""
    return (text.strip().splitlines() or ["it said nothing"])[-1]
