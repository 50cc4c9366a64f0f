"""The informer layer alone: ten minutes of faults, a thousand lists, and other credentials."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from multicasskop.world.accounts import rule
from multicasskop.world.api import Api
from multicasskop.world.campaign.chaos import ChaosPlan, live, run_chaos
from multicasskop.world.campaign.churn import Churn
from multicasskop.world.campaign.fault_mix import ALL, GONE
from multicasskop.world.campaign.notifications import faithful
from multicasskop.world.campaign.witness_process import Witness
from multicasskop.world.kinds import CONFIGMAPS
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.processes import wait_until
from multicasskop.world.proxy.certificates import new_identity
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.recorder import Recorder
from multicasskop.world.world import World

pytestmark = [pytest.mark.planes]

OBJECTS, CONNECTIONS, RENEWALS = 10_000, 8, 4
# in so much of a hurry the longest delay is over in a tenth of a second
PLANS = {
    "everything for ten minutes": ChaosPlan(ALL, 600.0),
    "a thousand lists": ChaosPlan(GONE, 60.0, lists=1000, hurry=400.0),
}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_nothing_is_lost_or_invented(
    plan: ChaosPlan, world: World, namespace: str, faults: Faults, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Stores end as the servers, all changes are told once and none that was not, nothing is left over or rushed."""
    seed = int(pytestconfig.getoption("--slice").partition("/")[0])
    result = run_chaos(replace(plan, seed=seed), world, namespace, faults, tmp_path)
    assert not result.wrong, (seed, result.wrong[:20])


@pytest.mark.timeout(3600)
def test_other_credentials_under_ten_thousand_objects(
    world: World, namespace: str, faults: Faults, tmp_path: Path
) -> None:
    """Another token, and a longer bundle of authorities: nothing is listed again, and every single change is told."""
    member = world.members[0]
    api = world.admin(member)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(partial(make, api, namespace), range(OBJECTS)))
    entries = [way(world, faults, namespace, f"reader-{number}") for number in range(RENEWALS + 1)]
    with (
        Recorder(world, [CONFIGMAPS], members=[member]) as recorder,
        Witness(tmp_path, namespace, entries[:1]) as witness,
    ):
        witness.engage()
        assert wait_until(lambda: len(witness.held().stores[member]) >= OBJECTS, 120.0, 1.0)
        with Churn(api, namespace, seed=1):
            for entry in entries[1:]:
                witness.renew([replace(entry, authority=entry.authority + new_identity().authority)])
                goes_on(witness)
        assert wait_until(lambda: witness.held().stores[member] == live(world, member, namespace), 60.0, 1.0)
        told, history = witness.told, recorder.history(CONFIGMAPS.plural, namespace, member=member)
    asked = faults.trace.requests(lambda request: (request.verb, request.plural) == ("list", CONFIGMAPS.plural))
    assert len(asked) <= 1
    assert not faithful(history, told, complete=True)


def goes_on(witness: Witness) -> None:
    """It is told more."""
    before = len(witness.told)
    assert wait_until(lambda: len(witness.told) > before + 50, 60.0, 0.5)


def way(world: World, faults: Faults, namespace: str, account: str) -> Entry:
    """A way to the first member, by a token of an account."""
    rules = [rule("get list watch", "configmaps"), rule("get", "namespaces")]
    found = world.service_account(world.members[0], namespace, account, rules, cluster_wide=True, relayed=False)
    return faults.through(found)


def make(api: Api, namespace: str, number: int) -> None:
    """One of many."""
    api.create(CONFIGMAPS, namespace, {"metadata": {"name": f"many-{number:05}"}, "data": {"number": str(number)}})
