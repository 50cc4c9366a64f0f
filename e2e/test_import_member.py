"""The script that takes the place of `kubemcsa export --as`: an account in the member, its Secret for home."""

import base64
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.informers.imported import from_secret
from multicasskop.world.api import Api
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import (
    CASSANDRACLUSTERS,
    MULTICASSKOPS,
    NAMESPACES,
    ROLES,
    SECRETS,
    SERVICE_ACCOUNTS,
    Kind,
)
from multicasskop.world.processes import wait_until
from multicasskop.world.world import World

KUBECTL = os.environ.get("KUBECTL_PATH") or shutil.which("kubectl")
HOW_TO = Path(__file__).resolve().parent.parent / "docs" / "how-to"
SCRIPT = HOW_TO / "import-member.sh"
NAME = "k8s-cluster2"
REVOKED_SECONDS = 60.0
"""A guard against waiting for ever; a server remembers for ten seconds that it accepted a token."""

pytestmark = [pytest.mark.planes, pytest.mark.skipif(KUBECTL is None, reason="there is no kubectl on the PATH")]

Json = dict[str, Any]


def script(world: World, *flags: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the script over the world's contexts."""
    environment = {**os.environ, "KUBECONFIG": str(world.kubeconfig), "KUBECTL_PATH": str(KUBECTL)}
    command = ["bash", str(SCRIPT), *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env=environment)
    assert done.returncode == code, done.stderr
    return done


def flags(world: World, namespace: str, *more: str) -> list[str]:
    """Those of every run: the second member, called by its name."""
    home, member = world.members
    return [
        f"--context={member}",
        f"--namespace={namespace}",
        f"--as={NAME}",
        f"--home-context={home}",
        f"--server={world.server(member)}",
        *more,
    ]


def decoded(secret: Json) -> dict[str, str]:
    """The values of a Secret."""
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def may(server: str, values: dict[str, str], kind: Kind, namespace: str) -> bool:
    """Whether whoever holds these values may list the objects of a kind."""
    try:
        Api(NAME, server, values["ca.crt"], values["token"]).items(kind, namespace)
    except ApiError as refusal:
        if refusal.status == 403:
            return False
        raise
    return True


def test_applied_secret_lets_the_operator_in(world: World, namespace: str) -> None:
    """With `--apply` home has a Secret of the member's name which opens exactly the children of that namespace."""
    done = script(world, *flags(world, namespace, "--apply"))
    secret = world.admin(world.members[0]).get(SECRETS, namespace, NAME)
    values = decoded(secret)
    found = from_secret(NAME, secret["data"], local=True)
    assert (found.server, found.namespace) == (world.server(NAME), namespace)
    assert may(found.server, values, CASSANDRACLUSTERS, namespace)
    assert not may(found.server, values, CASSANDRACLUSTERS, "default")
    assert not may(found.server, values, MULTICASSKOPS, namespace)
    assert not may(found.server, values, SECRETS, namespace)
    reached = Api(NAME, found.server, values["ca.crt"], values["token"])
    assert reached.get(NAMESPACES, "", "kube-system")["metadata"]["uid"]
    assert done.stdout == ""
    assert values["token"] not in done.stderr
    assert "annotations" not in secret["metadata"]
    assert f"{found.server} answers" in done.stderr


def test_printed_secret_is_the_one_that_is_applied(world: World, namespace: str) -> None:
    """With `--print` the Secret is all there is on stdout; home is left alone, and the same comes again."""
    printed = script(world, *flags(world, namespace, "--print"))
    secret = yaml.safe_load(printed.stdout)
    home = world.admin(world.members[0])
    assert home.find(SECRETS, namespace, NAME) is None
    again = script(world, *flags(world, namespace, "--apply"))
    assert home.get(SECRETS, namespace, NAME)["data"] == secret["data"]
    assert again.stderr.count("unchanged") == 6


def test_rights_are_those_of_the_page(world: World, namespace: str) -> None:
    """The Role has the rules of rights/member.yaml, under the account's name, whatever that is."""
    script(world, *flags(world, namespace, "--print", "--account=far-away"))
    member = world.admin(world.members[1])
    documents = yaml.safe_load_all((HOW_TO / "rights" / "member.yaml").read_text())
    rules = next(document["rules"] for document in documents if document["kind"] == "Role")
    assert member.get(ROLES, namespace, "far-away")["rules"] == rules
    assert member.find(ROLES, namespace, "multicasskop") is None


def test_expiring_token(world: World, namespace: str) -> None:
    """With `--expiring` the token ends, which is said with the time, and no token Secret is left in the member."""
    done = script(world, *flags(world, namespace, "--print", "--expiring=1h"))
    assert "The token ends at 20" in done.stderr
    assert may(world.server(NAME), decoded(yaml.safe_load(done.stdout)), CASSANDRACLUSTERS, namespace)
    assert world.admin(world.members[1]).find(SECRETS, namespace, "multicasskop-token") is None


def test_access_ends_with_the_token_secret(world: World, namespace: str) -> None:
    """Deleting the token's Secret in the member takes the access back, once the server forgets that it knew it."""
    done = script(world, *flags(world, namespace, "--print"))
    values = decoded(yaml.safe_load(done.stdout))
    assert may(world.server(NAME), values, CASSANDRACLUSTERS, namespace)
    world.admin(world.members[1]).delete(SECRETS, namespace, "multicasskop-token")

    def is_refused() -> bool:
        try:
            return not may(world.server(NAME), values, CASSANDRACLUSTERS, namespace)
        except ApiError as refusal:
            return refusal.status == 401

    assert wait_until(is_refused, REVOKED_SECONDS)


def test_dry_run_changes_nothing(world: World, namespace: str) -> None:
    """With `--dry-run` it is only said what would be done."""
    done = script(world, *flags(world, namespace, "--apply", "--dry-run"))
    assert "This will" in done.stderr
    assert done.stdout == ""
    assert world.admin(world.members[1]).find(SERVICE_ACCOUNTS, namespace, "multicasskop") is None
    assert world.admin(world.members[0]).find(SECRETS, namespace, NAME) is None


def test_secret_of_somebody_else_is_left_alone(world: World, namespace: str) -> None:
    """A Secret of that name which is no member's is named and not touched; nothing is done in the member either."""
    home = world.admin(world.members[0])
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": NAME}, "stringData": {"password": "theirs"}}
    before = home.create(SECRETS, namespace, body)
    done = script(world, *flags(world, namespace, "--apply"), code=1)
    assert f"Secret {namespace}/{NAME} has a key password" in done.stderr
    assert home.get(SECRETS, namespace, NAME) == before
    assert world.admin(world.members[1]).find(SERVICE_ACCOUNTS, namespace, "multicasskop") is None


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        pytest.param(["--namespace=nowhere"], 1, "no namespace nowhere", id="no namespace"),
        pytest.param(["--context=nowhere"], 1, "nowhere", id="no context"),
        pytest.param(["--server=http://here"], 2, "not an https:// address", id="unencrypted"),
        pytest.param(["--as=Not_A_Name"], 2, "--as Not_A_Name", id="no name"),
        pytest.param(["--as="], 2, "needs --context, --namespace and --as", id="name missing"),
        pytest.param(["--wrong"], 2, "--wrong", id="unknown flag"),
        pytest.param([f"--ca-file={SCRIPT}"], 2, "holds no certificate", id="no CA"),
    ],
)
def test_wrong_use_is_told(world: World, namespace: str, change: list[str], code: int, words: str) -> None:
    """What cannot be done is told before anything is done."""
    done = script(world, *flags(world, namespace, "--print", *change), code=code)
    assert words in done.stderr
    assert done.stdout == ""
    assert world.admin(world.members[1]).find(SERVICE_ACCOUNTS, namespace, "multicasskop") is None


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="there is no shellcheck on the PATH")
def test_script_is_clean() -> None:
    """Shellcheck finds nothing."""
    done = subprocess.run(["shellcheck", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.stdout == ""
