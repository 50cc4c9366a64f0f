"""A chaos run over the informer layer alone: what a witness was told and holds, how often it called, what it leaves."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from multicasskop.world import kubeconfig
from multicasskop.world.campaign.churn import Churn
from multicasskop.world.campaign.fault_mix import FaultMix, inject
from multicasskop.world.campaign.notifications import faithful
from multicasskop.world.campaign.witness_process import Witness
from multicasskop.world.health import Usage, flat
from multicasskop.world.kinds import CONFIGMAPS
from multicasskop.world.oracles import Findings
from multicasskop.world.processes import wait_until
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.trace import Passed
from multicasskop.world.recorder import Recorder
from multicasskop.world.world import World

CALM_SECONDS: Final = 90.0
"""After the longest delay, which is a minute, everything is as if nothing had been."""
WINDOW_SECONDS, A_SECOND = 10.0, 5


@dataclass(frozen=True)
class ChaosPlan:
    """Which faults, how long, and until so many lists were made; from which seed.

    The witness may be in a `hurry`, and may have to be told `complete`ly.
    """

    faults: FaultMix
    seconds: float
    lists: int = 0
    seed: int = 1
    hurry: float = 1.0
    complete: bool = False


@dataclass(frozen=True)
class ChaosResult:
    """What came of it: how many faults, changes and lists there were, and what is wrong."""

    faults: int
    changes: int
    lists: int
    wrong: Findings


def run_chaos(plan: ChaosPlan, world: World, namespace: str, faults: Faults, folder: Path) -> ChaosResult:
    """Disturb a witness of a namespace in all members, whose ConfigMaps are made, changed and deleted meanwhile."""
    entries = [faults.through(kubeconfig.read(world.kubeconfig, member)) for member in world.members]
    with Recorder(world, [CONFIGMAPS]) as recorder, Witness(folder, namespace, entries, plan.hurry) as witness:
        witness.held()
        before = Usage.of(witness.pid)
        witness.engage()
        with ExitStack() as churning:
            for member in world.members:
                churning.enter_context(Churn(world.admin(member), namespace, plan.seed))
            count = inject(faults, world.members, plan.faults, plan.seed, plan.seconds)
            while (lists := len(faults.trace.requests(is_list))) < plan.lists:
                count += inject(faults, world.members, plan.faults, plan.seed + lists, plan.seconds)
        agreed = agrees(witness, world, namespace)
        history, heard = recorder.history(CONFIGMAPS.plural, namespace), witness.told
        last = witness.held()
        witness.disengage()
        wrong = (
            *(() if agreed else (f"stores that are not as the servers {CALM_SECONDS:g}s later: {last}",)),
            *faithful(history, heard, complete=plan.complete),
            *flat(before, replace(Usage.of(witness.pid), memory=before.memory)),
            *(rushes(faults.trace.requests()) if plan.hurry == 1 else ()),
            *(("it was told something after its end",) if witness.told != heard else ()),
        )
        return ChaosResult(count, len(history), lists, wrong)


def is_list(request: Passed) -> bool:
    """Whether the witness listed anew."""
    return request.verb == "list"


def agrees(witness: Witness, world: World, namespace: str) -> bool:
    """Wait until the stores hold what the servers have; whether they do."""
    there = {member: live(world, member, namespace) for member in world.members}
    return wait_until(lambda: witness.held().stores == there, CALM_SECONDS, 0.5)


def live(world: World, member: str, namespace: str) -> Mapping[str, tuple[str, str]]:
    """What a server has."""
    found = (item["metadata"] for item in world.admin(member).items(CONFIGMAPS, namespace))
    return {meta["name"]: (meta["uid"], meta["resourceVersion"]) for meta in found}


def rushes(requests: Iterable[Passed]) -> Iterator[str]:
    """More than five calls a second to one member, over ten seconds."""
    times = defaultdict[str, list[float]](list)
    for request in requests:
        times[request.member].append(request.at)
    for member, all_of_it in sorted(times.items()):
        ordered, most = sorted(all_of_it), int(WINDOW_SECONDS * A_SECOND)
        for first, last in zip(ordered, ordered[most:], strict=False):
            if last - first < WINDOW_SECONDS:
                yield f"{member}: {most + 1} calls within {last - first:.1f}s"
                break
