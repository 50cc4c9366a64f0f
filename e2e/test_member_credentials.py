"""Credentials of live members: rotated under the watches, renewed before they end, never used in another cluster."""

import pytest
from multicasskop.crds.names import FIELD_MANAGER, IDENTITY, REGISTER_FIELD_MANAGER
from multicasskop.world import processes
from multicasskop.world.accounts import ACCOUNT, allow, rule, token
from multicasskop.world.api import Api, Json
from multicasskop.world.imports import secret_of
from multicasskop.world.kinds import CASSANDRACLUSTERS, NAMESPACES, SECRETS
from multicasskop.world.registration import GUARD_SECONDS, Registry, logged, member_secret, wait_for_note
from multicasskop.world.scenario import child, event, has_condition, ready

pytestmark = pytest.mark.planes3


def lists(entries: list[Json]) -> int:
    """How many of these were lists."""
    return sum(entry["verb"] == "list" for entry in entries)


def test_rotation_costs_no_list(recognized: Registry) -> None:
    """Another token and a longer CA bundle come under the running member: it lists nothing again, and goes on."""
    registry, member = recognized, recognized.world.members[1]
    registry.register(member, secret_of(registry.opens(member)))
    registry.want("demo", member)
    registry.recorder.wait_for(ready(registry.namespace, "demo"))
    before = lists(registry.asked(member))
    rotated = secret_of(registry.opens(member))
    bundle = rotated["ca.crt"] + secret_of(registry.opens(registry.world.members[2]))["ca.crt"]
    registry.change(member, rotated | {"ca.crt": bundle})
    assert processes.wait_until(lambda: bool(logged(registry, "credentials renewed")), GUARD_SECONDS)
    registry.grow("demo", 2)
    registry.recorder.wait_for(ready(registry.namespace, "demo", 2), GUARD_SECONDS)
    assert registry.nodes("demo", member) == 2
    assert lists(registry.asked(member)) == before > 0


def test_secret_that_leads_to_another_cluster(recognized: Registry) -> None:
    """Nothing is read, written or deleted there, which is told three ways; the others go on; a person may accept it."""
    registry, (_, member, other) = recognized, recognized.world.members
    registry.register(member, secret_of(registry.opens(member)))
    registry.want("demo", member)
    first = registry.recorder.wait_for(ready(registry.namespace, "demo"))
    uid = registry.world.admin(other).get(NAMESPACES, "", "kube-system")["metadata"]["uid"]
    registry.change(member, secret_of(registry.opens(other)))
    told = registry.recorder.wait_for(
        has_condition(registry.namespace, "demo", "MembersReachable", "False", "IdentityChanged"), after=first.at
    )
    registry.recorder.wait_for(event(registry.namespace, "demo", "MemberIdentityChanged", uid))
    home = registry.world.admin(registry.home)
    assert uid in wait_for_note(home, registry.namespace, member, "MemberIdentityChanged")
    assert f'identity_changes_total{{member="{member}"}} 1.0' in registry.operator.metrics()
    registry.grow("demo", 2)
    is_home_s = child(registry.namespace, "demo", registry.home)
    registry.recorder.wait_for(lambda entry: is_home_s(entry) and grown(entry.object))
    asked = {(each["verb"], each["requestURI"].partition("?")[0]) for each in registry.asked(other)}
    assert asked <= {("get", "/api/v1/namespaces/kube-system"), ("get", "/livez")}
    assert registry.nodes("demo", member) == 1

    patch = {"metadata": {"annotations": {IDENTITY: uid}}}
    home.patch(SECRETS, registry.namespace, member, patch)
    registry.recorder.wait_for(child(registry.namespace, "demo", other, "ADDED"), GUARD_SECONDS, after=told.at)


def grown(obj: Json) -> bool:
    """The child has been asked for more nodes."""
    return bool(obj["spec"].get("nodesPerRacks") == 2)


def test_pinned_identity_holds_from_the_start(recognized: Registry) -> None:
    """A Secret that says which cluster it is for never lets the operator into another one, also after a restart."""
    registry, (_, member, other) = recognized, recognized.world.members
    pin = registry.world.admin(member).get(NAMESPACES, "", "kube-system")["metadata"]["uid"]
    registry.register(member, secret_of(registry.opens(other)), identity=pin)
    registry.want("demo", member)
    registry.recorder.wait_for(
        has_condition(registry.namespace, "demo", "MembersReachable", "False", "IdentityChanged")
    )
    registry.operator.restart()
    registry.change(member, secret_of(registry.opens(member)), identity=pin)
    registry.recorder.wait_for(ready(registry.namespace, "demo"), GUARD_SECONDS)
    assert registry.world.admin(other).find(CASSANDRACLUSTERS, registry.namespace, "demo") is None


def test_token_is_renewed_and_written_back(recognized: Registry) -> None:
    """A token that ends is renewed in time by the account's own right, written into its Secret, and put to use."""
    registry, member = recognized, recognized.world.members[1]
    api, home = registry.world.admin(member), registry.world.admin(registry.home)
    entry = registry.opens(member)
    allow(api, registry.namespace, "renewal", [rule("create", "serviceaccounts/token", names=[ACCOUNT])])
    allow(home, registry.namespace, "renewal", [rule("get patch", "secrets", names=[member])])
    # 0.002 of a day are three minutes; of ten minutes a second
    short = {**secret_of(entry), "token": short_token(api, registry.namespace)}
    path = f"{SECRETS.path(registry.namespace)}?fieldManager={REGISTER_FIELD_MANAGER}"
    made = home.request("POST", path, member_secret(member, short)).json()
    found: list[Json] = []

    def is_renewed() -> bool:
        found[:] = [home.get(SECRETS, registry.namespace, member)]
        return bool(found[0]["data"]["token"] != made["data"]["token"])

    assert processes.wait_until(is_renewed, GUARD_SECONDS)
    renewed = found[0]["metadata"]
    assert FIELD_MANAGER in {each["manager"] for each in renewed["managedFields"]}
    assert renewed["annotations"][IDENTITY] == api.get(NAMESPACES, "", "kube-system")["metadata"]["uid"]
    wait_for_note(home, registry.namespace, member, "TokenRenewed")
    registry.want("demo", member)
    registry.recorder.wait_for(ready(registry.namespace, "demo"))
    assert f'credential_expiry_timestamp_seconds{{member="{member}"}}' in registry.operator.metrics()


def short_token(api: Api, namespace: str) -> bytes:
    """A token of the shortest life that servers give."""
    return token(api, namespace, ACCOUNT, 600).encode()


def test_secret_of_another_tool_is_not_written(registry: Registry) -> None:
    """A Secret that something else writes is left as it is, and its end is told on it."""
    member = registry.world.members[1]
    api, home = registry.world.admin(member), registry.world.admin(registry.home)
    entry = registry.opens(member)
    allow(home, registry.namespace, "renewal", [rule("get patch", "secrets", names=[member])])
    registry.register(member, {**secret_of(entry), "token": short_token(api, registry.namespace)})
    before = home.get(SECRETS, registry.namespace, member)
    registry.want("demo", member)
    told = wait_for_note(home, registry.namespace, member, "CredentialExpiring")
    assert "is not renewed: its token was written by" in told
    degraded = has_condition(registry.namespace, "demo", "Degraded", "True", "CredentialExpiring")
    registry.recorder.wait_for(degraded, GUARD_SECONDS)
    assert home.get(SECRETS, registry.namespace, member) == before
