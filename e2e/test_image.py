"""The operator's image, built by the repository's Dockerfile and run by the container engine as strictly as it can."""

import json
import subprocess

import pytest
from multicasskop.world.kind import engine, images

STRICT = ("--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
MEGABYTES = 400


@pytest.fixture(scope="module")
def image() -> str:
    """The image's name."""
    if reason := engine.missing():
        pytest.skip(f"tier kind: {reason}")
    return images.operator_image()


def run(image: str, *arguments: str, flags: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    """Run a container to its end."""
    command = ["docker", "run", *STRICT, *flags, image, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.kind
@pytest.mark.parametrize("user", ["", "4711:0"], ids=["its own user", "any user"])
def test_runs_without_rights_and_without_a_place_to_write(image: str, user: str) -> None:
    """As any user but root, with nothing to write to and no capability, the operator reads its settings."""
    flags = (f"--user={user}",) if user else ()
    done = run(image, "run", "--local=k8s-cluster1", "--check-config", flags=flags)
    assert done.returncode == 0, done.stderr
    assert "local: 'k8s-cluster1'" in done.stdout


@pytest.mark.kind
def test_starts_the_operator_without_a_shell(image: str) -> None:
    """The user is a number, and what is started is the program itself; without settings it says what is missing."""
    found = json.loads(engine.docker("image", "inspect", image))[0]
    assert found["Config"]["User"] == "1000:1000"
    assert (found["Config"]["Entrypoint"], found["Config"]["Cmd"]) == (["multicasskop"], ["run"])
    assert "MCK111 -l/--local" in run(image).stderr


@pytest.mark.kind
def test_holds_what_runs_and_nothing_of_its_making(image: str) -> None:
    """No installer, no test world and no source; no setting of the machine's pip; and it is small."""
    found = json.loads(engine.docker("image", "inspect", image))[0]
    assert {entry.partition("=")[0] for entry in found["Config"]["Env"]} <= {
        "PATH",
        "PYTHONUNBUFFERED",
        "PYTHONDONTWRITEBYTECODE",
        # of the published base
        "LANG",
        "GPG_KEY",
        "PYTHON_VERSION",
        "PYTHON_SHA256",
    }
    script = "import importlib.util as i; print([n for n in {names} if i.find_spec(n)])".format(
        names=["pip", "setuptools", "wheel", "pytest", "multicasskop.world", "multicasskop.operator"]
    )
    done = run(image, "-c", script, flags=("--entrypoint=/venv/bin/python",))
    assert done.stdout.strip() == "['multicasskop.operator']", done.stderr
    assert found["Size"] < MEGABYTES * 1_000_000
    assert "not part of this installation" in run(image, "demo").stderr
