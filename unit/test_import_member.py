"""The script that registers a member by hand gives the rights that `multicasskop register` gives."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes.registration import AUTHORITY, request
from multicasskop.operator.registering.manifests import identity_objects, member_objects
from multicasskop.operator.registering.request import Request
from multicasskop.operator.registering.rights import Right, renewal_rule, rights_of

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "how-to" / "import-member.sh"
KUBECTL = """#!/usr/bin/env bash
case "$*" in
  *"--namespace $REFUSED apply "*) echo 'Error from server (Forbidden): not yours' >&2; exit 1 ;;
  *" apply "*) file=$(mktemp "$APPLIED/XXXXXX"); cat >"$file" ;;
  *" get secret "*) printf dG9rZW4= ;;
  *" can-i "*) echo yes ;;
esac
"""
"""A kubectl that keeps what it is given to apply, may apply nothing in one namespace, and has a token."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What the script said, and which objects it applied."""

    code: int
    news: str
    objects: list[Json]


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """The CA of the member's API server."""
    path = tmp_path / "ca.crt"
    path.write_bytes(AUTHORITY.pem)
    return path


def script(folder: Path, asked: Request, *flags: str, refused: str = "nowhere") -> Run:
    """Run the script for a registration, over a kubectl that talks to nobody."""
    (applied := folder / "applied").mkdir()
    (kubectl := folder / "kubectl").write_text(KUBECTL)
    kubectl.chmod(0o755)
    known = [f"--as={asked.member}", f"--namespace={asked.namespace}", f"--account={asked.account}"]
    reach = ["--context=there", f"--server={asked.server}", f"--ca-file={folder / 'ca.crt'}", "--print"]
    environment = {**os.environ, "KUBECTL_PATH": str(kubectl), "APPLIED": str(applied), "REFUSED": refused}
    command = ["bash", str(SCRIPT), *known, *reach, *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    documents = [each for file in applied.iterdir() for each in yaml.safe_load_all(file.read_text())]
    return Run(done.returncode, done.stderr, documents)


def rights(roles: Iterable[tuple[str, Json]]) -> set[tuple[str, str, Right]]:
    """Each right by the namespace and the name of the Role that gives it."""
    return {(space, role["metadata"]["name"], right) for space, role in roles for right in rights_of(role["rules"])}


def given_by_command(asked: Request) -> set[tuple[str, str, Right]]:
    """The rights in the member that `register` gives, less the one to new tokens: the script's is not renewed."""
    objects = [each for each in (*member_objects(asked), *identity_objects(asked)) if each.resource.kind == "Role"]
    renewal = set(rights_of([renewal_rule(asked.account)]))
    return {each for each in rights((one.namespace, one.body) for one in objects) if each[2] not in renewal}


ASKED = [
    pytest.param(request(), id="plain"),
    pytest.param(request(account="far-away", namespaces=("rings",)), id="other names"),
]


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize("asked", ASKED)
def test_rights_are_those_of_the_command(tmp_path: Path, asked: Request) -> None:
    """Role for Role, in the same namespaces and by the same names, script and command give the same rights."""
    run = script(tmp_path, asked)
    assert run.code == 0, run.news
    roles = [(one["metadata"].get("namespace", asked.namespace), one) for one in run.objects if one["kind"] == "Role"]
    assert rights(roles) == given_by_command(asked)


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize("asked", ASKED)
def test_each_role_is_bound_to_the_account(tmp_path: Path, asked: Request) -> None:
    """Every Role has a binding of its own name beside it, whose only subject is the account in its namespace."""
    run = script(tmp_path, asked)
    roles = {one["metadata"]["name"] for one in run.objects if one["kind"] == "Role"}
    bindings = [one for one in run.objects if one["kind"] == "RoleBinding"]
    assert {one["metadata"]["name"] for one in bindings} == {one["roleRef"]["name"] for one in bindings} == roles
    for (subject,) in (one["subjects"] for one in bindings):
        assert subject["name"] == asked.account
        assert subject.get("namespace", asked.namespace) == asked.namespace


@pytest.mark.usefixtures("authority")
def test_member_is_registered_without_the_right_in_kube_system(tmp_path: Path) -> None:
    """Who may not make a Role in kube-system registers the member all the same, and is told what that costs."""
    run = script(tmp_path, request(), refused="kube-system")
    assert run.code == 0, run.news
    assert "its identity will not be checked" in run.news
    assert {one["metadata"]["name"] for one in run.objects if one["kind"] == "Role"} == {"multicasskop"}
