"""A member whose imported Secret is not right is named, delays nobody, and is picked up when it is mended."""

import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from multicasskop.world import kubeconfig
from multicasskop.world.accounts import ACCOUNT, rule
from multicasskop.world.imports import Mount, secret_of
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, SECRETS, SERVICE_ACCOUNTS
from multicasskop.world.operators import CHILD_RULES, HOME_RULES, Operator
from multicasskop.world.planes.apiserver import signing_key
from multicasskop.world.ports import free_ports
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import Predicate, condition, event, has_condition, ready, ring, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

CassKop = Callable[..., None]
StartOperator = Callable[..., Operator]
Values = dict[str, bytes]
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)
GARBAGE = b"\x89\x00\xff\x1b[31m c4n4ry \xfe\r\n" * 40
PICKED_UP_SECONDS = 60
"""A guard against waiting for ever; it takes about three seconds."""


@dataclass(frozen=True)
class Stand:
    """The second member, its Secret as it should be, and where it is mounted."""

    world: World
    namespace: str
    good: Values
    mount: Mount

    @property
    def home(self) -> str:
        """The first member."""
        return self.world.members[0]

    @property
    def member(self) -> str:
        """The member that is imported."""
        return self.world.members[1]

    def submit(self) -> None:
        """Ask for a ring over both members."""
        self.world.admin(self.home).create(MULTICASSKOPS, self.namespace, ring("demo", self.world.members))

    def widen(self) -> int:
        """Ask for two nodes in each rack, and return the object's generation."""
        body = {"spec": {"base": {"spec": {"nodesPerRacks": 2}}}}
        written = self.world.admin(self.home).patch(MULTICASSKOPS, self.namespace, "demo", body)
        return int(written["metadata"]["generation"])


@pytest.fixture
def stand(world: World, namespace: str, tmp_path: Path) -> Stand:
    """A member whose Secret does not exist yet."""
    member = world.members[1]
    entry = world.service_account(member, namespace, ACCOUNT, CHILD_RULES)
    return Stand(world, namespace, secret_of(entry), Mount(tmp_path / "imports" / member))


def start(stand: Stand, start_operator: StartOperator) -> Operator:
    """The operator as in a pod: of the other member it knows what is mounted, and nothing else."""
    flags = (f"-r{stand.member}", f"--imports={stand.mount.folder.parent}")
    return start_operator(*flags, members=(stand.home,))


def without(key: str) -> Callable[[Stand], Values]:
    """The Secret lacks a key."""
    return lambda stand: {name: value for name, value in stand.good.items() if name != key}


def having(key: str, value: bytes) -> Callable[[Stand], Values]:
    """The Secret has something else under a key."""
    return lambda stand: stand.good | {key: value}


def damaged_authority(stand: Stand) -> Values:
    """The CA is a certificate in whose middle a line is missing."""
    lines = stand.good["ca.crt"].splitlines(keepends=True)
    return stand.good | {"ca.crt": b"".join(lines[:3] + lines[4:])}


def wrong_authority(stand: Stand) -> Values:
    """The CA is another cluster's."""
    return stand.good | {"ca.crt": kubeconfig.read(stand.world.kubeconfig, stand.home).authority.encode()}


def wrong_address(stand: Stand) -> Values:
    """Nobody listens at the address."""
    return stand.good | {"server": f"https://127.0.0.1:{free_ports(1)[0]}".encode()}


def expired_token(stand: Stand) -> Values:
    """The token is one that the member's API server would have accepted an hour ago."""
    account = stand.world.admin(stand.member).get(SERVICE_ACCOUNTS, stand.namespace, ACCOUNT)
    issuer, now = "https://kubernetes.default.svc", int(time.time())  # noqa: TID251 - the server's clock
    about = {"namespace": stand.namespace, "serviceaccount": {"name": ACCOUNT, "uid": account["metadata"]["uid"]}}
    claims = {
        "iss": issuer,
        "aud": [issuer],
        "sub": f"system:serviceaccount:{stand.namespace}:{ACCOUNT}",
        "iat": now - 7200,
        "nbf": now - 7200,
        "exp": now - 3600,
        "kubernetes.io": about,
    }
    key = load_pem_private_key(signing_key(stand.world.plane(stand.member)).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signed = b".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "ES256", "typ": "JWT"}, claims))
    numbers = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    signature = b"".join(number.to_bytes(32, "big") for number in numbers)
    return stand.good | {"token": signed + b"." + encoded(signature)}


def encoded(data: bytes) -> bytes:
    """As in a JSON web token."""
    return urlsafe_b64encode(data).rstrip(b"=")


GARBLED = "BadCredentials", "MCK113"
REFUSED = "Unauthorized", "MCK303"
BAD = [
    pytest.param(lambda _: {}, *GARBLED, "k8s-cluster2: is empty", id="no secret"),
    pytest.param(without("ca.crt"), *GARBLED, "k8s-cluster2: has no ca.crt", id="no ca.crt"),
    pytest.param(without("token"), *GARBLED, "k8s-cluster2: has no token", id="no token"),
    pytest.param(without("server"), *GARBLED, "k8s-cluster2: has no server", id="no server"),
    pytest.param(having("ca.crt", GARBAGE), *GARBLED, "/ca.crt: holds no", id="garbage as ca.crt"),
    pytest.param(having("token", GARBAGE), *GARBLED, "/token: the token holds", id="garbage as token"),
    pytest.param(having("server", GARBAGE), *GARBLED, "/server: the server is", id="garbage as server"),
    pytest.param(having("config", GARBAGE), *GARBLED, "/config: is not", id="garbage as config"),
    pytest.param(damaged_authority, *GARBLED, "/ca.crt: holds a certificate", id="damaged ca.crt"),
    pytest.param(having("token", b"no.such.c4n4ry"), *REFUSED, "is not accepted", id="wrong token"),
    pytest.param(expired_token, *REFUSED, "/token: the token expired at 20", id="expired token"),
    pytest.param(wrong_authority, "TLSFailed", "MCK302", "/ca.crt", id="wrong ca"),
    pytest.param(wrong_address, "ConnectionRefused", "MCK301", "refused the connection", id="wrong address"),
]


@pytest.mark.parametrize(("make", "reason", "code", "words"), BAD)
def test_bad_import_is_named_and_mended_without_a_restart(
    stand: Stand,
    casskop: CassKop,
    recorder: Recorder,
    start_operator: StartOperator,
    make: Callable[[Stand], Values],
    reason: str,
    code: str,
    words: str,
) -> None:
    """The operator serves home, says what is wrong in log, condition and event, and goes on when it is mended."""
    casskop(INSTANT)
    namespace, bad = stand.namespace, make(stand)
    stand.mount.project(bad)
    operator = start(stand, start_operator)
    pid = operator.pid
    stand.submit()
    recorder.wait_for(settled(namespace, "demo", stand.home))
    told = recorder.wait_for(has_condition(namespace, "demo", "MembersReachable", "False", reason)).object
    message = condition(told, "MembersReachable")["message"]
    assert words in message
    assert message.startswith(f"{stand.member}: ")
    kind = "MemberDark" if code == "MCK301" else "CredentialRejected"
    note = recorder.wait_for(event(namespace, "demo", kind, code)).object["note"]
    assert words in note
    assert code == "MCK301" or "docs/how-to/register-a-member.md" in note
    warnings = [line for line in operator.lines() if code in line]
    assert any(words in line and stand.member in line for line in warnings)
    assert stand.world.admin(stand.member).find(CASSANDRACLUSTERS, namespace, "demo") is None

    stand.mount.project(stand.good)
    recorder.wait_for(ready(namespace, "demo"), PICKED_UP_SECONDS)
    recorder.wait_for(event(namespace, "demo", "MemberBack", stand.member))
    assert operator.is_alive()
    assert operator.pid == pid
    shown = "\n".join(operator.lines()) + json.dumps([entry.object for entry in recorder.entries()])
    secrets = ["c4n4ry", bad.get("token", b"none").decode(errors="replace"), stand.good["token"].decode()]
    assert not [secret for secret in secrets if secret != "none" and secret in shown]  # noqa: S105


def says(namespace: str, reason: str, words: str) -> Predicate:
    """The condition of the members has this reason, and these words in its message."""
    fits = has_condition(namespace, "demo", "MembersReachable", "False", reason)
    return lambda entry: fits(entry) and words in condition(entry.object, "MembersReachable")["message"]


def test_one_mistake_after_the_other(
    stand: Stand, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """Each new mistake in the same Secret is told by the condition and in the log, until all is right."""
    casskop(INSTANT)
    operator = start(stand, start_operator)
    stand.submit()
    last = recorder.wait_for(says(stand.namespace, "BadCredentials", "is empty"))
    for make, reason, words in (
        (without("server"), "BadCredentials", "has no server"),
        (wrong_authority, "TLSFailed", "no trust"),
        (expired_token, "Unauthorized", "expired at"),
        (having("ca.crt", GARBAGE), "BadCredentials", "holds no certificate"),
    ):
        stand.mount.project(make(stand))
        last = recorder.wait_for(says(stand.namespace, reason, words), PICKED_UP_SECONDS, after=last.at)
        wait_for_log(operator, words)
    stand.mount.project(stand.good)
    recorder.wait_for(ready(stand.namespace, "demo"), PICKED_UP_SECONDS)
    assert operator.is_alive()


@pytest.fixture
def dead_member(stand: Stand) -> Any:  # noqa: ANN401  a generator
    """The member's API server does not run, until the test is over."""
    stand.world.stop(stand.member)
    yield stand
    stand.world.restore(stand.member)


def test_member_that_is_not_there_at_the_start(
    dead_member: Stand, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """A member that does not exist yet at install is named, and joins when it comes up."""
    stand = dead_member
    casskop(INSTANT, members=[stand.home])
    stand.mount.project(stand.good)
    operator = start(stand, start_operator)
    pid = operator.pid
    stand.submit()
    recorder.wait_for(settled(stand.namespace, "demo", stand.home))
    recorder.wait_for(has_condition(stand.namespace, "demo", "MembersReachable", "False", "ConnectionRefused"), 120)
    recorder.wait_for(event(stand.namespace, "demo", "MemberDark", "MCK301"))
    stand.world.restore(stand.member)
    casskop(INSTANT, members=[stand.member])
    recorder.wait_for(ready(stand.namespace, "demo"), PICKED_UP_SECONDS)
    assert operator.pid == pid


def test_secret_that_is_not_mounted(
    stand: Stand, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """A Secret that the operator reads from home's API is found, too, when it comes after the start."""
    casskop(INSTANT)
    home, readable = stand.world.admin(stand.home), rule("get", "secrets", names=[stand.member])
    operator = start_operator(f"-r{stand.member}", "--imports=/nowhere", members=(stand.home,))
    stand.world.service_account(stand.home, stand.namespace, ACCOUNT, (*HOME_RULES, readable))
    stand.submit()
    recorder.wait_for(says(stand.namespace, "BadCredentials", "a Secret k8s-cluster2 in the operator's namespace"))
    data = {key: b64encode(value).decode() for key, value in stand.good.items()}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": stand.member}, "data": data}
    home.create(SECRETS, stand.namespace, body)
    recorder.wait_for(ready(stand.namespace, "demo"), PICKED_UP_SECONDS)
    assert operator.is_alive()


def lists(operator: Operator, member: str) -> float:
    """How many lists of children there have been in a member."""
    lines = operator.metrics().splitlines()
    wanted = [line for line in lines if line.startswith("multicasskop_informer_lists_total") and member in line]
    return sum(float(line.rpartition(" ")[2]) for line in wanted)


def wait_for_log(operator: Operator, text: str, seconds: float = PICKED_UP_SECONDS) -> str:
    """Return the first line of the log that holds a text."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = next((line for line in operator.lines() if text in line), "")
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"no {text!r} in the log after {seconds}s")


def test_rotation_costs_no_list(
    stand: Stand, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """Another CA bundle and another token are taken over by the running member, which lists nothing again."""
    casskop(INSTANT)
    stand.mount.project(stand.good)
    operator = start(stand, start_operator)
    stand.submit()
    recorder.wait_for(ready(stand.namespace, "demo"))
    before = lists(operator, stand.member)
    rotated = stand.world.service_account(stand.member, stand.namespace, ACCOUNT, CHILD_RULES)
    bundle = stand.good["ca.crt"] + wrong_authority(stand)["ca.crt"]
    stand.mount.project(secret_of(rotated) | {"ca.crt": bundle})
    wait_for_log(operator, "credentials renewed")
    recorder.wait_for(ready(stand.namespace, "demo", stand.widen()), PICKED_UP_SECONDS)
    assert stand.world.admin(stand.member).get(CASSANDRACLUSTERS, stand.namespace, "demo")["spec"]["nodesPerRacks"] == 2
    assert lists(operator, stand.member) == before


def test_another_address_is_listed_again(
    stand: Stand, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """When the address in the Secret changes, the member is reached there from then on, and listed once more."""
    casskop(INSTANT)
    stand.mount.project(stand.good)
    operator = start(stand, start_operator)
    stand.submit()
    recorder.wait_for(ready(stand.namespace, "demo"))
    before = lists(operator, stand.member)
    direct = stand.world.service_account(stand.member, stand.namespace, ACCOUNT, CHILD_RULES, relayed=False)
    stand.mount.project(secret_of(direct))
    assert direct.server in wait_for_log(operator, "credentials renewed")
    stand.world.black_hole(stand.member)
    try:
        recorder.wait_for(ready(stand.namespace, "demo", stand.widen()), PICKED_UP_SECONDS)
    finally:
        stand.world.restore(stand.member)
    assert lists(operator, stand.member) == before + 1


def test_what_works_is_kept_when_its_secret_goes(
    stand: Stand, casskop: CassKop, recorder: Recorder, start_operator: StartOperator
) -> None:
    """A Secret that vanishes from under a member that works is a warning; the member goes on."""
    casskop(INSTANT)
    stand.mount.project(stand.good)
    operator = start(stand, start_operator)
    stand.submit()
    recorder.wait_for(ready(stand.namespace, "demo"))
    stand.mount.project({})
    assert "is empty" in wait_for_log(operator, "credentials kept")
    recorder.wait_for(ready(stand.namespace, "demo", stand.widen()), PICKED_UP_SECONDS)
