"""Members that register by a Secret, live: they come, and go; and what a Secret may not say."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from multicasskop.world import processes
from multicasskop.world.accounts import ACCOUNT, allow
from multicasskop.world.imports import secret_of
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, SECRETS
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.operators import CHILD_RULES, Operator
from multicasskop.world.recorder import Recorder
from multicasskop.world.registration import (
    FLAGS,
    GUARD_SECONDS,
    WATCH_RULES,
    Registry,
    Values,
    kubeconfig_of,
    logged,
    member_secret,
    wait_for_note,
)
from multicasskop.world.scenario import child, event, ready, ring
from multicasskop.world.simulators.modes import MODE, Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes3


def test_member_comes_and_goes_with_its_secret(registry: Registry) -> None:
    """A Secret brings a member that is waited for, without a restart; when it goes, it is Unknown."""
    member, pid = registry.world.members[2], registry.operator.pid
    values = secret_of(registry.opens(member))
    registry.want("demo", member)
    registry.recorder.wait_for(event(registry.namespace, "demo", "UnknownMember"))
    registry.register(member, values)
    registry.recorder.wait_for(child(registry.namespace, "demo", member, "ADDED"))
    last = registry.recorder.wait_for(ready(registry.namespace, "demo"))
    assert f'member_info{{member="{member}"' in registry.operator.metrics()

    registry.unregister(member)
    registry.recorder.wait_for(registry.state_is("demo", member, "Unknown"), after=last.at)
    assert processes.wait_until(lambda: f'member="{member}"' not in registry.operator.metrics(), GUARD_SECONDS)
    assert registry.world.admin(member).find(CASSANDRACLUSTERS, registry.namespace, "demo") is not None
    assert (registry.operator.pid, registry.operator.is_alive()) == (pid, True)


def behave(registry: Registry, member: str, mode: Mode) -> None:
    """Let the CassKop of a member treat the ring's child in another way."""
    body = {"metadata": {"annotations": {MODE: mode.value}}}
    registry.world.admin(member).patch(CASSANDRACLUSTERS, registry.namespace, "demo", body)


def test_member_that_goes_in_the_midst_of_a_change_is_waited_for(registry: Registry) -> None:
    """Its Secret goes while its pods may be down: the next member is left alone until it is back, and done."""
    _, second, third = registry.world.members
    values = {name: secret_of(registry.opens(name)) for name in (second, third)}
    for name in values:
        registry.register(name, values[name])
    registry.want("demo", second, third)
    begun = registry.recorder.wait_for(ready(registry.namespace, "demo"))
    behave(registry, second, Mode.STUCK)
    registry.grow("demo", 2)
    registry.recorder.wait_for(registry.state_is("demo", second, "Progressing"), after=begun.at)
    registry.unregister(second)
    told = registry.recorder.wait_for(registry.state_is("demo", second, "Unknown"), after=begun.at)
    assert told.object["status"]["waitingFor"].startswith(f"{second}: MCK104 is not registered any more")
    registry.register(second, values[second])
    back = registry.recorder.wait_for(registry.state_is("demo", second, "Progressing"), after=told.at)
    assert registry.nodes("demo", third) == 1
    behave(registry, second, Mode.INSTANT)
    registry.recorder.wait_for(ready(registry.namespace, "demo", 2), GUARD_SECONDS, after=back.at)
    assert registry.nodes("demo", third) == 2


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


def test_every_shape_and_every_refusal(registry: Registry) -> None:
    """Each accepted shape lets in; each other one is refused by name, key and remedy, and nobody is connected to."""
    member = registry.world.members[1]
    entry = registry.opens(member)
    good = {f"ok-{name}": make(entry) for name, make in SHAPES.items()}
    for name, values in good.items():
        registry.register(name, values)
    for name, (make, _) in REFUSED.items():
        registry.register(f"no-{name}", make(entry))
    registry.want("demo", *good, *(f"no-{name}" for name in REFUSED))
    assert processes.wait_until(lambda: all(is_reached(registry, name) for name in good), GUARD_SECONDS)
    home = registry.world.admin(registry.home)
    for name, (_, words) in REFUSED.items():
        told = wait_for_note(home, registry.namespace, f"no-{name}", "MemberRefused")
        assert told.startswith(f"MCK113 secret no-{name}"), name
        assert words in told, name
        assert "register the member again (docs/how-to/register-a-member.md)" in told, name
    seen = [entry.object for entry in registry.recorder.entries()]
    shown = "\n".join(registry.operator.lines()) + json.dumps(seen)
    assert "c4n4ry" not in shown
    assert entry.token not in shown
    assert registry.operator.is_alive()


def is_reached(registry: Registry, member: str) -> bool:
    """The member answers."""
    return f'reachable{{member="{member}"}} 1.0' in registry.operator.metrics()


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


def test_two_secrets_for_one_member(registry: Registry) -> None:
    """The older one speaks, the other is told so on itself; when the older goes the other takes over, without a gap."""
    member, home = registry.world.members[1], registry.world.admin(registry.home)
    for name in ("one", "two"):
        registry.register(name, secret_of(registry.opens(member)), member=member)
    registry.want("demo", member)
    first = registry.recorder.wait_for(ready(registry.namespace, "demo"))
    # of the same second the UID decides
    about = [home.get(SECRETS, registry.namespace, name)["metadata"] for name in ("one", "two")]
    older, newer = (each["name"] for each in sorted(about, key=lambda each: (each["creationTimestamp"], each["uid"])))
    told = wait_for_note(home, registry.namespace, newer, "MemberNotUsed")
    assert told == f"not used: Secret {older}, which is older, registers {member} already"
    renewed = len(logged(registry, "credentials renewed"))
    registry.unregister(older)
    assert processes.wait_until(lambda: len(logged(registry, "credentials renewed")) > renewed, GUARD_SECONDS)
    registry.grow("demo", 2)
    registry.recorder.wait_for(ready(registry.namespace, "demo", 2), GUARD_SECONDS)
    is_unknown = registry.state_is("demo", member, "Unknown")
    assert not [entry for entry in registry.recorder.entries() if entry.at > first.at and is_unknown(entry)]


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
    registry = Registry(world, namespace, start_operator(*FLAGS, members=world.members[:1]), recorder)
    assert processes.wait_until(lambda: bool(logged(registry, "member secrets not watched")), GUARD_SECONDS)
    [line] = logged(registry, "member secrets not watched")
    assert "members.secrets" in line
    registry.register(member, secret_of(registry.opens(member)))
    registry.want("alone")
    recorder.wait_for(ready(namespace, "alone"))
    registry.want("demo", member)
    allow(home, namespace, "secrets", WATCH_RULES)
    recorder.wait_for(ready(namespace, "demo"), 2 * GUARD_SECONDS)


def test_home_that_is_lost(recognized: Registry) -> None:
    """Without home the operator stops writing and ends, and children stay; started again it goes on where it was."""
    registry, member = recognized, recognized.world.members[1]
    registry.register(member, secret_of(registry.opens(member)))
    registry.want("demo", member)
    registry.recorder.wait_for(ready(registry.namespace, "demo"))
    before = registry.world.admin(member).get(CASSANDRACLUSTERS, registry.namespace, "demo")
    registry.world.black_hole(registry.home)
    try:
        assert processes.wait_until(lambda: not registry.operator.is_alive(), GUARD_SECONDS)
    finally:
        registry.world.restore(registry.home)
    assert registry.world.admin(member).get(CASSANDRACLUSTERS, registry.namespace, "demo") == before
    assert any("lease lost" in line for line in registry.operator.lines())
    registry.operator.start()
    registry.grow("demo", 2)
    registry.recorder.wait_for(ready(registry.namespace, "demo", 2), GUARD_SECONDS)


def test_a_hundred_registrations_leave_nothing_behind(registry: Registry) -> None:
    """A member that comes and goes a hundred times costs no thread, no descriptor and no memory."""
    member = registry.world.members[2]
    values = secret_of(registry.opens(member))

    def turn() -> None:
        registry.register(member, values)
        assert processes.wait_until(lambda: is_known(registry, member), GUARD_SECONDS)
        registry.unregister(member)
        assert processes.wait_until(lambda: not is_known(registry, member), GUARD_SECONDS)

    for _ in range(10):
        turn()
    before = costs(registry.operator.pid)
    for _ in range(90):
        turn()
    assert processes.wait_until(lambda: costs(registry.operator.pid)[:2] <= before[:2], GUARD_SECONDS)
    assert costs(registry.operator.pid)[2] < before[2] * 1.1


def is_known(registry: Registry, member: str) -> bool:
    """The member is registered."""
    return f'member_info{{member="{member}"' in registry.operator.metrics()


def costs(pid: int) -> tuple[int, int, int]:
    """Threads, descriptors, and kilobytes in memory, of a process."""
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return int(status["Threads"]), len(list((process / "fd").iterdir())), int(status["VmRSS"].split()[0])
