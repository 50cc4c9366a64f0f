"""Members that are brought in and out from the command line, judged by what the clusters then hold and allow."""

import base64
import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NamedTuple

import pytest
import yaml
from multicasskop.crds.names import CLUSTER, IDENTITY, MEMBER, REGISTRATION
from multicasskop.informers.imported import from_secret
from multicasskop.operator import main
from multicasskop.world.accounts import ACCOUNT
from multicasskop.world.api import Api
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import (
    CASSANDRACLUSTERS,
    CLUSTER_ROLES,
    MULTICASSKOPS,
    NAMESPACES,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICE_ACCOUNTS,
)
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import ready, ring
from multicasskop.world.world import World

pytestmark = [pytest.mark.planes, pytest.mark.usefixtures("logging_as_it_was")]

NAME = "eu-north"
REVOKED_SECONDS = 60.0
"""A guard against waiting for ever; a server remembers for ten seconds that it accepted a token."""
Json = dict[str, Any]


class Done(NamedTuple):
    """What the program wrote."""

    stdout: str
    stderr: str


def command(world: World, *words: str, code: int = 0) -> Done:
    """Run the program over the world's contexts, as somebody who is at no terminal."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        found = main.run([*words, f"--kubeconfig={world.kubeconfig}"])
    assert found == code, out.getvalue() + err.getvalue()
    return Done(out.getvalue(), err.getvalue())


def register(world: World, namespace: str, *more: str, code: int = 0) -> Done:
    """Register the second member in the first one."""
    home, member = world.members
    where = [f"--home-context={home}", f"--home-namespace={namespace}", f"--context={member}"]
    where.append("--allow-local-servers")
    return command(world, "register", f"--as={NAME}", "-n", namespace, *where, *more, code=code)


def held(world: World, namespace: str) -> dict[str, Json]:
    """What is in both members of all that a registration makes, by member, kind and name."""
    kinds = {"ServiceAccount": SERVICE_ACCOUNTS, "Role": ROLES, "RoleBinding": ROLE_BINDINGS, "Secret": SECRETS}
    return {
        f"{member} {kind} {item['metadata']['name']}": item
        for member in world.members
        for kind, plural in kinds.items()
        for space in (namespace, "kube-system")
        for item in world.admin(member).items(plural, space)
        if item["metadata"]["name"] not in ("default", "kube-root-ca.crt")
        if space == namespace or item["metadata"]["name"].startswith(f"{namespace}.")
    }


def values(secret: Json) -> dict[str, str]:
    """The values of a Secret."""
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def test_registered_member(world: World, namespace: str) -> None:
    """Registering makes an account with exactly the rights for children, and the Secret that opens them to home."""
    home, member = world.members
    done = register(world, namespace, "--yes")
    there = held(world, namespace)
    assert set(there) == {
        f"{member} ServiceAccount multicasskop",
        f"{member} Role multicasskop",
        f"{member} RoleBinding multicasskop",
        f"{member} Role {namespace}.multicasskop.identity",
        f"{member} RoleBinding {namespace}.multicasskop.identity",
        f"{home} Secret {NAME}",
        f"{home} Role multicasskop-member-{NAME}",
        f"{home} RoleBinding multicasskop-member-{NAME}",
    }
    secret = there[f"{home} Secret {NAME}"]
    assert secret["metadata"]["labels"] == {CLUSTER: "true"}
    marks = secret["metadata"]["annotations"]
    kube_system = world.admin(member).get(NAMESPACES, "", "kube-system")
    assert (marks[MEMBER], marks[IDENTITY]) == (NAME, kube_system["metadata"]["uid"])
    found = from_secret(NAME, secret["data"], local=True)
    assert (found.server, found.namespace) == (world.server(member), namespace)
    assert f"✔ {NAME}  reached with it in " in done.stdout
    assert "9 of 9 rights, cassandraclusters v2 served" in done.stdout
    assert values(secret)["token"] not in done.stdout + done.stderr
    account = Api(NAME, world.server(member), values(secret)["ca.crt"], values(secret)["token"])
    assert account.get(NAMESPACES, "", "kube-system")["metadata"]["uid"] == marks[IDENTITY]
    with pytest.raises(ApiError, match="403"):
        account.get(NAMESPACES, "", "default")


def test_rights_everywhere(world: World, namespace: str) -> None:
    """With `--cluster-wide` the account may work in any namespace, and unregistering leaves nothing of that."""
    home, member = world.members
    register(world, namespace, "--yes", "--cluster-wide")
    secret = world.admin(home).get(SECRETS, namespace, NAME)
    for space in (namespace, "default"):
        assert may_list(world.server(member), values(secret), space)
    where = [NAME, f"--home-context={home}", f"--home-namespace={namespace}", f"--context={member}", "--yes"]
    command(world, "unregister", *where)
    assert held(world, namespace) == {}
    roles = {role["metadata"]["name"] for role in world.admin(member).items(CLUSTER_ROLES)}
    assert f"{namespace}.multicasskop" not in roles


def test_second_time_changes_nothing(world: World, namespace: str) -> None:
    """Said again, without a word of consent, nothing is written, not even another token."""
    register(world, namespace, "--yes")
    before = held(world, namespace)
    done = register(world, namespace)
    assert held(world, namespace) == before
    assert done.stdout.count("unchanged") == len(before)


def test_rights_that_were_taken_are_given_back(world: World, namespace: str) -> None:
    """A Role that lacks a right is shown with what it lacks, and mended, under the same token."""
    _, member = world.members
    register(world, namespace, "--yes")
    before = held(world, namespace)
    rules = before[f"{member} Role multicasskop"]["rules"]
    fewer = [{**rules[0], "verbs": ["get", "list", "watch"]}, *rules[1:]]
    world.admin(member).patch(ROLES, namespace, "multicasskop", {"rules": fewer})
    done = register(world, namespace, "--yes", "--rbac-only")
    assert [line.strip() for line in done.stderr.splitlines()][2:] == [
        "+ create cassandraclusters",
        "+ delete cassandraclusters",
        "+ patch cassandraclusters",
    ]
    after = held(world, namespace)
    assert after[f"{member} Role multicasskop"]["rules"] == rules
    assert {name for name in before if before[name] != after[name]} == {f"{member} Role multicasskop"}


def test_nobody_consents(world: World, namespace: str) -> None:
    """Off a terminal nothing is done without `--yes`, and what would be is said."""
    done = register(world, namespace, code=2)
    assert "This will" in done.stderr
    assert "Nothing was changed. Next: --yes, or --dry-run" in done.stderr
    assert held(world, namespace) == {}


def test_dry_run_is_what_kubectl_would_take(world: World, namespace: str) -> None:
    """With `--dry-run` nothing is written, and stdout holds the very objects, but for the token."""
    home, _ = world.members
    dry = register(world, namespace, "--dry-run")
    assert held(world, namespace) == {}
    documents = [document for document in yaml.safe_load_all(dry.stdout) if document]
    register(world, namespace, "--yes")
    there = {name.partition(" ")[2]: made for name, made in held(world, namespace).items()}
    assert len(documents) == len(there)
    for document in documents:
        made = there[f"{document['kind']} {document['metadata']['name']}"]
        assert made["metadata"]["annotations"] == document["metadata"]["annotations"]
        assert made.get("rules") == document.get("rules")
    secret = next(document for document in documents if document["kind"] == "Secret")
    assert secret["stringData"].keys() == {"ca.crt", "server", "namespace"}
    assert register(world, namespace).stdout.count("unchanged") == len(there)
    assert world.admin(home).get(SECRETS, namespace, NAME)["data"].keys() == {*secret["stringData"], "token"}


def test_somebody_else_s_objects(world: World, namespace: str) -> None:
    """A Secret that is no member's, or another registration's account, is named and left alone; nothing is done."""
    home, member = world.members
    theirs = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": NAME}, "stringData": {"password": "theirs"}}
    world.admin(home).create(SECRETS, namespace, theirs)
    before = held(world, namespace)
    done = register(world, namespace, "--yes", code=6)
    assert f"MCK323 home: Secret {namespace}/{NAME} has a key password" in done.stderr
    assert held(world, namespace) == before
    world.admin(home).delete(SECRETS, namespace, NAME)
    account = {"metadata": {"name": "multicasskop", "annotations": {REGISTRATION: "x/y/z"}}}
    world.admin(member).create(SERVICE_ACCOUNTS, namespace, account)
    before = held(world, namespace)
    assert "belongs to the registration x/y/z" in register(world, namespace, "--yes", code=6).stderr
    assert held(world, namespace) == before


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        pytest.param(["--server=http://10.0.0.1:6443"], 2, "MCK113 eu-north: server", id="unencrypted"),
        pytest.param(["-n", "nowhere"], 4, "MCK314 eu-north: there is no namespace nowhere", id="no namespace"),
        pytest.param(["--context=k8s-cluster1"], 6, "MCK324", id="home itself"),
    ],
)
def test_what_cannot_be_is_told_first(world: World, namespace: str, change: list[str], code: int, words: str) -> None:
    """What cannot be done, or the operator would not take, is told before anything is done."""
    done = register(world, namespace, "--yes", *change, code=code)
    assert words in done.stderr
    assert held(world, namespace) == {}


def test_server_that_the_ca_does_not_vouch_for(world: World, namespace: str) -> None:
    """An address that leads to another server than the CA's is refused before a token is made."""
    home, _ = world.members
    done = register(world, namespace, "--yes", f"--server={world.server(home)}", code=6)
    assert f"MCK302 {NAME}: " in done.stderr
    assert held(world, namespace) == {}


def test_operator_works_in_a_registered_member_until_it_is_unregistered(
    world: World,
    namespace: str,
    start_operator: Callable[..., object],
    casskop: Callable[[], None],
    recorder: Recorder,
) -> None:
    """With the Secret as it stands an operator makes the child; unregistering ends its access, and leaves the child."""
    home, member = world.members
    register(world, namespace, "--yes", f"--operator-account={ACCOUNT}")
    secret = world.admin(home).get(SECRETS, namespace, NAME)
    casskop()
    start_operator("-r", NAME, members=[home])
    world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", [home, NAME]))
    recorder.wait_for(ready(namespace, "demo"), 60)
    before = world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo")
    assert may_list(world.server(member), values(secret), namespace)
    where = [NAME, f"--home-context={home}", f"--home-namespace={namespace}", f"--context={member}"]
    refused = command(world, "unregister", *where, code=6)
    assert f"MCK321 {NAME}: 1 MultiCasskop names it. Nothing was changed" in refused.stderr
    assert f"  {namespace}/demo   dc2, 1 nodes" in refused.stderr
    command(world, "unregister", *where, "--yes")
    assert not [name for name in held(world, namespace) if name.startswith(member) or name.endswith(NAME)]
    assert wait_until(lambda: not may_list(world.server(member), values(secret), namespace), REVOKED_SECONDS)
    assert world.admin(member).get(CASSANDRACLUSTERS, namespace, "demo")["metadata"]["uid"] == before["metadata"]["uid"]
    command(world, "unregister", *where, "--yes", code=4)


def may_list(server: str, credentials: dict[str, str], namespace: str) -> bool:
    """Whether whoever holds these credentials may list children."""
    try:
        Api(NAME, server, credentials["ca.crt"], credentials["token"]).items(CASSANDRACLUSTERS, namespace)
    except ApiError as refusal:
        if refusal.status in (401, 403):
            return False
        raise
    return True


def test_members(world: World, namespace: str) -> None:
    """The table tells of each member whether it answers, which version it has, and who names it; exit code 5 if not."""
    home, _ = world.members
    register(world, namespace, "--yes")
    world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", [home, NAME]))
    where = ["members", "-n", namespace, f"--context={home}", f"--local={home}"]
    # rings of other tests may be on their way out, and name members that nobody registers here
    rings = world.admin(home).items(MULTICASSKOPS)
    strangers = {name for ring_ in rings for name in ring_["spec"]["override"]} - {home, NAME}
    rows = json.loads(command(world, *where, "-o", "json", code=5 if strangers else 0).stdout)["items"]
    found = [row for row in rows if row["name"] not in strangers]
    assert [(row["name"], row["role"], row["state"]) for row in found] == [
        (home, "home", "reachable"),
        (NAME, "remote", "reachable"),
    ]
    assert all(row["version"].startswith("v1.") and f"{namespace}/demo" in row["usedBy"] for row in found)
    assert found[1]["credential"]["kind"] == "token"
    dead = base64.b64encode(b"https://127.0.0.1:1").decode()
    world.admin(home).patch(SECRETS, namespace, NAME, {"data": {"server": dead}})
    done = command(world, *where, code=5)
    assert f"{NAME}      remote  ? dark" in done.stdout
    assert f"MCK301 {NAME}: https://127.0.0.1:1 refused the connection" in done.stdout


def test_doctor(world: World, namespace: str) -> None:
    """All is well after a registration; a right that is taken away and a server that is gone are named, with codes."""
    home, member = world.members
    register(world, namespace, "--yes")
    where = ["doctor", "-n", namespace, f"--context={home}"]
    well = command(world, *where).stdout
    assert f"  ✔ {NAME}  8 of 8 allowed" in well
    assert "0 failed" in well
    rules = world.admin(member).get(ROLES, namespace, "multicasskop")["rules"]
    fewer = [rule for rule in rules if "cassandraclusters/status" not in rule["resources"]]
    world.admin(member).patch(ROLES, namespace, "multicasskop", {"rules": fewer})
    assert wait_until(lambda: "Failed   MCK311" in doctor(world, where), REVOKED_SECONDS)
    assert f"denied: patch cassandraclusters/status in {namespace}   MCK311" in doctor(world, where)
    dead = base64.b64encode(b"https://127.0.0.1:1").decode()
    world.admin(home).patch(SECRETS, namespace, NAME, {"data": {"server": dead}})
    ill = json.loads(command(world, *where, "-o", "json", code=1).stdout)
    results = {category["name"]: category["checks"][0]["result"] for category in ill["categories"]}
    assert (ill["ok"], results["members"], results["rights"]) == (False, "broken", "unknown")


def doctor(world: World, where: list[str]) -> str:
    """What the doctor says, whether all is well or not."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        main.run([*where, f"--kubeconfig={world.kubeconfig}"])
    return out.getvalue()
