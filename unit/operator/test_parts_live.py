"""The whole operator with members that register by Secrets, over scripted servers."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fakes.api_server import FakeApiServer, Watch
from fakes.certificates import Authority
from fakes.exchange import answer, failure
from fakes.members import GROUP, Members, Run, absent, members, script
from fakes.rig import until
from multicasskop.crds.names import CLUSTER, ORPHANS
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.reconcilers.multicasskop.orphans import Orphan
from multicasskop.reconcilers.multicasskop.ownership import Mark

AUTHORITY = Authority()
SECRETS = "/api/v1/namespaces/default/secrets"
BOOK = f"/api/v1/namespaces/default/configmaps/{ORPHANS}"
Json = dict[str, Any]


@dataclass
class Stand:
    """Home, and a third cluster that no flag names."""

    home: FakeApiServer
    third: FakeApiServer
    members: Members
    watch: Watch

    def secret(self, version: int = 5, **changes: bytes) -> Json:
        """A Secret that opens the third cluster."""
        values = {"ca.crt": AUTHORITY.pem, "token": b"canary", "server": self.third.url.encode(), **changes}
        metadata = {"name": "c3", "namespace": "default", "uid": "u", "resourceVersion": str(version)}
        data = {key: base64.b64encode(value).decode() for key, value in values.items()}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata | {"labels": {CLUSTER: "true"}},
            "data": data,
        }

    def serve(self, *secrets: Json) -> None:
        """Let home have these Secrets."""
        body = {"kind": "SecretList", "apiVersion": "v1", "metadata": {"resourceVersion": "9"}, "items": list(secrets)}
        self.home.on("GET", SECRETS, answer(body))
        self.watch = self.home.on_watch(SECRETS)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """An operator that is about to run over home alone."""
    with members(tmp_path) as found, FakeApiServer(AUTHORITY) as third:
        script(found.home)
        script(third)
        found.settings = replace(found.settings, remotes=(), member_secrets=True, allow_local_servers=True)
        yield Stand(found.home, third, found, Watch())


def registered(run: Run) -> list[str]:
    """The members that were registered."""
    return [entry["member"] for entry in run.told("member registered")]


def test_member_that_is_there_at_the_start(stand: Stand) -> None:
    """What has a Secret by then is registered before the operator works, so that nothing is unknown for a moment."""
    stand.serve(stand.secret())
    with stand.members.running() as run:
        ready = run.until_told("ready")
        assert ready["members"] == "2/2"
        [request] = stand.home.received("GET", SECRETS)
        assert request.query["labelSelector"] == "multicasskop.db.orange.com/cluster=true"
        assert run.stop().code == ExitCode.OK
    assert registered(run) == ["c1", "c3"]
    assert run.parts.supervisor.running() == ()


def test_member_that_comes_breaks_and_goes(stand: Stand) -> None:
    """A Secret brings a member and takes it away; one that breaks meanwhile is told, and the member stays."""
    stand.serve()
    with stand.members.running() as run:
        run.until_told("ready")
        stand.watch.wait_opened()
        stand.watch.send({"type": "ADDED", "object": stand.secret(10)})
        until(lambda: "c3" in [entry["member"] for entry in run.told("member synced")])
        stand.watch.send({"type": "MODIFIED", "object": stand.secret(11, token=b"")})
        assert "has no token" in run.until_told("credentials kept")["error"]
        stand.watch.send({"type": "DELETED", "object": stand.secret(12)})
        assert run.until_told("member gone")["member"] == "c3"
        until(lambda: not [name for name in run.parts.supervisor.running() if "c3" in name])
        run.stop()
    assert run.parts.supervisor.failure is None
    assert "canary" not in str(run.told())


def test_member_that_comes_has_its_orphans_swept(stand: Stand) -> None:
    """What was left behind in a member that registers while the operator runs is looked at as soon as it answers."""
    stand.serve()
    orphan = Orphan("c3", "default", "ring", "uid-ring", Mark("", "default", "gone", "uid-gone", "created"))
    book = {
        "kind": "ConfigMap",
        "metadata": {"name": ORPHANS, "namespace": "default"},
        "data": {orphan.key: orphan.text()},
    }
    stand.home.on("GET", BOOK, answer(book))
    stand.home.on("PATCH", BOOK, answer({**book, "data": {}}))
    stand.home.on("GET", f"{GROUP}/namespaces/default/multicasskops/gone", absent("gone"))
    left = f"{GROUP}/namespaces/default/cassandraclusters/ring"
    stand.third.on("GET", left, absent("ring"))
    with stand.members.running() as run:
        run.until_told("ready")
        stand.home.wait_for(1, "GET", BOOK)
        stand.watch.wait_opened()
        stand.watch.send({"type": "ADDED", "object": stand.secret(10)})
        [struck] = stand.home.wait_for(1, "PATCH", BOOK)
        run.stop()
    assert struck.json["data"] == {orphan.key: None}
    assert stand.third.received("GET", left)


def test_secrets_that_may_not_be_watched(stand: Stand) -> None:
    """Home without that right serves, and what to do is said once."""
    stand.home.on("GET", SECRETS, failure(403, "Forbidden"))
    with stand.members.running() as run:
        run.until_told("ready")
        [entry] = run.told("member secrets not watched")
        run.stop()
    assert (entry["log_level"], "members.secrets" in entry["hint"]) == ("error", True)


def test_without_the_setting_no_secret_is_asked_for(stand: Stand) -> None:
    """The right to read Secrets is not used where nobody opted in."""
    stand.members.settings = replace(stand.members.settings, member_secrets=False)
    with stand.members.running() as run:
        run.until_told("ready")
        run.stop()
    assert [request.path for request in stand.home.requests if "secrets" in request.path] == []
