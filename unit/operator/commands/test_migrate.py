"""`migrate`: what it tells, what it refuses, and the one patch per child that it sends."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.exchange import Exchange, answer, failure
from fakes.golden import agrees
from fakes.planning import GROUP, Readable, readable
from fakes.stage import CHILDREN, NAMESPACE, PARENTS, Stage, ring
from multicasskop.crds.names import FINALIZER, LAST_APPLIED, OWNER
from multicasskop.informers.clock import SystemClock
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.reconcilers.multicasskop.merge import merge
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
Capture = pytest.CaptureFixture[str]
NAMES = ("eu-west", "eu-north")
DEPLOYMENTS = "/apis/apps/v1/deployments"
SERVED = {"resources": [{"name": PARENTS}, {"name": f"{PARENTS}/status"}]}
MEMBERS = ("--members", ",".join(NAMES))
SEEDS = {"eu-west": ["demo-dc1-rack1-0.ring.example"], "eu-north": ["demo-dc2-rack1-0.ring.example"]}

pytestmark = pytest.mark.usefixtures("quiet_logs")


def go_child(obj: Json, member: str, **spec: Any) -> Json:  # noqa: ANN401  any field of a child's spec
    """A child as the Go operator makes it, and its CassKop leaves it: no mark, everything defaulted."""
    made = merge(obj["spec"]["base"], obj["spec"]["override"][member] or {})
    defaults = {"runAsUser": 999, "fsGroup": 1, "serverType": "cassandra", "readOnlyRootFilesystem": True}
    made["spec"]["topology"]["dc"][0]["resources"] = {}
    written = {"manager": "multi-casskop", "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsV1": {}}
    metadata = {
        "name": "demo",
        "namespace": NAMESPACE,
        "labels": {"cluster": "k8s.pic"},
        "annotations": {LAST_APPLIED: '{"metadata":{"generation":1}}'},
        "managedFields": [written],
    }
    status = {"phase": "Running", "lastClusterAction": "Initializing", "lastClusterActionStatus": "Done"}
    return {
        "metadata": metadata,
        "spec": {**defaults, **made["spec"], **spec},
        "status": {**status, "seedlist": SEEDS[member]},
    }


def go_world(obj: Json | None = None, **changed: Json) -> Stage:
    """Two members as the Go operator leaves them; of a member that is named, its child's spec is another."""
    stage, wanted = Stage(*NAMES), obj or ring(*NAMES)
    wanted["metadata"]["finalizers"] = [FINALIZER]
    stage.home.server.put(PARENTS, wanted)
    for name in NAMES:
        stage.members[name].server.put(CHILDREN, go_child(wanted, name, **changed.get(name, {})))
    return stage


def go_deployment(replicas: int) -> Json:
    """The Go operator's Deployment."""
    container = {"image": "ghcr.io/cscetbon/multi-casskop:2.2.1", "args": [f"-l{NAMES[0]}", f"-r{NAMES[1]}"]}
    spec = {"replicas": replicas, "template": {"spec": {"containers": [container]}}}
    return {"metadata": {"namespace": "casskop", "name": "multi-casskop"}, "spec": spec}


@contextmanager
def migrating(stage: Stage, folder: Path, *, replicas: int | None = 0, served: Json = SERVED) -> Iterator[Readable]:
    """Lend the world to a migration; `replicas` of the Go operator, or None where there is none."""
    items = [] if replicas is None else [go_deployment(replicas)]
    with readable(stage, folder) as found:
        home = found.servers[NAMES[0]]
        home.on("GET", f"{GROUP}/v2", answer(served))
        home.on("GET", DEPLOYMENTS, answer({"kind": "DeploymentList", "items": items}))
        for name, server in found.servers.items():
            server.on("PATCH", f"{GROUP}/v2/namespaces/{NAMESPACE}/{CHILDREN}/demo", taking(stage, name))
        yield found


def taking(stage: Stage, member: str) -> Callable[[Exchange], None]:
    """An answer that takes a patch as the API server does."""

    def take(exchange: Exchange) -> None:
        child, body = stage.child(member), exchange.request.json
        assert child is not None
        head = {"apiVersion": "db.orange.com/v2", "kind": "CassandraCluster"}
        answer({**head, **merged(child, body)})(exchange)

    return take


def patches(found: Readable) -> dict[str, list[Json]]:
    """What was patched in each member."""
    return {name: [r.json for r in server.received("PATCH")] for name, server in found.servers.items()}


def test_dry_run(tmp_path: Path, capsys: Capture) -> None:
    """A dry run tells that all comes over as it is, and sends nothing."""
    with migrating(go_world(), tmp_path) as found:
        assert found.run("migrate", "--dry-run") == ExitCode.OK
        assert found.methods == {"GET"}
    agrees("migrate/clean.txt", capsys.readouterr().out)


def test_dry_run_beside_the_go_operator(tmp_path: Path, capsys: Capture) -> None:
    """While the Go operator still runs a dry run tells that, and all the rest as well."""
    with migrating(go_world(), tmp_path, replicas=1) as found:
        assert found.run("migrate", "--dry-run") == ExitCode.OK
        assert found.methods == {"GET"}
    agrees("migrate/running.txt", capsys.readouterr().out)


def changed_ring() -> Json:
    """A ring that means something else now than it did to the Go operator."""
    obj = ring(*NAMES)
    obj["spec"].pop("deleteCassandraCluster")
    obj["spec"]["base"]["spec"]["backRestSidecar"] = {"enabled": True}
    obj["spec"]["base"]["spec"]["unlockNextOperation"] = True
    obj["spec"]["override"]["eu-north"]["spec"]["backRestSidecar"] = {"enabled": False}
    return obj


def test_what_differs_is_told(tmp_path: Path, capsys: Capture) -> None:
    """Zero values, a missing cascade and triggers are told, with the fields that would change in which member."""
    stage = go_world(changed_ring(), **{"eu-north": {"backRestSidecar": {"enabled": True}}})
    with migrating(stage, tmp_path, replicas=1) as found:
        assert found.run("migrate", "--dry-run") == ExitCode.NO
    agrees("migrate/differs.txt", capsys.readouterr().out)


def given_seeds() -> Json:
    """A ring with a list of seeds in base."""
    obj = ring(*NAMES)
    obj["spec"]["base"]["status"] = {"seedlist": [*SEEDS["eu-west"], *SEEDS["eu-north"]]}
    return obj


def test_seeds_that_lag_restart_nothing(tmp_path: Path, capsys: Capture) -> None:
    """A list in base that only adds to what the children have stays undelivered, and that is told."""
    with migrating(go_world(given_seeds()), tmp_path) as found:
        assert found.run("migrate", "--dry-run") == ExitCode.OK
    written = capsys.readouterr().out
    assert "MCK504 spec.base.status.seedlist: fewer seeds than the ring has in eu-west, eu-north" in written
    agrees("migrate/seeds-lag.txt", written)


def test_seeds_that_would_be_delivered_are_told(tmp_path: Path, capsys: Capture) -> None:
    """A list in base in place of another one in a child is told with what it would restart, and how to keep that."""
    stage = go_world(given_seeds())
    (stored,) = stage.members["eu-north"].server.objects.values()
    stored["status"]["seedlist"] = ["demo-dc2-rack1-0.demo-dc2-rack1.cassandra"]
    with migrating(stage, tmp_path) as found:
        assert found.run("migrate", "--dry-run") == ExitCode.NO
    written = capsys.readouterr().out
    assert "MCK504 spec.base.status.seedlist: never reached the children; would be delivered to eu-north" in written
    agrees("migrate/seeds.txt", written)


INTERNAL = {"eu-west": "demo-dc1-rack1-0.demo.cassandra", "eu-north": "demo-dc2-rack1-0.demo.cassandra"}


@pytest.mark.parametrize(
    ("seeds", "code", "words"),
    [
        pytest.param({}, ExitCode.OK, "eu-west, eu-north with the seeds of their own CassKops; they stay", id="kept"),
        pytest.param(
            {"onChange": "Roll"}, ExitCode.NO, "spec.seeds.onChange is Roll; would be delivered to eu-west", id="rolled"
        ),
    ],
)
def test_seeds_of_their_own(tmp_path: Path, capsys: Capture, seeds: Json, code: int, words: str) -> None:
    """Children keep the seeds of their own CassKops, unless the object asks for the ring's; either is told."""
    obj = ring(*NAMES)
    obj["spec"]["seeds"] = seeds
    stage = go_world(obj)
    for name, seed in INTERNAL.items():
        stored = stage.members[name].server.objects[CHILDREN, (NAMESPACE, "demo")]  # type: ignore[index]
        stored["status"]["seedlist"] = [seed]
    with migrating(stage, tmp_path) as found:
        assert found.run("migrate", "--dry-run") == code
    written = capsys.readouterr().out
    assert "MCK504 spec.seeds: " in written
    assert words in written


def test_taking_over(tmp_path: Path, capsys: Capture) -> None:
    """Each child gets one patch: our mark, for the version that was seen, and nothing of its spec."""
    stage = go_world()
    with migrating(stage, tmp_path) as found:
        assert found.run("migrate", "--yes") == ExitCode.OK
        sent = patches(found)
    for name in NAMES:
        child = stage.child(name)
        assert child is not None
        (body,) = sent[name]
        assert set(body) == {"metadata"}
        assert set(body["metadata"]) == {"annotations", "uid", "resourceVersion"}
        assert body["metadata"]["resourceVersion"] == child["metadata"]["resourceVersion"]
        mark = json.loads(body["metadata"]["annotations"][OWNER])
        assert mark == {
            "home": f"{NAMES[0]}-identity",
            "namespace": NAMESPACE,
            "name": "demo",
            "uid": stage.parent()["metadata"]["uid"],
            "origin": "migrated",
        }
    written = capsys.readouterr().out
    assert written.count("marked as ours; generation 1, as before") == 2
    assert "install this operator" in written


def marked(stage: Stage, member: str, origin: str = "migrated") -> None:
    """Give a child our mark, as a former run did."""
    parent = stage.parent()["metadata"]
    mark = {"home": f"{NAMES[0]}-identity", "namespace": NAMESPACE, "name": "demo", "uid": parent["uid"]}
    notes = {OWNER: json.dumps({**mark, "origin": origin})}
    stage.members[member].server.edit(CHILDREN, NAMESPACE, "demo", {"metadata": {"annotations": notes}})


def test_an_interrupted_run_goes_on(tmp_path: Path, capsys: Capture) -> None:
    """A child that was marked before is passed over, and the rest is done."""
    stage = go_world()
    marked(stage, NAMES[0])
    with migrating(stage, tmp_path) as found:
        assert found.run("migrate", "--yes") == ExitCode.OK
        assert {name: len(sent) for name, sent in patches(found).items()} == {NAMES[0]: 0, NAMES[1]: 1}
    assert "unchanged: it was ours already" in capsys.readouterr().out


def test_a_second_run_does_nothing(tmp_path: Path, capsys: Capture) -> None:
    """Where all is marked nothing is sent, nobody is asked, and it says so."""
    stage = go_world()
    for name in NAMES:
        marked(stage, name)
    with migrating(stage, tmp_path) as found:
        assert found.run("migrate") == ExitCode.OK
        assert found.methods == {"GET"}
    assert "has come over already" in capsys.readouterr().out


def test_children_that_would_change_stay(tmp_path: Path) -> None:
    """A MultiCasskop that would change its children is left alone, unless that is accepted."""
    stage = go_world(**{"eu-north": {"cassandraImage": "other:1"}})
    with migrating(stage, tmp_path) as found:
        assert found.run("migrate", "--yes") == ExitCode.NO
        assert patches(found) == {name: [] for name in NAMES}
        assert found.run("migrate", "--yes", "--accept-changes") == ExitCode.OK
        assert all(len(sent) == 1 and "spec" not in sent[0] for sent in patches(found).values())


def test_it_asks_first(tmp_path: Path, capsys: Capture) -> None:
    """Without --yes, and with nobody to ask, nothing is written."""
    with migrating(go_world(), tmp_path) as found:
        assert found.run("migrate") == ExitCode.USAGE
        assert found.methods == {"GET"}
    assert "Next: --yes" in capsys.readouterr().err


def test_go_still_runs(tmp_path: Path, capsys: Capture) -> None:
    """While the Go operator runs nothing is taken over, and the command to stop it is told."""
    with migrating(go_world(), tmp_path, replicas=1) as found:
        assert found.run("migrate", "--yes") == ExitCode.REFUSED
        assert found.methods == {"GET"}
    written = capsys.readouterr()
    assert "MCK505 deployment casskop/multi-casskop still runs (1 replicas)" in written.out
    assert "kubectl -n casskop scale deployment multi-casskop --replicas=0" in written.err


def test_go_wrote_a_moment_ago(tmp_path: Path, capsys: Capture) -> None:
    """A write of the Go operator a moment ago counts as running, wherever it runs."""
    stage = go_world()
    (stored,) = stage.members[NAMES[1]].server.objects.values()
    stored["metadata"]["managedFields"][0]["time"] = SystemClock().now().isoformat()
    with migrating(stage, tmp_path, replicas=None) as found:
        assert found.run("migrate", "--yes", *MEMBERS) == ExitCode.REFUSED
    assert "it wrote to a child" in capsys.readouterr().out


def test_old_definition(tmp_path: Path, capsys: Capture) -> None:
    """The Go operator's definition, in which status is no sub-resource, is named with what to do."""
    with migrating(go_world(), tmp_path, served={"resources": [{"name": PARENTS}]}) as found:
        assert found.run("migrate", "--dry-run") == ExitCode.REFUSED
    written = capsys.readouterr().err
    assert written.startswith("MCK114")
    assert "kubectl replace -f" in written


def test_members_must_be_known(tmp_path: Path, capsys: Capture) -> None:
    """Without a Go operator to read them from, the members have to be named."""
    with migrating(go_world(), tmp_path, replicas=None) as found:
        assert found.run("migrate", "--dry-run") == ExitCode.USAGE
        assert "--members HOME,OTHER" in capsys.readouterr().err
        assert found.run("migrate", "--dry-run", *MEMBERS) == ExitCode.OK


def test_dark_member(tmp_path: Path, capsys: Capture) -> None:
    """A member that does not answer is named, and its MultiCasskop stays where it is."""
    with migrating(go_world(), tmp_path) as found:
        found.servers[NAMES[1]].stop()
        assert found.run("migrate", "--yes") == ExitCode.PARTLY
        assert found.servers[NAMES[0]].received("PATCH") == []
    assert "eu-north  not asked: " in capsys.readouterr().out


def test_child_that_changed_meanwhile(tmp_path: Path, capsys: Capture) -> None:
    """A child that has changed since it was looked at is left, those behind it too, and the way on is told."""
    stage = go_world()
    with readable(stage, tmp_path) as found:
        home = found.servers[NAMES[0]]
        home.on("GET", f"{GROUP}/v2", answer(SERVED))
        home.on("GET", DEPLOYMENTS, answer({"kind": "DeploymentList", "items": [go_deployment(0)]}))
        home.on("PATCH", f"{GROUP}/v2/namespaces/{NAMESPACE}/{CHILDREN}/demo", failure(409, "Conflict"))
        assert found.run("migrate", "--yes") == ExitCode.REFUSED
        assert found.servers[NAMES[1]].received("PATCH") == []
    assert "run the command again" in capsys.readouterr().out


def test_children_that_were_only_agreed_upon(tmp_path: Path) -> None:
    """A child that the operator took over silently is marked anew: it came from Go, and is to go with its object."""
    stage = go_world()
    for name in NAMES:
        marked(stage, name, "agreed")
    with migrating(stage, tmp_path) as found:
        assert found.run("migrate", "--yes") == ExitCode.OK
        for sent in patches(found).values():
            assert json.loads(sent[0]["metadata"]["annotations"][OWNER])["origin"] == "migrated"


def test_json(tmp_path: Path, capsys: Capture) -> None:
    """The document has all that was found, and what was done."""
    with migrating(go_world(), tmp_path) as found:
        assert found.run("migrate", "--yes", "-o", "json") == ExitCode.OK
    report = json.loads(capsys.readouterr().out)
    assert (report["kind"], report["members"]) == ("MigrationReport", list(NAMES))
    assert [each["done"] for each in report["taken"]] == [True, True]
    assert report["objects"][0]["verdict"] == "comes over without a change"


def test_the_operator_then_writes_nothing(tmp_path: Path) -> None:
    """After the taking over, the operator's first looks write no child at all."""
    stage = go_world()
    for name in NAMES:
        marked(stage, name)
    stage.forget_calls()
    stage.restart()
    stage.run()
    stage.wait(120, 4)
    assert stage.writes(CHILDREN) == []
    assert stage.status()["phase"] == "Ready"
