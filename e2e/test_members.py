"""Members that register by a Secret, live: they come within two seconds, change under the running watches, and go."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from multicasskop.crds.names import FIELD_MANAGER, IDENTITY, REGISTER_FIELD_MANAGER
from multicasskop.world import processes
from multicasskop.world.accounts import rule
from multicasskop.world.imports import secret_of
from multicasskop.world.kinds import CASSANDRACLUSTERS, EVENTS, MULTICASSKOPS, NAMESPACES, SECRETS
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.operators import ACCOUNT, CHILD_RULES, Operator
from multicasskop.world.recorder import Recorder
from multicasskop.world.registration import (
    WATCH_RULES,
    allow,
    allow_identity,
    forbid_identity,
    kubeconfig_of,
    member_secret,
)
from multicasskop.world.scenario import Predicate, child, event, has_condition, parent, ready, ring
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes3

Values = dict[str, bytes]
Json = dict[str, Any]
FLAGS = ("--member-secrets", "--imports=/nowhere")
QUICK = ("--renew-tokens-at=0.002", "--lease-duration=8s", "--renew-deadline=5s", "--retry-period=1s")
ENGAGED_SECONDS = 2.0
"""What is promised between a Secret's creation and the first child in its member; a busy machine gets some room."""
ROOM_SECONDS = 3.0
GUARD_SECONDS = 30.0


@dataclass(frozen=True)
class Stage:
    """An operator of home alone, which watches Secrets; two other clusters that it does not know yet."""

    world: World
    namespace: str
    operator: Operator
    recorder: Recorder

    @property
    def home(self) -> str:
        """The first member."""
        return self.world.members[0]

    def opens(self, member: str) -> Entry:
        """What lets the operator in."""
        return self.world.service_account(member, self.namespace, ACCOUNT, CHILD_RULES)

    def register(self, name: str, values: Values, **marks: str) -> None:
        """Make a member's Secret."""
        self.world.admin(self.home).create(SECRETS, self.namespace, member_secret(name, values, **marks))

    def change(self, name: str, values: Values, **marks: str) -> None:
        """Give it another content."""
        self.world.admin(self.home).replace(SECRETS, self.namespace, member_secret(name, values, **marks))

    def unregister(self, name: str) -> None:
        """Delete it."""
        self.world.admin(self.home).delete(SECRETS, self.namespace, name)

    def want(self, name: str, *members: str) -> None:
        """Ask for a ring over home and these."""
        body = ring(name, (self.home, *members), deleteCassandraCluster=False)
        self.world.admin(self.home).create(MULTICASSKOPS, self.namespace, body)

    def grow(self, name: str, nodes: int) -> None:
        """Ask for more nodes everywhere."""
        patch = {"spec": {"base": {"spec": {"nodesPerRacks": nodes}}}}
        self.world.admin(self.home).patch(MULTICASSKOPS, self.namespace, name, patch)

    def nodes(self, name: str, member: str) -> int:
        """How many nodes a rack of the child is to have."""
        found = self.world.admin(member).get(CASSANDRACLUSTERS, self.namespace, name)
        return int(found["spec"]["nodesPerRacks"])

    def state_is(self, name: str, member: str, state: str) -> Predicate:
        """The status says this of a member."""
        is_parent = parent(self.namespace, name)

        def fits(entry: Any) -> bool:  # noqa: ANN401
            clusters = (entry.object.get("status") or {}).get("clusters") or []
            return is_parent(entry) and {"name": member, "state": state}.items() <= next(
                (each.items() for each in clusters if each["name"] == member), {}.items()
            )

        return fits

    def asked(self, member: str) -> list[Json]:
        """What the operator asked a member, by the member's audit log."""
        user = f"system:serviceaccount:{self.namespace}:{ACCOUNT}"
        entries = map(json.loads, self.world.audit_log(member).read_text().splitlines())
        return [entry for entry in entries if entry["user"].get("username") == user]


@pytest.fixture
def stage(
    world: World,
    namespace: str,
    recorder: Recorder,
    casskop: Callable[..., None],
    start_operator: Callable[..., Operator],
) -> Stage:
    """An operator of this test's own."""
    casskop(SimulatorOptions(Mode.INSTANT, Contract.OWN))
    allow(world.admin(world.members[0]), namespace, "secrets", WATCH_RULES)
    operator = start_operator(*FLAGS, *QUICK, members=world.members[:1])
    return Stage(world, namespace, operator, recorder)


@pytest.fixture
def shown(stage: Stage) -> Iterator[Stage]:
    """The other clusters let the operator see which cluster they are."""
    others = [stage.world.admin(member) for member in stage.world.members[1:]]
    for api in others:
        allow_identity(api, stage.namespace)
    yield stage
    for api in others:
        forbid_identity(api, stage.namespace)


def lists(entries: list[Json]) -> int:
    """How many of these were lists."""
    return sum(entry["verb"] == "list" for entry in entries)


def test_member_comes_and_goes_with_its_secret(stage: Stage) -> None:
    """A Secret brings a member that is waited for, in time and without a restart; when it goes, it is Unknown."""
    member, pid = stage.world.members[2], stage.operator.pid
    values = secret_of(stage.opens(member))
    stage.want("demo", member)
    stage.recorder.wait_for(event(stage.namespace, "demo", "UnknownMember"))
    began = time.monotonic()
    stage.register(member, values)
    made = stage.recorder.wait_for(child(stage.namespace, "demo", member, "ADDED"))
    assert made.at - began < ENGAGED_SECONDS + ROOM_SECONDS
    last = stage.recorder.wait_for(ready(stage.namespace, "demo"))
    assert f'member_info{{member="{member}"' in stage.operator.metrics()

    stage.unregister(member)
    stage.recorder.wait_for(stage.state_is("demo", member, "Unknown"), after=last.at)
    assert processes.wait_until(lambda: f'member="{member}"' not in stage.operator.metrics(), GUARD_SECONDS)
    assert stage.world.admin(member).find(CASSANDRACLUSTERS, stage.namespace, "demo") is not None
    assert (stage.operator.pid, stage.operator.is_alive()) == (pid, True)


SHAPES: dict[str, Callable[[Entry], Values]] = {
    "parts": secret_of,
    "kubeconfig": lambda entry: {"kubeconfig": kubeconfig_of(entry)},
    "config": lambda entry: {"config": kubeconfig_of(entry)},
    "value": lambda entry: {"value": kubeconfig_of(entry)},
    "kubemcsa": lambda entry: {**secret_of(entry), "config": kubeconfig_of(entry)},
}


def bad_entry(**changes: Any) -> Callable[[Entry], Values]:  # noqa: ANN401
    """A kubeconfig with other fields than are allowed, of the `cluster` or of the `user`."""
    return lambda entry: {"kubeconfig": kubeconfig_of(entry, **changes)}


def having(key: str, value: bytes) -> Callable[[Entry], Values]:
    """The parts, one of them being something else."""
    return lambda entry: secret_of(entry) | {key: value}


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b]\n"
EXEC = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/c4n4ry"}}
REFUSED: dict[str, tuple[Callable[[Entry], Values], str]] = {
    "exec": (bad_entry(user=EXEC), "exec: not allowed in a Secret"),
    "auth-provider": (bad_entry(user={"auth-provider": {"name": "oidc"}}), "auth-provider: not allowed"),
    "token-file": (bad_entry(user={"tokenFile": "/etc/passwd"}), "tokenFile: not allowed"),
    "key-file": (bad_entry(user={"client-key": "/etc/passwd"}), "client-key: not allowed"),
    "ca-file": (bad_entry(cluster={"certificate-authority": "/etc/passwd"}), "certificate-authority: not allowed"),
    "proxy": (bad_entry(cluster={"proxy-url": "http://10.0.0.1:3128"}), "proxy-url: proxies are not supported"),
    "impersonation": (bad_entry(user={"as": "system:admin"}), "as: impersonation is not supported"),
    "unverified": (bad_entry(cluster={"insecure-skip-tls-verify": True}), "insecure-skip-tls-verify: not allowed"),
    "http": (bad_entry(cluster={"server": "http://10.0.0.1"}), "the server is not an https:// address"),
    "no-ca": (bad_entry(cluster={"certificate-authority-data": ""}), "has no certificate-authority-data"),
    "bomb": (lambda _: {"kubeconfig": BOMB}, "is not a kubeconfig: aliases are not allowed here"),
    "huge": (lambda _: {"kubeconfig": b"a: b\n" * 180_000}, "key kubeconfig: is longer than"),
    "garbage": (lambda _: {"kubeconfig": b"\x89\x00\xff c4n4ry" * 40}, "key kubeconfig: is not a kubeconfig"),
    "empty": (lambda _: {}, "has no ca.crt, token, server"),
    "bad-token": (having("token", b"c4n4ry \x00"), "key token: the token holds characters"),
    "plain": (having("server", b"http://10.0.0.1"), "key server: the server is not an https:// address"),
}


def test_every_shape_and_every_refusal(stage: Stage) -> None:
    """Each accepted shape lets in; each other one is refused by name, key and remedy, and nobody is connected to."""
    member = stage.world.members[1]
    entry = stage.opens(member)
    good = {f"ok-{name}": make(entry) for name, make in SHAPES.items()}
    for name, values in good.items():
        stage.register(name, values)
    for name, (make, _) in REFUSED.items():
        stage.register(f"no-{name}", make(entry))
    stage.want("demo", *good, *(f"no-{name}" for name in REFUSED))
    assert processes.wait_until(lambda: all(is_reached(stage, name) for name in good), GUARD_SECONDS)
    home = stage.world.admin(stage.home)
    for name, (_, words) in REFUSED.items():
        told = wait_for_note(home, stage.namespace, f"no-{name}", "MemberRefused")
        assert told.startswith(f"MCK113 secret no-{name}"), name
        assert words in told, name
        assert "register the member again (docs/how-to/register-a-member.md)" in told, name
    shown = "\n".join(stage.operator.lines()) + json.dumps([each.object for each in stage.recorder.entries()])
    assert "c4n4ry" not in shown
    assert entry.token not in shown
    assert stage.operator.is_alive()


def is_reached(stage: Stage, member: str) -> bool:
    """The member answers."""
    return f'reachable{{member="{member}"}} 1.0' in stage.operator.metrics()


def wait_for_note(api: Any, namespace: str, name: str, reason: str) -> str:  # noqa: ANN401
    """The note of an event about a Secret."""
    found: list[str] = []

    def look() -> bool:
        found[:] = [
            each["note"]
            for each in api.items(EVENTS, namespace)
            if (each["reason"], each["regarding"]["kind"], each["regarding"]["name"]) == (reason, "Secret", name)
        ]
        return bool(found)

    assert processes.wait_until(look, GUARD_SECONDS), f"no {reason} about {name}"
    return found[0]


def test_local_server_is_refused_by_default(
    world: World, namespace: str, recorder: Recorder, start_operator: Callable[..., Operator]
) -> None:
    """Without the setting for tests a Secret leads to no address of the operator's machine, be it called by a name."""
    home = world.admin(world.members[0])
    allow(home, namespace, "secrets", WATCH_RULES)
    operator = start_operator(*FLAGS, members=world.members[:1], MCK_ALLOW_LOCAL_SERVERS="false")
    entry = world.service_account(world.members[1], namespace, ACCOUNT, CHILD_RULES)
    by_name = entry.server.replace("127.0.0.1", "localhost")
    home.create(SECRETS, namespace, member_secret("address", secret_of(entry)))
    home.create(SECRETS, namespace, member_secret("name", secret_of(entry) | {"server": by_name.encode()}))
    home.create(MULTICASSKOPS, namespace, ring("demo", (world.members[0], "address", "name")))
    assert "is a loopback address" in wait_for_note(home, namespace, "address", "MemberRefused")
    recorder.wait_for(event(namespace, "demo", "CredentialRejected", "a loopback address"))
    assert processes.wait_until(lambda: any("leads to 127.0.0.1" in line for line in operator.lines()), GUARD_SECONDS)
    user = f"system:serviceaccount:{namespace}:{ACCOUNT}"
    assert user not in world.audit_log(world.members[1]).read_text()


def test_rotation_costs_no_list(shown: Stage) -> None:
    """Another token and a longer CA bundle come under the running member: it lists nothing again, and goes on."""
    stage, member = shown, shown.world.members[1]
    stage.register(member, secret_of(stage.opens(member)))
    stage.want("demo", member)
    first = stage.recorder.wait_for(ready(stage.namespace, "demo"))
    before = lists(stage.asked(member))
    rotated = secret_of(stage.opens(member))
    bundle = rotated["ca.crt"] + secret_of(stage.opens(stage.world.members[2]))["ca.crt"]
    stage.change(member, rotated | {"ca.crt": bundle})
    assert processes.wait_until(lambda: bool(logged(stage, "credentials renewed")), GUARD_SECONDS)
    stage.grow("demo", 2)
    stage.recorder.wait_for(ready(stage.namespace, "demo"), GUARD_SECONDS, after=first.at)
    assert stage.nodes("demo", member) == 2
    assert lists(stage.asked(member)) == before > 0


def test_secret_that_leads_to_another_cluster(shown: Stage) -> None:
    """Nothing is read, written or deleted there, which is told three ways; the others go on; a person may accept it."""
    stage, (_, member, other) = shown, shown.world.members
    stage.register(member, secret_of(stage.opens(member)))
    stage.want("demo", member)
    first = stage.recorder.wait_for(ready(stage.namespace, "demo"))
    uid = stage.world.admin(other).get(NAMESPACES, "", "kube-system")["metadata"]["uid"]
    stage.change(member, secret_of(stage.opens(other)))
    told = stage.recorder.wait_for(
        has_condition(stage.namespace, "demo", "MembersReachable", "False", "IdentityChanged"), after=first.at
    )
    stage.recorder.wait_for(event(stage.namespace, "demo", "MemberIdentityChanged", uid))
    assert uid in wait_for_note(stage.world.admin(stage.home), stage.namespace, member, "MemberIdentityChanged")
    assert f'identity_changes_total{{member="{member}"}} 1.0' in stage.operator.metrics()
    stage.grow("demo", 2)
    stage.recorder.wait_for(lambda entry: child(stage.namespace, "demo", stage.home)(entry) and grown(entry.object))
    asked = {(each["verb"], each["requestURI"].partition("?")[0]) for each in stage.asked(other)}
    assert asked <= {("get", "/api/v1/namespaces/kube-system"), ("get", "/livez")}
    assert stage.nodes("demo", member) == 1

    patch = {"metadata": {"annotations": {IDENTITY: uid}}}
    stage.world.admin(stage.home).patch(SECRETS, stage.namespace, member, patch)
    stage.recorder.wait_for(child(stage.namespace, "demo", other, "ADDED"), GUARD_SECONDS, after=told.at)


def grown(obj: Json) -> bool:
    """The child has been asked for more nodes."""
    return bool(obj["spec"].get("nodesPerRacks") == 2)


def test_pinned_identity_holds_from_the_start(shown: Stage) -> None:
    """A Secret that says which cluster it is for never lets the operator into another one, also after a restart."""
    stage, (_, member, other) = shown, shown.world.members
    pin = stage.world.admin(member).get(NAMESPACES, "", "kube-system")["metadata"]["uid"]
    stage.register(member, secret_of(stage.opens(other)), identity=pin)
    stage.want("demo", member)
    stage.recorder.wait_for(has_condition(stage.namespace, "demo", "MembersReachable", "False", "IdentityChanged"))
    stage.operator.restart()
    stage.change(member, secret_of(stage.opens(member)), identity=pin)
    stage.recorder.wait_for(ready(stage.namespace, "demo"), GUARD_SECONDS)
    assert stage.world.admin(other).find(CASSANDRACLUSTERS, stage.namespace, "demo") is None


def test_two_secrets_for_one_member(stage: Stage) -> None:
    """The older one speaks, the other is told so on itself; when the older goes the other takes over, without a gap."""
    member, home = stage.world.members[1], stage.world.admin(stage.home)
    for name in ("one", "two"):
        stage.register(name, secret_of(stage.opens(member)), member=member)
    stage.want("demo", member)
    first = stage.recorder.wait_for(ready(stage.namespace, "demo"))
    # of the same second the UID decides
    about = [home.get(SECRETS, stage.namespace, name)["metadata"] for name in ("one", "two")]
    older, newer = (each["name"] for each in sorted(about, key=lambda each: (each["creationTimestamp"], each["uid"])))
    told = wait_for_note(home, stage.namespace, newer, "MemberNotUsed")
    assert told == f"not used: Secret {older}, which is older, registers {member} already"
    renewed = len(logged(stage, "credentials renewed"))
    stage.unregister(older)
    assert processes.wait_until(lambda: len(logged(stage, "credentials renewed")) > renewed, GUARD_SECONDS)
    stage.grow("demo", 2)
    stage.recorder.wait_for(ready(stage.namespace, "demo"), GUARD_SECONDS, after=first.at)
    is_unknown = stage.state_is("demo", member, "Unknown")
    assert not [entry for entry in stage.recorder.entries() if entry.at > first.at and is_unknown(entry)]


def logged(stage: Stage, text: str) -> list[str]:
    """The lines of the operator's log with a text."""
    return [line for line in stage.operator.lines() if text in line]


def test_right_that_is_missing_is_named(
    world: World,
    namespace: str,
    recorder: Recorder,
    casskop: Callable[..., None],
    start_operator: Callable[..., Operator],
) -> None:
    """Without the right to watch Secrets the operator says so and serves home; given the right, members come."""
    casskop(SimulatorOptions(Mode.INSTANT, Contract.OWN))
    home, member = world.admin(world.members[0]), world.members[1]
    stage = Stage(world, namespace, start_operator(*FLAGS, members=world.members[:1]), recorder)
    [line] = logged(stage, "member secrets not watched")
    assert "members.secrets" in line
    stage.register(member, secret_of(stage.opens(member)))
    stage.want("alone")
    recorder.wait_for(ready(namespace, "alone"))
    stage.want("demo", member)
    allow(home, namespace, "secrets", WATCH_RULES)
    recorder.wait_for(ready(namespace, "demo"), 2 * GUARD_SECONDS)


def test_token_is_renewed_and_written_back(shown: Stage) -> None:
    """A token that ends is renewed in time by the account's own right, written into its Secret, and put to use."""
    stage, member = shown, shown.world.members[1]
    api, home = stage.world.admin(member), stage.world.admin(stage.home)
    entry = stage.opens(member)
    allow(api, stage.namespace, "renewal", [rule("create", "serviceaccounts/token", names=[ACCOUNT])])
    allow(home, stage.namespace, "renewal", [rule("get patch", "secrets", names=[member])])
    # 0.002 of a day are three minutes; of ten minutes a second
    short = {**secret_of(entry), "token": short_token(api, stage.namespace)}
    path = f"{SECRETS.path(stage.namespace)}?fieldManager={REGISTER_FIELD_MANAGER}"
    made = home.request("POST", path, member_secret(member, short)).json()
    found: list[Json] = []

    def is_renewed() -> bool:
        found[:] = [home.get(SECRETS, stage.namespace, member)]
        return bool(found[0]["data"]["token"] != made["data"]["token"])

    assert processes.wait_until(is_renewed, GUARD_SECONDS)
    renewed = found[0]["metadata"]
    assert FIELD_MANAGER in {each["manager"] for each in renewed["managedFields"]}
    assert renewed["annotations"][IDENTITY] == api.get(NAMESPACES, "", "kube-system")["metadata"]["uid"]
    wait_for_note(home, stage.namespace, member, "TokenRenewed")
    stage.want("demo", member)
    stage.recorder.wait_for(ready(stage.namespace, "demo"))
    assert f'credential_expiry_timestamp_seconds{{member="{member}"}}' in stage.operator.metrics()


def short_token(api: Any, namespace: str) -> bytes:  # noqa: ANN401
    """A token of the shortest life that servers give."""
    from multicasskop.world.accounts import token

    return token(api, namespace, ACCOUNT, 600).encode()


def test_secret_of_another_tool_is_not_written(stage: Stage) -> None:
    """A Secret that something else writes is left as it is, and its end is told on it."""
    member = stage.world.members[1]
    api, home = stage.world.admin(member), stage.world.admin(stage.home)
    entry = stage.opens(member)
    allow(home, stage.namespace, "renewal", [rule("get patch", "secrets", names=[member])])
    stage.register(member, {**secret_of(entry), "token": short_token(api, stage.namespace)})
    before = home.get(SECRETS, stage.namespace, member)
    told = wait_for_note(home, stage.namespace, member, "CredentialExpiring")
    assert "is not renewed: its token was written by" in told
    assert home.get(SECRETS, stage.namespace, member) == before


def test_home_that_is_lost(shown: Stage) -> None:
    """Without home the operator stops writing and ends, and children stay; started again it goes on where it was."""
    stage, member = shown, shown.world.members[1]
    stage.register(member, secret_of(stage.opens(member)))
    stage.want("demo", member)
    first = stage.recorder.wait_for(ready(stage.namespace, "demo"))
    before = stage.world.admin(member).get(CASSANDRACLUSTERS, stage.namespace, "demo")
    stage.world.black_hole(stage.home)
    try:
        assert processes.wait_until(lambda: not stage.operator.is_alive(), GUARD_SECONDS)
    finally:
        stage.world.restore(stage.home)
    assert stage.world.admin(member).get(CASSANDRACLUSTERS, stage.namespace, "demo") == before
    assert any("lease lost" in line for line in stage.operator.lines())
    stage.operator.start()
    stage.grow("demo", 2)
    stage.recorder.wait_for(ready(stage.namespace, "demo"), GUARD_SECONDS, after=first.at)


def test_a_hundred_registrations_leave_nothing_behind(stage: Stage) -> None:
    """A member that comes and goes a hundred times costs no thread, no descriptor and no memory."""
    member = stage.world.members[2]
    values = secret_of(stage.opens(member))

    def turn() -> None:
        stage.register(member, values)
        assert processes.wait_until(lambda: is_known(stage, member), GUARD_SECONDS)
        stage.unregister(member)
        assert processes.wait_until(lambda: not is_known(stage, member), GUARD_SECONDS)

    for _ in range(10):
        turn()
    before = costs(stage.operator.pid)
    for _ in range(90):
        turn()
    assert processes.wait_until(lambda: costs(stage.operator.pid)[:2] <= before[:2], GUARD_SECONDS)
    assert costs(stage.operator.pid)[2] < before[2] * 1.1


def is_known(stage: Stage, member: str) -> bool:
    """The member is registered."""
    return f'member_info{{member="{member}"' in stage.operator.metrics()


def costs(pid: int) -> tuple[int, int, int]:
    """Threads, descriptors, and kilobytes in memory, of a process."""
    from pathlib import Path

    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return int(status["Threads"]), len(list((process / "fd").iterdir())), int(status["VmRSS"].split()[0])
